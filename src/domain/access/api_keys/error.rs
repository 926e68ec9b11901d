//! Why nothing was done to a key.

use std::time::Duration;

use crate::domain::access::idempotency::{KeyMalformed, KeyReused};
use crate::domain::audit::{ReasonMalformed, Refusal};
use crate::types::actor::{Denied, Permission};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// An input that is malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFault {
    /// The input's name.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl KeyFault {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }
}

/// Why nothing was done to a key.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// Not allowed.
    #[error("{0}")]
    Denied(Denied),
    /// Inputs are malformed; all of them.
    #[error("{}", lines(.0))]
    Invalid(Vec<KeyFault>),
    /// The caller does not have these scopes.
    #[error("you cannot give what you may not do yourself: {}", super::scope_names(.0))]
    ScopeNotGrantable(Vec<Permission>),
    /// The actor came with a token that stands for less than the person, which a key would not.
    #[error("the token you came with limits your role, and a key would not; sign in here instead")]
    LimitedByToken,
    /// The person has to show again who they are.
    #[error("confirm who you are first")]
    StepUpRequired,
    /// The person's own password is wrong.
    #[error("your own password is wrong")]
    IncorrectPassword {
        /// Whether that ended the session.
        session_ended: bool,
    },
    /// A password was given that cannot be judged.
    #[error("there is no password to judge; leave it out")]
    NoPassword,
    /// Too many tries; when the next makes sense.
    #[error("too many tries")]
    RateLimited(Timestamp),
    /// Too many passwords are being hashed.
    #[error("too many passwords are being hashed")]
    Overloaded(Duration),
    /// No such key.
    #[error("there is no API key with this id")]
    NotFound,
    /// The key of somebody of the same or a higher rank, or of the installation.
    #[error(
        "this key belongs to the installation, or to somebody whose rank is not below yours or who \
         holds a right that you lack"
    )]
    NotManageable,
    /// Changed by somebody else since it was read; the present version.
    #[error("the key was changed meanwhile; the present version is {0}")]
    VersionConflict(i64),
    /// The idempotency key stands for another input.
    #[error("the idempotency key was used before with other input")]
    IdempotencyKeyReused,
    /// Broken.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl From<Denied> for ApiKeyError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<KeyReused> for ApiKeyError {
    fn from(_: KeyReused) -> Self {
        Self::IdempotencyKeyReused
    }
}

impl From<KeyMalformed> for ApiKeyError {
    fn from(malformed: KeyMalformed) -> Self {
        Self::Invalid(vec![KeyFault::new("idempotencyKey", malformed.to_string())])
    }
}

fn lines(faults: &[KeyFault]) -> String {
    let line = |fault: &KeyFault| format!("{}: {}", fault.field, fault.message);
    faults.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl From<ReasonMalformed> for ApiKeyError {
    fn from(malformed: ReasonMalformed) -> Self {
        Self::Invalid(vec![KeyFault::new("reason", malformed.to_string())])
    }
}

impl Refusal for ApiKeyError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denied) => Some(denied.code()),
            Self::ScopeNotGrantable(_) => Some("SCOPE_NOT_GRANTABLE"),
            Self::LimitedByToken => Some("FORBIDDEN"),
            Self::NotManageable => Some("TARGET_NOT_MANAGEABLE"),
            Self::IncorrectPassword { .. } => Some("INCORRECT_PASSWORD"),
            Self::RateLimited(_) => Some("RATE_LIMITED"),
            Self::StepUpRequired
            | Self::NoPassword
            | Self::Overloaded(_)
            | Self::Invalid(_)
            | Self::NotFound
            | Self::VersionConflict(_)
            | Self::IdempotencyKeyReused
            | Self::Internal(_) => None,
        }
    }
}

//! Why nothing was done to a key.

use crate::access::idempotency::{KeyMalformed, KeyReused};
use crate::actor::{Denied, Permission};
use crate::audit::ReasonMalformed;
use crate::error::Internal;

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
    /// No such key.
    #[error("there is no API key with this id")]
    NotFound,
    /// The key of somebody of the same or a higher rank, or of the installation.
    #[error("this key belongs to the installation or to somebody whose rank is not below yours")]
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

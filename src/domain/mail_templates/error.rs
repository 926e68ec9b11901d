//! Why a text was not changed.

use std::time::Duration;

use crate::domain::audit::Refusal;
use crate::domain::mail::{MailKind, TemplateProblem};
use crate::domain::sessions::ProofError;
use crate::domain::users::{InvalidInput, UserError};
use crate::types::actor::Denied;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Why a text was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not allowed.
    #[error("{0}")]
    Denied(Denied),
    /// Inputs are malformed; all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<InvalidInput>),
    /// The text may not be used; everything that is wrong with it.
    #[error("the text cannot be used")]
    Broken(Vec<TemplateProblem>),
    /// The same of several texts.
    #[error("some of the texts cannot be used")]
    AllBroken(Vec<(MailKind, String, TemplateProblem)>),
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
    /// Changed by somebody else since it was read; the present version.
    #[error("the text was changed meanwhile; the present version is {0}")]
    VersionConflict(i64),
    /// Broken.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl From<Denied> for TemplateError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<InvalidInput> for TemplateError {
    fn from(fault: InvalidInput) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl From<ProofError> for TemplateError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Required => Self::StepUpRequired,
            ProofError::Incorrect { session_ended } => Self::IncorrectPassword { session_ended },
            ProofError::TooMany(retry_at) => Self::RateLimited(retry_at),
            ProofError::NoPassword => Self::NoPassword,
            ProofError::Denied(denied) => Self::Denied(denied),
            ProofError::Overloaded(span) => Self::Overloaded(span),
            ProofError::Internal(cause) => Self::Internal(cause),
        }
    }
}

/// Of `require_standing`, which says nothing but these.
impl From<UserError> for TemplateError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Denied(denied) => Self::Denied(denied),
            UserError::Internal(cause) => Self::Internal(cause),
            _ => Self::Denied(Denied::Unauthenticated),
        }
    }
}

impl Refusal for TemplateError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denied) => Some(denied.code()),
            Self::IncorrectPassword { .. } => Some("INCORRECT_PASSWORD"),
            Self::RateLimited(_) => Some("RATE_LIMITED"),
            Self::StepUpRequired
            | Self::NoPassword
            | Self::Overloaded(_)
            | Self::Invalid(_)
            | Self::Broken(_)
            | Self::AllBroken(_)
            | Self::VersionConflict(_)
            | Self::Internal(_) => None,
        }
    }
}

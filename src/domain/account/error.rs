//! Why something did not happen to one's own account.

use crate::domain::audit::Refusal;
use crate::domain::credentials::ChooseError;
use crate::domain::sessions::ProofError;
use crate::platform::hasher::HashError;
use crate::types::actor::Denied;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Every refusal of the acts on one's own account.
#[derive(Debug)]
pub enum AccountError {
    /// Not for this caller.
    Denied(Denied),
    /// Login and password do not go together, or the account cannot sign in. Nothing more is told.
    InvalidCredentials,
    /// The password was right, but was to be used until then only.
    TemporaryPasswordExpired(Timestamp),
    /// The person must show again who they are.
    StepUpRequired,
    /// The present password is wrong, perhaps once too often.
    IncorrectPassword {
        /// Whether that ended the session.
        session_ended: bool,
    },
    /// Too many tries; when the next makes sense.
    RateLimited(Timestamp),
    /// The person has no such session, whoever else may have it.
    SessionNotFound,
    /// The account knows no such browser, whichever other account may.
    DeviceNotFound,
    /// The new password is not taken.
    Password(ChooseError),
    /// Broken.
    Internal(Internal),
}

impl Refusal for AccountError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denied) => Some(denied.code()),
            Self::InvalidCredentials => Some("INVALID_CREDENTIALS"),
            Self::TemporaryPasswordExpired(_) => Some("TEMPORARY_PASSWORD_EXPIRED"),
            Self::IncorrectPassword { .. } => Some("INCORRECT_PASSWORD"),
            Self::RateLimited(_) => Some("RATE_LIMITED"),
            // Not a denial: the way every confirmation begins.
            Self::StepUpRequired
            | Self::SessionNotFound
            | Self::DeviceNotFound
            | Self::Password(_)
            | Self::Internal(_) => None,
        }
    }
}

impl From<Denied> for AccountError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Internal> for AccountError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

impl From<ChooseError> for AccountError {
    fn from(error: ChooseError) -> Self {
        match error {
            ChooseError::Internal(cause) => Self::Internal(cause),
            other => Self::Password(other),
        }
    }
}

impl From<HashError> for AccountError {
    fn from(error: HashError) -> Self {
        ChooseError::from(error).into()
    }
}

impl From<ProofError> for AccountError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Required => Self::StepUpRequired,
            ProofError::NoPassword => Self::Denied(Denied::PersonOnly),
            ProofError::Incorrect { session_ended } => Self::IncorrectPassword { session_ended },
            ProofError::TooMany(retry_at) => Self::RateLimited(retry_at),
            ProofError::Denied(denied) => Self::Denied(denied),
            ProofError::Overloaded(span) => Self::Password(ChooseError::Overloaded(span)),
            ProofError::Internal(cause) => Self::Internal(cause),
        }
    }
}

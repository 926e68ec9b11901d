//! Why nothing was done to a mail.

use super::cancel::Uncancellable;
use super::retry::Unretryable;
use crate::domain::audit::{ReasonMalformed, Refusal};
use crate::types::actor::Denied;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Every refusal of the acts on mails.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Not allowed to this actor.
    #[error("{0}")]
    Denied(Denied),
    /// An input is malformed.
    #[error("{field}: {message}")]
    Invalid {
        /// The input's name.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// No such mail.
    #[error("there is no mail with this id")]
    NotFound,
    /// Allowed, but not with the mail of a user of that rank.
    #[error("this mail's user has a rank that is not below yours, or holds a right that you lack")]
    NotManageable,
    /// Not with one's own mail.
    #[error("this mail tells you about your own account; somebody else has to cancel it")]
    OwnMail,
    /// It cannot be tried again.
    #[error("{0}")]
    NotRetryable(Unretryable),
    /// It cannot be taken off the queue.
    #[error("{0}")]
    NotCancellable(Uncancellable),
    /// There is no way of sending mail.
    #[error("no mail transport is configured; set [mail.transport]")]
    NotConfigured,
    /// Nobody has said at which address people reach the server, and the mail carries a link.
    #[error("this mail carries a link, and a link begins with server.public_url; set it")]
    PublicUrlMissing,
    /// Too many; when the next makes sense.
    #[error("too many test mails; try again at {}", .0.to_rfc3339())]
    RateLimited(Timestamp),
    /// Broken.
    #[error("{0}")]
    Internal(Internal),
}

impl Refusal for DeliveryError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denied) => Some(denied.code()),
            Self::NotManageable => Some("TARGET_NOT_MANAGEABLE"),
            Self::OwnMail => Some("CANNOT_TARGET_SELF"),
            Self::RateLimited(_) => Some("RATE_LIMITED"),
            Self::Invalid { .. }
            | Self::NotFound
            | Self::NotRetryable(_)
            | Self::NotCancellable(_)
            | Self::NotConfigured
            | Self::PublicUrlMissing
            | Self::Internal(_) => None,
        }
    }
}

impl From<Denied> for DeliveryError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Internal> for DeliveryError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

impl From<ReasonMalformed> for DeliveryError {
    fn from(malformed: ReasonMalformed) -> Self {
        Self::Invalid {
            field: "reason",
            message: malformed.to_string(),
        }
    }
}

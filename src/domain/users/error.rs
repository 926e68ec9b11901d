//! Why nothing was done to a user.

use crate::domain::access::idempotency::{KeyMalformed, KeyReused};
use crate::domain::audit::Refusal;
use crate::domain::credentials::ChooseError;
use crate::domain::sessions::ProofError;
use crate::domain::users::AuthenticationSource;
use crate::platform::hasher::HashError;
use crate::types::actor::Denied;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// An input that is malformed or contradicts another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    /// Where, as names below the mutation's arguments.
    pub path: Vec<&'static str>,
    /// What is wrong and what to do.
    pub message: String,
}

impl InvalidInput {
    /// One input of a mutation.
    pub fn at(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            path: vec!["input", field],
            message: message.into(),
        }
    }

    /// One field of the patch of a mutation.
    pub fn in_patch(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            path: vec!["input", "patch", field],
            message: message.into(),
        }
    }
}

impl std::fmt::Display for InvalidInput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let field = self.path.last().copied().unwrap_or_default();
        write!(formatter, "{field}: {}", self.message)
    }
}

/// What the caller named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// A user.
    User,
    /// A session of a user.
    Session,
    /// A browser that a user's account knows.
    Device,
}

/// Every refusal of the acts on users and their passwords.
///
/// `Why:` one list for the modules that act on users rather than one for each act. The acts share most
/// of it, and each interface maps it once, by a match without a rest; which act gives which code is
/// stated in the schema and proved by tests (`docs/decisions/0004-refusals.md`).
#[derive(Debug)]
pub enum UserError {
    /// Not allowed to this actor.
    Denied(Denied),
    /// Malformed or contradictory, possibly in several places.
    Invalid(Vec<InvalidInput>),
    /// No such user.
    NotFound,
    /// No such session.
    SessionNotFound,
    /// No account knows such a browser.
    DeviceNotFound,
    /// The user has no such link.
    LinkNotFound,
    /// Allowed, but not to a user of that rank.
    NotManageable,
    /// The same, of a user whom the actor may not even see: to the caller there is no such thing.
    NotVisible(Sought),
    /// Not to the actor's own account.
    OwnAccount,
    /// The actor must show again who they are.
    StepUpRequired,
    /// The actor's own password is wrong, perhaps once too often.
    IncorrectPassword {
        /// Whether that ended the actor's session.
        session_ended: bool,
    },
    /// Too many tries; when the next makes sense.
    RateLimited(Timestamp),
    /// The actor may not hand out that role.
    RoleNotGrantable,
    /// No active owner would be left.
    LastOwner,
    /// Another user has the username.
    UsernameTaken,
    /// Another user has the address.
    EmailTaken,
    /// The user was changed by someone else since it was read. With the present version.
    VersionConflict(i64),
    /// The password is kept elsewhere.
    NotBuiltIn(AuthenticationSource),
    /// The user has no address and mail was asked for.
    EmailMissing,
    /// The address was never shown to reach the user.
    EmailNotVerified,
    /// The user is disabled and mail was asked for.
    UserDisabled,
    /// There is no way of sending mail.
    MailNotConfigured,
    /// Nobody has said at which address people reach the server (`server.public_url`), and links begin
    /// with it.
    PublicUrlMissing,
    /// A link may not lead on to that page.
    RedirectNotAllowed,
    /// Passwords may not go by mail.
    PasswordMailDisabled,
    /// Settings demand a forced change.
    ForcedChangeRequired,
    /// The password is not taken.
    Password(ChooseError),
    /// The idempotency key was used with another input.
    IdempotencyKeyReused,
    /// Broken.
    Internal(Internal),
}

impl UserError {
    /// The same refusal to a caller who named something of a user: of one whom the actor may not see, that
    /// does not exist either.
    pub(super) fn about(self, sought: Sought) -> Self {
        match self {
            Self::NotVisible(_) => Self::NotVisible(sought),
            other => other,
        }
    }
}

impl Refusal for UserError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denied) => Some(denied.code()),
            Self::NotManageable | Self::NotVisible(_) => Some("TARGET_NOT_MANAGEABLE"),
            Self::RoleNotGrantable => Some("ROLE_NOT_GRANTABLE"),
            Self::LastOwner => Some("LAST_ADMIN"),
            Self::OwnAccount => Some("CANNOT_TARGET_SELF"),
            Self::IncorrectPassword { .. } => Some("INCORRECT_PASSWORD"),
            Self::RateLimited(_) => Some("RATE_LIMITED"),
            // Not a denial: the way every confirmation begins.
            Self::StepUpRequired
            | Self::SessionNotFound
            | Self::DeviceNotFound
            | Self::LinkNotFound
            | Self::Invalid(_)
            | Self::NotFound
            | Self::UsernameTaken
            | Self::EmailTaken
            | Self::VersionConflict(_)
            | Self::NotBuiltIn(_)
            | Self::EmailMissing
            | Self::EmailNotVerified
            | Self::UserDisabled
            | Self::MailNotConfigured
            | Self::PublicUrlMissing
            | Self::RedirectNotAllowed
            | Self::PasswordMailDisabled
            | Self::ForcedChangeRequired
            | Self::Password(_)
            | Self::IdempotencyKeyReused
            | Self::Internal(_) => None,
        }
    }

    fn not_found(&self) -> Option<&'static str> {
        matches!(self, Self::NotFound).then_some("USER_NOT_FOUND")
    }
}

impl From<Denied> for UserError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Internal> for UserError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

impl From<InvalidInput> for UserError {
    fn from(invalid: InvalidInput) -> Self {
        Self::Invalid(vec![invalid])
    }
}

impl From<ProofError> for UserError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Required => Self::StepUpRequired,
            ProofError::Incorrect { session_ended } => Self::IncorrectPassword { session_ended },
            ProofError::TooMany(retry_at) => Self::RateLimited(retry_at),
            ProofError::NoPassword => {
                let message = "Only people who signed in have a password to give; leave it out.";
                InvalidInput::at("actorPassword", message).into()
            }
            ProofError::Denied(denied) => Self::Denied(denied),
            ProofError::Overloaded(span) => Self::Password(ChooseError::Overloaded(span)),
            ProofError::Internal(cause) => Self::Internal(cause),
        }
    }
}

impl From<KeyReused> for UserError {
    fn from(_reused: KeyReused) -> Self {
        Self::IdempotencyKeyReused
    }
}

impl From<KeyMalformed> for UserError {
    fn from(malformed: KeyMalformed) -> Self {
        InvalidInput::at("idempotencyKey", malformed.to_string()).into()
    }
}

impl From<ChooseError> for UserError {
    fn from(error: ChooseError) -> Self {
        match error {
            ChooseError::Internal(cause) => Self::Internal(cause),
            other => Self::Password(other),
        }
    }
}

impl From<HashError> for UserError {
    fn from(error: HashError) -> Self {
        ChooseError::from(error).into()
    }
}

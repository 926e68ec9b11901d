//! Why a command did not do what was asked, and the exit code that says so.

use std::fmt;

use crate::domain::access::{ApiKeyError, ServerKeyError};
use crate::domain::audit::{CheckpointError, VerifyError};
use crate::domain::credentials::ChooseError;
use crate::domain::mail::DeliveryError;
use crate::domain::mail_templates::TemplateError;
use crate::domain::users::{Sought, UserError};
use crate::platform::app::StartError;
use crate::platform::db::{MigrateError, is_storage_full};
use crate::types::actor::ReadError;
use crate::types::error::Internal;

/// Whose fault it is.
#[derive(Debug)]
pub(super) enum Failure {
    /// The request cannot be granted; the text says what to do.
    Refused(String),
    /// The arguments contradict each other.
    Usage(String),
    /// Something broke.
    Ours(String),
    /// There is no room for the change.
    StorageFull,
}

impl Failure {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::Ours(_) => 3,
            Self::StorageFull => 4,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(text) | Self::Usage(text) | Self::Ours(text) => formatter.write_str(text),
            Self::StorageFull => formatter.write_str(
                "the database's storage is full, so nothing was changed; make room and run it again",
            ),
        }
    }
}

impl From<Internal> for Failure {
    fn from(cause: Internal) -> Self {
        if is_storage_full(&cause) {
            Self::StorageFull
        } else {
            Self::Ours(cause.to_string())
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Internal(cause) => cause.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Internal(cause) => cause.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<ServerKeyError> for Failure {
    fn from(error: ServerKeyError) -> Self {
        match error {
            ServerKeyError::Internal(cause) => cause.into(),
            ServerKeyError::Another => Self::Refused(error.to_string()),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Denied(denied) => Self::Refused(denied.to_string()),
            ReadError::Internal(cause) => cause.into(),
        }
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::Internal(cause) => cause.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Internal(cause) => cause.into(),
            VerifyError::Checkpoint(error) => error.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Internal(cause) => cause.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<ApiKeyError> for Failure {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::Internal(cause) => cause.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<DeliveryError> for Failure {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::Internal(cause) => cause.into(),
            DeliveryError::NotRetryable(why) => Self::Refused(why.at_the_shell()),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<UserError> for Failure {
    #[expect(
        clippy::too_many_lines,
        reason = "a list of every refusal with its words, not a procedure"
    )]
    fn from(error: UserError) -> Self {
        let text = match error {
            UserError::Internal(cause) | UserError::Password(ChooseError::Internal(cause)) => {
                return cause.into();
            }
            UserError::Denied(denied) => denied.to_string(),
            UserError::Invalid(faults) => {
                let lines = faults.iter().map(ToString::to_string);
                lines.collect::<Vec<_>>().join("\n")
            }
            UserError::SessionNotFound | UserError::NotVisible(Sought::Session) => {
                "there is no such session".to_owned()
            }
            UserError::DeviceNotFound | UserError::NotVisible(Sought::Device) => {
                "no account knows such a device".to_owned()
            }
            UserError::LinkNotFound => "the user has no such link".to_owned(),
            UserError::OwnAccount => "this is your own account".to_owned(),
            UserError::StepUpRequired => "your own password is needed".to_owned(),
            UserError::IncorrectPassword { .. } => "your own password is wrong".to_owned(),
            UserError::RateLimited(retry_at) => {
                format!("too many attempts; try again at {}", retry_at.to_rfc3339())
            }
            UserError::NotFound | UserError::NotVisible(Sought::User) => {
                "there is no such user".to_owned()
            }
            UserError::NotManageable => {
                "this user's rank is not below yours, or they hold a right that you lack".to_owned()
            }
            UserError::RoleNotGrantable => "you cannot hand out that role".to_owned(),
            UserError::LastOwner => {
                "this is the last active owner; make another one first: keydesk admin create NAME"
                    .to_owned()
            }
            UserError::UsernameTaken => "another user has this username".to_owned(),
            UserError::EmailTaken => "another user has this e-mail address".to_owned(),
            UserError::VersionConflict(present) => {
                format!(
                    "the user was changed meanwhile; the present version is {present}. Look at it again"
                )
            }
            UserError::NotBuiltIn(source) => {
                format!(
                    "the user signs in through {}; the password has to be changed there",
                    source.label()
                )
            }
            UserError::EmailMissing => {
                "the user has no e-mail address; set one, or do it without mail".to_owned()
            }
            UserError::EmailNotVerified => {
                "the user's address is not verified; verify it (emailVerified=true), or do it without \
                 mail"
                    .to_owned()
            }
            UserError::UserDisabled => {
                "the user is disabled; enable them first: keydesk user enable NAME".to_owned()
            }
            UserError::MailNotConfigured => {
                "no mail transport is configured; set [mail.transport]".to_owned()
            }
            UserError::PublicUrlMissing => {
                "nobody has said at which address people reach the server, and a link begins with \
                 it; set server.public_url, for example to https://id.example.org"
                    .to_owned()
            }
            UserError::RedirectNotAllowed => {
                "links may not lead on to that page; add it to security.recovery.redirect_urls, letter \
                 by letter"
                    .to_owned()
            }
            UserError::PasswordMailDisabled => {
                "passwords may not be mailed (security.mail_passwords); mail a link instead: keydesk \
                 user send-reset-email"
                    .to_owned()
            }
            UserError::ForcedChangeRequired => {
                "settings demand a change at the next sign-in".to_owned()
            }
            UserError::IdempotencyKeyReused => "the idempotency key was used before".to_owned(),
            UserError::Password(ChooseError::Rejected(violations)) => {
                let lines = violations
                    .iter()
                    .map(crate::domain::credentials::Violation::message);
                lines.collect::<Vec<_>>().join("\n")
            }
            UserError::Password(ChooseError::Generator(error)) => error.to_string(),
            UserError::Password(ChooseError::NotAllowed(_)) => {
                "settings keep administrators from choosing passwords".to_owned()
            }
            UserError::Password(ChooseError::Overloaded(_)) => {
                "too many passwords are being hashed; try again".to_owned()
            }
        };
        Self::Refused(text)
    }
}

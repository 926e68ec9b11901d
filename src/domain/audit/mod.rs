//! The audit trail: appended facts, written in the transaction of the act they speak of.
//!
//! Knows what was done by whom to whom; never holds a secret. Rows are only ever added, and an act
//! whose event cannot be written does not happen. Each row carries a mac; the sealing job gives it a place in a
//! chain, once, and retention removes the oldest of them. What was refused is noted too.

mod chain;
mod checkpoint;
mod denied;
mod export;
mod list;
mod prune;
mod reason;
mod record;
mod recorded;
mod row;
mod seal;
mod store;
mod verify;
mod windows;

pub use chain::Place;
pub use checkpoint::{Checkpoint, CheckpointError, checkpoint};
pub use denied::{Attempt, Refusal, denied, noting, rate_limited, wrong_key};
pub use export::{Range, export};
pub use list::{EventFilter, count, count_by_user, find_many, list, list_by_user};
pub use prune::{PATIENCE, Tombstone, is_due as is_prune_due, prune};
pub use reason::{MAX_REASON_CHARACTERS, ReasonMalformed, read_reason};
pub use record::{Event, record};
pub use recorded::{among, recorded_since};
pub use row::Row;
pub use seal::{AT_ONCE, seal};
pub use verify::{Fault, FaultKind, Report, Start, Verdict, VerifyError, verify};
pub use windows::{GRACE, WINDOW, close_windows, write_denial_counts};

/// The order's name in cursors.
pub const ORDER: &str = "audit";

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::app::App;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{AuditEventId, UserId};

/// What can be found in the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// A user was created.
    UserCreated,
    /// A user was changed.
    UserUpdated,
    /// A user was disabled.
    UserDisabled,
    /// A user was enabled.
    UserEnabled,
    /// The lock after failed sign-ins was lifted.
    UserUnlocked,
    /// A user was deleted.
    UserDeleted,
    /// A deleted user was restored.
    UserRestored,
    /// A deleted user was anonymised.
    UserPurged,
    /// Somebody signed in, or failed to.
    SignedIn,
    /// Somebody signed out.
    SignedOut,
    /// A person gave their own password again, for sensitive changes.
    IdentityConfirmed,
    /// A user changed their own password.
    PasswordChanged,
    /// One session was ended.
    SessionRevoked,
    /// Every session of a user was ended.
    SessionsRevoked,
    /// An account no longer knows a browser.
    DeviceRevoked,
    /// An administrator reset a password.
    PasswordReset,
    /// A link for resetting a password was made, without a mail.
    PasswordLinkCreated,
    /// A link for resetting a password was mailed to its user.
    PasswordLinkSent,
    /// Links for resetting a password were made useless.
    PasswordLinksRevoked,
    /// Whoever held a link for resetting a password chose a new one.
    PasswordResetByLink,
    /// Somebody asked for a link, because they forgot a password.
    PasswordResetRequested,
    /// A user said that somebody else changed their password, which is blocked since.
    PasswordChangeDisputed,
    /// A user was told, or no longer told, to change their password.
    PasswordChangeRequirementSet,
    /// An API key was created.
    ApiKeyCreated,
    /// An API key was changed.
    ApiKeyUpdated,
    /// An API key was revoked.
    ApiKeyRevoked,
    /// A kind of mail was given another text.
    MailTemplateUpdated,
    /// A kind of mail got back the text of its file, or the built-in one.
    MailTemplateReset,
    /// An administrator had a mail tried again.
    MailDeliveryRetried,
    /// An administrator took a mail off the queue.
    MailDeliveryCancelled,
    /// An administrator sent a mail with made-up values to an address.
    MailTestSent,
    /// An administrator said that mail to an address arrives after all.
    MailAddressCleared,
    /// Something was not shown, because the caller may not see it.
    AccessDenied,
    /// The oldest events were removed, because settings keep them no longer.
    AuditPruned,
    /// The chain of events began, and took in events from before it.
    AuditChainStarted,
}

impl AuditAction {
    /// Every action.
    pub const ALL: [Self; 35] = [
        Self::UserCreated,
        Self::UserUpdated,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::UserUnlocked,
        Self::UserDeleted,
        Self::UserRestored,
        Self::UserPurged,
        Self::SignedIn,
        Self::SignedOut,
        Self::IdentityConfirmed,
        Self::PasswordChanged,
        Self::SessionRevoked,
        Self::SessionsRevoked,
        Self::DeviceRevoked,
        Self::PasswordReset,
        Self::PasswordLinkCreated,
        Self::PasswordLinkSent,
        Self::PasswordLinksRevoked,
        Self::PasswordResetByLink,
        Self::PasswordResetRequested,
        Self::PasswordChangeDisputed,
        Self::PasswordChangeRequirementSet,
        Self::ApiKeyCreated,
        Self::ApiKeyUpdated,
        Self::ApiKeyRevoked,
        Self::MailTemplateUpdated,
        Self::MailTemplateReset,
        Self::MailDeliveryRetried,
        Self::MailDeliveryCancelled,
        Self::MailTestSent,
        Self::MailAddressCleared,
        Self::AccessDenied,
        Self::AuditPruned,
        Self::AuditChainStarted,
    ];

    /// The dotted name in the database and in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::UserDisabled => "user.disabled",
            Self::UserEnabled => "user.enabled",
            Self::UserUnlocked => "user.unlocked",
            Self::UserDeleted => "user.deleted",
            Self::UserRestored => "user.restored",
            Self::UserPurged => "user.purged",
            Self::SignedIn => "sign_in",
            Self::SignedOut => "sign_out",
            Self::IdentityConfirmed => "identity.confirmed",
            Self::PasswordChanged => "user.password.changed",
            Self::SessionRevoked => "session.revoked",
            Self::SessionsRevoked => "user.sessions.revoked",
            Self::DeviceRevoked => "device.revoked",
            Self::PasswordReset => "user.password.reset",
            Self::PasswordLinkCreated => "user.password.link.created",
            Self::PasswordLinkSent => "user.password.link.sent",
            Self::PasswordLinksRevoked => "user.password.links.revoked",
            Self::PasswordResetByLink => "user.password.reset_by_link",
            Self::PasswordResetRequested => "user.password.reset_requested",
            Self::PasswordChangeDisputed => "user.password.change_disputed",
            Self::PasswordChangeRequirementSet => "user.password.change_requirement.set",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyUpdated => "api_key.updated",
            Self::ApiKeyRevoked => "api_key.revoked",
            Self::MailTemplateUpdated => "mail.template.updated",
            Self::MailTemplateReset => "mail.template.reset",
            Self::MailDeliveryRetried => "mail.delivery.retried",
            Self::MailDeliveryCancelled => "mail.delivery.cancelled",
            Self::MailTestSent => "mail.test.sent",
            Self::MailAddressCleared => "mail.address.cleared",
            Self::AccessDenied => "access.denied",
            Self::AuditPruned => "audit.pruned",
            Self::AuditChainStarted => "audit.chain.started",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// Whether there is something for the sealing job to do.
pub async fn has_work(app: &App) -> Result<bool, Internal> {
    let db = app.db.read();
    Ok(!store::unsealed(db, 1).await?.is_empty()
        || windows::is_one_over(app).await?
        || prune::is_due(app).await?)
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused, because the actor may not do it.
    Denied,
    /// It was allowed and did not work.
    Failed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Success, Self::Denied, Self::Failed];

    /// What a refusal under this code is: a wrong proof is a failure, everything else a denial.
    pub(super) fn of_refusal(code: &str) -> Self {
        match code {
            "INVALID_CREDENTIALS"
            | "INCORRECT_PASSWORD"
            | "TEMPORARY_PASSWORD_EXPIRED"
            | "CODE_INVALID"
            | "USER_NOT_FOUND"
            | "USER_DISABLED"
            | "EMAIL_MISSING"
            | "EMAIL_NOT_VERIFIED" => Self::Failed,
            _ => Self::Denied,
        }
    }

    /// The name in the database and in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Denied => "DENIED",
            Self::Failed => "FAILED",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// One field before and after. A secret field appears as changed, without values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field's name in the API.
    pub field: String,
    /// Its value before.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
}

impl Change {
    /// A field and its two values.
    pub fn new(field: &str, before: Option<String>, after: Option<String>) -> Self {
        Self {
            field: field.to_owned(),
            before,
            after,
        }
    }

    /// A field that became something, with nothing to say about before.
    pub fn to(field: &str, after: &(impl ToString + ?Sized)) -> Self {
        Self::new(field, None, Some(after.to_string()))
    }
}

/// An appended fact, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its name.
    pub id: AuditEventId,
    /// What was done.
    pub action: AuditAction,
    /// What came of it.
    pub outcome: Outcome,
    /// Why nothing came of it.
    pub error_code: Option<String>,
    /// What kind of actor did it, as stored.
    pub actor_kind: String,
    /// Who did it, where the actor has an identity.
    pub actor_id: Option<Uuid>,
    /// The actor's name at that time.
    pub actor_label: String,
    /// To which user.
    pub user: Option<UserId>,
    /// The name at that time of what it was done to.
    pub target_label: Option<String>,
    /// Fields that changed.
    pub changes: Vec<Change>,
    /// The note the actor gave.
    pub reason: Option<String>,
    /// The interface.
    pub via: String,
    /// The request.
    pub request_id: Option<String>,
    /// The client's network address.
    pub ip_address: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// When.
    pub occurred_at: Timestamp,
}

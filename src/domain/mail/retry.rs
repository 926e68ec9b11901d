//! Trying a mail again by hand.

use std::fmt;

use super::by_hand::{ByHand, Change};
use super::{Delivery, DeliveryError, DeliveryStatus, MailKind};
use crate::domain::audit::{self, AuditAction};
use crate::platform::app::App;
use crate::platform::settings::TransportSettings;
use crate::types::actor::{Actor, Permission};
use crate::types::clock::Timestamp;
use crate::types::ids::MailDeliveryId;

/// Why a mail cannot be tried again, and what can be done instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unretryable {
    /// The mail server has it.
    Sent(Option<Remedy>),
    /// A worker holds it.
    BeingSent,
    /// It ended, and with it went what it carried.
    SecretErased(Option<Remedy>),
    /// What it carries no longer works.
    TooLate(Option<Remedy>),
    /// Whom it went to and what it said is erased.
    Forgotten,
}

/// What makes a new mail of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Another made-up mail.
    TestEmail,
    /// Another password.
    PasswordReset,
    /// Another link.
    PasswordResetEmail,
}

impl std::error::Error for Unretryable {}

/// In the words of the API.
impl fmt::Display for Unretryable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.naming(Remedy::mutation))
    }
}

impl Unretryable {
    /// The refusal for whoever sits at a shell.
    pub fn at_the_shell(self) -> String {
        self.naming(Remedy::command)
    }

    fn naming(self, name: fn(Remedy) -> &'static str) -> String {
        let (why, remedy) = match self {
            Self::Sent(remedy) => ("The mail server took this mail already.", remedy),
            Self::BeingSent => (
                "This mail is being sent right now; look again in a minute.",
                None,
            ),
            Self::SecretErased(remedy) => (
                "What this mail carried was erased when it ended, so it cannot be sent again.",
                remedy,
            ),
            Self::TooLate(remedy) => ("What this mail carries no longer works.", remedy),
            Self::Forgotten => (
                "This mail's user is gone, and with them whom it went to and what it said.",
                None,
            ),
        };
        remedy.map(name).map_or_else(
            || why.to_owned(),
            |name| format!("{why} Make a new one with {name}."),
        )
    }
}

impl Remedy {
    /// The mutation and the command that do it, side by side so that none goes without the other.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::TestEmail => ("sendTestEmail", "keydesk mail test ADDRESS"),
            Self::PasswordReset => (
                "resetPassword",
                "keydesk user reset-password NAME --send-email",
            ),
            Self::PasswordResetEmail => (
                "sendPasswordResetEmail",
                "keydesk user send-reset-email NAME",
            ),
        }
    }

    const fn mutation(self) -> &'static str {
        self.names().0
    }

    const fn command(self) -> &'static str {
        self.names().1
    }

    fn of(delivery: &Delivery) -> Option<Self> {
        if delivery.user.is_none() {
            return Some(Self::TestEmail);
        }
        match delivery.kind {
            MailKind::Welcome | MailKind::NewPassword => Some(Self::PasswordReset),
            MailKind::PasswordResetLink
            | MailKind::PasswordChanged
            | MailKind::PasswordChangedByYou => Some(Self::PasswordResetEmail),
            MailKind::SignInElsewhere
            | MailKind::AccountLocked
            | MailKind::NotMeConfirmation
            | MailKind::AccountDisabled
            | MailKind::EmailChanged
            | MailKind::AccountChanged => None,
            MailKind::Test => Some(Self::TestEmail),
        }
    }
}

impl Delivery {
    /// Whether `retry` would do something with it.
    pub fn is_retryable(&self, now: Timestamp) -> bool {
        self.retry(now).is_ok()
    }

    fn retry(&self, now: Timestamp) -> Result<Change, Unretryable> {
        let remedy = || Remedy::of(self);
        match self.status {
            DeliveryStatus::Sent => return Err(Unretryable::Sent(remedy())),
            DeliveryStatus::Sending => return Err(Unretryable::BeingSent),
            DeliveryStatus::Queued
            | DeliveryStatus::Failed
            | DeliveryStatus::Cancelled
            | DeliveryStatus::Expired
            | DeliveryStatus::Unknown => {}
        }
        if self.details.is_none() {
            return Err(Unretryable::Forgotten);
        }
        let is_late = now >= self.expires_at;
        if !self.is_over() && !is_late {
            return Ok(Change::DueNow);
        }
        match (self.had_secret, self.keeps_secret) {
            (false, _) => Ok(Change::Renewed),
            (true, true) => Err(Unretryable::TooLate(remedy())),
            (true, false) => Err(Unretryable::SecretErased(remedy())),
        }
    }
}

/// Lets a waiting mail be tried at once, and queues one that ended without having been sent again, if
/// everything it says is still here.
pub async fn retry(
    app: &App,
    actor: &Actor,
    id: MailDeliveryId,
    reason: Option<&str>,
) -> Result<Delivery, DeliveryError> {
    actor.require(Permission::MailWrite)?;
    let reason = audit::read_reason(reason)?;
    if app.settings.mail.transport == TransportSettings::None {
        return Err(DeliveryError::NotConfigured);
    }
    let act = ByHand {
        id,
        action: AuditAction::MailDeliveryRetried,
        reason,
        judge: |mail, now| mail.retry(now).map_err(DeliveryError::NotRetryable),
        held: DeliveryError::NotRetryable(Unretryable::BeingSent),
    };
    act.run(app, actor).await
}

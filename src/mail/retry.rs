//! Trying a mail again by hand.

use super::by_hand::{ByHand, Change};
use super::{Delivery, DeliveryError, DeliveryStatus, MailKind};
use crate::actor::{Actor, Permission};
use crate::app::App;
use crate::audit::{self, AuditAction};
use crate::clock::Timestamp;
use crate::ids::MailDeliveryId;
use crate::settings::TransportSettings;

/// Why a mail cannot be tried again, and what can be done instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unretryable {
    /// The mail server has it.
    #[error("The mail server took this mail already.{}", instead(*.0))]
    Sent(Option<Remedy>),
    /// A worker holds it.
    #[error("This mail is being sent right now; look again in a minute.")]
    BeingSent,
    /// It ended, and with it went what it carried.
    #[error(
        "What this mail carried was erased when it ended, so it cannot be sent again.{}",
        instead(*.0)
    )]
    SecretErased(Option<Remedy>),
    /// What it carries no longer works.
    #[error("What this mail carries no longer works.{}", instead(*.0))]
    TooLate(Option<Remedy>),
    /// Whom it went to and what it said is erased.
    #[error("This mail's user is gone, and with them whom it went to and what it said.")]
    Forgotten,
}

/// The mutation that makes a new mail of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy(&'static str);

fn instead(remedy: Option<Remedy>) -> String {
    remedy.map_or_else(String::new, |Remedy(mutation)| {
        format!(" Make a new one with {mutation}.")
    })
}

impl Remedy {
    fn of(delivery: &Delivery) -> Option<Self> {
        if delivery.user.is_none() {
            return Some(Self("sendTestEmail"));
        }
        match delivery.kind {
            MailKind::Welcome | MailKind::NewPassword => Some(Self("resetPassword")),
            MailKind::PasswordResetLink
            | MailKind::PasswordChanged
            | MailKind::PasswordChangedByYou => Some(Self("sendPasswordResetEmail")),
            MailKind::SignInElsewhere
            | MailKind::AccountLocked
            | MailKind::NotMeConfirmation
            | MailKind::AccountDisabled
            | MailKind::EmailChanged => None,
            MailKind::Test => Some(Self("sendTestEmail")),
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

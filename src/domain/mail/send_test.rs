//! A mail with made-up values to any address, by the outbox like every other.

use std::time::Duration;

use super::carried::Load;
use super::{Delivery, DeliveryError, MailKind, NewEmail, PLAIN_MAIL_LIFETIME, enqueue, sample};
use crate::domain::access::rate_limit::{self, Limit, Taken};
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event};
use crate::platform::app::App;
use crate::platform::settings::TransportSettings;
use crate::types::actor::{Actor, Permission};
use crate::types::address::EmailAddress;
use crate::types::error::Internal;
use crate::types::ids::MailDeliveryId;

/// `Why:` the only mails that go to an address nobody has stored. A dozen is enough for trying out, and
/// nobody's mailbox is filled.
const MAILS: Limit = Limit {
    burst: 10,
    per: Duration::from_mins(1),
};

/// A mail for trying out.
#[derive(Clone, Debug)]
pub struct SendTest {
    /// Where to.
    pub recipient: String,
    /// Which mail.
    pub kind: MailKind,
    /// Its language; the default when none.
    pub locale: Option<String>,
    /// Note for the audit trail.
    pub reason: Option<String>,
}

/// Queues a mail of any kind, filled with made-up values; what it carries opens nothing.
pub async fn send_test(
    app: &App,
    actor: &Actor,
    command: SendTest,
) -> Result<Delivery, DeliveryError> {
    let attempt = Attempt {
        action: AuditAction::MailTestSent,
        user: None,
        target_label: None,
        subject: None,
    };
    audit::noting(app, actor, attempt, send(app, actor, command)).await
}

async fn send(app: &App, actor: &Actor, command: SendTest) -> Result<Delivery, DeliveryError> {
    actor.require(Permission::MailWrite)?;
    let recipient = EmailAddress::parse(&command.recipient)
        .map_err(|error| invalid("recipient", error.to_string()))?;
    let locale = command.locale.as_deref().map(check_locale).transpose()?;
    let reason = audit::read_reason(command.reason.as_deref())?;
    if app.settings.mail.transport == TransportSettings::None {
        return Err(DeliveryError::NotConfigured);
    }
    let carries_link = matches!(Load::of(command.kind), Load::Link(_) | Load::MaybeLink(_));
    if carries_link && app.settings.server.public_url.is_none() {
        return Err(DeliveryError::PublicUrlMissing);
    }
    if let Taken::RetryAt(at) = rate_limit::take(app, "test_mail", &actor.key(), MAILS).await? {
        return Err(DeliveryError::RateLimited(at));
    }

    let now = app.clock.now();
    let (details, secret) = sample(command.kind, now);
    let masked = recipient.masked();
    let email = NewEmail {
        id: MailDeliveryId::new(now),
        kind: command.kind,
        user: None,
        recipient: recipient.as_str().to_owned(),
        recipient_key: recipient.key().to_owned(),
        recipient_name: None,
        locale,
        details,
        secret,
        expires_at: now.plus(PLAIN_MAIL_LIFETIME),
    };
    let txn = app.db.begin_write().await?;
    let delivery = enqueue(&txn, app, actor, email).await?;
    let event = Event {
        action: AuditAction::MailTestSent,
        user: None,
        target_label: Some(masked),
        changes: vec![
            Change::to("kind", command.kind.name()),
            Change::to("mailDelivery", &delivery.id),
        ],
        reason,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await.map_err(Internal::from)?;
    Ok(delivery)
}

fn check_locale(text: &str) -> Result<String, DeliveryError> {
    let text = text.trim();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if (2..=35).contains(&text.len()) && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err(invalid(
        "locale",
        "Write a language tag, such as de or de-AT.".to_owned(),
    ))
}

fn invalid(field: &'static str, message: String) -> DeliveryError {
    DeliveryError::Invalid { field, message }
}

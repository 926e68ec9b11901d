//! What the audit trail says of acts on mails. Addresses stand there masked, if at all: the trail keeps
//! what it has.

use super::Delivery;
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::Actor;
use crate::types::error::Internal;

/// Writes down that an act on a mail was done, with its state before and after.
///
/// `Order:` in the transaction of the act. Recording announces, so whoever follows the mail hears of the
/// change at its commit.
pub(super) async fn record(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    (action, before, after): (AuditAction, &Delivery, &Delivery),
    reason: Option<String>,
) -> Result<(), Internal> {
    let status = |mail: &Delivery| Some(mail.status.name().to_owned());
    let event = Event {
        action,
        user: before.user,
        target_label: Some(before.id.to_string()),
        changes: vec![
            Change::to("kind", before.kind.name()),
            Change::new("status", status(before), status(after)),
        ],
        reason,
    };
    audit::record(txn, app, actor, event).await?;
    Ok(())
}

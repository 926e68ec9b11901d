//! Appending an event inside the transaction of the act it speaks of.

use super::{AuditAction, Change, store};
use crate::actor::Actor;
use crate::clock::Clock;
use crate::db::Txn;
use crate::error::Internal;
use crate::ids::{AuditEventId, UserId};

/// An event to be appended.
#[derive(Clone, Debug)]
pub struct Event {
    /// What was done.
    pub action: AuditAction,
    /// To which user.
    pub user: Option<UserId>,
    /// The present name of what it was done to.
    pub target_label: Option<String>,
    /// Fields that changed.
    pub changes: Vec<Change>,
    /// The note the actor gave.
    pub reason: Option<String>,
}

/// Appends an event; if it cannot be written, the act must not happen either.
pub async fn record(
    txn: &Txn,
    clock: &Clock,
    actor: &Actor,
    event: Event,
) -> Result<AuditEventId, Internal> {
    let now = clock.now();
    let id = AuditEventId::new(now);
    store::insert(txn, id, now, actor, event).await?;
    Ok(id)
}

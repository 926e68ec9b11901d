//! Appending an event inside the transaction of the act it speaks of.

use super::row::Row;
use super::{AuditAction, Change, Outcome, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::Actor;
use crate::types::error::Internal;
use crate::types::ids::{AuditEventId, UserId};

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

/// Appends an event of something that was done; if it cannot be written, the act must not happen either.
pub async fn record(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    event: Event,
) -> Result<AuditEventId, Internal> {
    append(txn, app, actor, event, (Outcome::Success, None)).await
}

/// Appends an event with any outcome.
pub(super) async fn append(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    event: Event,
    outcome: (Outcome, Option<&str>),
) -> Result<AuditEventId, Internal> {
    let row = Row::new(&app.keys, app.clock.now(), actor, event, outcome)?;
    let id = row.id;
    store::insert(txn, row).await?;
    Ok(id)
}

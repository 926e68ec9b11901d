//! Retention: the oldest sealed events are removed, and an event says which, so that the rest still
//! verifies.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::chain::Place;
use super::row::Row;
use super::seal::{AT_ONCE as SEALED_AT_ONCE, seal};
use super::{AuditAction, Change, Event, record, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Events that are removed in one transaction.
const AT_ONCE: u64 = 5_000;
/// Events stay so much longer than asked, so that one event a day says what was removed.
pub const PATIENCE: Duration = Duration::from_hours(24);

/// What an event says of the events that were removed before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The last one that was removed.
    pub up_to: Place,
    /// How many were removed with it.
    pub count: i64,
    /// When.
    pub at: Timestamp,
}

impl Tombstone {
    fn changes(&self) -> Vec<Change> {
        vec![
            Change::to("upToSequence", &self.up_to.sequence),
            Change::to("chainHash", &URL_SAFE_NO_PAD.encode(&self.up_to.chain_hash)),
            Change::to("count", &self.count),
        ]
    }

    /// Reads an event; the caller has looked at its mac.
    pub(super) fn read(row: &Row) -> Option<Self> {
        let changes: Vec<Change> = serde_json::from_str(&row.changes).ok()?;
        let value = |field: &str| {
            let change = changes.iter().find(|change| change.field == field)?;
            change.after.as_deref()
        };
        Some(Self {
            up_to: Place {
                sequence: value("upToSequence")?.parse().ok()?,
                chain_hash: URL_SAFE_NO_PAD.decode(value("chainHash")?).ok()?,
            },
            count: value("count")?.parse().ok()?,
            at: row.occurred_at,
        })
    }
}

/// Whether the oldest sealed event is older than settings and patience allow.
pub async fn is_due(app: &App) -> Result<bool, Internal> {
    let Some(keep) = app.settings.audit.keep else {
        return Ok(false);
    };
    let due = app.clock.now().minus(keep).minus(PATIENCE);
    let oldest = store::oldest(app.db.read(), 1).await?;
    Ok(oldest.first().is_some_and(|(_, at)| *at < due))
}

/// Removes the oldest sealed events that are older than settings allow, at most `AT_ONCE`. Gives how many
/// it removed.
///
/// `Locks:` the caller lets one transaction at a time come here, as for `seal`.
/// `Order:` the event is written and sealed first, so the chain never lacks its end.
pub async fn prune(txn: &Txn, app: &App) -> Result<u64, Internal> {
    let Some(keep) = app.settings.audit.keep else {
        return Ok(0);
    };
    let kept_from = app.clock.now().minus(keep);
    let oldest = store::oldest(txn, AT_ONCE).await?;
    let old: Vec<i64> = oldest
        .iter()
        .take_while(|(_, at)| *at < kept_from)
        .map(|(sequence, _)| *sequence)
        .collect();
    let (Some(first), Some(last)) = (old.first(), old.last()) else {
        return Ok(0);
    };
    let Some(up_to) = store::place_at(txn, *last).await? else {
        return Ok(0);
    };
    let tombstone = Tombstone {
        up_to,
        count: last - first + 1,
        at: app.clock.now(),
    };
    let event = Event {
        action: AuditAction::AuditPruned,
        user: None,
        target_label: None,
        changes: tombstone.changes(),
        reason: None,
    };
    record(txn, app, &Actor::system(), event).await?;
    while seal(txn, app).await? == SEALED_AT_ONCE {}
    store::delete_up_to(txn, *last).await
}

//! Which server processes run: each writes now and then that it does.

use std::time::Duration;

use super::store::replicas as store;
use crate::platform::app::App;
use crate::platform::db::{Budget, Cleaned};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::WorkerId;

/// A process that was not seen for so long does not run any more; several beats may be late.
const ALIVE: Duration = Duration::from_mins(1);
/// How long the row of one that was killed is kept.
const KEPT: Duration = Duration::from_hours(24);

/// A server process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Its name, made at its start.
    pub id: WorkerId,
    /// What people find it by: machine, process and address.
    pub label: String,
    /// The release it is of.
    pub release: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was seen last.
    pub last_seen_at: Timestamp,
}

/// Writes that a process runs.
pub async fn beat(app: &App, id: WorkerId, label: &str) -> Result<(), Internal> {
    let now = app.clock.now();
    let replica = Replica {
        id,
        label: label.to_owned(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: app.started_at,
        last_seen_at: now,
    };
    store::write(app.db.write(), replica).await
}

/// Writes that a process runs no longer.
pub async fn leave(app: &App, id: WorkerId) -> Result<(), Internal> {
    store::delete(app.db.write(), id).await
}

/// Those that run now, longest first.
pub async fn alive(app: &App) -> Result<Vec<Replica>, Internal> {
    store::seen_since(app.db.read(), app.clock.now().minus(ALIVE)).await
}

/// Forgets processes that were killed long ago.
pub async fn sweep(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let before = app.clock.now().minus(KEPT);
    budget
        .in_batches(|most| store::delete_before(app.db.write(), before, most))
        .await
}

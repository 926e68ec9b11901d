//! Leases: work that one process at a time does, claimed by compare-and-swap, never by a lock.

use std::time::Duration;

use super::store;
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::WorkerId;

/// Takes or renews a lease. `false` when another holder has it.
pub async fn try_hold(
    app: &App,
    name: &str,
    holder: WorkerId,
    span: Duration,
) -> Result<bool, Internal> {
    let now = app.clock.now();
    store::take_lease(app.db.write(), name, holder.uuid(), (now, now.plus(span))).await
}

/// Gives a lease back, so that another process need not wait for its end.
pub async fn give_back(app: &App, name: &str, holder: WorkerId) -> Result<(), Internal> {
    store::end_lease(app.db.write(), name, holder.uuid()).await
}

/// Lets one transaction at a time pass, until it ends.
///
/// `Locks:` the lease's row, by writing it.
pub async fn serialise(txn: &Txn, name: &str, now: Timestamp) -> Result<(), Internal> {
    store::write_lease(txn, name, now).await
}

/// Writes a row that nobody reads, to learn whether the database can be written again.
pub async fn try_writing(app: &App) -> Result<(), Internal> {
    store::write_lease(app.db.write(), "storage probe", app.clock.now()).await
}

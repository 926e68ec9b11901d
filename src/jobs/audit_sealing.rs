//! The sealer: one process at a time keeps the books of the audit trail.
//!
//! It gives events their places in the chain, closes windows of refused attempts, and removes events that
//! settings keep no longer. It looks often and writes only when there is something to do, so an idle server
//! writes nothing.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::domain::access::leases;
use crate::domain::audit;
use crate::platform::app::App;
use crate::platform::db::{Txn, is_outage};
use crate::types::error::Internal;
use crate::types::ids::WorkerId;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_secs(5);
/// Longer than a round, so that a holder that lives keeps it.
const LEASE: Duration = Duration::from_secs(10);
/// The lease's name.
const NAME: &str = "sealer";

/// Keeps the books until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let holder = WorkerId::new(app.clock.now());
    loop {
        let wait = match round(&app, holder).await {
            Ok(_) => EVERY,
            Err(error) => {
                if !is_outage(&error) {
                    tracing::error!(%error, "the books of the audit trail could not be kept");
                }
                PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(wait) => {}
        }
    }
    if let Err(error) = audit::write_denial_counts(&app).await {
        tracing::error!(%error, "counts of refused attempts are lost");
    }
    if let Err(error) = leases::give_back(&app, NAME, holder).await {
        tracing::warn!(%error, "the sealing job's lease was not given back; it ends by itself");
    }
}

/// Writes down what this process counted; then does what there is to do, unless another process holds the lease. Gives how many windows it closed,
/// events it sealed, and events it removed.
pub async fn round(app: &App, holder: WorkerId) -> Result<u64, Internal> {
    audit::write_denial_counts(app).await?;
    if !audit::has_work(app).await? || !leases::try_hold(app, NAME, holder, LEASE).await? {
        return Ok(0);
    }
    let closed = audit::close_windows(app).await?;
    let sealed = seal(app).await?;
    Ok(closed + sealed + prune(app).await?)
}

/// Begins a transaction that alone may change the chain, whoever holds the lease.
///
/// `Why:` a lease can end while its holder still works.
async fn begin(app: &App) -> Result<Txn, Internal> {
    let txn = app.db.begin_write().await?;
    leases::serialise(&txn, "audit chain", app.clock.now()).await?;
    Ok(txn)
}

async fn seal(app: &App) -> Result<u64, Internal> {
    let mut total = 0;
    loop {
        let txn = begin(app).await?;
        let sealed = audit::seal(&txn, app).await?;
        txn.commit().await?;
        total += sealed as u64;
        if sealed < audit::AT_ONCE {
            return Ok(total);
        }
    }
}

async fn prune(app: &App) -> Result<u64, Internal> {
    let mut total = 0;
    while audit::is_prune_due(app).await? {
        let txn = begin(app).await?;
        let removed = audit::prune(&txn, app).await?;
        txn.commit().await?;
        if removed == 0 {
            break;
        }
        tracing::info!(removed, "removed old audit events");
        total += removed;
    }
    Ok(total)
}

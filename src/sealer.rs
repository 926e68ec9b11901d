//! The sealer: one process at a time keeps the books of the audit trail.
//!
//! It closes windows of refused attempts. It looks often and writes only when there is something to do,
//! so an idle server writes nothing.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::access::leases;
use crate::app::App;
use crate::audit;
use crate::error::Internal;
use crate::ids::WorkerId;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_secs(5);
/// Longer than a round, so that a holder that lives keeps it.
const LEASE: Duration = Duration::from_secs(10);

/// Keeps the books until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let holder = WorkerId::new(app.clock.now());
    loop {
        let wait = match round(&app, holder).await {
            Ok(_) => EVERY,
            Err(error) => {
                tracing::error!(%error, "the books of the audit trail could not be kept");
                PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(wait) => {}
        }
    }
}

/// Does what there is to do, unless another process holds the lease. Gives how much it was.
pub async fn round(app: &App, holder: WorkerId) -> Result<u64, Internal> {
    if !audit::has_work(app).await? || !leases::try_hold(app, "sealer", holder, LEASE).await? {
        return Ok(0);
    }
    audit::close_windows(app).await
}

//! The janitor: one process at a time deletes what has ended long enough ago.
//!
//! Every room with such rows registers here, in `CHORES`.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::access::{idempotency, leases, rate_limit};
use crate::app::App;
use crate::db::is_outage;
use crate::error::Internal;
use crate::ids::WorkerId;
use crate::{bootstrap, mail, one_time_links, sessions, users};

/// How often it looks. The lease is longer, so that a holder that lives keeps it.
const EVERY: Duration = Duration::from_mins(5);
const LEASE: Duration = Duration::from_mins(15);

type Sweep =
    for<'a> fn(&'a App) -> Pin<Box<dyn Future<Output = Result<u64, Internal>> + Send + 'a>>;

/// What is swept, by name.
const CHORES: [(&str, Sweep); 7] = [
    ("idempotency keys", |app| Box::pin(idempotency::sweep(app))),
    ("limits of rates", |app| Box::pin(rate_limit::sweep(app))),
    ("one-time links", |app| Box::pin(one_time_links::sweep(app))),
    ("setup links", |app| Box::pin(bootstrap::sweep(app))),
    ("sessions", |app| Box::pin(sessions::sweep(app))),
    ("mails", |app| Box::pin(mail::sweep(app))),
    ("deleted users", |app| Box::pin(users::purge(app))),
];

/// Sweeps now and then until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let holder = WorkerId::new(app.clock.now());
    loop {
        if let Err(error) = sweep(&app, holder).await
            && !is_outage(&error)
        {
            tracing::warn!(%error, "the janitor could not sweep");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(EVERY) => {}
        }
    }
}

/// Sweeps once, unless another process holds the lease. Gives how many rows were deleted.
pub async fn sweep(app: &App, holder: WorkerId) -> Result<u64, Internal> {
    if !leases::try_hold(app, "janitor", holder, LEASE).await? {
        return Ok(0);
    }
    let mut total = 0;
    for (name, chore) in CHORES {
        let deleted = chore(app).await?;
        if deleted > 0 {
            tracing::info!(deleted, "swept {name}");
        }
        total += deleted;
    }
    Ok(total)
}

//! The janitor: one process at a time deletes what has ended long enough ago.
//!
//! Every module with such rows registers here, in `CHORES`. Each is a step of its own: one that fails keeps
//! none of the others, and one with much to do leaves the rest to the next round.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::domain::access::{cleanup, idempotency, leases, rate_limit, replicas};
use crate::domain::{bootstrap, mail, one_time_links, sessions, users};
use crate::platform::app::App;
use crate::platform::db::{Budget, Cleaned, is_outage};
use crate::types::error::Internal;
use crate::types::ids::WorkerId;

/// How often it looks, and how soon again when a round left something.
const EVERY: Duration = Duration::from_mins(5);
const AGAIN: Duration = Duration::from_secs(1);
/// How long one step of a round may take. All steps together stay below the lease.
const STEP: Duration = Duration::from_secs(30);
/// Longer than `EVERY` and than a round, so that a holder that lives keeps it.
const LEASE: Duration = Duration::from_mins(15);
/// The lease's name.
const NAME: &str = "janitor";

type Sweep = for<'a> fn(
    &'a App,
    &'a Budget,
) -> Pin<Box<dyn Future<Output = Result<Cleaned, Internal>> + Send + 'a>>;

/// What is swept, by name.
const CHORES: [(&str, Sweep); 9] = [
    ("idempotency keys", |app, budget| {
        Box::pin(idempotency::sweep(app, budget))
    }),
    ("limits of rates", |app, budget| {
        Box::pin(rate_limit::sweep(app, budget))
    }),
    ("replicas", |app, budget| {
        Box::pin(replicas::sweep(app, budget))
    }),
    ("one-time links", |app, budget| {
        Box::pin(one_time_links::sweep(app, budget))
    }),
    ("setup links", |app, budget| {
        Box::pin(bootstrap::sweep(app, budget))
    }),
    ("sessions", |app, budget| {
        Box::pin(sessions::sweep(app, budget))
    }),
    ("devices", |app, budget| {
        Box::pin(sessions::sweep_devices(app, budget))
    }),
    ("mails", |app, budget| Box::pin(mail::sweep(app, budget))),
    ("deleted users", |app, budget| {
        Box::pin(users::purge(app, budget))
    }),
];

/// What came of a round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Rows that were deleted or changed.
    pub deleted: u64,
    /// Steps that failed.
    pub failed: Vec<&'static str>,
    /// Steps that left something to the next round.
    pub unfinished: Vec<&'static str>,
}

/// Sweeps now and then until `stop`; then another process need not wait for the lease to end.
pub async fn run(app: App, stop: CancellationToken) {
    let holder = WorkerId::new(app.clock.now());
    while !stop.is_cancelled() {
        let wait = match round(&app, holder, &stop).await {
            Ok(round) if round.unfinished.is_empty() => EVERY,
            Ok(_unfinished) => AGAIN,
            Err(error) if is_outage(&error) => EVERY,
            Err(error) => {
                tracing::warn!(%error, "the janitor could not sweep");
                EVERY
            }
        };
        let _stopped = stop.run_until_cancelled(sleep(wait)).await;
    }
    if let Err(error) = leases::give_back(&app, NAME, holder).await {
        tracing::warn!(%error, "the janitor's lease was not given back; it ends by itself");
    }
}

/// Sweeps once, unless another process holds the lease. Gives how many rows were deleted.
pub async fn sweep(app: &App, holder: WorkerId) -> Result<u64, Internal> {
    Ok(round(app, holder, &CancellationToken::new()).await?.deleted)
}

/// The same with all that came of it, no longer than until `stop`.
///
/// `Errors:` when the lease cannot be asked for. The failure of a step is logged, written down for
/// `keydesk doctor`, and no reason to leave out the next one.
pub async fn round(
    app: &App,
    holder: WorkerId,
    stop: &CancellationToken,
) -> Result<Round, Internal> {
    let mut round = Round::default();
    if !leases::try_hold(app, NAME, holder, LEASE).await? {
        return Ok(round);
    }
    for (name, chore) in CHORES {
        if stop.is_cancelled() {
            round.unfinished.push(name);
            continue;
        }
        let cleaned = chore(app, &Budget::new(STEP, stop.clone())).await;
        match &cleaned {
            Ok(cleaned) => {
                if cleaned.rows > 0 {
                    tracing::info!(deleted = cleaned.rows, "swept {name}");
                }
                if !cleaned.is_complete {
                    round.unfinished.push(name);
                }
                round.deleted += cleaned.rows;
            }
            Err(error) => {
                tracing::error!(step = name, %error, "a step of the cleanup failed");
                round.failed.push(name);
            }
        }
        let rows = cleaned.ok().map(|cleaned| cleaned.rows);
        if let Err(error) = cleanup::record(app, name, rows).await {
            tracing::warn!(step = name, %error, "how a step of the cleanup fared was not written down");
        }
    }
    Ok(round)
}

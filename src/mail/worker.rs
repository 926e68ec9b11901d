//! The worker: claims what is due, sends it, and writes down what came of it.
//!
//! Any number of workers may run on one database. Each mail is a task of its own, so one that hangs
//! or panics holds up none of the others. One try stands in
//! `attempt.rs`, what is decided after it in `verdict.rs`.

mod attempt;
mod verdict;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

pub use verdict::backoff;

use super::store::queue::{self, Claim, Due};
use super::{Mailer, SendError, Templates};
use crate::address::EmailAddress;
use crate::app::App;
use crate::error::Internal;
use crate::ids::WorkerId;
use crate::secret::random_bytes;
use verdict::{Plan, Verdict};

/// How long a mail counts as held. Longer than a send may take, so no other worker takes it over.
const LEASE: Duration = Duration::from_mins(1);
/// Mails on their way at once.
const IN_FLIGHT: usize = 8;
/// How often the outbox is looked at.
const POLL: Duration = Duration::from_millis(500);
/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_secs(2);
/// What mails on their way are given at a stop.
const GRACE: Duration = Duration::from_millis(800);
/// Waits between tries to write down what came of a send; together far shorter than the lease.
const RECORDING_WAITS: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(4),
];

/// Empties the outbox. Clones are the same worker.
#[derive(Clone)]
pub struct Worker {
    app: App,
    mailer: Arc<dyn Mailer>,
    templates: Arc<Templates>,
    id: WorkerId,
}

impl Worker {
    /// A worker with a name of its own.
    pub fn new(app: App, mailer: Arc<dyn Mailer>, templates: Arc<Templates>) -> Self {
        let id = WorkerId::new(app.clock.now());
        Self {
            app,
            mailer,
            templates,
            id,
        }
    }

    /// Sends everything that is due now. Gives how many mails this worker took on.
    pub async fn deliver_due(&self) -> Result<usize, Internal> {
        let mut tasks = JoinSet::new();
        let mut taken = 0;
        loop {
            let started = self.start_due(&mut tasks).await;
            if !matches!(started, Ok(1..)) && tasks.join_next().await.is_none() {
                return started.map(|_none| taken);
            }
            taken += started.unwrap_or(0);
        }
    }

    /// Works until stopped, and then for less than a second.
    ///
    /// What is still on its way then is left to its lease and tried again by whoever is there.
    pub async fn run(&self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        while let Some(started) = stop.run_until_cancelled(self.start_due(&mut tasks)).await {
            let wait = match started {
                Ok(_taken) => POLL,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    PAUSE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(wait) => {}
                Some(_done) = tasks.join_next() => {}
            }
        }
        let _in_time = timeout(GRACE, async { while tasks.join_next().await.is_some() {} }).await;
    }

    /// Claims what is due, as far as there is room, and starts a task for each.
    async fn start_due(&self, tasks: &mut JoinSet<()>) -> Result<usize, Internal> {
        while tasks.try_join_next().is_some() {}
        let room = IN_FLIGHT.saturating_sub(tasks.len());
        if room == 0 {
            return Ok(0);
        }
        let now = self.app.clock.now();
        let mut started = 0;
        for due in queue::due(self.app.db.read(), now, room as u64).await? {
            let plan = verdict::plan(&due, now, self.app.settings.mail.max_attempts);
            let claim = Claim {
                id: due.id,
                by: self.id,
                attempts: due.attempts + i64::from(plan == Plan::Send),
                until: now.plus(LEASE),
            };
            if queue::claim(self.app.db.write(), &due, claim).await? {
                tasks.spawn(self.clone().deliver(due, claim, plan));
                started += 1;
            }
        }
        Ok(started)
    }

    async fn deliver(self, due: Due, claim: Claim, plan: Plan) {
        let verdict = match plan {
            Plan::End(status) => Verdict::ended(&due, status, self.app.clock.now()),
            Plan::Send => {
                let outcome = AssertUnwindSafe(self.attempt(&due)).catch_unwind().await;
                let outcome = outcome.unwrap_or_else(|_panic| {
                    let words = "the server stopped while making this mail; its log says more";
                    Err(SendError::Never(words.to_owned()))
                });
                let [jitter] = random_bytes::<1>();
                let tries = (claim.attempts, self.app.settings.mail.max_attempts);
                verdict::judge(&due, tries, outcome, (self.app.clock.now(), jitter))
            }
        };
        self.record(&due, claim, verdict).await;
    }

    /// `Why:` tried again when the database fails, because a sent mail that is not written down as
    /// sent goes out a second time.
    async fn record(&self, due: &Due, claim: Claim, verdict: Verdict) {
        let recipient = EmailAddress::parse(&due.recipient)
            .map_or_else(|_malformed| "***".to_owned(), |address| address.masked());
        let (id, kind, status) = (due.id, due.kind.name(), verdict.status().name());
        let attempt = claim.attempts;
        for wait in RECORDING_WAITS {
            match verdict.write(&self.app.db, claim).await {
                Ok(true) => {
                    tracing::info!(%id, kind, status, attempt, recipient, "mail");
                    return;
                }
                Ok(false) => {
                    tracing::warn!(%id, kind, status, attempt, recipient, "mail taken over");
                    return;
                }
                Err(error) => tracing::error!(%id, status, %error, "mail not written down"),
            }
            sleep(wait).await;
        }
    }
}

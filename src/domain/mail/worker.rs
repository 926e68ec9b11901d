//! The worker: claims what is due, sends it, and writes down what came of it.
//!
//! Any number of workers may run on one database. Each mail is a task of its own, so one that hangs
//! or panics holds up none of the others. The loop stands in `shift.rs`, who goes next in
//! `fairness.rs` with what `pace.rs` knows, one try in `attempt.rs`, what is decided after it in `verdict.rs`.

mod attempt;
mod fairness;
mod pace;
mod shift;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub use verdict::backoff;

use super::{Mailer, Templates};
use crate::platform::app::App;
use crate::platform::db::is_outage;
use crate::types::error::Internal;
use crate::types::ids::WorkerId;
use shift::Shift;

/// How often the outbox is looked at.
const POLL: Duration = Duration::from_millis(500);
/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_secs(2);
/// What mails on their way are given at a stop.
const GRACE: Duration = Duration::from_millis(800);

/// Empties the outbox. Clones are the same worker.
#[derive(Clone)]
pub struct Worker {
    app: App,
    mailer: Arc<dyn Mailer>,
    templates: Arc<Templates>,
    id: WorkerId,
    /// One permit for each mail that may be handed over at once.
    lanes: Arc<Semaphore>,
}

impl Worker {
    /// A worker with a name of its own.
    pub fn new(app: App, mailer: Arc<dyn Mailer>, templates: Arc<Templates>) -> Self {
        let id = WorkerId::new(app.clock.now());
        let lanes = Arc::new(Semaphore::new(app.settings.mail.parallel as usize));
        Self {
            app,
            mailer,
            templates,
            id,
            lanes,
        }
    }

    /// Sends everything that is due now. Gives how many mails this worker took on.
    pub async fn deliver_due(&self) -> Result<usize, Internal> {
        let mut shift = Shift::new(self);
        let mut taken = 0;
        loop {
            match shift.round().await {
                Ok(started) => taken += started,
                Err(error) if shift.is_over() => return Err(error),
                Err(error) => {
                    if !is_outage(&error) {
                        tracing::error!(%error, "the outbox cannot be used");
                    }
                    sleep(PAUSE).await;
                }
            }
            if shift.is_over() {
                return Ok(taken);
            }
            shift.one_more_done().await;
        }
    }

    /// Works until stopped, and then for less than a second.
    ///
    /// What is still on its way then is left to its lease and tried again by whoever is there.
    pub async fn run(&self, stop: CancellationToken) {
        let too_late = async {
            stop.cancelled().await;
            sleep(GRACE).await;
        };
        tokio::select! {
            () = self.work(&stop) => {}
            () = too_late => {}
        }
    }

    /// `Order:` a round is never cut short by the stop: a claim that was committed belongs to a task.
    async fn work(&self, stop: &CancellationToken) {
        let mut shift = Shift::new(self);
        while !(stop.is_cancelled() && shift.is_over()) {
            let round = if stop.is_cancelled() {
                shift.write_down().await.map(|()| 0)
            } else {
                shift.round().await
            };
            let wait = match round {
                Ok(_started) => POLL,
                Err(error) => {
                    if !is_outage(&error) {
                        tracing::error!(%error, "the outbox cannot be used");
                    }
                    sleep(PAUSE).await;
                    continue;
                }
            };
            tokio::select! {
                () = shift.one_more_done(), if shift.is_waiting() => {}
                () = sleep(wait) => {}
                () = stop.cancelled(), if !stop.is_cancelled() => {}
            }
        }
    }
}

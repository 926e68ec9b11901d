//! The watcher: looks for rows that are new or changed, once for everybody in this process who waits.
//!
//! It looks every second, and sooner when another process says that something changed. While nobody
//! waits it does nothing. Why no event is lost or told twice: `docs/decisions/0020-live-feed.md`.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::domain::mail::Progress;
use crate::domain::{audit, mail};
use crate::platform::app::App;
use crate::platform::db::is_outage;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{AuditEventId, MailDeliveryId};

/// Longest time between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// Shortest time between two looks, however much is announced.
const REST: Duration = Duration::from_millis(100);
/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_secs(2);
/// How far back each look goes. An id is made before its transaction commits, so a smaller one may
/// show up after a larger one; no write transaction lasts that long (`db.rs`, its timeouts).
pub const WINDOW: Duration = Duration::from_mins(1);

/// Looks whenever somebody waits, until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let work = async {
        loop {
            app.pubsub.somebody_listens().await;
            let bell = Notify::new();
            tokio::select! {
                () = look_while_wanted(&app, &bell) => {}
                () = app.db.listen(&bell) => {}
            }
        }
    };
    let _ended = stop.run_until_cancelled(work).await;
}

async fn look_while_wanted(app: &App, bell: &Notify) {
    let mut known = Known::new(app.clock.now());
    while app.pubsub.listeners() > 0 {
        let wait = match known.look(app).await {
            Ok(()) => EVERY,
            Err(error) => {
                if !is_outage(&error) {
                    tracing::error!(%error, "there is no news: the database cannot be read");
                }
                PAUSE
            }
        };
        sleep(REST).await;
        tokio::select! {
            () = bell.notified() => {}
            () = sleep(wait) => {}
        }
    }
}

/// What the last look found.
struct Known {
    /// Where the next look begins; never moves back, so what was told is never found anew.
    since: Timestamp,
    events: HashSet<AuditEventId>,
    mails: HashMap<MailDeliveryId, Option<Progress>>,
}

impl Known {
    fn new(now: Timestamp) -> Self {
        Self {
            since: now.minus(WINDOW),
            events: HashSet::new(),
            mails: HashMap::new(),
        }
    }

    async fn look(&mut self, app: &App) -> Result<(), Internal> {
        let began = app.clock.now();
        self.look_at_mails(app).await?;
        self.look_at_events(app).await?;
        // Not moved after a failure: the next look makes up for it.
        self.since = self.since.max(began.minus(WINDOW));
        Ok(())
    }

    async fn look_at_events(&mut self, app: &App) -> Result<(), Internal> {
        let found = audit::recorded_since(app, self.since).await?;
        let new: Vec<_> = found
            .iter()
            .filter(|id| !self.events.contains(id))
            .copied()
            .collect();
        if !new.is_empty() {
            app.pubsub.tell_events(&new);
        }
        self.events = found.into_iter().collect();
        Ok(())
    }

    /// `Why:` a mail that is looked at for the first time is told as changed. Its listener may have
    /// read it just before it changed.
    async fn look_at_mails(&mut self, app: &App) -> Result<(), Internal> {
        let awaited = app.pubsub.awaited_mails();
        if awaited.is_empty() {
            self.mails.clear();
            return Ok(());
        }
        let mut found: HashMap<_, _> = awaited.iter().map(|id| (*id, None)).collect();
        for (id, progress) in mail::progress(app, &awaited).await? {
            found.insert(id, Some(progress));
        }
        let changed: Vec<_> = found
            .iter()
            .filter(|(id, progress)| self.mails.get(id) != Some(progress))
            .map(|(id, _)| *id)
            .collect();
        if !changed.is_empty() {
            app.pubsub.tell_mails(&changed);
        }
        self.mails = found;
        Ok(())
    }
}

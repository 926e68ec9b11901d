//! The loop: what came of mails is written down and new ones are claimed, each in one transaction for
//! as many as there are.
//!
//! `Why:` a commit waits for the disk. Whatever ends during one commit is written in the next, so no
//! mail waits for company, and many share the wait when there are many.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Worker;
use super::fairness::{self, Room};
use super::pace::{Pace, SLOW};
use super::verdict::{self, Plan};
use crate::domain::mail::store::failing;
use crate::domain::mail::store::queue::{self, Claim, Due, Release};
use crate::domain::mail::{Attempt, DeliveryStatus};
use crate::platform::db::{self, Txn};
use crate::types::address::EmailAddress;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::MailDeliveryId;

/// How long a mail counts as held. Longer than waiting for room and a send may take together, so no
/// other worker takes it over.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// Mails are claimed ahead while others ended so short a time ago.
const FLOWING: Duration = Duration::from_millis(250);

/// A mail that this worker is done with, until it is written down.
pub(super) struct Done {
    pub(super) due: Due,
    pub(super) claim: Claim,
    pub(super) release: Release,
    /// Whether the mail server says that nobody reads mail at the address.
    pub(super) is_nobody: bool,
}

/// What one worker has in hand.
pub(super) struct Shift<'w> {
    worker: &'w Worker,
    tasks: JoinSet<Done>,
    done: Vec<Done>,
    going: HashMap<MailDeliveryId, (String, Instant)>,
    last_done: Option<Instant>,
    pace: Pace,
}

impl<'w> Shift<'w> {
    pub(super) fn new(worker: &'w Worker) -> Self {
        Self {
            worker,
            tasks: JoinSet::new(),
            done: Vec::new(),
            going: HashMap::new(),
            last_done: None,
            pace: Pace::default(),
        }
    }

    /// Whether nothing is in hand.
    pub(super) fn is_over(&self) -> bool {
        self.tasks.is_empty() && self.done.is_empty()
    }

    /// Whether a mail is on its way.
    pub(super) fn is_waiting(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Waits for a mail to end. Returns at once when none is on its way.
    pub(super) async fn one_more_done(&mut self) {
        if let Some(ended) = self.tasks.join_next().await {
            self.keep(ended);
        }
    }

    /// `Why:` an error here would be a panic outside the try, or a runtime that ends: its lease stands.
    fn keep(&mut self, ended: Result<Done, tokio::task::JoinError>) {
        match ended {
            Ok(done) => {
                self.going.remove(&done.due.id);
                if let Some(took) = done.took() {
                    self.pace.learn(&done.due.recipient_domain, took);
                }
                self.done.push(done);
                self.last_done = Some(Instant::now());
            }
            Err(error) => tracing::error!(%error, "a mail is left to its lease"),
        }
    }

    /// Writes down what ended and starts what is due, as far as there is room. Gives how many were
    /// started.
    pub(super) async fn round(&mut self) -> Result<usize, Internal> {
        self.write_down().await?;
        let slow = self.learn_of_slow_ones();
        let room = self.room(slow.len());
        if room.mails == 0 {
            return Ok(0);
        }
        let now = self.worker.app.clock.now();
        let db = &self.worker.app.db;
        let chosen = fairness::choose(db, now, room, &self.pace, self.closed(room, slow)).await?;
        if chosen.is_empty() {
            return Ok(0);
        }
        let due = queue::read(db.read(), now, &chosen).await?;
        let claimed = self.claim(due, now).await?;
        let started = claimed.len();
        for (due, claim, plan) in claimed {
            let going = (due.recipient_domain.clone(), Instant::now());
            self.going.insert(due.id, going);
            self.tasks
                .spawn(self.worker.clone().deliver(due, claim, plan));
        }
        Ok(started)
    }

    /// While mails flow, as many again are claimed ahead and made ready.
    ///
    /// `Why:` half of the lanes at most for slow domains, however many there are, so that others always
    /// have some.
    fn room(&self, slow: usize) -> Room {
        let mail = &self.worker.app.settings.mail;
        let at_once = mail.parallel as usize;
        let flows = self.last_done.is_some_and(|at| at.elapsed() < FLOWING);
        let all = if flows { 2 * at_once } else { at_once };
        Room {
            mails: all.saturating_sub(self.tasks.len()),
            per_domain: mail.parallel_per_domain,
            slow: (at_once / 2).max(1).saturating_sub(slow),
        }
    }

    /// Those that are on their way and slow, and what is learnt from those that only now are.
    fn learn_of_slow_ones(&mut self) -> Vec<String> {
        for (domain, since) in self.going.values() {
            if since.elapsed() >= SLOW {
                self.pace.learn(domain, since.elapsed());
            }
        }
        let domains = self.going.values().map(|(domain, _)| domain);
        domains
            .filter(|domain| self.pace.is_slow(domain))
            .cloned()
            .collect()
    }

    /// Domains that get no mail beside the slow one they have, nor any when there is no room for slow ones.
    fn closed(&self, room: Room, mut slow: Vec<String>) -> Vec<String> {
        if room.slow == 0 {
            slow.extend(self.pace.slow().map(str::to_owned));
        }
        slow.sort();
        slow.dedup();
        slow
    }

    async fn claim(
        &self,
        due: Vec<Due>,
        now: Timestamp,
    ) -> Result<Vec<(Due, Claim, Plan)>, Internal> {
        let mut claimed = Vec::with_capacity(due.len());
        let txn = self.worker.app.db.begin_write().await?;
        for due in due {
            let plan = verdict::plan(&due, now, self.worker.app.settings.mail.max_attempts);
            let claim = self.worker.claim_of(&due, plan, now);
            if queue::claim(&txn, &due, &claim).await? {
                claimed.push((due, claim, plan));
            }
        }
        if !claimed.is_empty() {
            db::announce(&txn).await?;
        }
        txn.commit().await?;
        Ok(claimed)
    }

    /// Writes down everything that ended; what cannot be written is kept.
    ///
    /// `Why:` again and again while the lease holds, because a sent mail that is not written down as
    /// sent goes out a second time. One by one when they cannot be written together, so that none keeps
    /// the others from it.
    pub(super) async fn write_down(&mut self) -> Result<(), Internal> {
        while let Some(ended) = self.tasks.try_join_next() {
            self.keep(ended);
        }
        if self.done.is_empty() {
            return Ok(());
        }
        self.done.sort_by_key(|done| done.due.id);
        match self.written(&self.done).await {
            Ok(()) => self.done.clear(),
            Err(error) if self.done.len() == 1 => self.give_up(error)?,
            Err(error) => {
                if !db::is_outage(&error) {
                    tracing::error!(%error, "mails are written down one by one");
                }
                let mut kept = Vec::new();
                let mut fault = None;
                for done in std::mem::take(&mut self.done) {
                    if let Err(error) = self.written(std::slice::from_ref(&done)).await {
                        kept.push(done);
                        fault = Some(error);
                    }
                }
                self.done = kept;
                fault.map_or(Ok(()), |error| self.give_up(error))?;
            }
        }
        Ok(())
    }

    /// Forgets what another worker may hold by now.
    fn give_up(&mut self, error: Internal) -> Result<(), Internal> {
        let now = self.worker.app.clock.now();
        self.done.retain(|done| {
            let holds = now < done.claim.until;
            if !holds {
                tracing::error!(id = %done.due.id, "what came of a mail was never written down");
            }
            holds
        });
        if self.done.is_empty() {
            Ok(())
        } else {
            Err(error)
        }
    }

    async fn written(&self, ended: &[Done]) -> Result<(), Internal> {
        let txn = self.worker.app.db.begin_write().await?;
        let mut held = Vec::with_capacity(ended.len());
        for done in ended {
            held.push(queue::release(&txn, &done.claim, &done.release).await?);
        }
        let of_ours: Vec<&Done> = ended
            .iter()
            .zip(&held)
            .filter_map(|(done, held)| held.then_some(done))
            .collect();
        if !of_ours.is_empty() {
            self.mark(&txn, &of_ours).await?;
            db::announce(&txn).await?;
        }
        txn.commit().await?;
        for (done, held) in ended.iter().zip(held) {
            done.log(held);
        }
        Ok(())
    }

    /// Marks the addresses at which nobody reads mail, and takes the mark off those that took one.
    ///
    /// `Why:` mail for trying out marks nothing. It goes to any address that was typed, which then nobody may
    /// have, and a mark goes with its user. That an address takes mail is true whatever was sent.
    async fn mark(&self, txn: &Txn, ended: &[&Done]) -> Result<(), Internal> {
        let took = |done: &Done| done.release.status == DeliveryStatus::Sent;
        let mut by_address = ended.to_vec();
        by_address.sort_by_key(|done| &done.due.recipient_key);
        let keys = by_address.iter().filter(|done| took(done));
        let keys: Vec<&str> = keys.map(|done| done.due.recipient_key.as_str()).collect();
        let marked = if keys.is_empty() {
            Vec::new()
        } else {
            failing::marked(txn, &keys).await?
        };
        let now = self.worker.app.clock.now();
        for done in by_address {
            let key = &done.due.recipient_key;
            // A user who was forgotten meanwhile leaves no address behind.
            if done.is_nobody && queue::goes_to_user(txn, done.due.id, key).await? {
                let reason = done.release.last_error.as_deref().unwrap_or_default();
                failing::mark(txn, key, reason, now).await?;
            } else if took(done) && marked.iter().any(|mark| mark.address_key == *key) {
                failing::clear(txn, key).await?;
            }
        }
        Ok(())
    }
}

impl Worker {
    fn claim_of(&self, due: &Due, plan: Plan, now: Timestamp) -> Claim {
        let mut attempts = due.attempts.clone();
        if plan == Plan::Send {
            attempts.push(Attempt {
                started_at_millis: now.as_millis(),
                server: self.mailer.server().to_owned(),
                took_millis: None,
                outcome: None,
                words: None,
            });
        }
        Claim {
            id: due.id,
            by: self.id,
            tried: due.tried + i64::from(plan == Plan::Send),
            attempts,
            until: now.plus(LEASE),
        }
    }
}

impl Done {
    /// How long the try took; `None` when none was made.
    fn took(&self) -> Option<Duration> {
        let is_new = self.release.attempts.len() > self.due.attempts.len();
        let tried = self.release.attempts.last().filter(|_| is_new)?;
        tried.took_millis.map(Duration::from_millis)
    }

    fn log(&self, held: bool) {
        let recipient = EmailAddress::parse(&self.due.recipient)
            .map_or_else(|_malformed| "***".to_owned(), |address| address.masked());
        let (id, kind, status) = (
            self.due.id,
            self.due.kind.name(),
            self.release.status.name(),
        );
        let attempt = self.release.tried;
        if held {
            tracing::info!(%id, kind, status, attempt, recipient, "mail");
        } else {
            tracing::warn!(%id, kind, status, attempt, recipient, "mail taken over");
        }
    }
}

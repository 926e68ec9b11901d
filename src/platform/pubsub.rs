//! News for whoever waits for it: which rows are new or changed, and how many connections stay open
//! to wait.
//!
//! News names rows and says nothing about them. Whoever hears it reads the rows again, with the
//! rights of the caller. What goes and looks for news is the `change_poller`; it works only while somebody
//! waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::types::ids::{AuditEventId, MailDeliveryId};

/// Connections that stay open, in one process. Each is a socket and some 20 KiB.
pub const SEATS: usize = 256;
/// The same, of callers who have not said yet who they are.
pub const UNAUTHENTICATED_SEATS: usize = 64;
/// News that one listener may be behind; the change poller brings at most ten a second.
const BACKLOG: usize = 256;

/// The news of one process. Clones are the same one.
#[derive(Clone)]
pub struct PubSub(Arc<Inner>);

struct Inner {
    events: broadcast::Sender<Arc<[AuditEventId]>>,
    mails: broadcast::Sender<Arc<[MailDeliveryId]>>,
    /// Mails that somebody waits for, with how many do.
    awaited: Mutex<HashMap<MailDeliveryId, usize>>,
    listeners: watch::Sender<usize>,
    seats: watch::Sender<Taken>,
    ending: CancellationToken,
}

impl Default for PubSub {
    fn default() -> Self {
        Self(Arc::new(Inner {
            events: broadcast::Sender::new(BACKLOG),
            mails: broadcast::Sender::new(BACKLOG),
            awaited: Mutex::default(),
            listeners: watch::Sender::new(0),
            seats: watch::Sender::default(),
            ending: CancellationToken::new(),
        }))
    }
}

impl PubSub {
    /// A place for one connection that stays open, until it is dropped. `None` when all are taken,
    /// and after `end`.
    pub fn take_seat(&self) -> Option<Seat> {
        self.take(Sitter::Known)
    }

    /// The same for a caller who has not said yet who they are.
    ///
    /// `Why:` apart, or callers who never say so would keep out those who have.
    pub fn take_unauthenticated_seat(&self) -> Option<Seat> {
        self.take(Sitter::Unknown)
    }

    fn take(&self, sitter: Sitter) -> Option<Seat> {
        let taken = !self.0.ending.is_cancelled()
            && self.0.seats.send_if_modified(|taken| {
                let (count, most) = taken.of(sitter);
                let has_room = *count < most;
                *count += usize::from(has_room);
                has_room
            });
        taken.then(|| Seat(self.clone(), sitter))
    }

    /// How many seats are taken, of both kinds.
    pub fn seats_taken(&self) -> usize {
        self.0.seats.borrow().all()
    }

    /// How many subscriptions wait for news.
    pub fn listeners(&self) -> usize {
        *self.0.listeners.borrow()
    }

    /// Comes back when somebody waits for news.
    pub async fn somebody_listens(&self) {
        let mut listeners = self.0.listeners.subscribe();
        // Fails when the sender is gone, and `self` holds it.
        let _always = listeners.wait_for(|count| *count > 0).await;
    }

    /// Asks every connection to end, and comes back when all have.
    pub async fn end(&self) {
        self.0.ending.cancel();
        let mut seats = self.0.seats.subscribe();
        let _always = seats.wait_for(|taken| taken.all() == 0).await;
    }

    /// Comes back after `end` was called.
    pub async fn ended(&self) {
        self.0.ending.cancelled().await;
    }

    /// Keeps what is told of audit events from now on. Nobody goes and looks for it before `listen`.
    ///
    /// `Why:` a listener first reads what is there already, and neither that nor the time it takes
    /// may hide an event.
    pub fn keep_events(&self) -> KeptEvents {
        KeptEvents(self.0.events.subscribe())
    }

    /// Begins to hear of one mail.
    pub fn hear_mail(&self, id: MailDeliveryId) -> MailNews {
        let heard = self.0.mails.subscribe();
        *self.awaited().entry(id).or_insert(0) += 1;
        MailNews {
            id,
            heard,
            listener: Listener::new(self),
        }
    }

    /// Mails that somebody waits for.
    pub fn awaited_mails(&self) -> Vec<MailDeliveryId> {
        self.awaited().keys().copied().collect()
    }

    /// Tells everybody of events that were not there before. Each event once.
    pub fn tell_events(&self, ids: &[AuditEventId]) {
        // Fails when nobody listens, which is as well.
        let _heard_by = self.0.events.send(ids.into());
    }

    /// Tells everybody of mails that may have changed.
    pub fn tell_mails(&self, ids: &[MailDeliveryId]) {
        let _heard_by = self.0.mails.send(ids.into());
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<MailDeliveryId, usize>> {
        let lock = self.0.awaited.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug)]
enum Sitter {
    Known,
    Unknown,
}

/// How many seats are taken.
#[derive(Default)]
struct Taken {
    known: usize,
    unknown: usize,
}

impl Taken {
    /// The count, and how many there are at most.
    const fn of(&mut self, sitter: Sitter) -> (&mut usize, usize) {
        match sitter {
            Sitter::Known => (&mut self.known, SEATS),
            Sitter::Unknown => (&mut self.unknown, UNAUTHENTICATED_SEATS),
        }
    }

    const fn all(&self) -> usize {
        self.known + self.unknown
    }
}

/// A connection that stays open.
pub struct Seat(PubSub, Sitter);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.seats.send_modify(|taken| {
            let (count, _) = taken.of(self.1);
            *count = count.saturating_sub(1);
        });
    }
}

/// Somebody for whom the change poller works.
struct Listener(PubSub);

impl Listener {
    fn new(pubsub: &PubSub) -> Self {
        pubsub.0.listeners.send_modify(|n| *n += 1);
        Self(pubsub.clone())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.0.listeners.send_modify(|n| *n = n.saturating_sub(1));
    }
}

/// A listener was too slow, and news was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed;

/// News of audit events for a listener to come.
pub struct KeptEvents(broadcast::Receiver<Arc<[AuditEventId]>>);

impl KeptEvents {
    /// Begins to listen.
    pub fn listen(self, pubsub: &PubSub) -> EventNews {
        EventNews {
            heard: self.0,
            _listener: Listener::new(pubsub),
        }
    }
}

/// Hears of audit events.
pub struct EventNews {
    heard: broadcast::Receiver<Arc<[AuditEventId]>>,
    _listener: Listener,
}

impl EventNews {
    /// The next events, each named once.
    pub async fn next(&mut self) -> Result<Arc<[AuditEventId]>, Missed> {
        self.heard.recv().await.map_err(|_behind| Missed)
    }
}

/// Hears of one mail.
pub struct MailNews {
    id: MailDeliveryId,
    heard: broadcast::Receiver<Arc<[MailDeliveryId]>>,
    listener: Listener,
}

impl MailNews {
    /// Comes back when the mail may have changed; also when so much was missed that it may have.
    pub async fn changed(&mut self) {
        loop {
            match self.heard.recv().await {
                Ok(ids) if !ids.contains(&self.id) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return,
                // The sender lives as long as this listener.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

impl Drop for MailNews {
    fn drop(&mut self) {
        let mut awaited = self.listener.0.awaited();
        if let Some(count) = awaited.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                awaited.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::clock::Timestamp;

    const NOW: Timestamp = Timestamp::from_millis(1_795_253_400_000);

    #[test]
    fn there_are_only_so_many_seats_and_none_after_the_end() {
        let pubsub = PubSub::default();
        let mut seats: Vec<_> = (0..SEATS).filter_map(|_| pubsub.take_seat()).collect();
        assert_eq!((seats.len(), pubsub.seats_taken()), (SEATS, SEATS));
        assert!(pubsub.take_seat().is_none());
        assert!(pubsub.take_unauthenticated_seat().is_some());
        seats.pop();
        assert!(pubsub.take_seat().is_some());
        let unknown = std::iter::from_fn(|| pubsub.take_unauthenticated_seat());
        let unknown: Vec<_> = unknown.collect();
        assert_eq!(unknown.len(), UNAUTHENTICATED_SEATS);
        pubsub.0.ending.cancel();
        assert!(pubsub.take_seat().is_none());
    }

    #[tokio::test]
    async fn the_end_waits_until_every_seat_is_free() {
        let pubsub = PubSub::default();
        let seat = pubsub.take_seat();
        let (freed, ()) = tokio::join!(
            async {
                pubsub.ended().await;
                drop(seat);
                pubsub.seats_taken()
            },
            pubsub.end(),
        );
        assert_eq!(freed, 0);
    }

    #[tokio::test]
    async fn a_mail_is_awaited_until_its_last_listener_has_gone() {
        let pubsub = PubSub::default();
        let (one, other) = (MailDeliveryId::new(NOW), MailDeliveryId::new(NOW));
        let mut first = pubsub.hear_mail(one);
        let second = pubsub.hear_mail(one);
        assert_eq!((pubsub.awaited_mails(), pubsub.listeners()), (vec![one], 2));
        pubsub.tell_mails(&[other]);
        pubsub.tell_mails(&[other, one]);
        first.changed().await;
        drop(first);
        assert_eq!((pubsub.awaited_mails(), pubsub.listeners()), (vec![one], 1));
        drop(second);
        assert_eq!((pubsub.awaited_mails(), pubsub.listeners()), (vec![], 0));
    }

    #[tokio::test]
    async fn a_listener_that_is_too_far_behind_is_told_so() {
        let pubsub = PubSub::default();
        let mut news = pubsub.keep_events().listen(&pubsub);
        let id = AuditEventId::new(NOW);
        for _ in 0..BACKLOG {
            pubsub.tell_events(&[id]);
        }
        assert_eq!(news.next().await.as_deref(), Ok(&[id][..]));
        for _ in 0..=BACKLOG {
            pubsub.tell_events(&[id]);
        }
        assert_eq!(news.next().await, Err(Missed));
    }
}

//! Connections that nobody uses now, and the places of all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::DbErr;
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::postgres::PgConnection;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::PING;
use super::servers::Servers;
use crate::platform::db::outage::{Outage, Proof};

/// The longest that a connection lives, so that a server's memory for it does not grow without end.
const LIFETIME: Duration = Duration::from_mins(30);
/// The longest that it rests.
const IDLENESS: Duration = Duration::from_mins(10);

/// What all users of a pool share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) servers: Arc<Servers>,
    /// How long to wait for a connection.
    pub(super) wait: Duration,
    /// One permit for each connection that may be open.
    pub(super) places: Arc<Semaphore>,
    count: u32,
    pub(super) outage: Outage,
    idle: Mutex<Vec<Held>>,
    /// Raised when a connection turns out to be broken: those made before are closed, not used again.
    generation: AtomicU64,
}

/// A connection and its age.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) connection: PgConnection,
    pub(super) rested_since: Instant,
    made_at: Instant,
    generation: u64,
}

impl Shared {
    pub(super) fn new(servers: Servers, count: u32, wait: Duration) -> Self {
        Self {
            servers: Arc::new(servers),
            wait,
            places: Arc::new(Semaphore::new(count as usize)),
            count,
            outage: Outage::default(),
            idle: Mutex::default(),
            generation: AtomicU64::new(0),
        }
    }

    /// Takes over a connection that was just made.
    pub(super) fn hold(&self, connection: PgConnection) -> Held {
        let now = Instant::now();
        Held {
            connection,
            rested_since: now,
            made_at: now,
            generation: self.generation.load(Ordering::Acquire),
        }
    }

    /// The connection that was used last.
    pub(super) fn take(&self) -> Option<Held> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(held) = idle.pop() {
            if self.is_good(&held) {
                return Some(held);
            }
        }
        None
    }

    /// Keeps a connection whose last answer was read to its end, and closes those that rest too long.
    pub(super) fn keep(&self, mut held: Held) {
        held.rested_since = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|held| held.rested_since.elapsed() < IDLENESS);
        if self.is_good(&held) {
            idle.push(held);
        }
    }

    /// Closes every idle connection, and soon those in use, because `broken` of the same age is broken.
    pub(super) fn close_others_like(&self, broken: &Held) {
        let (old, new) = (broken.generation, broken.generation + 1);
        let raised =
            self.generation
                .compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
        if raised.is_ok() {
            drop(self.take_all());
        }
    }

    /// Every idle connection.
    pub(super) fn take_all(&self) -> Vec<Held> {
        std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets the log know of an outage that begins or ends with what a caller is told.
    pub(super) fn judged<T>(&self, answer: Result<T, DbErr>, proof: Proof) -> Result<T, DbErr> {
        match &answer {
            Ok(_) => self.outage.succeeded(proof),
            Err(error) => self.outage.failed(error),
        }
        answer
    }

    /// Waits until every connection is given back, and closes all. Doing so again does nothing.
    pub(super) async fn close(&self) {
        let Ok(_all) = self.places.acquire_many(self.count).await else {
            return;
        };
        self.places.close();
        for held in self.take_all() {
            // A goodbye that is not heard changes nothing.
            let _unheard = timeout(PING, held.connection.close()).await;
        }
    }

    fn is_good(&self, held: &Held) -> bool {
        held.generation == self.generation.load(Ordering::Acquire)
            && held.made_at.elapsed() < LIFETIME
    }
}

//! A connection in use. Every step by it has a time limit, and the one that hits it closes the connection.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument as _;

use super::errors::{closed, no_answer, spoils_connection};
use super::idle::{Held, Shared};
use super::statement::{Ask, Got, send};
use super::{PING, RECOVERY};

/// Idle for longer, a connection is asked whether it lives before it is used.
const TRUSTED: Duration = Duration::from_secs(1);

/// A connection taken from the pool. Dropped without `give_back`, it is made usable again in the background,
/// within a limit, or closed.
#[derive(Debug)]
pub(super) struct Lease {
    held: Option<Held>,
    shared: Arc<Shared>,
    place: Option<OwnedSemaphorePermit>,
    /// Whether it was used before, and so may have died meanwhile.
    pub(super) is_reused: bool,
    /// Whether a transaction was begun and not ended by it.
    pub(super) in_transaction: bool,
    is_recovering: bool,
}

impl Lease {
    /// Waits for a place, and finds a living connection for it or makes one.
    ///
    /// `Errors:` `PoolTimedOut` where no place became free, else why no connection could be made.
    pub(super) async fn take(shared: &Arc<Shared>) -> Result<Self, sqlx::Error> {
        let end = Instant::now() + shared.wait;
        let place = timeout_at(end, Arc::clone(&shared.places).acquire_owned()).await;
        let place = place
            .map_err(|_elapsed| sqlx::Error::PoolTimedOut)?
            .map_err(|_closed| sqlx::Error::PoolClosed)?;
        let mut lease = Self {
            held: None,
            shared: Arc::clone(shared),
            place: Some(place),
            is_reused: false,
            in_transaction: false,
            is_recovering: false,
        };
        while let Some(held) = shared.take() {
            let is_trusted = held.rested_since.elapsed() < TRUSTED;
            lease.held = Some(held);
            lease.is_reused = true;
            if is_trusted || lease.ping().await.is_ok() {
                return Ok(lease);
            }
        }
        lease.renew_until(end).await?;
        Ok(lease)
    }

    /// Closes the connection and makes another one for the same place.
    pub(super) async fn renew(&mut self) -> Result<(), sqlx::Error> {
        self.renew_until(Instant::now() + self.shared.wait).await
    }

    async fn renew_until(&mut self, end: Instant) -> Result<(), sqlx::Error> {
        self.held = None;
        self.is_reused = false;
        self.in_transaction = false;
        let left = end.saturating_duration_since(Instant::now());
        let opened = self.shared.servers.connect(left).await?;
        self.held = Some(self.shared.hold(opened.connection));
        Ok(())
    }

    /// Asks whether the server answers.
    pub(super) async fn ping(&mut self) -> Result<(), sqlx::Error> {
        self.ask(Ask::Ping, PING).await.map(drop)
    }

    /// Sends a statement and waits for its answer, no longer than `limit`.
    ///
    /// `Order:` whatever went wrong with the connection closes it here, by dropping it: nothing more is sent,
    /// and nothing is waited for. The idle ones of its age are closed with it.
    pub(super) async fn ask(&mut self, ask: Ask<'_>, limit: Duration) -> Result<Got, sqlx::Error> {
        let held = self.held.as_mut().ok_or_else(closed)?;
        let answer = timeout(limit, send(&mut held.connection, ask))
            .await
            .unwrap_or_else(|_elapsed| Err(no_answer(limit)));
        if let Err(error) = &answer
            && spoils_connection(error)
            && let Some(broken) = self.held.take()
        {
            self.shared.close_others_like(&broken);
        }
        answer
    }

    /// Gives back a connection whose last answer was read to its end.
    pub(super) fn give_back(mut self) {
        if !self.in_transaction
            && let Some(held) = self.held.take()
        {
            self.shared.keep(held);
        }
    }

    /// Closes the connection, and the idle ones of its age.
    pub(super) fn close(mut self) {
        if let Some(held) = self.held.take() {
            self.shared.close_others_like(&held);
        }
    }

    /// Waits for what was asked last, rolls back, and gives back; or closes.
    async fn recover(mut self) {
        let last = if self.in_transaction {
            Ask::Text("ROLLBACK")
        } else {
            Ask::Ping
        };
        if self.ask(last, RECOVERY).await.is_ok() {
            self.in_transaction = false;
            self.give_back();
        } else {
            self.held = None;
        }
    }
}

impl Drop for Lease {
    /// `Why:` the caller went away, or its transaction failed. The place is kept until the connection is
    /// usable or closed, so that there are never more than allowed.
    fn drop(&mut self) {
        let Some(held) = self.held.take() else {
            return;
        };
        // Without a runtime, or where it ends, the connection is closed by dropping it.
        if self.is_recovering {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let lease = Self {
            held: Some(held),
            shared: Arc::clone(&self.shared),
            place: self.place.take(),
            is_reused: true,
            in_transaction: self.in_transaction,
            is_recovering: true,
        };
        drop(runtime.spawn(lease.recover().in_current_span()));
    }
}

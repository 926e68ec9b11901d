//! The issuer's published keys, kept in this process: a copy of what everybody may know, so replicas
//! need not agree on it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::TokenError;
use super::keys::{Key, read_set};
use crate::platform::fetch::{FetchLimits, Fetcher};
use crate::types::clock::Timestamp;

/// Age from which on keys are fetched again.
pub(super) const OLD: Duration = Duration::from_mins(10);
/// `Why:` anybody can write a token with an unknown `kid`; the issuer must not feel it.
const AT_MOST_EVERY: Duration = Duration::from_mins(1);
/// The same while no key is known at all and every caller with a token is turned away.
const AT_MOST_EVERY_AT_FIRST: Duration = Duration::from_secs(5);

/// Keys are small, and asked for once in ten minutes.
pub(super) const LIMITS: FetchLimits = FetchLimits {
    timeout: Duration::from_secs(5),
    longest: 256 * 1024,
    idle: Duration::ZERO,
};

/// What is known of the keys. Fetched by one task at a time; kept while the issuer is down.
#[derive(Debug)]
pub(super) struct Published {
    fetcher: Fetcher,
    known: Mutex<Known>,
    flight: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    keys: Option<Arc<Vec<Key>>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

impl Known {
    fn is_old(&self, now: Timestamp, age: Duration) -> bool {
        self.fetched_at.is_none_or(|at| at.plus(age) <= now)
    }

    /// Whether the issuer may be asked again.
    fn is_due(&self, now: Timestamp) -> bool {
        let every = match self.keys {
            Some(_) => AT_MOST_EVERY,
            None => AT_MOST_EVERY_AT_FIRST,
        };
        self.tried_at.is_none_or(|at| at.plus(every) <= now)
    }
}

impl Published {
    pub(super) fn new(fetcher: Fetcher) -> Self {
        Self {
            fetcher,
            known: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
        }
    }

    /// The keys, fetched anew when they are old. While one caller fetches, others go on with old keys.
    pub(super) async fn keys(
        self: &Arc<Self>,
        now: Timestamp,
    ) -> Result<Arc<Vec<Key>>, TokenError> {
        let known = self.known();
        let is_someone_fetching = || self.flight.try_lock().is_err();
        if let Some(keys) = &known.keys
            && (!known.is_old(now, OLD) || !known.is_due(now) || is_someone_fetching())
        {
            return Ok(Arc::clone(keys));
        }
        self.refresh(now).await;
        self.known().keys.ok_or(TokenError::Unavailable)
    }

    /// Asks the issuer, unless that was done a short while ago. Whoever comes meanwhile waits for the
    /// same answer.
    ///
    /// `Why:` a task of its own. Ended with the request that wanted it, a stranger could use up the turn
    /// of each minute by hanging up, and new keys would never be seen.
    pub(super) async fn refresh(self: &Arc<Self>, now: Timestamp) {
        let this = Arc::clone(self);
        #[expect(
            clippy::disallowed_methods,
            reason = "ends by itself within the time limit of a fetch"
        )]
        let task = tokio::spawn(async move {
            let _flight = this.flight.lock().await;
            if this.known().is_due(now) {
                this.change(|known| known.tried_at = Some(now));
                this.fetch(now).await;
            }
        });
        if let Err(error) = task.await {
            tracing::error!(%error, "fetching the issuer's keys ended badly");
        }
    }

    /// The same, when the keys are this old or there are none.
    pub(super) async fn refresh_if_older(self: &Arc<Self>, age: Duration, now: Timestamp) {
        if self.known().is_old(now, age) {
            self.refresh(now).await;
        }
    }

    async fn fetch(&self, now: Timestamp) {
        let keys = match self.fetcher.get(&[("accept", "application/json")]).await {
            Ok(answer) => read_set(&answer).filter(|keys| !keys.is_empty()),
            Err(error) => {
                tracing::warn!(%error, "the keys at security.jwt.jwks_url could not be fetched");
                return;
            }
        };
        let Some(keys) = keys else {
            tracing::warn!(
                "the answer at security.jwt.jwks_url holds no key to verify tokens with"
            );
            return;
        };
        self.change(|known| {
            known.keys = Some(Arc::new(keys));
            known.fetched_at = Some(now);
        });
    }

    fn known(&self) -> Known {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

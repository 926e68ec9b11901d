//! Limits of rates, exact over all replicas: each take is one statement in the database,
//! or one transaction where it counts in several networks.
//!
//! `Source:` GCRA, ITU-T I.371 annex A. A limit keeps one moment for each key: when all of it will have
//! come back. A take moves that moment on, and only if it does not move too far.

use std::time::Duration;

use super::store;
use crate::domain::audit::{self, AuditAction};
use crate::platform::app::App;
use crate::platform::db::{Budget, Cleaned, Txn};
use crate::platform::keyring::Purpose;
use crate::types::actor::Origin;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How often at once.
    pub burst: u32,
    /// How long until one of these has come back; at least a millisecond.
    pub per: Duration,
}

/// What came of a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It may be done now.
    Allowed,
    /// It may be done at this moment, if nobody else takes it first.
    RetryAt(Timestamp),
}

impl Limit {
    /// So often in a minute, all of it at once.
    pub fn a_minute(times: u32) -> Self {
        Self {
            burst: times,
            per: Duration::from_mins(1) / times.max(1),
        }
    }

    /// The same for as many clients.
    fn times(self, weight: u32) -> Self {
        Self {
            burst: self.burst.max(1).saturating_mul(weight),
            per: self.per / weight.max(1),
        }
    }

    fn per_millis(self) -> i64 {
        let millis = i64::try_from(self.per.as_millis()).unwrap_or(i64::MAX);
        millis.max(1)
    }

    /// `Units:` milliseconds. How far ahead the moment may be for one more.
    fn slack_millis(self) -> i64 {
        let others = i64::from(self.burst.max(1)) - 1;
        others.saturating_mul(self.per_millis())
    }
}

/// Takes one from the limit `name` for `key`, such as an address.
///
/// `Order:` before `begin_write`. It writes by itself, so that a refused request counts too.
/// `Why:` the key is stored as a keyed hash. Addresses and logins do not pile up in a table of their own.
pub async fn take(app: &App, name: &str, key: &str, limit: Limit) -> Result<Taken, Internal> {
    let key = app.keys.tag(Purpose::RateLimit, key.as_bytes());
    let now = app.clock.now().as_millis();
    let latest = now.saturating_add(limit.slack_millis());
    let db = app.db.write();
    if store::move_limit(db, (name, &key), (now, latest), limit.per_millis()).await? {
        return Ok(Taken::Allowed);
    }
    let full_at = store::limit_end(db, (name, &key)).await?.unwrap_or(now);
    let retry_at = full_at.saturating_sub(limit.slack_millis());
    Ok(Taken::RetryAt(Timestamp::from_millis(retry_at.max(now))))
}

/// Gives one back that was taken for something that did not happen.
pub async fn give_back(app: &App, name: &str, key: &str, limit: Limit) -> Result<(), Internal> {
    let key = app.keys.tag(Purpose::RateLimit, key.as_bytes());
    store::give_limit_back(app.db.write(), (name, &key), limit.per_millis()).await
}

/// Takes one from the limit `name` for the client's network and for each wider one around it, whose limit
/// is as many times as large as its weight. Refused by one of them it counts in none.
///
/// `Order:` as `take`. `Locks:` from the narrowest network to the widest, so that no two wait for each other.
pub async fn take_by_network(
    app: &App,
    name: &str,
    origin: &Origin,
    limit: Limit,
) -> Result<Taken, Internal> {
    let now = app.clock.now().as_millis();
    let limits: Vec<(Vec<u8>, Limit)> = origin
        .network_tiers()
        .into_iter()
        .map(|tier| {
            let key = app.keys.tag(Purpose::RateLimit, tier.network.as_bytes());
            (key.to_vec(), limit.times(tier.weight))
        })
        .collect();
    if limits.is_empty() {
        return Ok(Taken::Allowed);
    }
    let txn = app.db.begin_write().await?;
    for (key, limit) in &limits {
        let latest = now.saturating_add(limit.slack_millis());
        if !store::move_limit(&txn, (name, key), (now, latest), limit.per_millis()).await? {
            txn.rollback().await?;
            return retry_at(app, name, &limits).await;
        }
    }
    txn.commit().await?;
    Ok(Taken::Allowed)
}

/// Takes one of the passwords that the client's network may have judged without an account of its own.
///
/// `Why:` before anything slow. Anyone may ask, and each time costs a turn on the hashing threads.
pub async fn take_password_check(app: &App, origin: &Origin) -> Result<Taken, Internal> {
    let per_minute = app.settings.security.password_checks_per_minute;
    let limit = Limit::a_minute(per_minute);
    let taken = take_by_network(app, "password_check", origin, limit).await?;
    if taken != Taken::Allowed {
        audit::rate_limited(app, origin, AuditAction::AccessDenied).await;
    }
    Ok(taken)
}

/// When all of these limits have one again.
async fn retry_at(app: &App, name: &str, limits: &[(Vec<u8>, Limit)]) -> Result<Taken, Internal> {
    let mut latest = app.clock.now().as_millis();
    for (key, limit) in limits {
        let full_at = store::limit_end(app.db.write(), (name, key)).await?;
        let free_at = full_at.map(|at| at.saturating_sub(limit.slack_millis()));
        latest = latest.max(free_at.unwrap_or(latest));
    }
    Ok(Taken::RetryAt(Timestamp::from_millis(latest)))
}

/// Writes what a take writes, within the caller's transaction, and limits nothing: for an act that must
/// cost alike whether it changes something or not.
pub async fn note(txn: &Txn, app: &App, name: &str, key: &str) -> Result<(), Internal> {
    let key = app.keys.tag(Purpose::RateLimit, key.as_bytes());
    let now = app.clock.now().as_millis();
    store::move_limit(txn, (name, &key), (now, i64::MAX), 1).await?;
    Ok(())
}

/// Deletes what has come back entirely.
pub async fn sweep(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let now = app.clock.now();
    budget
        .in_batches(|most| store::delete_limits(app.db.write(), now, most))
        .await
}

//! Storing a new hash, inside the caller's transaction.

use super::PasswordOrigin;
pub use super::store::NewHash;
use super::store::history::{self, Replaced};
use super::store::{self, Versions};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::platform::hasher::HashError;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::secret::Secret;

/// Hashes a password that was chosen.
///
/// `Order:` before the transaction begins, since SQLite has one writer and hashing is slow.
pub async fn hash(app: &App, password: &Secret) -> Result<String, HashError> {
    app.hasher.hash(password).await
}

/// Replaces a user's password hash; the old one joins the history as far as the policy keeps one.
///
/// `Locks:` the caller holds the user's row.
pub async fn replace(
    txn: &Txn,
    app: &App,
    user: UserId,
    new: NewHash,
    now: Timestamp,
) -> Result<Versions, Internal> {
    let previous = store::find(txn, user).await?;
    let replaced = Replaced {
        previous: previous.as_ref(),
        by: new.origin,
        now,
        count: app.settings.policy.history_count,
    };
    history::replaced(txn, user, replaced).await?;
    store::put(txn, user, new, now, previous.map(|row| row.version)).await
}

/// A temporary password stays after all, and takes its place in the history like a chosen one.
///
/// `Locks:` the caller holds the user's row.
pub async fn keep(txn: &Txn, user: UserId) -> Result<(), Internal> {
    store::set_origin(txn, user, PasswordOrigin::Temporary, PasswordOrigin::Chosen).await
}

/// Lets nothing count that was verified against the present password so far; the password stays.
///
/// `Locks:` the caller holds the user's row.
pub async fn outdate(txn: &Txn, user: UserId) -> Result<(), Internal> {
    store::raise_version(txn, user).await
}

/// Removes a user's password and its history, for an account that now signs in elsewhere.
pub async fn erase(txn: &Txn, user: UserId) -> Result<(), Internal> {
    history::delete(txn, user).await?;
    store::delete(txn, user).await
}

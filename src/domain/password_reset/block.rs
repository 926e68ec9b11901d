//! Stopping a password until the next reset, inside the caller's transaction.

use crate::domain::one_time_links::{self, RevokedWhy};
use crate::domain::users::{self, PasswordState, User};
use crate::domain::{access, credentials, sessions};
use crate::platform::db::Txn;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// What the password could still open, and no longer can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Sessions that were ended.
    pub sessions: u64,
    /// One-time links that were made useless.
    pub links: u64,
    /// API keys that were revoked.
    pub api_keys: u64,
}

/// Lets the present password open nothing until a reset, and ends sessions, links and API keys. A user
/// without a password has no password to block.
///
/// `Locks:` the caller holds the user's row.
/// `Why:` the hash stays, so that the blocked password cannot be chosen again; its version is raised, so
/// that nothing that verified it a moment ago goes through. Keys end for good: whoever had the account may
/// have made them, and would keep a way in past the reset.
pub async fn block(txn: &Txn, user: &mut User, now: Timestamp) -> Result<Blocked, Internal> {
    if user.password_changed_at.is_some() {
        credentials::outdate(txn, user.id).await?;
        user.password_blocked_at = Some(now);
        let state = PasswordState {
            changed_at: user.password_changed_at,
            must_change: user.must_change_password,
            expires_at: user.password_expires_at,
            blocked_at: user.password_blocked_at,
        };
        users::set_password_state(txn, user.id, state).await?;
    }
    sessions::forget_devices(txn, user.id).await?;
    Ok(Blocked {
        sessions: sessions::revoke_all(txn, user.id, now).await?,
        links: one_time_links::revoke_all(txn, user.id, RevokedWhy::NewPassword, now).await?,
        api_keys: access::revoke_keys_of(txn, user.id, now).await?,
    })
}

//! What every reset does to the user, whoever does it, inside the caller's transaction.

use super::SessionsAfter;
use crate::domain::credentials::{self, NewHash};
use crate::domain::mail::MailKind;
use crate::domain::one_time_links::{self, RevokedWhy};
use crate::domain::sessions;
use crate::domain::users::{self, PasswordState, User, UserError};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// A password that was judged and hashed.
pub(super) struct Replacement {
    pub(super) hash: NewHash,
    /// Whether another one must be chosen at the next sign-in.
    pub(super) must_change: bool,
    /// When this one stops working.
    pub(super) works_until: Option<Timestamp>,
    pub(super) sessions: SessionsAfter,
}

/// What the old password could still open, and no longer can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) sessions: u64,
    pub(super) links: u64,
    /// The version of the password that was stored.
    pub(super) version: i64,
}

/// Stores a password, lifts the lock, and ends sessions and links.
///
/// `Locks:` the caller holds the user's row.
pub(super) async fn replace(
    txn: &Txn,
    app: &App,
    user: &mut User,
    new: Replacement,
    now: Timestamp,
) -> Result<Ended, UserError> {
    let versions = credentials::replace(txn, app, user.id, new.hash, now).await?;
    user.password_changed_at = Some(now);
    user.must_change_password = new.must_change;
    user.password_expires_at = new.works_until;
    user.password_blocked_at = None;
    let state = PasswordState {
        changed_at: user.password_changed_at,
        must_change: user.must_change_password,
        expires_at: user.password_expires_at,
        blocked_at: None,
    };
    users::set_password_state(txn, user.id, state).await?;
    users::unlock(txn, user.id).await?;
    user.locked_until = None;
    Ok(Ended {
        version: versions.now,
        sessions: match new.sessions {
            SessionsAfter::Revoked => sessions::revoke_all(txn, user.id, now).await?,
            SessionsAfter::Kept => {
                sessions::carry_on(txn, user.id, (versions.before, versions.now)).await?;
                0
            }
        },
        links: one_time_links::revoke_all(txn, user.id, RevokedWhy::NewPassword, now).await?,
    })
}

/// Tells the real owner, where settings want it.
pub(super) async fn notify(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    user: &User,
    now: Timestamp,
) -> Result<(), Internal> {
    if app.settings.security.notify_on_reset {
        let notice = (user, MailKind::PasswordChanged);
        users::notify_of_password(txn, app, actor, notice, now).await?;
    }
    Ok(())
}

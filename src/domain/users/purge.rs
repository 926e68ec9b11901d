//! Anonymising users who were deleted long enough ago.
//!
//! The row stays, without anything that tells who it was, so that what points to it still does. The
//! audit trail is never touched: it must tell who did what, and says so in `docs/security.md`.

use super::{User, UserError, store};
use crate::domain::audit::{self, AuditAction, Event};
use crate::domain::one_time_links::{self, RevokedWhy};
use crate::domain::{access, credentials, mail, sessions};
use crate::platform::app::App;
use crate::platform::db::{Budget, Cleaned, Txn, is_passing};
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;

/// Users looked for at once.
const AT_ONCE: u64 = 100;

/// Anonymises whoever was deleted longer ago than settings keep deleted users.
///
/// `Order:` in the order of their deletion, past those that fail: one user whose rows cannot be changed
/// must not keep all others as they are.
/// `Errors:` the last failure, once everybody else was seen to; one that passes, at once.
pub async fn purge(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let before = app.clock.now().minus(app.settings.database.keep.deleted);
    let (mut cleaned, mut after, mut failure) = (Cleaned::default(), None, None);
    loop {
        let due = store::to_purge(app.db.read(), before, after, AT_ONCE).await?;
        for user in &due {
            if budget.is_used_up() {
                cleaned.is_complete = false;
                return failure.map_or(Ok(cleaned), Err);
            }
            match purge_one(app, user, before).await {
                Ok(done) => cleaned.rows += u64::from(done),
                Err(UserError::Internal(cause)) if is_passing(&cause) => return Err(cause),
                Err(UserError::Internal(cause)) => {
                    tracing::error!(error = %cause, user = %user.id, "a deleted user was not anonymised");
                    failure = Some(cause);
                }
                Err(refusal) => {
                    tracing::error!(?refusal, user = %user.id, "a deleted user was not anonymised");
                }
            }
        }
        let Some(last) = due.last() else {
            return failure.map_or(Ok(cleaned), Err);
        };
        after = last.deleted_at.map(|deleted| (deleted, last.id));
    }
}

/// `false` when the user was restored meanwhile, or another process was first.
async fn purge_one(app: &App, user: &User, before: Timestamp) -> Result<bool, UserError> {
    let now = app.clock.now();
    let txn = app.db.begin_write().await?;
    let user = store::lock(&txn, user.id, now).await?;
    let due = |user: &User| {
        user.purged_at.is_none() && user.deleted_at.is_some_and(|deleted| deleted < before)
    };
    let Some(user) = user.filter(due) else {
        txn.rollback().await?;
        return Ok(false);
    };
    let nobody = nobody(user.clone(), now);
    store::save(&txn, &nobody).await?;
    // A name made of a fresh id looks like nobody's.
    store::exchange(&txn, &user, &nobody).await?;
    forget(&txn, &user, now).await?;
    let event = Event {
        action: AuditAction::UserPurged,
        user: Some(user.id),
        target_label: None,
        changes: Vec::new(),
        reason: None,
    };
    audit::record(&txn, app, &Actor::system(), event).await?;
    txn.commit().await?;
    Ok(true)
}

/// The same row without anything that tells who it was.
fn nobody(mut user: User, now: Timestamp) -> User {
    // A fresh one: somebody could have taken a name made of the user's own id.
    let fresh = UserId::new(now).to_string();
    let suffix = fresh.rsplit('_').next().unwrap_or(&fresh);
    user.username = format!("deleted-{suffix}");
    (user.email, user.email_key, user.email_verified_at) = (None, None, None);
    (user.name, user.locale, user.external_id) = (None, None, None);
    user.time_zone = None;
    user.disabled_reason = None;
    (user.password_changed_at, user.password_expires_at) = (None, None);
    user.password_blocked_at = None;
    user.must_change_password = false;
    user.last_sign_in_at = None;
    user.purged_at = Some(now);
    user
}

async fn forget(txn: &Txn, user: &User, now: Timestamp) -> Result<(), UserError> {
    credentials::erase(txn, user.id).await?;
    sessions::revoke_all(txn, user.id, now).await?;
    sessions::forget_origins(txn, user.id).await?;
    sessions::forget_devices(txn, user.id).await?;
    one_time_links::revoke_all(txn, user.id, RevokedWhy::AccountClosed, now).await?;
    access::revoke_keys_of(txn, user.id, now).await?;
    if let Some(address) = &user.email_key {
        mail::clear_failure(txn, address).await?;
    }
    mail::forget_user(txn, user.id, now).await?;
    Ok(())
}

//! Keeping a user from signing in, and letting them again.

use super::input::{Reader, check_reason};
use super::noted::{noting, record};
use super::target::{get, lock_target};
use super::{User, UserError, UserRef, notices, owners, store};
use crate::domain::audit::{AuditAction, Change};
use crate::domain::one_time_links::{self, RevokedWhy};
use crate::domain::sessions;
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission, Role};
use crate::types::clock::Timestamp;

/// Keep a user from signing in.
#[derive(Clone, Debug)]
pub struct DisableUser {
    /// Whom.
    pub user: UserRef,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Why; shown to administrators and kept in the audit trail.
    pub reason: Option<String>,
    /// Whether a verified address is told. It is not told why.
    pub notify: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct DisableOutcome {
    /// The user after the change.
    pub user: User,
    /// Sessions that were ended.
    pub revoked_sessions: u64,
}

/// Disables a user; every session and link of theirs ends. May be repeated to change end or reason.
pub async fn disable(
    app: &App,
    actor: &Actor,
    command: DisableUser,
) -> Result<DisableOutcome, UserError> {
    let user = command.user.clone();
    let act = Box::pin(disable_noted(app, actor, command));
    noting(app, actor, (AuditAction::UserDisabled, &user), act).await
}

async fn disable_noted(
    app: &App,
    actor: &Actor,
    command: DisableUser,
) -> Result<DisableOutcome, UserError> {
    actor.require(Permission::UsersWrite)?;
    let mut reader = Reader::of_input();
    reader.future("until", command.until, app.clock.now());
    reader.finish()?;
    let reason = check_reason(command.reason.as_deref())?;
    let target = get(app, actor, &command.user).await?;

    let txn = app.db.begin_write().await?;
    owners::serialise(&txn, app).await?;
    let mut user = lock_target(&txn, app, actor, target.id).await?;
    let now = app.clock.now();
    if user.role == Role::Owner && !user.is_disabled(now) {
        owners::require_another(&txn, app, user.id).await?;
    }
    let is_news = !user.is_disabled(now) || user.disabled_until != command.until;
    if !user.is_disabled(now) {
        user.disabled_at = Some(now);
    }
    user.disabled_until = command.until;
    user.disabled_reason.clone_from(&reason);
    store::save(&txn, &user).await?;
    let revoked_sessions = sessions::revoke_all(&txn, user.id, now).await?;
    sessions::forget_devices(&txn, user.id).await?;
    one_time_links::revoke_all(&txn, user.id, RevokedWhy::AccountClosed, now).await?;
    if command.notify && is_news {
        notices::notify_of_disabling(&txn, app, actor, &user, now).await?;
    }
    let until = Change::new(
        "disabledUntil",
        None,
        command.until.map(Timestamp::to_rfc3339),
    );
    record(
        &txn,
        app,
        actor,
        (AuditAction::UserDisabled, &user, vec![until], reason),
    )
    .await?;
    txn.commit().await?;
    Ok(DisableOutcome {
        user,
        revoked_sessions,
    })
}

/// Lets a disabled user sign in again. Sessions and links that ended stay ended.
pub async fn enable(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    reason: Option<&str>,
) -> Result<User, UserError> {
    let act = Box::pin(enable_noted(app, actor, user, reason));
    noting(app, actor, (AuditAction::UserEnabled, user), act).await
}

async fn enable_noted(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    reason: Option<&str>,
) -> Result<User, UserError> {
    actor.require(Permission::UsersWrite)?;
    let reason = check_reason(reason)?;
    let target = get(app, actor, user).await?;

    let txn = app.db.begin_write().await?;
    let mut user = lock_target(&txn, app, actor, target.id).await?;
    if user.disabled_at.is_none() {
        txn.rollback().await?;
        return Ok(target);
    }
    (user.disabled_at, user.disabled_until, user.disabled_reason) = (None, None, None);
    store::save(&txn, &user).await?;
    record(
        &txn,
        app,
        actor,
        (AuditAction::UserEnabled, &user, Vec::new(), reason),
    )
    .await?;
    txn.commit().await?;
    Ok(user)
}

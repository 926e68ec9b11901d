//! Telling a user to choose a new password at the next sign-in, without changing the present one.

use super::input::check_reason;
use super::noted::noting;
use super::target::{get, lock_target};
use super::{AuthenticationSource, PasswordState, User, UserError, UserRef, set_password_state};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::credentials;
use crate::domain::sessions::require_step_up;
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};
use crate::types::secret::Secret;

/// Sets or lifts the demand. Lifting it also lifts the end of a temporary password.
pub async fn set_must_change(
    app: &App,
    actor: &Actor,
    (user, must_change): (&UserRef, bool),
    (actor_password, reason): (Option<&Secret>, Option<&str>),
) -> Result<User, UserError> {
    let act = Box::pin(set_must_change_noted(
        app,
        actor,
        (user, must_change),
        (actor_password, reason),
    ));
    noting(
        app,
        actor,
        (AuditAction::PasswordChangeRequirementSet, user),
        act,
    )
    .await
}

async fn set_must_change_noted(
    app: &App,
    actor: &Actor,
    (user, must_change): (&UserRef, bool),
    (actor_password, reason): (Option<&Secret>, Option<&str>),
) -> Result<User, UserError> {
    actor.require(Permission::PasswordsReset)?;
    require_step_up(app, actor, actor_password).await?;
    let reason = check_reason(reason)?;
    let target = get(app, actor, user).await?;

    let txn = app.db.begin_write().await?;
    let mut user = lock_target(&txn, app, actor, target.id).await?;
    if user.authentication_source != AuthenticationSource::BuiltIn {
        return Err(UserError::NotBuiltIn(user.authentication_source));
    }
    if user.must_change_password == must_change {
        txn.rollback().await?;
        return Ok(target);
    }
    let before = user.must_change_password.to_string();
    user.must_change_password = must_change;
    user.password_expires_at = user.password_expires_at.filter(|_| must_change);
    let state = PasswordState {
        changed_at: user.password_changed_at,
        must_change,
        expires_at: user.password_expires_at,
        blocked_at: user.password_blocked_at,
    };
    set_password_state(&txn, user.id, state).await?;
    if !must_change {
        credentials::keep(&txn, user.id).await?;
    }
    let event = Event {
        action: AuditAction::PasswordChangeRequirementSet,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes: vec![Change::new(
            "mustChangePassword",
            Some(before),
            Some(must_change.to_string()),
        )],
        reason,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await?;
    Ok(user)
}

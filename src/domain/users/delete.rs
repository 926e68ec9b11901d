//! Deleting a user, who can be restored for a while, and restoring one.

use super::input::check_reason;
use super::noted::{noting, record};
use super::target::{Own, check, get, lock_target, require_standing};
use super::{User, UserError, UserRef, owners, store};
use crate::domain::audit::{AuditAction, Change};
use crate::domain::one_time_links::{self, RevokedWhy};
use crate::domain::sessions::{self, require_step_up};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission, Role};
use crate::types::clock::Timestamp;
use crate::types::secret::Secret;

/// Delete a user.
#[derive(Clone, Debug)]
pub struct DeleteUser {
    /// Whom.
    pub user: UserRef,
    /// The version that must still be the present one.
    pub if_version: Option<i64>,
    /// The actor's own password.
    pub actor_password: Option<Secret>,
    /// Note for the audit trail.
    pub reason: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct DeleteOutcome {
    /// The user, deleted.
    pub user: User,
    /// Until when the user can be restored.
    pub restorable_until: Timestamp,
}

/// Deletes a user: no sign-in, no mail, not listed, every session and link ended. The names stay
/// taken until the user is anonymised.
pub async fn delete(
    app: &App,
    actor: &Actor,
    command: DeleteUser,
) -> Result<DeleteOutcome, UserError> {
    let user = command.user.clone();
    let act = Box::pin(delete_noted(app, actor, command));
    noting(app, actor, (AuditAction::UserDeleted, &user), act).await
}

async fn delete_noted(
    app: &App,
    actor: &Actor,
    command: DeleteUser,
) -> Result<DeleteOutcome, UserError> {
    actor.require(Permission::UsersDelete)?;
    require_step_up(app, actor, command.actor_password.as_ref()).await?;
    let reason = check_reason(command.reason.as_deref())?;
    let target = get(app, actor, &command.user).await?;

    let txn = app.db.begin_write().await?;
    owners::serialise(&txn, app).await?;
    let mut user = lock_target(&txn, app, actor, target.id).await?;
    super::change::check_version(command.if_version, &user)?;
    let now = app.clock.now();
    if user.role == Role::Owner {
        owners::require_another(&txn, app, user.id).await?;
    }
    user.deleted_at = Some(now);
    store::save(&txn, &user).await?;
    sessions::revoke_all(&txn, user.id, now).await?;
    sessions::forget_devices(&txn, user.id).await?;
    one_time_links::revoke_all(&txn, user.id, RevokedWhy::AccountClosed, now).await?;
    let restorable_until = now.plus(app.settings.database.keep.deleted);
    let until = Change::to("restorableUntil", &restorable_until.to_rfc3339());
    record(
        &txn,
        app,
        actor,
        (AuditAction::UserDeleted, &user, vec![until], reason),
    )
    .await?;
    txn.commit().await?;
    Ok(DeleteOutcome {
        user,
        restorable_until,
    })
}

/// Restores a deleted user with everything but sessions and links.
pub async fn restore(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    reason: Option<&str>,
) -> Result<User, UserError> {
    let act = Box::pin(restore_noted(app, actor, user, reason));
    noting(app, actor, (AuditAction::UserRestored, user), act).await
}

async fn restore_noted(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    reason: Option<&str>,
) -> Result<User, UserError> {
    actor.require(Permission::UsersDelete)?;
    let reason = check_reason(reason)?;
    let found = restorable(store::find(app.db.read(), user).await?)?;
    check(app, actor, &found, Own::Refused)?;

    let txn = app.db.begin_write().await?;
    let mut user = restorable(store::lock(&txn, found.id, app.clock.now()).await?)?;
    require_standing(&txn, app, actor).await?;
    check(app, actor, &user, Own::Refused)?;
    if user.deleted_at.is_none() {
        txn.rollback().await?;
        return Ok(found);
    }
    user.deleted_at = None;
    store::save(&txn, &user).await?;
    record(
        &txn,
        app,
        actor,
        (AuditAction::UserRestored, &user, Vec::new(), reason),
    )
    .await?;
    txn.commit().await?;
    Ok(user)
}

/// Of an anonymised user nothing is left to restore.
fn restorable(user: Option<User>) -> Result<User, UserError> {
    user.filter(|user| user.purged_at.is_none())
        .ok_or(UserError::NotFound)
}

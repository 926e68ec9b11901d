//! Lifting the lock after failed sign-ins.

use super::input::check_reason;
use super::noted::{noting, record};
use super::target::{get, lock_target};
use super::{User, UserError, UserRef, store};
use crate::domain::audit::AuditAction;
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};

/// Lets a user try to sign in again at once. Where there was no lock nothing is changed.
pub async fn unlock_user(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    reason: Option<&str>,
) -> Result<User, UserError> {
    let act = Box::pin(unlock_user_noted(app, actor, user, reason));
    noting(app, actor, (AuditAction::UserUnlocked, user), act).await
}

async fn unlock_user_noted(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    reason: Option<&str>,
) -> Result<User, UserError> {
    actor.require(Permission::UsersUnlock)?;
    let reason = check_reason(reason)?;
    let target = get(app, actor, user).await?;

    let txn = app.db.begin_write().await?;
    let mut user = lock_target(&txn, app, actor, target.id).await?;
    if user.failed_sign_ins == 0 && user.locked_until.is_none() {
        txn.rollback().await?;
        return Ok(target);
    }
    store::unlock(&txn, user.id).await?;
    (user.locked_until, user.failed_sign_ins) = (None, 0);
    let what = (AuditAction::UserUnlocked, &user, Vec::new(), reason);
    record(&txn, app, actor, what).await?;
    txn.commit().await?;
    Ok(user)
}

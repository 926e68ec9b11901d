//! Saying that mail to a user arrives after all.

use super::input::check_reason;
use super::noted::{noting, record};
use super::target::{Own, get_or_own, lock_or_own};
use super::{User, UserError, UserRef};
use crate::domain::audit::AuditAction;
use crate::domain::mail;
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};

/// Takes the mark off a user's present address that a mail server's refusal put there. Where there is none
/// nothing is changed.
pub async fn mark_deliverable(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    reason: Option<&str>,
) -> Result<User, UserError> {
    let act = Box::pin(mark_noted(app, actor, user, reason));
    noting(app, actor, (AuditAction::MailAddressCleared, user), act).await
}

async fn mark_noted(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    reason: Option<&str>,
) -> Result<User, UserError> {
    actor.require(Permission::UsersWrite)?;
    let reason = check_reason(reason)?;
    let target = get_or_own(app, actor, user, Own::Taken).await?;

    let txn = app.db.begin_write().await?;
    let user = lock_or_own(&txn, app, actor, (target.id, Own::Taken)).await?;
    let is_cleared = match &user.email_key {
        Some(key) => mail::clear_failure(&txn, key).await?,
        None => false,
    };
    if !is_cleared {
        txn.rollback().await?;
        return Ok(target);
    }
    let what = (AuditAction::MailAddressCleared, &user, Vec::new(), reason);
    record(&txn, app, actor, what).await?;
    txn.commit().await?;
    Ok(user)
}

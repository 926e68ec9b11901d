//! Making the outstanding links and codes of a user useless.

use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::one_time_links;
use crate::domain::users::{self, User, UserError, UserRef};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};
use crate::types::ids::LinkId;

/// Links to be made useless.
#[derive(Clone, Debug)]
pub struct RevokeLinks {
    /// Whose.
    pub user: UserRef,
    /// Only these; all of them when none.
    pub only: Option<Vec<LinkId>>,
    /// Note for the audit trail.
    pub reason: Option<String>,
}

/// Makes links useless. Gives how many still worked; where none did, nothing is changed.
///
/// `Why:` no step-up, and none for a link of an owner's own making: it takes away a way in and opens none.
///
/// Errors: `LinkNotFound` when one of those named is not the user's.
pub async fn revoke_links(
    app: &App,
    actor: &Actor,
    command: RevokeLinks,
) -> Result<(User, u64), UserError> {
    let user = command.user.clone();
    let act = Box::pin(revoke_noted(app, actor, command));
    users::noting(app, actor, (AuditAction::PasswordLinksRevoked, &user), act).await
}

async fn revoke_noted(
    app: &App,
    actor: &Actor,
    command: RevokeLinks,
) -> Result<(User, u64), UserError> {
    actor.require(Permission::PasswordsReset)?;
    let reason = users::check_reason(command.reason.as_deref())?;
    let target = users::get(app, actor, &command.user).await?;
    if let Some(only) = &command.only {
        let known = one_time_links::find_many(app, only).await?;
        let is_theirs = |id: &LinkId| {
            known
                .iter()
                .any(|link| link.id == *id && link.user == target.id)
        };
        if !only.iter().all(is_theirs) {
            return Err(UserError::LinkNotFound);
        }
    }

    let txn = app.db.begin_write().await?;
    let user = users::lock_target(&txn, app, actor, target.id).await?;
    let which = (user.id, command.only.as_deref());
    let count = one_time_links::revoke(&txn, app, which).await?;
    if count == 0 {
        txn.rollback().await?;
        return Ok((target, 0));
    }
    let mut changes = vec![Change::to("revokedLinks", &count)];
    changes.extend(
        command
            .only
            .iter()
            .flatten()
            .map(|id| Change::to("link", id)),
    );
    let event = Event {
        action: AuditAction::PasswordLinksRevoked,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes,
        reason,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await?;
    Ok((user, count))
}

//! Ending the sessions of others.

use super::input::check_reason;
use super::noted::noting;
use super::target::{Own, check, get_or_own, lock_or_own, present};
use super::{Sought, User, UserError, UserRef, store};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::sessions::{self, Session};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};
use crate::types::ids::SessionId;
use crate::types::secret::Secret;

/// Ends one session. Where it had ended already nothing is changed.
///
/// `Why:` one of the actor's own, but for the one they came with, asks who is acting: whoever took over a
/// session must not end those of its owner. Sessions of others do not ask, so that it is quick.
pub async fn revoke_session(
    app: &App,
    actor: &Actor,
    id: Option<SessionId>,
    password: Option<&Secret>,
    reason: Option<&str>,
) -> Result<Session, UserError> {
    let owner = match id {
        Some(id) if actor.is_known() => sessions::find(app, id).await?,
        _ => None,
    };
    let user = owner.map_or(UserRef::Nobody, |session| UserRef::Id(session.user));
    let act = Box::pin(revoke_session_noted(app, actor, id, password, reason));
    noting(app, actor, (AuditAction::SessionRevoked, &user), act).await
}

async fn revoke_session_noted(
    app: &App,
    actor: &Actor,
    id: Option<SessionId>,
    password: Option<&Secret>,
    reason: Option<&str>,
) -> Result<Session, UserError> {
    actor.require(Permission::SessionsRevoke)?;
    let reason = check_reason(reason)?;
    let id = id.ok_or(UserError::SessionNotFound)?;
    let find = || async { sessions::find(app, id).await };
    let session = find().await?.ok_or(UserError::SessionNotFound)?;
    let owner = store::find_by_id(app, session.user).await?;
    let owner = present(owner)?;
    check(app, actor, &owner, Own::Taken).map_err(|error| error.about(Sought::Session))?;
    let came_with = actor.require_session().map(|(_, own)| own);
    let is_own = actor.is(owner.id) && came_with.ok() != Some(id);
    if is_own || password.is_some() {
        sessions::require_step_up(app, actor, password).await?;
    }

    let txn = app.db.begin_write().await?;
    lock_or_own(&txn, app, actor, (owner.id, Own::Taken)).await?;
    if !sessions::end(&txn, id, app.clock.now()).await? {
        txn.rollback().await?;
        return Ok(session);
    }
    let event = Event {
        action: AuditAction::SessionRevoked,
        user: Some(owner.id),
        target_label: Some(owner.username),
        changes: vec![Change::to("session", &id)],
        reason,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await?;
    find().await?.ok_or(UserError::SessionNotFound)
}

/// Ends every session of a user, and forgets every trusted device. Gives how many sessions there were. One's own ask
/// who is acting, as above.
pub async fn revoke_sessions(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    password: Option<&Secret>,
    reason: Option<&str>,
) -> Result<(User, u64), UserError> {
    let act = Box::pin(revoke_sessions_noted(app, actor, user, password, reason));
    noting(app, actor, (AuditAction::SessionsRevoked, user), act).await
}

async fn revoke_sessions_noted(
    app: &App,
    actor: &Actor,
    user: &UserRef,
    password: Option<&Secret>,
    reason: Option<&str>,
) -> Result<(User, u64), UserError> {
    actor.require(Permission::SessionsRevoke)?;
    let reason = check_reason(reason)?;
    let target = get_or_own(app, actor, user, Own::Taken).await?;
    if actor.is(target.id) || password.is_some() {
        sessions::require_step_up(app, actor, password).await?;
    }

    let txn = app.db.begin_write().await?;
    let user = lock_or_own(&txn, app, actor, (target.id, Own::Taken)).await?;
    let count = sessions::revoke_all(&txn, user.id, app.clock.now()).await?;
    let forgotten = sessions::forget_devices(&txn, user.id).await?;
    if count + forgotten == 0 {
        txn.rollback().await?;
        return Ok((target, 0));
    }
    let event = Event {
        action: AuditAction::SessionsRevoked,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes: vec![
            Change::to("revokedSessions", &count),
            Change::to("revokedDevices", &forgotten),
        ],
        reason,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await?;
    Ok((user, count))
}

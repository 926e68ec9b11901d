//! The sessions of one's own account: seeing them, and ending one.

use super::{Account, AccountError, SignOut, sign_out};
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event};
use crate::domain::sessions::{self, Session};
use crate::platform::app::App;
use crate::types::actor::{Actor, Denied};
use crate::types::error::Internal;
use crate::types::ids::{SessionId, UserId};
use crate::types::secret::Secret;

/// The sessions that work, last used first, at most `sessions::MOST_OWN`.
///
/// `Why:` a restricted session sees itself alone. Whoever came by a temporary password has not shown
/// yet that the account is theirs, and the others tell where its owner is.
pub async fn list_own_sessions(app: &App, account: &Account) -> Result<Vec<Session>, AccountError> {
    let mut found = sessions::list_own(app, account.user.id).await?;
    found.retain(|session| !account.is_restricted || session.id == account.session);
    Ok(found)
}

/// Ends one session of the caller. Where it had ended already nothing is changed; ending the one the
/// caller came with is signing out.
///
/// `Why:` any other asks who is acting: whoever took over one session must not end those of its owner.
///
/// Errors: `StepUpRequired`, `IncorrectPassword` and `RateLimited` for any but the one the caller came with;
/// `SessionNotFound` for somebody else's as for one that never was; `PasswordChangeRequired` in a
/// restricted session, which can only sign out.
pub async fn revoke_own_session(
    app: &App,
    actor: &Actor,
    id: Option<SessionId>,
    password: Option<&Secret>,
) -> Result<Session, AccountError> {
    let attempt = Attempt::on_oneself(actor, AuditAction::SessionRevoked);
    let act = Box::pin(revoke_own_session_noted(app, actor, id, password));
    audit::noting(app, actor, attempt, act).await
}

async fn revoke_own_session_noted(
    app: &App,
    actor: &Actor,
    id: Option<SessionId>,
    password: Option<&Secret>,
) -> Result<Session, AccountError> {
    actor.require_known()?;
    let (user, current) = actor.require_session()?;
    let id = id.ok_or(AccountError::SessionNotFound)?;
    find(app, user, id).await?;
    if id == current {
        sign_out(app, actor, SignOut::Here).await?;
        return find(app, user, id).await;
    }
    sessions::require_step_up(app, actor, password).await?;

    let now = app.clock.now();
    let txn = app.db.begin_write().await?;
    if !sessions::stands(&txn, current, now).await? {
        txn.rollback().await.map_err(Internal::from)?;
        return Err(Denied::Unauthenticated.into());
    }
    if !sessions::end(&txn, id, now).await? {
        txn.rollback().await.map_err(Internal::from)?;
        return find(app, user, id).await;
    }
    let event = Event {
        action: AuditAction::SessionRevoked,
        user: Some(user),
        target_label: Some(actor.label.clone()),
        changes: vec![Change::to("session", &id)],
        reason: None,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await.map_err(Internal::from)?;
    find(app, user, id).await
}

/// A session of this user, ended or not.
async fn find(app: &App, user: UserId, id: SessionId) -> Result<Session, AccountError> {
    let found = sessions::find(app, id).await?;
    let own = found.filter(|session| session.user == user);
    own.ok_or(AccountError::SessionNotFound)
}

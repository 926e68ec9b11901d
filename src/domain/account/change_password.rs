//! Replacing one's own password with the present one in hand; also what a forced change asks for.

use super::AccountError;
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event};
use crate::domain::credentials::{self, NewHash, PasswordOrigin};
use crate::domain::mail::MailKind;
use crate::domain::one_time_links::{self, RevokedWhy};
use crate::domain::sessions::{self, Session};
use crate::domain::users::{self, PasswordState, User};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, Denied};
use crate::types::error::Internal;
use crate::types::ids::{SessionId, UserId};
use crate::types::secret::Secret;

/// A change.
#[derive(Clone, Debug)]
pub struct ChangePassword {
    /// The present password.
    pub current: Secret,
    /// The one to have from now on.
    pub new: Secret,
    /// Whether the person's other sessions end.
    pub revoke_others: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct PasswordChange {
    /// The user after it.
    pub user: User,
    /// The session, which goes on under another token.
    pub session: Session,
    /// That token, this one time.
    pub token: Secret,
    /// Other sessions that were ended.
    pub revoked_sessions: u64,
}

/// Replaces the caller's own password. Every outstanding link of theirs is void, and a demand to change
/// it is met.
///
/// `Order:` the present password, then the new one, then the transaction, which writes only if the
/// password that was verified is still the present one.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    command: ChangePassword,
) -> Result<PasswordChange, AccountError> {
    let attempt = Attempt::on_oneself(actor, AuditAction::PasswordChanged);
    let act = Box::pin(change_password_noted(app, actor, command));
    audit::noting(app, actor, attempt, act).await
}

async fn change_password_noted(
    app: &App,
    actor: &Actor,
    command: ChangePassword,
) -> Result<PasswordChange, AccountError> {
    let (id, session) = actor.require_session()?;
    let user = users::find_by_id(app, id).await?;
    let user = user.ok_or(Denied::Unauthenticated)?;
    let was_demanded = user.must_change_password;
    let version = sessions::verify_own(app, actor, &command.current).await?;
    if let Some(end) = user
        .password_expires_at
        .filter(|end| *end <= app.clock.now())
    {
        return Err(AccountError::TemporaryPasswordExpired(end));
    }
    let chosen = credentials::choose_own(app, command.new, &user.words(), id).await?;
    let hash = credentials::hash(app, &chosen).await?;

    let txn = app.db.begin_write().await?;
    let changed = replace(&txn, app, (id, session), (version, hash)).await?;
    let Some((user, token)) = changed else {
        txn.rollback().await.map_err(Internal::from)?;
        return Err(Denied::Unauthenticated.into());
    };
    let now = app.clock.now();
    // Whoever else knew a password that had to be changed must not go on with it.
    let revoked_sessions = if command.revoke_others || was_demanded {
        sessions::end_others(&txn, id, session, now).await?
    } else {
        0
    };
    one_time_links::revoke_all(&txn, id, RevokedWhy::NewPassword, now).await?;
    let notice = (&user, MailKind::PasswordChangedByYou);
    users::notify_of_password(&txn, app, actor, notice, now).await?;
    let event = Event {
        action: AuditAction::PasswordChanged,
        user: Some(id),
        target_label: Some(user.username.clone()),
        changes: vec![Change::to("revokedSessions", &revoked_sessions)],
        reason: None,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await.map_err(Internal::from)?;
    let session = sessions::find(app, session).await?;
    Ok(PasswordChange {
        user,
        session: session.ok_or(Denied::Unauthenticated)?,
        token,
        revoked_sessions,
    })
}

/// `None` when the password or the session is no longer what it was when judged.
async fn replace(
    txn: &Txn,
    app: &App,
    (id, session): (UserId, SessionId),
    (version, hash): (i64, String),
) -> Result<Option<(User, Secret)>, AccountError> {
    let now = app.clock.now();
    let locked = users::lock_own(txn, app, id).await?;
    let Some(mut user) = locked.filter(|user| user.password_blocked_at.is_none()) else {
        return Ok(None);
    };
    if credentials::version(txn, id).await? != Some(version) {
        return Ok(None);
    }
    let origin = PasswordOrigin::Chosen;
    let versions = credentials::replace(txn, app, id, NewHash { hash, origin }, now).await?;
    let state = PasswordState {
        changed_at: Some(now),
        must_change: false,
        expires_at: None,
        blocked_at: None,
    };
    users::set_password_state(txn, id, state).await?;
    sessions::carry_on(txn, id, (versions.before, versions.now)).await?;
    let Some(token) = sessions::renew(txn, (session, versions.now)).await? else {
        return Ok(None);
    };
    user.password_changed_at = Some(now);
    user.must_change_password = false;
    user.password_expires_at = None;
    Ok(Some((user, token)))
}

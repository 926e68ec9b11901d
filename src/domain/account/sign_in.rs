//! Signing in with a username or an address and a password.

use super::counting::{self, Asking, Counted};
use super::{AccountError, store};
use crate::domain::access::rate_limit::{self, Limit, Taken};
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event};
use crate::domain::credentials::{self, Verdict};
use crate::domain::sessions::{self, NewSession, Session, Transport};
use crate::domain::users::{self, AuthenticationSource, User};
use crate::platform::app::{App, run_to_end};
use crate::platform::db::Txn;
use crate::platform::hasher::HashError;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// Somebody who says who they are.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Username or address.
    pub login: String,
    /// The password.
    pub password: Secret,
    /// How the client will hold on to the session.
    pub transport: Transport,
}

/// A session, begun.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The session; it may serve for nothing but choosing a new password.
    pub session: Session,
    /// Its token, this one time.
    pub token: Secret,
    /// When the person signed in before.
    pub previous_sign_in_at: Option<Timestamp>,
    /// The tokens that the browser is to hold, so that accounts know it again. `None` where nothing changes.
    pub devices: Option<Vec<Secret>>,
}

/// Begins a session.
///
/// `Order:` the try is counted, then judged, then the session is written only if the password that
/// was judged is still the present one. Unknown, disabled, locked and foreign accounts take the same
/// steps and cost one hash and as many writes (ASVS 6.3.8). A try that was not judged gives its count back.
///
/// `Why:` what begins here goes on when the client hangs up. A guess that is being judged stays counted, so
/// hanging up buys none, and a right one leaves no count behind.
pub async fn sign_in(app: &App, actor: &Actor, command: SignIn) -> Result<SignedIn, AccountError> {
    limit(app, actor).await?;
    let (app, actor) = (app.clone(), actor.clone());
    run_to_end(async move { begin_counted(&app, &actor, command).await }).await?
}

async fn begin_counted(
    app: &App,
    actor: &Actor,
    command: SignIn,
) -> Result<SignedIn, AccountError> {
    let found = users::find_by_login(app, &command.login).await?;
    let attempt = Attempt {
        action: AuditAction::SignedIn,
        user: found.as_ref().map(|user| user.id),
        target_label: found.as_ref().map(|user| user.username.clone()),
        subject: Some(users::login_subject(&command.login)),
    };
    let act = Box::pin(sign_in_noted(app, actor, found, command));
    audit::noting(app, actor, attempt, act).await
}

/// `Why:` by network and before any look-up, so that the answer tells nothing about an account.
async fn limit(app: &App, actor: &Actor) -> Result<(), AccountError> {
    let per_minute = app.settings.security.sign_ins_per_minute;
    let limit = Limit::a_minute(per_minute);
    match rate_limit::take_by_network(app, "sign_in", &actor.origin, limit).await? {
        Taken::Allowed => Ok(()),
        Taken::RetryAt(retry_at) => {
            audit::rate_limited(app, &actor.origin, AuditAction::SignedIn).await;
            Err(AccountError::RateLimited(retry_at))
        }
    }
}

async fn sign_in_noted(
    app: &App,
    actor: &Actor,
    found: Option<User>,
    command: SignIn,
) -> Result<SignedIn, AccountError> {
    let eligible = found.filter(|user| may_try(user, app.clock.now()));
    let asking = Asking {
        login: &command.login,
        origin: &actor.origin,
    };
    let counted = counting::count(app, eligible.as_ref(), asking).await?;
    let judged = eligible.zip(counted);
    let result = judge(app, actor, judged, &command).await;
    if let Err(AccountError::Password(_) | AccountError::Internal(_)) = result {
        counting::give_back(app, counted, asking).await?;
    }
    result
}

/// Errors: `Password` (too many are being hashed) and `Internal` where nothing was judged, or nothing came
/// of a right password; all others are the verdict.
async fn judge(
    app: &App,
    actor: &Actor,
    judged: Option<(User, Counted)>,
    command: &SignIn,
) -> Result<SignedIn, AccountError> {
    let id = judged.as_ref().map(|(user, _)| user.id);
    let verdict = credentials::verify(app, id, &command.password).await?;
    let (
        Some((user, counted)),
        Verdict::Right {
            version,
            is_outdated,
        },
    ) = (judged, verdict)
    else {
        return Err(AccountError::InvalidCredentials);
    };
    // The clock has caught up with the database's since.
    let now = app.clock.now();
    if let Some(end) = user.password_expires_at.filter(|end| *end <= now) {
        return Err(AccountError::TemporaryPasswordExpired(end));
    }
    let renewed = if is_outdated {
        hash_again(app, &command.password).await?
    } else {
        None
    };

    let txn = app.db.begin_write().await?;
    let right = Right {
        user: &user,
        version,
        counted,
        transport: command.transport,
    };
    let begun = begin(&txn, app, actor, right).await?;
    let Some(begun) = begun else {
        txn.rollback().await.map_err(Internal::from)?;
        return Err(AccountError::InvalidCredentials);
    };
    if let Some(hash) = renewed {
        credentials::refresh(&txn, user.id, version, hash).await?;
    }
    txn.commit().await.map_err(Internal::from)?;
    Ok(begun)
}

/// The hash at the present cost; the next sign-in sees to it where too many are being hashed.
async fn hash_again(app: &App, password: &Secret) -> Result<Option<String>, Internal> {
    match credentials::hash_again(app, password).await {
        Ok(hash) => Ok(Some(hash)),
        Err(HashError::Overloaded { .. }) => Ok(None),
        Err(HashError::Internal(cause)) => Err(cause),
    }
}

fn may_try(user: &User, now: Timestamp) -> bool {
    user.deleted_at.is_none()
        && !user.is_disabled(now)
        && user.authentication_source == AuthenticationSource::BuiltIn
        && user.password_changed_at.is_some()
        && user.password_blocked_at.is_none()
}

/// A password that was judged right.
struct Right<'a> {
    user: &'a User,
    version: i64,
    counted: Counted,
    transport: Transport,
}

/// `None` when the user or the password has changed since it was judged.
async fn begin(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    right: Right<'_>,
) -> Result<Option<SignedIn>, AccountError> {
    let (now, origin) = (app.clock.now(), &actor.origin);
    let forgiven = counting::forgive(txn, right.counted, now).await?;
    if !store::note_sign_in(txn, right.user.id, forgiven, now).await?
        || credentials::version(txn, right.user.id).await? != Some(right.version)
    {
        return Ok(None);
    }
    let Some(user) = users::read_again(txn, right.user).await? else {
        return Ok(None);
    };
    let new = NewSession {
        user: user.id,
        role: user.role,
        credential_version: right.version,
        is_restricted: user.must_change_password,
        transport: right.transport,
        origin,
    };
    let (session, token) = sessions::begin(txn, app, new).await?;
    // Whoever came by a temporary password has not shown yet that the account is theirs.
    let devices = if user.must_change_password {
        None
    } else {
        let takes_cookies = right.transport == Transport::Cookie;
        sessions::remember(txn, app, user.id, origin, takes_cookies).await?
    };
    let event = Event {
        action: AuditAction::SignedIn,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes: vec![Change::to("session", &session.id)],
        reason: None,
    };
    let person = Actor::person(&user.username, user.id, origin.clone());
    audit::record(txn, app, &person, event).await?;
    Ok(Some(SignedIn {
        previous_sign_in_at: right.user.last_sign_in_at,
        user: User {
            last_sign_in_at: Some(session.created_at),
            ..user
        },
        session,
        token,
        devices,
    }))
}

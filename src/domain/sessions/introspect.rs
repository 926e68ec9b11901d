//! Telling another back end whether a token that it was shown is of a session that works.
//!
//! `Source:` RFC 7662; `docs/decisions/0040-introspection.md`.

use super::resolve::{find_active, note_use};
use super::{Session, TOKEN_PREFIX};
use crate::domain::audit::{self, Attempt, AuditAction, Refusal};
use crate::platform::app::App;
use crate::types::actor::{Actor, ActorKind, Denied, Permission, Role};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{SessionId, UserId};
use crate::types::secret::Secret;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Introspect {
    /// The token that the other back end was shown.
    pub token: Secret,
    /// Which sessions count.
    pub scope: IntrospectScope,
}

/// Which sessions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntrospectScope {
    /// Those that serve for everything.
    Unrestricted,
    /// Those that serve for nothing but choosing a new password as well.
    All,
}

/// A session that works, and who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introspected {
    /// Which.
    pub session: SessionId,
    /// Who.
    pub user: UserId,
    /// Their username.
    pub username: String,
    /// Their present role.
    pub role: Role,
    /// Whether it serves for nothing but choosing a new password.
    pub is_restricted: bool,
    /// When it began.
    pub began_at: Timestamp,
    /// When the person last gave their password in it: at its beginning, or to confirm who they are.
    pub authenticated_at: Timestamp,
    /// When it ends by itself if it is not used again.
    pub expires_at: Timestamp,
}

/// Why nothing is told.
#[derive(Debug)]
pub enum IntrospectError {
    /// Not to this caller.
    Denied(Denied),
    /// Only to programs with an API key.
    KeyOnly,
    /// Broken.
    Internal(Internal),
}

impl Refusal for IntrospectError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denied) => Some(denied.code()),
            Self::KeyOnly => Some("FORBIDDEN"),
            Self::Internal(_) => None,
        }
    }
}

impl From<Denied> for IntrospectError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Internal> for IntrospectError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

/// The session behind a token. `None` for everything that is none, or counts no longer: the caller is not
/// told which.
///
/// It is a use of the session, as a request of the person's own would be. A key of any rank learns it of
/// any user: it has been shown the token.
pub async fn introspect(
    app: &App,
    actor: &Actor,
    asked: Introspect,
) -> Result<Option<Introspected>, IntrospectError> {
    let attempt = Attempt {
        action: AuditAction::AccessDenied,
        user: None,
        target_label: Some("introspect".to_owned()),
        subject: None,
    };
    audit::noting(app, actor, attempt, introspect_noted(app, actor, asked)).await
}

async fn introspect_noted(
    app: &App,
    actor: &Actor,
    asked: Introspect,
) -> Result<Option<Introspected>, IntrospectError> {
    actor.require(Permission::SessionsIntrospect)?;
    if !matches!(actor.kind, ActorKind::ApiKey(_)) {
        return Err(IntrospectError::KeyOnly);
    }
    if !asked.token.expose().starts_with(TOKEN_PREFIX) {
        return Ok(None);
    }
    let found = find_active(app, &asked.token).await?;
    let counts = |session: &Session| asked.scope == IntrospectScope::All || !session.is_restricted;
    let Some((session, username)) = found.filter(|(session, _)| counts(session)) else {
        return Ok(None);
    };
    let last_used_at = note_use(app, &session).await;
    let session = Session {
        last_used_at,
        ..session
    };
    Ok(Some(told(app, &session, username)))
}

fn told(app: &App, session: &Session, username: String) -> Introspected {
    let settings = &app.settings.security.sessions;
    let confirmed_at = session
        .confirmed_until
        .map(|until| until.minus(settings.step_up));
    Introspected {
        session: session.id,
        user: session.user,
        username,
        role: session.role,
        is_restricted: session.is_restricted,
        began_at: session.created_at,
        authenticated_at: confirmed_at
            .unwrap_or(session.created_at)
            .clamp(session.created_at, app.clock.now().max(session.created_at)),
        expires_at: session.expires_at(settings),
    }
}

//! Turning a presented token into an actor, on every request anew.

use std::time::Duration;

use super::{Session, SessionStatus, Transport, store};
use crate::platform::app::App;
use crate::platform::db::is_outage;
use crate::types::actor::{Actor, ActorKind, Origin, Proof};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// What every token begins with, so that scanners of secrets find a leaked one.
pub const TOKEN_PREFIX: &str = "kds_";
/// `Why:` written at most once a minute, so that reading does not turn into writing.
const LAST_USED_EVERY: Duration = Duration::from_mins(1);

/// A new token of 256 random bits.
pub(super) fn mint() -> Secret {
    Secret::new(format!("{TOKEN_PREFIX}{}", Secret::random_token().expose()))
}

/// The session with this token and its user's name. `None` when it is unknown, over or ended.
///
/// `Why:` no cache. A session that was ended must not work on the next request of any replica.
pub(super) async fn find_active(
    app: &App,
    presented: &Secret,
) -> Result<Option<(Session, String)>, Internal> {
    let settings = &app.settings.security.sessions;
    let found = store::by_token(app.db.read(), presented, &app.clock).await?;
    let now = app.clock.now();
    Ok(found.filter(|(session, _)| session.status(settings, now) == SessionStatus::Active))
}

/// Writes down that a session is used now. Gives when it was last used, as it stands then.
pub(super) async fn note_use(app: &App, session: &Session) -> Timestamp {
    let now = app.clock.now();
    if session.last_used_at.plus(LAST_USED_EVERY) > now {
        return session.last_used_at;
    }
    match store::touch(app.db.write(), session.id, now).await {
        Ok(()) => now,
        Err(error) => {
            // Reads must go on while the database takes no writes.
            if !is_outage(&error) {
                tracing::warn!(%error, session = %session.id, "the last use of a session was not noted");
            }
            session.last_used_at
        }
    }
}

/// The person behind a token. `None` when it is unknown, over or ended.
pub async fn resolve(
    app: &App,
    presented: &Secret,
    origin: Origin,
) -> Result<Option<Actor>, Internal> {
    let Some((session, username)) = find_active(app, presented).await? else {
        return Ok(None);
    };
    note_use(app, &session).await;
    let now = app.clock.now();
    let actor = Actor {
        kind: ActorKind::User(session.user),
        label: username,
        role: session.role,
        permissions: session.role.permissions().to_vec(),
        person: Some(session.user),
        proof: Proof::Session {
            id: session.id,
            confirmed_until: session.confirmed_until.filter(|end| *end > now),
            is_restricted: session.is_restricted,
            is_in_cookie: session.transport == Transport::Cookie,
        },
        origin,
    };
    Ok(Some(actor))
}

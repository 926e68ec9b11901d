//! Turning a presented token into an actor, on every request anew.

use std::time::Duration;

use super::{SessionStatus, Transport, store};
use crate::actor::{Actor, ActorKind, Origin, Proof};
use crate::app::App;
use crate::error::Internal;
use crate::secret::Secret;

/// What every token begins with, so that scanners of secrets find a leaked one.
pub const TOKEN_PREFIX: &str = "kds_";
/// `Why:` written at most once a minute, so that reading does not turn into writing.
const LAST_USED_EVERY: Duration = Duration::from_mins(1);

/// A new token of 256 random bits.
pub(super) fn mint() -> Secret {
    Secret::new(format!("{TOKEN_PREFIX}{}", Secret::random_token().expose()))
}

/// The person behind a token. `None` when it is unknown, over or ended.
///
/// `Why:` no cache. A session that was ended must not work on the next request of any replica.
pub async fn resolve(
    app: &App,
    presented: &Secret,
    origin: Origin,
) -> Result<Option<Actor>, Internal> {
    let now = app.clock.now();
    let settings = &app.settings.security.sessions;
    let found = store::by_token(app.db.read(), presented, now).await?;
    let Some((session, username)) = found else {
        return Ok(None);
    };
    if session.status(settings, now) != SessionStatus::Active {
        return Ok(None);
    }
    if session.last_used_at.plus(LAST_USED_EVERY) <= now
        && let Err(error) = store::touch(app.db.write(), session.id, now).await
    {
        // Reads must go on while the database takes no writes.
        tracing::warn!(%error, session = %session.id, "the last use of a session was not noted");
    }
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

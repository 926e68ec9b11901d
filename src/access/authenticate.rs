//! Turning a presented key into an actor.

use std::time::Duration;

use super::{ApiKeyStatus, store};
use crate::actor::{Actor, ActorKind, Origin, Proof};
use crate::app::App;
use crate::error::Internal;
use crate::secret::Secret;

/// `Why:` written at most once a minute, so that reading does not turn into writing.
const LAST_USED_EVERY: Duration = Duration::from_mins(1);

/// The actor behind a key. `None` when the key is unknown, revoked or expired.
///
/// `Why:` looked up by the hash of 256 random bits; comparing hashes in the index tells an attacker
/// nothing about any key.
pub async fn authenticate(
    app: &App,
    presented: &Secret,
    origin: Origin,
) -> Result<Option<Actor>, Internal> {
    let now = app.clock.now();
    let found = store::key_by_hash(app.db.read(), presented.sha256()).await?;
    let Some(key) = found.filter(|key| key.status(now) == ApiKeyStatus::Active) else {
        return Ok(None);
    };
    if key
        .last_used_at
        .is_none_or(|last| last.plus(LAST_USED_EVERY) <= now)
        && let Err(error) = store::touch_key(app.db.write(), key.id, now).await
    {
        // Reads must go on while the database takes no writes.
        tracing::warn!(%error, key = %key.id, "the last use of an API key was not noted");
    }
    Ok(Some(Actor {
        kind: ActorKind::ApiKey(key.id),
        label: key.name,
        role: key.role,
        permissions: key.scopes,
        person: None,
        proof: Proof::NotAsked,
        origin,
    }))
}

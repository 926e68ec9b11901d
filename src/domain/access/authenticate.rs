//! Turning a presented key or token into an actor.

use std::time::Duration;

use super::api_keys::{ApiKey, ApiKeyStatus};
use super::store::keys as store;
use super::tokens;
use crate::domain::audit::{self, Attempt, AuditAction};
use crate::platform::app::App;
use crate::platform::db::is_outage;
use crate::types::actor::{Actor, ActorKind, Origin, Proof};
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// `Why:` written at most once a minute, so that reading does not turn into writing.
const LAST_USED_EVERY: Duration = Duration::from_mins(1);
/// Under this code a use from elsewhere stands in the audit trail; the caller is told nothing but that
/// the key is wrong.
const NETWORK_NOT_ALLOWED: &str = "NETWORK_NOT_ALLOWED";

/// The actor behind a key, or a token of the identity provider. `None` when the key is unknown, revoked, expired or used from elsewhere, and
/// while the person who made it may not act.
///
/// `Why:` looked up by the hash of 256 random bits; comparing hashes in the index tells an attacker
/// nothing about any key. The creator's state comes in the same statement.
pub async fn authenticate(
    app: &App,
    presented: &Secret,
    origin: Origin,
) -> Result<Option<Actor>, Internal> {
    if let Some(issuer) = app.issuer.as_ref().filter(|_| tokens::is_token(presented)) {
        let person = tokens::person(app, issuer, presented, origin.clone()).await?;
        if person.is_none() {
            audit::wrong_key(app, &origin, None).await;
        }
        return Ok(person);
    }
    let now = app.clock.now();
    let found = store::by_hash(app.db.read(), &app.clock, presented.sha256()).await?;
    let name = found.as_ref().map(named);
    let Some(key) = found.filter(|key| key.status(now) == ApiKeyStatus::Active) else {
        audit::wrong_key(app, &origin, name).await;
        return Ok(None);
    };
    let actor = Actor {
        kind: ActorKind::ApiKey(key.id),
        label: key.name.clone(),
        role: key.role(),
        permissions: key.permissions(),
        person: key.creator.as_ref().map(|creator| creator.id),
        proof: Proof::NotAsked,
        origin,
    };
    if !key.networks.hold(actor.origin.ip_address.as_deref()) {
        let attempt = Attempt {
            action: AuditAction::AccessDenied,
            user: actor.person,
            target_label: Some(named(&key)),
            subject: None,
        };
        audit::denied(app, &actor, attempt, NETWORK_NOT_ALLOWED).await;
        return Ok(None);
    }
    note_use(app, &key, &actor.origin).await;
    Ok(Some(actor))
}

fn named(key: &ApiKey) -> String {
    format!("{} ({}…)", key.name, key.prefix)
}

/// Reads must go on while the database takes no writes.
async fn note_use(app: &App, key: &ApiKey, origin: &Origin) {
    let now = app.clock.now();
    let before = now.minus(LAST_USED_EVERY);
    if key.last_used_at.is_some_and(|last| last > before) {
        return;
    }
    let from = origin.ip_address.as_deref();
    if let Err(error) = store::touch(app.db.write(), key.id, (now, before), from).await
        && !is_outage(&error)
    {
        tracing::warn!(%error, key = %key.id, "the last use of an API key was not noted");
    }
}

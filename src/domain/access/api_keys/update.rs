//! Changing a key; its secret stays.

use super::rules::{Reader, require_held, require_manager, require_standing};
use super::{ApiKey, ApiKeyError, KeyFault};
use crate::domain::access::store::keys as store;
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::ApiKeyId;

/// New values; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyPatch {
    /// What it is called.
    pub name: Option<String>,
    /// What it may do, in place of all it could.
    pub scopes: Option<Vec<Permission>>,
    /// When it stops working; for a person's key within a year.
    pub expires_at: Option<Timestamp>,
    /// Where it may be used from, in place of all present ones; an empty list means anywhere.
    pub networks: Option<Vec<String>>,
}

/// A change to a key.
#[derive(Clone, Debug)]
pub struct UpdateApiKey {
    /// Which key. `None` is no key's id.
    pub id: Option<ApiKeyId>,
    /// New values.
    pub patch: ApiKeyPatch,
    /// The version that must still be the present one.
    pub if_version: Option<i64>,
}

/// Changes a key. A change that changes nothing is none: no new version, no audit event.
///
/// Errors: `ScopeNotGrantable` also for scopes the key had before. `Why:` whoever could lengthen the
/// life of a key that may do more than themselves would keep that power beyond its end.
pub async fn update(
    app: &App,
    actor: &Actor,
    command: UpdateApiKey,
) -> Result<ApiKey, ApiKeyError> {
    require_manager(actor)?;
    let txn = app.db.begin_write().await?;
    require_standing(&txn, actor, app.clock.now()).await?;
    let before = store::by_ids(&txn, command.id.as_slice()).await?;
    let before = before.into_iter().next();
    let before = before.ok_or(ApiKeyError::NotFound)?;
    if !before.is_manageable_by(actor) {
        return Err(ApiKeyError::NotManageable);
    }
    if before.revoked_at.is_some() {
        let fault = KeyFault::new("apiKeyId", "This key is revoked; make a new one.");
        return Err(ApiKeyError::Invalid(vec![fault]));
    }
    if command
        .if_version
        .is_some_and(|seen| seen != before.version)
    {
        return Err(ApiKeyError::VersionConflict(before.version));
    }
    let after = apply(command.patch, before.clone(), app.clock.now())?;
    require_held(actor, &after.permissions())?;
    let changes = changes(&before, &after);
    if changes.is_empty() {
        txn.rollback().await.map_err(Internal::from)?;
        return Ok(before);
    }
    if !store::save(&txn, &after).await? {
        return Err(ApiKeyError::VersionConflict(before.version + 1));
    }
    let event = Event {
        action: AuditAction::ApiKeyUpdated,
        user: after.creator.as_ref().map(|creator| creator.id),
        target_label: Some(after.name.clone()),
        changes,
        reason: None,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await.map_err(Internal::from)?;
    Ok(ApiKey {
        version: before.version + 1,
        ..after
    })
}

fn apply(patch: ApiKeyPatch, mut key: ApiKey, now: Timestamp) -> Result<ApiKey, ApiKeyError> {
    let mut reader = Reader::default();
    if let Some(name) = patch.name {
        key.name = reader.name(&name);
    }
    if let Some(scopes) = patch.scopes {
        key.scopes = reader.scopes(scopes);
    }
    if let Some(networks) = patch.networks {
        key.networks = reader.networks(&networks);
    }
    if let Some(end) = patch.expires_at {
        key.expires_at = Some(match key.creator {
            Some(_) => reader.end_within_a_year(end, now),
            None => reader.end(end, now),
        });
    }
    reader.finish()?;
    Ok(key)
}

fn changes(before: &ApiKey, after: &ApiKey) -> Vec<Change> {
    let end = |key: &ApiKey| key.expires_at.map(Timestamp::to_rfc3339);
    let networks = |key: &ApiKey| Some(key.networks.names().join(","));
    let scopes = |key: &ApiKey| Some(super::scope_names(&key.scopes));
    [
        ("name", Some(before.name.clone()), Some(after.name.clone())),
        ("scopes", scopes(before), scopes(after)),
        ("expiresAt", end(before), end(after)),
        ("allowedNetworks", networks(before), networks(after)),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(field, before, after)| Change::new(field, before, after))
    .collect()
}

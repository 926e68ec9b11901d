//! Making, listing and revoking API keys. For now from the command line only.

use super::store;
use crate::actor::{Actor, ActorKind, Denied, Permission, ReadError, Role};
use crate::app::App;
use crate::audit::{self, AuditAction, Change, Event};
use crate::clock::Timestamp;
use crate::error::Internal;
use crate::ids::ApiKeyId;
use crate::secret::Secret;

/// What every key begins with, so that secret scanners find a leaked one.
const KEY_PREFIX: &str = "kd_";
/// Characters of a key that are kept in clear for recognising it.
const SHOWN_CHARACTERS: usize = 9;

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyStatus {
    /// It works.
    Active,
    /// Its time ran out.
    Expired,
    /// It was revoked.
    Revoked,
}

/// A program's key, without its secret.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its name in the API.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// Its rank over users.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it works at that time.
    pub fn status(&self, now: Timestamp) -> ApiKeyStatus {
        if self.revoked_at.is_some() {
            ApiKeyStatus::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            ApiKeyStatus::Expired
        } else {
            ApiKeyStatus::Active
        }
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What it is called, 1 to 100 characters.
    pub name: String,
    /// What it may do, at least one.
    pub scopes: Vec<Permission>,
    /// Its rank over users.
    pub role: Role,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// Why nothing was done to a key.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// Not allowed.
    #[error("{0}")]
    Denied(Denied),
    /// The name is empty, too long or has line breaks.
    #[error("a key's name must be 1 to 100 characters without line breaks")]
    Name,
    /// No scope.
    #[error("a key needs at least one scope")]
    NoScope,
    /// The end lies in the past.
    #[error("the key would already have expired")]
    AlreadyExpired,
    /// No such key.
    #[error("there is no API key with this id")]
    NotFound,
    /// Broken.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Makes a key; its secret is given back this one time.
pub async fn create(
    app: &App,
    actor: &Actor,
    new: NewApiKey,
) -> Result<(ApiKey, Secret), ApiKeyError> {
    actor.require_operator().map_err(ApiKeyError::Denied)?;
    let now = app.clock.now();
    let length = new.name.chars().count();
    if !(1..=100).contains(&length) || new.name.chars().any(char::is_control) {
        return Err(ApiKeyError::Name);
    }
    if new.scopes.is_empty() {
        return Err(ApiKeyError::NoScope);
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(ApiKeyError::AlreadyExpired);
    }
    let secret = Secret::new(format!("{KEY_PREFIX}{}", Secret::random_token().expose()));
    let key = ApiKey {
        id: ApiKeyId::new(now),
        name: new.name,
        prefix: secret.expose().chars().take(SHOWN_CHARACTERS).collect(),
        scopes: new.scopes,
        role: new.role,
        created_at: now,
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let txn = app.db.begin_write().await?;
    store::insert_key(&txn, &key, secret.sha256()).await?;
    audit::record(&txn, app, actor, created(&key)).await?;
    txn.commit().await.map_err(Internal::from)?;
    Ok((key, secret))
}

fn created(key: &ApiKey) -> Event {
    Event {
        action: AuditAction::ApiKeyCreated,
        user: None,
        target_label: Some(key.name.clone()),
        changes: vec![
            Change::to("scopes", &names(&key.scopes)),
            Change::to("rank", &key.role.name()),
            Change::new("expiresAt", None, key.expires_at.map(Timestamp::to_rfc3339)),
        ],
        reason: None,
    }
}

/// Scopes as one text, comma-separated.
pub(super) fn names(scopes: &[Permission]) -> String {
    scopes
        .iter()
        .map(|scope| scope.name())
        .collect::<Vec<_>>()
        .join(",")
}

/// Every key, newest first, ended ones included.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<ApiKey>, ApiKeyError> {
    actor.require_operator().map_err(ApiKeyError::Denied)?;
    Ok(store::keys(app.db.read()).await?)
}

/// Keys by id, for whoever may read the trail that names them; anyone else sees only its own.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[ApiKeyId],
) -> Result<Vec<ApiKey>, ReadError> {
    actor.require_known()?;
    let may_see_all = actor.permissions.contains(&Permission::AuditRead);
    let own = |id: &ApiKeyId| actor.kind == ActorKind::ApiKey(*id);
    let ids: Vec<_> = ids
        .iter()
        .copied()
        .filter(|id| may_see_all || own(id))
        .collect();
    Ok(store::keys_by_id(app.db.read(), &ids).await?)
}

/// Makes a key useless, at once and for good. A revoked key may be revoked again without effect.
pub async fn revoke(app: &App, actor: &Actor, id: ApiKeyId) -> Result<ApiKey, ApiKeyError> {
    actor.require_operator().map_err(ApiKeyError::Denied)?;
    let txn = app.db.begin_write().await?;
    let changed = store::revoke_key(&txn, id, app.clock.now()).await?;
    let key = store::key(&txn, id).await?.ok_or(ApiKeyError::NotFound)?;
    if changed {
        let event = Event {
            action: AuditAction::ApiKeyRevoked,
            user: None,
            target_label: Some(key.name.clone()),
            changes: Vec::new(),
            reason: None,
        };
        audit::record(&txn, app, actor, event).await?;
    }
    txn.commit().await.map_err(Internal::from)?;
    Ok(key)
}

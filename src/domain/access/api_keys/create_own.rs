//! Making a key that acts for the person who makes it.

use serde::{Deserialize, Serialize};

use super::create::{Draft, Owner};
use super::rules::{Reader, USUAL_LIFE, require_held, require_manager, require_standing};
use super::{ApiKey, ApiKeyError};
use crate::domain::access::idempotency::{Answer, Once, once};
use crate::domain::access::store::keys as store;
use crate::platform::app::App;
use crate::types::actor::{Actor, Denied, Permission};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{ApiKeyId, UserId};
use crate::types::secret::Secret;

/// A key to be made for oneself.
#[derive(Clone, Debug)]
pub struct CreateApiKey {
    /// What it is called, 1 to 100 characters.
    pub name: String,
    /// What it may do, at least one and no more than the actor may.
    pub scopes: Vec<Permission>,
    /// When it stops working, within a year; without it after 90 days.
    pub expires_at: Option<Timestamp>,
    /// Addresses and ranges it may be used from; none means any.
    pub networks: Vec<String>,
    /// Against doing it twice.
    pub once: Option<Once>,
}

/// What is kept of the outcome for a repeat: never the secret.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredKey {
    api_key: String,
}

impl StoredKey {
    /// The key that was made.
    pub fn id(&self) -> Option<ApiKeyId> {
        ApiKeyId::parse(&self.api_key)
    }
}

/// Makes a key that acts for the actor; its secret is given back this one time.
pub async fn create_own(
    app: &App,
    actor: &Actor,
    command: CreateApiKey,
) -> Result<Answer<(ApiKey, Secret), StoredKey>, ApiKeyError> {
    require_manager(actor)?;
    let owner = actor.person.ok_or(Denied::PersonOnly)?;
    let key = command.once.clone();
    once(app, key.as_ref(), make(app, actor, (owner, command))).await
}

async fn make(
    app: &App,
    actor: &Actor,
    (owner, command): (UserId, CreateApiKey),
) -> Result<(ApiKey, Secret), ApiKeyError> {
    let now = app.clock.now();
    let mut reader = Reader::default();
    let name = reader.name(&command.name);
    let scopes = reader.scopes(command.scopes);
    let networks = reader.networks(&command.networks);
    let end = command.expires_at.unwrap_or(now.plus(USUAL_LIFE));
    let end = reader.end_within_a_year(end, now);
    reader.finish()?;
    require_held(actor, &scopes)?;

    let txn = app.db.begin_write().await?;
    require_standing(&txn, actor, now).await?;
    let creator = store::person(&txn, owner).await?;
    // Given another role since the request began.
    if creator.role.is_none_or(|role| role > actor.role) {
        return Err(ApiKeyError::LimitedByToken);
    }
    let draft = Draft {
        name,
        scopes,
        networks,
        expires_at: Some(end),
        owner: Owner::Person(creator),
    };
    let (key, secret) = draft.write(&txn, app, actor).await?;
    if let Some(once) = &command.once {
        let stored = StoredKey {
            api_key: key.id.to_string(),
        };
        once.store(&txn, app, &stored).await?;
    }
    txn.commit().await.map_err(Internal::from)?;
    Ok((key, secret))
}

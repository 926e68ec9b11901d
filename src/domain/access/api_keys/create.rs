//! Making keys: for the installation on the command line, for oneself everywhere else.

use super::rules::Reader;
use super::{ApiKey, ApiKeyError, Creator, Networks};
use crate::domain::access::store::keys as store;
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, Permission, Role};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::ApiKeyId;
use crate::types::secret::Secret;

/// What every key begins with, so that secret scanners find a leaked one.
const KEY_PREFIX: &str = "kd_";
/// Characters of a key that are kept in clear for recognising it.
const SHOWN_CHARACTERS: usize = 9;

/// A key to be made for the installation.
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
    /// Addresses and ranges it may be used from; none means any.
    pub networks: Vec<String>,
}

/// Makes a key of the installation, from the command line; its secret is given back this one time.
pub async fn create(
    app: &App,
    actor: &Actor,
    new: NewApiKey,
) -> Result<(ApiKey, Secret), ApiKeyError> {
    actor.require_operator()?;
    let now = app.clock.now();
    let mut reader = Reader::default();
    let draft = Draft {
        name: reader.name(&new.name),
        scopes: reader.scopes(new.scopes),
        networks: reader.networks(&new.networks),
        expires_at: new.expires_at.map(|end| reader.end(end, now)),
        owner: Owner::Installation(new.role),
    };
    reader.finish()?;
    let txn = app.db.begin_write().await?;
    let made = draft.write(&txn, app, actor).await?;
    txn.commit().await.map_err(Internal::from)?;
    Ok(made)
}

/// Whose a new key is.
pub(super) enum Owner {
    /// With this rank.
    Installation(Role),
    Person(Creator),
}

/// A key that was judged.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) scopes: Vec<Permission>,
    pub(super) networks: Networks,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) owner: Owner,
}

impl Draft {
    /// Writes the key and its event.
    pub(super) async fn write(
        self,
        txn: &Txn,
        app: &App,
        actor: &Actor,
    ) -> Result<(ApiKey, Secret), Internal> {
        let now = app.clock.now();
        let secret = Secret::new(format!("{KEY_PREFIX}{}", Secret::random_token().expose()));
        let (rank, creator) = match self.owner {
            Owner::Installation(rank) => (rank, None),
            Owner::Person(creator) => (creator.role.unwrap_or(Role::Member), Some(creator)),
        };
        let key = ApiKey {
            id: ApiKeyId::new(now),
            name: self.name,
            prefix: secret.expose().chars().take(SHOWN_CHARACTERS).collect(),
            scopes: self.scopes,
            rank,
            creator,
            networks: self.networks,
            created_at: now,
            expires_at: self.expires_at,
            last_used_at: None,
            last_used_ip_address: None,
            revoked_at: None,
            version: 1,
        };
        store::insert(txn, &key, secret.sha256()).await?;
        audit::record(txn, app, actor, created(&key)).await?;
        Ok((key, secret))
    }
}

fn created(key: &ApiKey) -> Event {
    let networks = key.networks.names().join(",");
    let mut changes = vec![
        Change::to("scopes", &super::scope_names(&key.scopes)),
        Change::to("rank", &key.role().name()),
        Change::new("expiresAt", None, key.expires_at.map(Timestamp::to_rfc3339)),
    ];
    if !networks.is_empty() {
        changes.push(Change::to("allowedNetworks", &networks));
    }
    Event {
        action: AuditAction::ApiKeyCreated,
        user: key.creator.as_ref().map(|creator| creator.id),
        target_label: Some(key.name.clone()),
        changes,
        reason: None,
    }
}

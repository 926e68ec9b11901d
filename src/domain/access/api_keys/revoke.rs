//! Making keys useless, at once and for good.

use super::{ApiKey, ApiKeyError};
use crate::domain::access::store::keys as store;
use crate::domain::audit::{self, AuditAction, Event};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{ApiKeyId, UserId};

/// Makes a key useless, at once and for good. A revoked key may be revoked again without
/// effect. `None` is no key's id.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    id: Option<ApiKeyId>,
    reason: Option<&str>,
) -> Result<ApiKey, ApiKeyError> {
    super::rules::require_manager(actor)?;
    let reason = audit::read_reason(reason)?;
    let id = id.ok_or(ApiKeyError::NotFound)?;
    let txn = app.db.begin_write().await?;
    let changed = store::revoke(&txn, id, app.clock.now()).await?;
    let key = store::by_ids(&txn, &[id]).await?.into_iter().next();
    let key = key.ok_or(ApiKeyError::NotFound)?;
    // Dropped, the transaction takes the change back.
    if !key.is_manageable_by(actor) {
        return Err(ApiKeyError::NotManageable);
    }
    if changed {
        let event = Event {
            action: AuditAction::ApiKeyRevoked,
            user: key.creator.as_ref().map(|creator| creator.id),
            target_label: Some(key.name.clone()),
            changes: Vec::new(),
            reason,
        };
        audit::record(&txn, app, actor, event).await?;
    }
    txn.commit().await.map_err(Internal::from)?;
    Ok(key)
}

/// Ends every key a user made, in the transaction of the act that ends them. Gives how many there were.
pub async fn revoke_keys_of(txn: &Txn, user: UserId, now: Timestamp) -> Result<u64, Internal> {
    store::revoke_of(txn, user, now).await
}

//! Forgetting a browser that the account of another knows.

use super::input::check_reason;
use super::noted::noting;
use super::target::{Own, check, lock_or_own, present};
use super::{Sought, UserError, UserRef, store};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::sessions;
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission};
use crate::types::ids::DeviceId;

/// Forgets one browser. Sessions go on.
pub async fn revoke_device(
    app: &App,
    actor: &Actor,
    id: Option<DeviceId>,
    reason: Option<&str>,
) -> Result<DeviceId, UserError> {
    let owner = match id {
        Some(id) if actor.is_known() => sessions::find_device(app, id).await?,
        _ => None,
    };
    let user = owner.map_or(UserRef::Nobody, UserRef::Id);
    let act = Box::pin(revoke_device_noted(app, actor, id, reason));
    noting(app, actor, (AuditAction::DeviceRevoked, &user), act).await
}

async fn revoke_device_noted(
    app: &App,
    actor: &Actor,
    id: Option<DeviceId>,
    reason: Option<&str>,
) -> Result<DeviceId, UserError> {
    actor.require(Permission::SessionsRevoke)?;
    let reason = check_reason(reason)?;
    let id = id.ok_or(UserError::DeviceNotFound)?;
    let owner = sessions::find_device(app, id).await?;
    let owner = owner.ok_or(UserError::DeviceNotFound)?;
    let owner = present(store::find_by_id(app, owner).await?)?;
    check(app, actor, &owner, Own::Taken).map_err(|error| error.about(Sought::Device))?;

    let txn = app.db.begin_write().await?;
    lock_or_own(&txn, app, actor, (owner.id, Own::Taken)).await?;
    if !sessions::forget_device(&txn, owner.id, id).await? {
        txn.rollback().await?;
        return Err(UserError::DeviceNotFound);
    }
    let event = Event {
        action: AuditAction::DeviceRevoked,
        user: Some(owner.id),
        target_label: Some(owner.username),
        changes: vec![Change::to("device", &id)],
        reason,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await?;
    Ok(id)
}

//! The browsers that one's own account knows: seeing them, and forgetting one.

use super::{Account, AccountError};
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event};
use crate::domain::sessions::{self, Device};
use crate::platform::app::App;
use crate::types::actor::{Actor, Denied};
use crate::types::error::Internal;
use crate::types::ids::DeviceId;

/// The browsers that the account knows, last used first.
///
/// `Why:` a restricted session sees none, as it sees no other session: they tell where the owner is.
pub async fn list_own_devices(app: &App, account: &Account) -> Result<Vec<Device>, AccountError> {
    if account.is_restricted {
        return Ok(Vec::new());
    }
    Ok(sessions::list_devices(app, &[account.user.id]).await?)
}

/// Forgets one browser of the caller's account. Its sessions go on.
///
/// Errors: `DeviceNotFound` for somebody else's as for one that never was; `PasswordChangeRequired` in a
/// restricted session.
pub async fn revoke_own_device(
    app: &App,
    actor: &Actor,
    id: Option<DeviceId>,
) -> Result<DeviceId, AccountError> {
    let attempt = Attempt::on_oneself(actor, AuditAction::DeviceRevoked);
    let act = Box::pin(revoke_own_device_noted(app, actor, id));
    audit::noting(app, actor, attempt, act).await
}

async fn revoke_own_device_noted(
    app: &App,
    actor: &Actor,
    id: Option<DeviceId>,
) -> Result<DeviceId, AccountError> {
    actor.require_known()?;
    let (user, session) = actor.require_session()?;
    let id = id.ok_or(AccountError::DeviceNotFound)?;
    let now = app.clock.now();
    let txn = app.db.begin_write().await?;
    if !sessions::stands(&txn, session, now).await? {
        txn.rollback().await.map_err(Internal::from)?;
        return Err(Denied::Unauthenticated.into());
    }
    if !sessions::forget_device(&txn, user, id).await? {
        txn.rollback().await.map_err(Internal::from)?;
        return Err(AccountError::DeviceNotFound);
    }
    let event = Event {
        action: AuditAction::DeviceRevoked,
        user: Some(user),
        target_label: Some(actor.label.clone()),
        changes: vec![Change::to("device", &id)],
        reason: None,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await.map_err(Internal::from)?;
    Ok(id)
}

//! Ending one's own sessions.

use super::AccountError;
use crate::actor::Actor;
use crate::app::App;
use crate::audit::{self, AuditAction, Change, Event};
use crate::error::Internal;
use crate::sessions;

/// Ends the session the caller came with; or all of theirs, and then no browser is known any more. Gives how many ended.
pub async fn sign_out(app: &App, actor: &Actor, everywhere: bool) -> Result<u64, AccountError> {
    let (user, session) = actor.require_session()?;
    let now = app.clock.now();
    let txn = app.db.begin_write().await?;
    let ended = if everywhere {
        sessions::forget_devices(&txn, user).await?;
        sessions::revoke_all(&txn, user, now).await?
    } else {
        u64::from(sessions::end(&txn, session, now).await?)
    };
    let event = Event {
        action: AuditAction::SignedOut,
        user: Some(user),
        target_label: Some(actor.label.clone()),
        changes: vec![Change::to("revokedSessions", &ended)],
        reason: None,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await.map_err(Internal::from)?;
    Ok(ended)
}

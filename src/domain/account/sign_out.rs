//! Ending one's own sessions.

use super::AccountError;
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event};
use crate::domain::sessions;
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// How far somebody signs out.
#[derive(Clone, Copy, Debug)]
pub enum SignOut<'a> {
    /// Of the session they came with.
    Here,
    /// Of all of theirs. Whoever took over a session could lock its owner out this way, so it asks who
    /// is acting.
    Everywhere {
        /// The person's own password, where no confirmation is open.
        password: Option<&'a Secret>,
    },
}

/// Ends the session the caller came with; or all of theirs, and then no browser is trusted any more. Gives how
/// many ended.
///
/// Errors: `StepUpRequired`, `IncorrectPassword` and `RateLimited` for all of them.
pub async fn sign_out(app: &App, actor: &Actor, how: SignOut<'_>) -> Result<u64, AccountError> {
    let (user, session) = actor.require_session()?;
    if let SignOut::Everywhere { password } = how {
        let attempt = Attempt::on_oneself(actor, AuditAction::SignedOut);
        let proof = Box::pin(async {
            let proven = sessions::require_step_up(app, actor, password).await;
            proven.map_err(AccountError::from)
        });
        audit::noting(app, actor, attempt, proof).await?;
    }
    let now = app.clock.now();
    let txn = app.db.begin_write().await?;
    let ended = match how {
        SignOut::Everywhere { .. } => {
            sessions::forget_devices(&txn, user).await?;
            sessions::revoke_all(&txn, user, now).await?
        }
        SignOut::Here => u64::from(sessions::end(&txn, session, now).await?),
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

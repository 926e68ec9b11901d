//! Giving one's own password again, so that sensitive changes go through for a while.

use super::AccountError;
use crate::domain::audit::{self, Attempt, AuditAction};
use crate::domain::sessions::{self, Session};
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::secret::Secret;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The session, which goes on under another token.
    pub session: Session,
    /// That token, this one time.
    pub token: Secret,
    /// Until when sensitive changes go through.
    pub valid_until: Timestamp,
}

/// Opens the window, and gives the session another token.
pub async fn confirm_identity(
    app: &App,
    actor: &Actor,
    password: &Secret,
) -> Result<Confirmation, AccountError> {
    let attempt = Attempt::on_oneself(actor, AuditAction::IdentityConfirmed);
    let act = Box::pin(confirm_identity_noted(app, actor, password));
    audit::noting(app, actor, attempt, act).await
}

async fn confirm_identity_noted(
    app: &App,
    actor: &Actor,
    password: &Secret,
) -> Result<Confirmation, AccountError> {
    let (session, token) = sessions::confirm(app, actor, password).await?;
    let valid_until = session.confirmed_until.unwrap_or_else(|| app.clock.now());
    Ok(Confirmation {
        session,
        token,
        valid_until,
    })
}

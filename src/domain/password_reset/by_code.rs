//! Exchanging the eight digits of a mail for a token.

use super::guesses;
use crate::domain::audit::{self, Attempt, AuditAction, Refusal};
use crate::domain::one_time_links::{self, Claimed, OneTimeLink};
use crate::domain::users;
use crate::platform::app::App;
use crate::types::actor::{Actor, Origin};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// Somebody who typed a code.
#[derive(Clone, Debug)]
pub struct VerifyCode {
    /// The login the mail was asked for with.
    pub login: String,
    /// What the asking client was given.
    pub flow_id: Secret,
    /// The digits.
    pub code: Secret,
}

/// A code that was right, and is used up.
#[derive(Clone, Debug)]
pub struct VerifiedCode {
    /// What takes its place: a token like that of the link, this one time.
    pub token: Secret,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Why a code gave no token.
#[derive(Debug)]
pub enum CodeError {
    /// Wrong, too old, tried too often, used, of another client, or of nobody; nothing more is told.
    Invalid,
    /// Too many tries of one network; when the next makes sense.
    RateLimited(Timestamp),
    /// Broken.
    Internal(Internal),
}

impl Refusal for CodeError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Invalid => Some("CODE_INVALID"),
            Self::RateLimited(_) => Some("RATE_LIMITED"),
            Self::Internal(_) => None,
        }
    }
}

impl From<Internal> for CodeError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

/// Exchanges a code. It works for the client that asked and the login it asked with, five tries long.
///
/// `Order:` the try is counted before it is judged, in one statement, so that of any number at once five
/// are judged. The same statements run whatever was typed.
pub async fn verify_code(
    app: &App,
    origin: Origin,
    command: VerifyCode,
) -> Result<VerifiedCode, CodeError> {
    let actor = Actor::anonymous(origin);
    let login = users::login_subject(&command.login);
    let attempt = Attempt {
        action: AuditAction::PasswordResetByLink,
        user: None,
        target_label: None,
        subject: Some(login.clone()),
    };
    let act = Box::pin(verify_noted(app, &actor.origin, (&login, &command)));
    audit::noting(app, &actor, attempt, act).await
}

async fn verify_noted(
    app: &App,
    origin: &Origin,
    (login, command): (&str, &VerifyCode),
) -> Result<VerifiedCode, CodeError> {
    if let Some(retry_at) = guesses::take(app, origin).await? {
        return Err(CodeError::RateLimited(retry_at));
    }
    let claimed = Claimed {
        flow_hash: command.flow_id.sha256(),
        login,
        code: &command.code,
    };
    let txn = app.db.begin_write().await?;
    let found = one_time_links::exchange(&txn, app, claimed).await?;
    txn.commit().await.map_err(Internal::from)?;
    let (OneTimeLink { expires_at, .. }, token) = found.ok_or(CodeError::Invalid)?;
    Ok(VerifiedCode { token, expires_at })
}

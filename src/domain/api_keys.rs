//! Acts of people on API keys: making, changing, revoking. The first two have to be confirmed.
//!
//! The keys themselves live in `access`, below the sessions by which people confirm who they are.

use crate::domain::access::idempotency::Answer;
use crate::domain::access::{
    self, ApiKey, ApiKeyError, CreateApiKey, StoredKey, UpdateApiKey, require_key_manager,
};
use crate::domain::audit::{self, Attempt, AuditAction};
use crate::domain::sessions::{ProofError, require_step_up};
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::ids::ApiKeyId;
use crate::types::secret::Secret;

/// Makes a key that acts for the actor; its secret is given back this one time.
pub async fn create(
    app: &App,
    actor: &Actor,
    command: CreateApiKey,
    actor_password: Option<&Secret>,
) -> Result<Answer<(ApiKey, Secret), StoredKey>, ApiKeyError> {
    let attempt = attempt(AuditAction::ApiKeyCreated, Some(command.name.clone()));
    let act = Box::pin(async {
        require_key_manager(actor)?;
        require_step_up(app, actor, actor_password).await?;
        access::create_own(app, actor, command).await
    });
    audit::noting(app, actor, attempt, act).await
}

/// Changes a key; its secret stays.
pub async fn update(
    app: &App,
    actor: &Actor,
    command: UpdateApiKey,
    actor_password: Option<&Secret>,
) -> Result<ApiKey, ApiKeyError> {
    let attempt = attempt(
        AuditAction::ApiKeyUpdated,
        command.id.map(|id| id.to_string()),
    );
    let act = Box::pin(async {
        require_key_manager(actor)?;
        require_step_up(app, actor, actor_password).await?;
        access::update(app, actor, command).await
    });
    audit::noting(app, actor, attempt, act).await
}

/// Makes a key useless, at once and for good.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    id: Option<ApiKeyId>,
    reason: Option<&str>,
) -> Result<ApiKey, ApiKeyError> {
    let attempt = attempt(AuditAction::ApiKeyRevoked, id.map(|id| id.to_string()));
    audit::noting(app, actor, attempt, access::revoke(app, actor, id, reason)).await
}

fn attempt(action: AuditAction, target_label: Option<String>) -> Attempt {
    Attempt {
        action,
        user: None,
        target_label,
        subject: None,
    }
}

impl From<ProofError> for ApiKeyError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Required => Self::StepUpRequired,
            ProofError::Incorrect { session_ended } => Self::IncorrectPassword { session_ended },
            ProofError::TooMany(retry_at) => Self::RateLimited(retry_at),
            ProofError::NoPassword => Self::NoPassword,
            ProofError::Denied(denied) => Self::Denied(denied),
            ProofError::Overloaded(span) => Self::Overloaded(span),
            ProofError::Internal(cause) => Self::Internal(cause),
        }
    }
}

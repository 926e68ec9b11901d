//! Refusals of acts on API keys.

use async_graphql::Context;

use super::super::mutation_error::{ErrorCode as Code, MutationError};
use super::{
    incorrect_password, internal, overloaded, rate_limited, refuse_denied, step_up_required,
};
use crate::domain::access::{ApiKeyError, KeyFault};

/// Turns a refusal into entries of `errors`; malformed inputs stand below `place`. `None` when it went
/// the top-level road instead.
pub(crate) fn refuse(
    ctx: &Context<'_>,
    error: ApiKeyError,
    place: &[&'static str],
) -> Option<Vec<MutationError>> {
    let one = match error {
        ApiKeyError::Denied(denied) => return refuse_denied(ctx, denied),
        ApiKeyError::Internal(cause) => return internal(ctx, &cause),
        ApiKeyError::StepUpRequired => step_up_required(ctx),
        ApiKeyError::IncorrectPassword { session_ended } => incorrect_password(session_ended),
        ApiKeyError::RateLimited(retry_at) => rate_limited(ctx, retry_at),
        ApiKeyError::Overloaded(span) => overloaded(ctx, span),
        ApiKeyError::NoPassword => MutationError::at(
            Code::InvalidInput,
            &["input", "actorPassword"],
            "Only people who signed in have a password to give; leave it out.",
        ),
        ApiKeyError::Invalid(faults) => {
            return Some(faults.iter().map(|fault| invalid(fault, place)).collect());
        }
        ApiKeyError::LimitedByToken => MutationError::plain(
            Code::Forbidden,
            "The token you came with limits your role, and a key would not. Sign in here instead.",
        ),
        ApiKeyError::ScopeNotGrantable(scopes) => {
            let names: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
            MutationError::at(
                Code::ScopeNotGrantable,
                &[place, &["scopes"]].concat(),
                format!("You do not have {} yourself.", names.join(", ")),
            )
        }
        ApiKeyError::NotFound => MutationError::at(
            Code::NotFound,
            &["input", "apiKeyId"],
            "There is no such API key.",
        ),
        ApiKeyError::NotManageable => MutationError::at(
            Code::TargetNotManageable,
            &["input", "apiKeyId"],
            "This key belongs to the installation, or to somebody whose rank is not below yours or who \
             holds a right that you lack.",
        ),
        ApiKeyError::VersionConflict(present) => MutationError::at(
            Code::VersionConflict,
            &["input", "ifVersion"],
            format!(
                "The key was changed meanwhile; the present version is {present}. Read it again."
            ),
        ),
        ApiKeyError::IdempotencyKeyReused => MutationError::at(
            Code::IdempotencyKeyReused,
            &["input", "idempotencyKey"],
            "This key was used before with other input. Use a new key for a new request.",
        ),
    };
    Some(vec![one])
}

fn invalid(fault: &KeyFault, place: &[&'static str]) -> MutationError {
    let path = match fault.field {
        "apiKeyId" => vec!["input", "apiKeyId"],
        field => [place, &[field]].concat(),
    };
    MutationError::at(Code::InvalidInput, &path, fault.message.clone())
}

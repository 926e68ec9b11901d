//! Refusals of acts on mails.

use async_graphql::Context;

use super::super::mutation_error::{ErrorCode as Code, MutationError};
use super::{internal, rate_limited, refuse_denied};
use crate::domain::mail::DeliveryError;

/// What a mutation answers: its payload, or one with the refusal's entries.
pub(crate) fn settle<P: From<Vec<MutationError>>>(
    ctx: &Context<'_>,
    result: Result<P, DeliveryError>,
) -> Option<P> {
    match result {
        Ok(payload) => Some(payload),
        Err(error) => refuse(ctx, error).map(P::from),
    }
}

fn refuse(ctx: &Context<'_>, error: DeliveryError) -> Option<Vec<MutationError>> {
    let at_id = |code, message: String| MutationError::at(code, &["input", "id"], message);
    let one = match error {
        DeliveryError::Denied(denied) => return refuse_denied(ctx, denied),
        DeliveryError::Internal(cause) => return internal(ctx, &cause),
        DeliveryError::RateLimited(retry_at) => rate_limited(ctx, retry_at),
        DeliveryError::Invalid { field, message } => {
            MutationError::at(Code::InvalidInput, &["input", field], message)
        }
        DeliveryError::NotFound => at_id(Code::NotFound, "There is no such mail.".to_owned()),
        DeliveryError::NotManageable => at_id(
            Code::TargetNotManageable,
            "This mail's user has a rank that is not below yours, or holds a right that you lack."
                .to_owned(),
        ),
        DeliveryError::OwnMail => at_id(
            Code::CannotTargetSelf,
            "This mail tells you about your own account. Ask another administrator.".to_owned(),
        ),
        DeliveryError::NotRetryable(why) => at_id(Code::DeliveryNotRetryable, why.to_string()),
        DeliveryError::NotCancellable(why) => at_id(Code::DeliveryNotCancellable, why.to_string()),
        DeliveryError::NotConfigured => MutationError::plain(
            Code::MailNotConfigured,
            "This server has no way of sending mail. Set [mail.transport].",
        ),
        DeliveryError::PublicUrlMissing => MutationError::at(
            Code::PublicUrlMissing,
            &["input", "kind"],
            "This mail carries a link, and links begin with server.public_url. Set it.",
        ),
    };
    Some(vec![one])
}

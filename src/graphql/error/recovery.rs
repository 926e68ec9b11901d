//! What people are told who forgot a password: what has become of a link, and what to do next.

use async_graphql::Context;

use super::{internal, not_built_in, password, rate_limited, redirect_not_allowed, refuse};
use crate::domain::one_time_links::RevokedWhy;
use crate::domain::password_reset::{ByLinkError, CodeError, RequestError, ResetLink};
use crate::domain::users::UserError;
use crate::graphql::mutation_error::{ErrorCode, MutationError};

/// Where the code stands in the arguments.
pub(crate) const CODE: &[&str] = &["input", "code"];
/// Where the token does.
const TOKEN: &[&str] = &["input", "token"];
/// Where the new password does.
const NEW_PASSWORD: &[&str] = &["input", "newPassword"];

/// Why a request was not taken.
pub(crate) fn request(ctx: &Context<'_>, error: RequestError) -> Option<Vec<MutationError>> {
    let one = match error {
        RequestError::Internal(cause) => return internal(ctx, &cause),
        RequestError::Invalid(fault) => MutationError::invalid(&fault),
        RequestError::RateLimited(retry_at) => rate_limited(ctx, retry_at),
        RequestError::Disabled => MutationError::plain(
            ErrorCode::SelfServiceDisabled,
            "People cannot ask for links themselves here. Ask an administrator for a new password.",
        ),
        RequestError::RedirectNotAllowed => redirect_not_allowed(),
    };
    Some(vec![one])
}

/// Why a code gave no token.
pub(crate) fn code(ctx: &Context<'_>, error: CodeError, at: &[&str]) -> Option<Vec<MutationError>> {
    let one = match error {
        CodeError::Internal(cause) => return internal(ctx, &cause),
        CodeError::RateLimited(retry_at) => rate_limited(ctx, retry_at),
        CodeError::Invalid => MutationError::at(
            ErrorCode::CodeInvalid,
            at,
            "This code does not work: it may be mistyped, too old, used, or tried too often. Use the \
             link in the same mail, or ask for a new mail.",
        ),
    };
    Some(vec![one])
}

/// Why a token did nothing.
pub(crate) fn by_link(ctx: &Context<'_>, error: ByLinkError) -> Option<Vec<MutationError>> {
    let moved = |error: MutationError| error.moved_to(NEW_PASSWORD);
    match error {
        ByLinkError::Link(link) => Some(vec![state(&link)]),
        ByLinkError::RateLimited(retry_at) => Some(vec![rate_limited(ctx, retry_at)]),
        ByLinkError::User(UserError::Password(error)) => {
            Some(password(ctx, error)?.into_iter().map(moved).collect())
        }
        ByLinkError::User(error) => refuse(ctx, error),
    }
}

/// What has become of a link, and the next step.
fn state(link: &ResetLink) -> MutationError {
    use ErrorCode as Code;
    let (code, message) = match link {
        ResetLink::KeptElsewhere(source) => return not_built_in(*source).moved_to(TOKEN),
        ResetLink::Unknown | ResetLink::Ready { .. } => (
            Code::TokenInvalid,
            "There is no link with this token. Copy the whole address from the mail, or ask for a \
             new link."
                .to_owned(),
        ),
        ResetLink::Used { at } => (
            Code::TokenUsed,
            format!(
                "This link was used at {}. Sign in with the password that was chosen then, or ask for \
                 a new link.",
                at.to_rfc3339()
            ),
        ),
        ResetLink::Expired { at } => (
            Code::TokenExpired,
            format!(
                "This link worked until {}. Ask for a new one.",
                at.to_rfc3339()
            ),
        ),
        ResetLink::Superseded { at } => (
            Code::TokenSuperseded,
            format!(
                "A newer link was made at {}. Use that one, or ask for another.",
                at.to_rfc3339()
            ),
        ),
        ResetLink::Revoked { at, why } => (
            Code::TokenRevoked,
            format!("{} at {}. {NEW_LINK}", withdrawn(*why), at.to_rfc3339()),
        ),
        ResetLink::AccountClosed => (
            Code::UserDisabled,
            "This account is disabled. Ask an administrator.".to_owned(),
        ),
    };
    MutationError::at(code, TOKEN, message)
}

const NEW_LINK: &str = "Ask for a new link if you still need one.";

const fn withdrawn(why: Option<RevokedWhy>) -> &'static str {
    match why {
        Some(RevokedWhy::Administrator) => "An administrator withdrew this link",
        Some(RevokedWhy::NewPassword) => {
            "The password was changed or blocked, which ended this link"
        }
        Some(RevokedWhy::AccountChanged) => "The account was changed, which ended this link",
        Some(RevokedWhy::AccountClosed) => "The account was disabled, which ended this link",
        None => "This link was withdrawn",
    }
}

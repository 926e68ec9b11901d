//! The two roads of refusals: entries of `payload.errors`, and top-level errors with a code.
//!
//! A resolver never returns `Err`: the library would leave its key out of `data`, and with it a
//! password that a sibling field shows once. It notes the error at its own path and answers null.

pub(crate) mod api_keys;
pub(crate) mod deliveries;
mod interrupted;
pub(crate) mod mail_templates;
pub(crate) mod recovery;

use std::time::Duration;

use async_graphql::{Context, ErrorExtensions};

use super::context::Reach as _;
use super::mutation_error::{
    ErrorCode, ForbiddenError, MutationError, NotBuiltInAuthenticationError, StepUpRequiredError,
    path,
};
use crate::domain::credentials::ChooseError;
use crate::domain::users::{Sought, UserError};
use crate::platform::db::{is_outage, is_passing, is_storage_full};
use crate::platform::pagination::PageError;
use crate::platform::pubsub::Missed;
use crate::platform::settings::AdminPasswords;
use crate::types::actor::{Denied, ReadError};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// The code of a top-level error that passes.
pub(crate) const UNAVAILABLE: &str = "SERVICE_UNAVAILABLE";
/// The code of a change that was not made because there is no room for it.
pub(crate) const STORAGE_FULL: &str = "STORAGE_FULL";

/// Turns a refusal into entries of `errors`. `None` when it went the top-level road instead.
#[expect(
    clippy::too_many_lines,
    reason = "a list of every refusal with its words, not a procedure"
)]
pub(crate) fn refuse(ctx: &Context<'_>, error: UserError) -> Option<Vec<MutationError>> {
    use ErrorCode as Code;
    let one = match error {
        UserError::Denied(denied) => return refuse_denied(ctx, denied),
        UserError::Internal(cause) => return internal(ctx, &cause),
        UserError::Invalid(faults) => {
            return Some(faults.iter().map(MutationError::invalid).collect());
        }
        UserError::Password(error) => return password(ctx, error),
        UserError::NotFound | UserError::NotVisible(Sought::User) => MutationError::at(
            Code::UserNotFound,
            &["input", "user"],
            "There is no such user.",
        ),
        UserError::NotManageable => MutationError::at(
            Code::TargetNotManageable,
            &["input", "user"],
            "This user's rank is not below yours, or they hold a right that you lack.",
        ),
        UserError::SessionNotFound | UserError::NotVisible(Sought::Session) => MutationError::at(
            Code::NotFound,
            &["input", "sessionId"],
            "There is no such session.",
        ),
        UserError::DeviceNotFound | UserError::NotVisible(Sought::Device) => MutationError::at(
            Code::NotFound,
            &["input", "deviceId"],
            "No account knows such a device.",
        ),
        UserError::LinkNotFound => MutationError::at(
            Code::NotFound,
            &["input", "linkIds"],
            "The user has no such link.",
        ),
        UserError::OwnAccount => MutationError::at(
            Code::CannotTargetSelf,
            &["input", "user"],
            "This is your own account. Use changePassword and signOut, or ask another administrator.",
        ),
        UserError::StepUpRequired => step_up_required(ctx),
        UserError::IncorrectPassword { session_ended } => incorrect_password(session_ended),
        UserError::RateLimited(retry_at) => rate_limited(ctx, retry_at),
        UserError::RoleNotGrantable => MutationError::plain(
            Code::RoleNotGrantable,
            "You can only hand out roles of a lower rank than your own, with no right that you lack.",
        ),
        UserError::LastOwner => MutationError::plain(
            Code::LastAdmin,
            "This is the last active owner. Make another owner first.",
        ),
        UserError::UsernameTaken => {
            MutationError::plain(Code::UsernameTaken, "Another user has this username.")
        }
        UserError::EmailTaken => {
            MutationError::plain(Code::EmailTaken, "Another user has this e-mail address.")
        }
        UserError::VersionConflict(present) => MutationError::at(
            Code::VersionConflict,
            &["input", "ifVersion"],
            format!(
                "The user was changed meanwhile; the present version is {present}. Read it again."
            ),
        ),
        UserError::NotBuiltIn(source) => not_built_in(source),
        UserError::EmailMissing => MutationError::plain(
            Code::EmailMissing,
            "The user has no e-mail address. Set one, or do it without mail.",
        ),
        UserError::EmailNotVerified => MutationError::plain(
            Code::EmailNotVerified,
            "The user's e-mail address is not verified. Verify it, or do it without mail.",
        ),
        UserError::UserDisabled => MutationError::plain(
            Code::UserDisabled,
            "The user is disabled. Enable them first, or do it without mail.",
        ),
        UserError::MailNotConfigured => MutationError::plain(
            Code::MailNotConfigured,
            "This server has no way of sending mail. Set [mail.transport], or do it without mail.",
        ),
        UserError::PasswordMailDisabled => MutationError::plain(
            Code::PasswordMailDisabled,
            "Passwords may not be mailed here (security.mail_passwords). Mail a link instead \
             (sendPasswordResetEmail), or hand the password over yourself.",
        ),
        UserError::PublicUrlMissing => MutationError::plain(
            Code::PublicUrlMissing,
            "Nobody has said at which address people reach this server, and links begin with it. Set \
             server.public_url.",
        ),
        UserError::RedirectNotAllowed => redirect_not_allowed(),
        UserError::ForcedChangeRequired => MutationError::at(
            Code::ForcedChangeRequired,
            &["input", "forceChangeOnLogin"],
            "Settings demand a change at the next sign-in (security.always_force_change).",
        ),
        UserError::IdempotencyKeyReused => MutationError::at(
            Code::IdempotencyKeyReused,
            &["input", "idempotencyKey"],
            "This key was used before with other input. Use a new key for a new request.",
        ),
    };
    Some(vec![one])
}

/// What a mutation answers: its payload, or one with the refusal's entries.
pub(crate) fn settle<P: From<Vec<MutationError>>>(
    ctx: &Context<'_>,
    result: Result<P, UserError>,
) -> Option<P> {
    match result {
        Ok(payload) => Some(payload),
        Err(error) => refuse(ctx, error).map(P::from),
    }
}

/// Makes payloads that hold nothing but the reasons of a refusal.
macro_rules! refusable {
    ($($payload:ident),+) => {
        $(impl From<Vec<crate::graphql::mutation_error::MutationError>> for $payload {
            fn from(errors: Vec<crate::graphql::mutation_error::MutationError>) -> Self {
                Self { errors, ..Self::default() }
            }
        })+
    };
}

pub(crate) use refusable;

/// A refusal by rights: top-level where the caller has to come back as somebody else.
pub(crate) fn refuse_denied(ctx: &Context<'_>, denied: Denied) -> Option<Vec<MutationError>> {
    match denied {
        Denied::Unauthenticated | Denied::PersonOnly | Denied::PasswordChangeRequired => {
            top_level(ctx, denied.code(), &denied.to_string())
        }
        Denied::Missing(_) | Denied::OperatorOnly => Some(vec![forbidden(denied)]),
    }
}

pub(crate) fn redirect_not_allowed() -> MutationError {
    MutationError::at(
        ErrorCode::RedirectUrlNotAllowed,
        &["input", "redirectUrl"],
        "This address is not on the list in the settings (security.recovery.redirect_urls), letter by \
         letter.",
    )
}

pub(crate) fn step_up_required(ctx: &Context<'_>) -> MutationError {
    let window = ctx.app().settings.security.sessions.step_up;
    MutationError::StepUp(StepUpRequiredError {
        code: ErrorCode::StepUpRequired,
        message: "Give your own password as `actorPassword`, or call `confirmIdentity` first."
            .to_owned(),
        path: Some(path(&["input", "actorPassword"])),
        window_seconds: i32::try_from(window.as_secs()).unwrap_or(i32::MAX),
    })
}

pub(crate) fn incorrect_password(session_ended: bool) -> MutationError {
    let message = if session_ended {
        "Your own password was wrong too often; this session has ended. Sign in again."
    } else {
        "Your own password is wrong."
    };
    let names = ["input", "actorPassword"];
    MutationError::at(ErrorCode::IncorrectPassword, &names, message)
}

pub(crate) fn rate_limited(ctx: &Context<'_>, retry_at: Timestamp) -> MutationError {
    let now = ctx.app().clock.now();
    let millis = retry_at.as_millis().saturating_sub(now.as_millis());
    let seconds = u64::try_from(millis).unwrap_or(0).div_ceil(1_000);
    let message = "Too many attempts. Try again later.";
    MutationError::later(ErrorCode::RateLimited, message, seconds)
}

fn forbidden(denied: Denied) -> MutationError {
    let required_scopes = match denied {
        Denied::Missing(permission) => vec![permission.into()],
        Denied::Unauthenticated
        | Denied::OperatorOnly
        | Denied::PersonOnly
        | Denied::PasswordChangeRequired => Vec::new(),
    };
    MutationError::Forbidden(ForbiddenError {
        code: ErrorCode::Forbidden,
        message: denied.to_string(),
        path: None,
        required_scopes,
    })
}

pub(crate) fn not_built_in(source: crate::domain::users::AuthenticationSource) -> MutationError {
    MutationError::NotBuiltIn(NotBuiltInAuthenticationError {
        code: ErrorCode::NotBuiltInAuthentication,
        message: format!(
            "The user signs in through {} ({}); the password has to be changed there.",
            source.label(),
            source.name()
        ),
        path: Some(path(&["input", "user"])),
        authentication_source: source.into(),
    })
}

pub(crate) fn password(ctx: &Context<'_>, error: ChooseError) -> Option<Vec<MutationError>> {
    let one = match error {
        ChooseError::Rejected(violations) => {
            return Some(violations.iter().map(MutationError::rule).collect());
        }
        ChooseError::Internal(cause) => return internal(ctx, &cause),
        ChooseError::Generator(error) => MutationError::generator(&error),
        ChooseError::NotAllowed(setting) => MutationError::plain(
            ErrorCode::AdminPasswordNotAllowed,
            match setting {
                AdminPasswords::LinksOnly => {
                    "Administrators may not set passwords here (security.admin_passwords); users \
                     choose theirs by a link (sendPasswordResetEmail, createPasswordResetLink)."
                }
                AdminPasswords::Generated | AdminPasswords::Any => {
                    "Administrators may not type passwords here (security.admin_passwords); use \
                     `generate: true`."
                }
            },
        ),
        ChooseError::Overloaded(retry_after) => overloaded(ctx, retry_after),
    };
    Some(vec![one])
}

fn overloaded(ctx: &Context<'_>, retry_after: Duration) -> MutationError {
    ctx.overloaded(retry_after);
    let message = "Too many passwords are being hashed. Try again shortly.";
    MutationError::later(ErrorCode::Overloaded, message, retry_after.as_secs())
}

/// Notes a top-level error at the field's own path. Always `None`, the field's value.
pub(crate) fn top_level<T>(ctx: &Context<'_>, code: &'static str, message: &str) -> Option<T> {
    let error = async_graphql::Error::new(message)
        .extend_with(|_, extensions| extensions.set("code", code))
        .into_server_error(ctx.item.pos);
    ctx.add_error(ctx.set_error_path(error));
    None
}

pub(crate) fn internal<T>(ctx: &Context<'_>, cause: &Internal) -> Option<T> {
    if !is_outage(cause) {
        tracing::error!(error = %cause, field = ctx.item.node.name.node.as_str(), "a request failed");
    }
    if is_storage_full(cause) {
        let message = "The server's storage is full. Nothing was changed; reading still works. Try again \
                       when the operator has made room; a mutation with the same idempotency key.";
        return top_level(ctx, STORAGE_FULL, message);
    }
    if is_passing(cause) {
        let message = "The database does not answer, or has too much to do. Try again shortly; a \
                       mutation with the same idempotency key.";
        return top_level(ctx, UNAVAILABLE, message);
    }
    top_level(
        ctx,
        "INTERNAL_SERVER_ERROR",
        "Something went wrong here. Quote the request id.",
    )
}

/// What a reading field answers: the value, or null with a top-level error.
pub(crate) fn answer<T>(ctx: &Context<'_>, result: Result<T, ReadError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(ReadError::Denied(denied)) => denied_read(ctx, denied),
        Err(ReadError::Internal(cause)) => internal(ctx, &cause),
    }
}

fn denied_read<T>(ctx: &Context<'_>, denied: Denied) -> Option<T> {
    ctx.denied(denied);
    let error = match denied {
        Denied::Unauthenticated
        | Denied::OperatorOnly
        | Denied::PersonOnly
        | Denied::PasswordChangeRequired => {
            return top_level(ctx, denied.code(), &denied.to_string());
        }
        Denied::Missing(permission) => {
            async_graphql::Error::new(denied.to_string()).extend_with(|_, extensions| {
                extensions.set("code", "FORBIDDEN");
                extensions.set("requiredScopes", vec![permission.name()]);
            })
        }
    };
    ctx.add_error(ctx.set_error_path(error.into_server_error(ctx.item.pos)));
    None
}

/// What a field answers whose arguments may be refused.
pub(crate) fn checked<T>(ctx: &Context<'_>, result: Result<T, impl ToString>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(refusal) => top_level(ctx, "BAD_USER_INPUT", &refusal.to_string()),
    }
}

/// The refusal of paging arguments as text.
pub(crate) fn paging<T>(ctx: &Context<'_>, result: Result<T, PageError>) -> Option<T> {
    checked(ctx, result)
}

/// Why a subscription ends before its time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Interrupted {
    /// The caller took answers too slowly.
    TooSlow,
    /// The database was busy or gone.
    Unavailable,
    /// Something failed; the log says more.
    Broken,
}

impl From<Missed> for Interrupted {
    fn from(_: Missed) -> Self {
        Self::TooSlow
    }
}

impl From<ReadError> for Interrupted {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Internal(cause) if is_outage(&cause) => Self::Unavailable,
            ReadError::Internal(cause) if is_passing(&cause) => {
                tracing::error!(error = %cause, "a subscription failed");
                Self::Unavailable
            }
            error => {
                tracing::error!(?error, "a subscription failed");
                Self::Broken
            }
        }
    }
}

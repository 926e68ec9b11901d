//! The two roads of refusals: entries of `payload.errors`, and top-level errors with a code.
//!
//! A resolver never returns `Err`: the library would leave its key out of `data`, and with it a
//! password that a sibling field shows once. It notes the error at its own path and answers null.

use async_graphql::{Context, Enum, ErrorExtensions, Interface, SimpleObject};

use super::enums::{AuthenticationSource, PasswordRule, Scope};
use crate::actor::{Denied, ReadError};
use crate::credentials::{ChooseError, Violation, generator::GeneratorError};
use crate::error::Internal;
use crate::page::PageError;
use crate::settings::AdminPasswords;
use crate::users::{InvalidInput, UserError};

/// Reasons a mutation can fail. The description of each mutation lists the ones it can give.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    /// An input is malformed, too long, out of range or does not go with another one; see `path`.
    InvalidInput,
    /// The caller may not do this.
    Forbidden,
    /// The server has too much to do; try again after `retryAfterSeconds`.
    Overloaded,
    /// The object was changed by someone else since it was read.
    VersionConflict,
    /// The idempotency key was used before with other input.
    IdempotencyKeyReused,
    /// The user the input points at does not exist.
    UserNotFound,
    /// Another user has this username.
    UsernameTaken,
    /// Another user has this e-mail address.
    EmailTaken,
    /// The user has no e-mail address and the mutation would need one.
    EmailMissing,
    /// The user's e-mail address is not verified and settings demand that it is.
    EmailNotVerified,
    /// The user is disabled, so no mail with a password goes to them.
    UserDisabled,
    /// The user's password is not kept by this server.
    NotBuiltInAuthentication,
    /// The caller may do this, but not to a user of that rank.
    TargetNotManageable,
    /// No active owner would be left.
    LastAdmin,
    /// The caller may not hand out that role.
    RoleNotGrantable,
    /// The new password breaks a rule of the policy.
    PasswordPolicyViolated,
    /// Settings keep administrators from choosing passwords this way.
    AdminPasswordNotAllowed,
    /// Settings demand that a password set by an administrator is changed at the next sign-in.
    ForcedChangeRequired,
    /// The server has no way of sending mail.
    MailNotConfigured,
    /// Sending passwords by mail is switched off.
    PasswordMailDisabled,
}

/// Why a mutation did not do what was asked. `code`, `message` and `path` are there for every error;
/// select more with inline fragments on the concrete types.
#[derive(Interface, Clone, Debug)]
#[graphql(
    field(
        name = "code",
        ty = "&ErrorCode",
        desc = "Stable, machine-readable reason. New codes may be added; treat an unknown one as a plain failure."
    ),
    field(
        name = "message",
        ty = "&String",
        desc = "Explanation in English for people, safe to show. Not stable; do not parse it."
    ),
    field(
        name = "path",
        ty = "&Option<Vec<String>>",
        desc = "Where in the arguments the trouble is, for example `[\"input\", \"password\"]`. Null when it is not about one input."
    )
)]
pub(crate) enum MutationError {
    Basic(BasicError),
    Forbidden(ForbiddenError),
    NotBuiltIn(NotBuiltInAuthenticationError),
    PasswordRule(PasswordRuleError),
    RetryLater(RetryLaterError),
}

/// An error with nothing to add to code, message and path.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct BasicError {
    /// Stable, machine-readable reason.
    code: ErrorCode,
    /// Explanation in English for people.
    message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    path: Option<Vec<String>>,
}

/// The caller's role or API key does not allow this. Code `FORBIDDEN`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct ForbiddenError {
    /// Stable, machine-readable reason.
    code: ErrorCode,
    /// Explanation in English for people.
    message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    path: Option<Vec<String>>,
    /// Scopes that would allow it.
    required_scopes: Vec<Scope>,
}

/// The user's password is kept somewhere else and cannot be changed here. Code
/// `NOT_BUILT_IN_AUTHENTICATION`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct NotBuiltInAuthenticationError {
    /// Stable, machine-readable reason.
    code: ErrorCode,
    /// Explanation in English for people.
    message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    path: Option<Vec<String>>,
    /// Where the user signs in instead.
    authentication_source: AuthenticationSource,
}

/// A password breaks one rule of the policy; there is one entry for each broken rule. Code
/// `PASSWORD_POLICY_VIOLATED`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct PasswordRuleError {
    /// Stable, machine-readable reason.
    code: ErrorCode,
    /// Explanation in English for people.
    message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    path: Option<Vec<String>>,
    /// The rule.
    rule: PasswordRule,
    /// The number the rule asks for, if it has one.
    required: Option<i32>,
    /// The number the password has, if the rule has one.
    actual: Option<i32>,
}

/// Not now, but soon. Code `OVERLOADED`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct RetryLaterError {
    /// Stable, machine-readable reason.
    code: ErrorCode,
    /// Explanation in English for people.
    message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    path: Option<Vec<String>>,
    /// When trying again makes sense, in seconds from now.
    retry_after_seconds: i32,
}

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl MutationError {
    fn plain(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Basic(BasicError {
            code,
            message: message.into(),
            path: None,
        })
    }

    /// A refusal that belongs to one input.
    pub(crate) fn at(code: ErrorCode, names: &[&str], message: impl Into<String>) -> Self {
        Self::Basic(BasicError {
            code,
            message: message.into(),
            path: Some(path(names)),
        })
    }

    /// A malformed or contradictory input.
    pub(crate) fn invalid(invalid: &InvalidInput) -> Self {
        Self::at(
            ErrorCode::InvalidInput,
            &invalid.path,
            invalid.message.clone(),
        )
    }

    /// One broken rule.
    pub(crate) fn rule(violation: &Violation) -> Self {
        let number = |value: Option<u32>| value.and_then(|value| i32::try_from(value).ok());
        Self::PasswordRule(PasswordRuleError {
            code: ErrorCode::PasswordPolicyViolated,
            message: violation.message(),
            path: Some(path(&["input", "password"])),
            rule: violation.rule.into(),
            required: number(violation.required),
            actual: number(violation.actual),
        })
    }

    /// The same, where a mutation names the source itself and no user.
    pub(crate) fn about_source(mut self) -> Self {
        if let Self::NotBuiltIn(error) = &mut self {
            error.path = Some(path(&["input", "authenticationSource"]));
        }
        self
    }

    /// The generator was asked for what it cannot make.
    pub(crate) fn generator(error: &GeneratorError) -> Self {
        let names = ["input", "generator", "length"];
        Self::at(ErrorCode::InvalidInput, &names, error.to_string())
    }
}

/// Turns a refusal into entries of `errors`. `None` when it went the top-level road instead.
pub(crate) fn refuse(ctx: &Context<'_>, error: UserError) -> Option<Vec<MutationError>> {
    use ErrorCode as Code;
    let one = match error {
        UserError::Denied(Denied::Unauthenticated) => {
            return top_level(ctx, "UNAUTHENTICATED", &Denied::Unauthenticated.to_string());
        }
        UserError::Internal(cause) => return internal(ctx, &cause),
        UserError::Denied(denied) => forbidden(denied),
        UserError::Invalid(faults) => {
            return Some(faults.iter().map(MutationError::invalid).collect());
        }
        UserError::Password(error) => return password(ctx, error),
        UserError::NotFound => MutationError::at(
            Code::UserNotFound,
            &["input", "user"],
            "There is no such user.",
        ),
        UserError::NotManageable => MutationError::at(
            Code::TargetNotManageable,
            &["input", "user"],
            "This user's rank is not below yours.",
        ),
        UserError::RoleNotGrantable => MutationError::plain(
            Code::RoleNotGrantable,
            "You can only hand out roles of a lower rank than your own.",
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
            "Passwords may not be mailed here (security.mail_passwords). Send a link instead \
             (sendPasswordResetEmail), or hand the password over yourself.",
        ),
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

fn forbidden(denied: Denied) -> MutationError {
    let required_scopes = match denied {
        Denied::Missing(permission) => vec![permission.into()],
        Denied::Unauthenticated | Denied::OperatorOnly => Vec::new(),
    };
    MutationError::Forbidden(ForbiddenError {
        code: ErrorCode::Forbidden,
        message: denied.to_string(),
        path: None,
        required_scopes,
    })
}

fn not_built_in(source: crate::users::AuthenticationSource) -> MutationError {
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

fn password(ctx: &Context<'_>, error: ChooseError) -> Option<Vec<MutationError>> {
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
                     choose theirs by a link."
                }
                AdminPasswords::Generated | AdminPasswords::Any => {
                    "Administrators may not type passwords here (security.admin_passwords); use \
                     `generate: true`."
                }
            },
        ),
        ChooseError::Overloaded(retry_after) => MutationError::RetryLater(RetryLaterError {
            code: ErrorCode::Overloaded,
            message: "Too many passwords are being hashed. Try again shortly.".to_owned(),
            path: None,
            retry_after_seconds: i32::try_from(retry_after.as_secs().max(1)).unwrap_or(i32::MAX),
        }),
    };
    Some(vec![one])
}

/// Notes a top-level error at the field's own path. Always `None`, the field's value.
pub(crate) fn top_level<T>(ctx: &Context<'_>, code: &'static str, message: &str) -> Option<T> {
    let error = async_graphql::Error::new(message)
        .extend_with(|_, extensions| extensions.set("code", code))
        .into_server_error(ctx.item.pos);
    ctx.add_error(ctx.set_error_path(error));
    None
}

fn internal<T>(ctx: &Context<'_>, cause: &Internal) -> Option<T> {
    tracing::error!(error = %cause, field = ctx.item.node.name.node.as_str(), "a request failed");
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
    let error = match denied {
        Denied::Unauthenticated | Denied::OperatorOnly => {
            return top_level(ctx, "UNAUTHENTICATED", &denied.to_string());
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

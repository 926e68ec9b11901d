//! What stands in `payload.errors`: one interface, one enum of codes, one entry for each fault.

use async_graphql::{Enum, Interface, SimpleObject};

use super::enums::{AuthenticationSource, PasswordRule, Scope};
use super::mail_templates::MailTemplateProblem;
use crate::domain::credentials::{Violation, generator::GeneratorError};
use crate::domain::users::InvalidInput;

/// Reasons a mutation can fail. The description of each mutation lists the ones it can give.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    /// An input is malformed, too long, out of range or does not go with another one; see `path`.
    InvalidInput,
    /// The caller may not do this.
    Forbidden,
    /// The caller has to give their own password again first.
    StepUpRequired,
    /// The caller's own present password is wrong.
    IncorrectPassword,
    /// Login and password do not go together, or the account cannot sign in. Nothing more is told.
    InvalidCredentials,
    /// The password was right, but was to be used until a certain time only.
    TemporaryPasswordExpired,
    /// Too many attempts; try again after `retryAfterSeconds`.
    RateLimited,
    /// The server has too much to do; try again after `retryAfterSeconds`.
    Overloaded,
    /// The object was changed by someone else since it was read.
    VersionConflict,
    /// The idempotency key was used before with other input.
    IdempotencyKeyReused,
    /// What the input points at does not exist.
    NotFound,
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
    /// The user is disabled, so they get no mail with a password and no link.
    UserDisabled,
    /// The user's password is not kept by this server.
    NotBuiltInAuthentication,
    /// A key may not be given what the caller may not do.
    ScopeNotGrantable,
    /// The caller may do this, but not to a user of that rank, or to a key of such a user.
    TargetNotManageable,
    /// Nobody can do this to their own account; what people may do themselves has mutations of its own.
    CannotTargetSelf,
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
    /// The mail was sent, is being sent, or lost what it carried; the message names the mutation that makes
    /// a new one.
    DeliveryNotRetryable,
    /// The mail is being sent, or over.
    DeliveryNotCancellable,
    /// Nobody has said at which address people reach the server, so no link can be made.
    PublicUrlMissing,
    /// Sending passwords by mail is switched off.
    PasswordMailDisabled,
    /// Links may not lead on to that address.
    RedirectUrlNotAllowed,
    /// Asking for a link oneself is switched off, or no mail can go out.
    SelfServiceDisabled,
    /// The code is wrong, used or too old, or belongs to another client or login.
    CodeInvalid,
    /// The server never issued that token.
    TokenInvalid,
    /// The token has expired.
    TokenExpired,
    /// The token has been used.
    TokenUsed,
    /// A newer link took the place of the token's.
    TokenSuperseded,
    /// The token was withdrawn: by an administrator, or because the password or the account changed.
    TokenRevoked,
    /// The text cannot be used for a mail; see `problems`.
    TemplateInvalid,
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
    StepUp(StepUpRequiredError),
    Template(MailTemplateError),
}

/// An error with nothing to add to code, message and path.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct BasicError {
    /// Stable, machine-readable reason.
    pub(super) code: ErrorCode,
    /// Explanation in English for people.
    pub(super) message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    pub(super) path: Option<Vec<String>>,
}

/// The caller's role or API key does not allow this. Code `FORBIDDEN`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct ForbiddenError {
    /// Stable, machine-readable reason.
    pub(super) code: ErrorCode,
    /// Explanation in English for people.
    pub(super) message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    pub(super) path: Option<Vec<String>>,
    /// Scopes that would allow it.
    pub(super) required_scopes: Vec<Scope>,
}

/// The user's password is kept somewhere else and cannot be changed here. Code
/// `NOT_BUILT_IN_AUTHENTICATION`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct NotBuiltInAuthenticationError {
    /// Stable, machine-readable reason.
    pub(super) code: ErrorCode,
    /// Explanation in English for people.
    pub(super) message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    pub(super) path: Option<Vec<String>>,
    /// Where the user signs in instead.
    pub(super) authentication_source: AuthenticationSource,
}

/// A password breaks one rule of the policy; there is one entry for each broken rule. Code
/// `PASSWORD_POLICY_VIOLATED`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct PasswordRuleError {
    /// Stable, machine-readable reason.
    pub(super) code: ErrorCode,
    /// Explanation in English for people.
    pub(super) message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    pub(super) path: Option<Vec<String>>,
    /// The rule.
    pub(super) rule: PasswordRule,
    /// The number the rule asks for, if it has one.
    pub(super) required: Option<i32>,
    /// The number the password has, if the rule has one.
    pub(super) actual: Option<i32>,
}

/// The text of a mail cannot be used. Code `TEMPLATE_INVALID`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct MailTemplateError {
    /// Stable, machine-readable reason.
    pub(super) code: ErrorCode,
    /// Explanation in English for people.
    pub(super) message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    pub(super) path: Option<Vec<String>>,
    /// Every problem found, in the order of the parts; at most 50.
    pub(super) problems: Vec<MailTemplateProblem>,
}

/// The caller has to prove who they are again. Code `STEP_UP_REQUIRED`. Call `confirmIdentity`, or
/// repeat the mutation with `actorPassword`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct StepUpRequiredError {
    /// Stable, machine-readable reason.
    pub(super) code: ErrorCode,
    /// Explanation in English for people.
    pub(super) message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    pub(super) path: Option<Vec<String>>,
    /// How long a confirmation counts, in seconds.
    pub(super) window_seconds: i32,
}

/// Not now, but soon. Code `OVERLOADED` or `RATE_LIMITED`.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct RetryLaterError {
    /// Stable, machine-readable reason.
    pub(super) code: ErrorCode,
    /// Explanation in English for people.
    pub(super) message: String,
    /// Where in the arguments the trouble is. Null when it is not about one input.
    pub(super) path: Option<Vec<String>>,
    /// When trying again makes sense, in seconds from now.
    pub(super) retry_after_seconds: i32,
}

pub(super) fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl MutationError {
    pub(super) fn plain(code: ErrorCode, message: impl Into<String>) -> Self {
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

    /// Try again after that many seconds.
    pub(crate) fn later(code: ErrorCode, message: &str, seconds: u64) -> Self {
        Self::RetryLater(RetryLaterError {
            code,
            message: message.to_owned(),
            path: None,
            retry_after_seconds: i32::try_from(seconds.max(1)).unwrap_or(i32::MAX),
        })
    }

    /// Its code, for lists of codes alone.
    pub(crate) fn reason(&self) -> ErrorCode {
        match self {
            Self::Basic(error) => error.code,
            Self::Forbidden(error) => error.code,
            Self::NotBuiltIn(error) => error.code,
            Self::PasswordRule(error) => error.code,
            Self::RetryLater(error) => error.code,
            Self::StepUp(error) => error.code,
            Self::Template(error) => error.code,
        }
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

    /// The same refusal at another input.
    pub(crate) fn moved_to(mut self, names: &[&str]) -> Self {
        let path = match &mut self {
            Self::Basic(error) => &mut error.path,
            Self::Forbidden(error) => &mut error.path,
            Self::NotBuiltIn(error) => &mut error.path,
            Self::PasswordRule(error) => &mut error.path,
            Self::RetryLater(error) => &mut error.path,
            Self::StepUp(error) => &mut error.path,
            Self::Template(error) => &mut error.path,
        };
        *path = Some(self::path(names));
        self
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

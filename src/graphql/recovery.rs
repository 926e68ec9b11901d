//! Forgotten passwords: asking for a link, looking at tokens and codes, choosing a new password.
//!
//! All of it is for people whom nobody knows yet, so nothing here tells who has an account.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::account::{Account, check_cookie, hand_over};
use super::context::Reach as _;
use super::credentials::{PasswordPolicy, present_policy};
use super::enums::SessionTransport;
use super::error::recovery::{CODE, by_link, code, request};
use super::error::refusable;
use super::mutation_error::MutationError;
use super::scalars::{DateTime, EmailAddress, Locale, OneTimeSecret, Password};
use crate::domain::password_reset::{self, RequestReset, ResetByLink, ResetLink, VerifyCode};
use crate::domain::sessions::Transport;
use crate::types::secret::Secret;

/// Input of `requestPasswordReset`.
#[derive(InputObject)]
pub(crate) struct RequestPasswordResetInput {
    /// Username or e-mail address.
    login: String,
    /// Page to end up on after choosing a password. Has to be on the list in the settings, letter by
    /// letter.
    redirect_url: Option<String>,
}

/// Outcome of `requestPasswordReset`, alike for every login.
#[derive(SimpleObject, Default)]
pub(crate) struct RequestPasswordResetPayload {
    /// Keep it with the page that asked: `verifyPasswordResetCode` takes the code of the mail only together
    /// with it. Opens nothing by itself. Null when there are errors.
    flow_id: Option<OneTimeSecret>,
    /// When the request was taken. Says nothing about whether a mail was sent. Null when there are
    /// errors.
    accepted_at: Option<DateTime>,
    /// How long a link would work if one was sent, in seconds. Null when there are errors.
    link_lifetime_seconds: Option<i32>,
    /// How long the code beside it would work, in seconds. Null when there are errors.
    code_lifetime_seconds: Option<i32>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `verifyPasswordResetToken`.
#[derive(InputObject)]
pub(crate) struct VerifyPasswordResetTokenInput {
    /// The token from the link, or a code of 16 characters that somebody read out.
    #[graphql(secret)]
    token: Password,
}

/// Outcome of `verifyPasswordResetToken`.
#[derive(SimpleObject, Default)]
pub(crate) struct VerifyPasswordResetTokenPayload {
    /// When the token stops working. Null when there are errors.
    expires_at: Option<DateTime>,
    /// Masked login for the page to greet the user with, for example `a***@example.com`. Null when
    /// there are errors.
    login_hint: Option<String>,
    /// The rules the new password has to meet. Null when there are errors.
    password_policy: Option<PasswordPolicy>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `verifyPasswordResetCode`.
#[derive(InputObject)]
pub(crate) struct VerifyPasswordResetCodeInput {
    /// The login the mail was asked for with.
    login: String,
    /// What `requestPasswordReset` answered as `flowId`.
    #[graphql(secret)]
    flow_id: Password,
    /// The code from the mail. Spaces and hyphens do not matter.
    #[graphql(secret)]
    code: Password,
}

/// Outcome of `verifyPasswordResetCode`.
#[derive(SimpleObject, Default)]
pub(crate) struct VerifyPasswordResetCodePayload {
    /// Token for `completePasswordReset`, this one time. Null when there are errors.
    reset_token: Option<OneTimeSecret>,
    /// When the token stops working. Null when there are errors.
    expires_at: Option<DateTime>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `completePasswordReset`.
#[derive(InputObject)]
pub(crate) struct CompletePasswordResetInput {
    /// The token from the link or from `verifyPasswordResetCode`, or a code of 16 characters that
    /// somebody read out.
    #[graphql(secret)]
    token: Password,
    /// The password to have from now on.
    #[graphql(secret)]
    new_password: Password,
    /// How the client will hold on to the session, if the link was made to sign its user in.
    #[graphql(default_with = "SessionTransport::Token")]
    transport: SessionTransport,
}

/// Outcome of `completePasswordReset`.
#[derive(SimpleObject, Default)]
pub(crate) struct CompletePasswordResetPayload {
    /// When the new password took effect. Null when there are errors.
    completed_at: Option<DateTime>,
    /// Page to send the user on to, if the link was made with one.
    redirect_url: Option<String>,
    /// The account, if signed in. Only a link that an administrator made for it signs in.
    account: Option<Account>,
    /// Token of the session, this one time, if signed in without a cookie.
    session_token: Option<OneTimeSecret>,
    /// How many sessions were ended. Null when there are errors.
    revoked_session_count: Option<i32>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(
    RequestPasswordResetPayload,
    VerifyPasswordResetTokenPayload,
    VerifyPasswordResetCodePayload,
    CompletePasswordResetPayload
);

fn seconds(span: std::time::Duration) -> i32 {
    i32::try_from(span.as_secs()).unwrap_or(i32::MAX)
}

/// What was done, or the reasons why not; nothing where those went the top-level road.
fn settle<T, E, P: From<Vec<MutationError>>>(
    result: Result<T, E>,
    refuse: impl FnOnce(E) -> Option<Vec<MutationError>>,
    pack: impl FnOnce(T) -> P,
) -> Option<P> {
    match result {
        Ok(done) => Some(pack(done)),
        Err(error) => refuse(error).map(P::from),
    }
}

/// The part of `Mutation` for whoever forgot a password.
#[derive(Default)]
pub(crate) struct RecoveryMutation;

#[Object]
impl RecoveryMutation {
    /// Asks for a reset mail for oneself. The answer is the same, in the same time, whether or not
    /// the login belongs to anyone.
    ///
    /// Access: anyone (public endpoint).
    /// Errors: INVALID_INPUT, REDIRECT_URL_NOT_ALLOWED, SELF_SERVICE_DISABLED, RATE_LIMITED.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RequestPasswordResetInput,
    ) -> Option<RequestPasswordResetPayload> {
        let command = RequestReset {
            login: Secret::new(input.login),
            redirect_url: input.redirect_url,
        };
        let origin = &ctx.actor().origin;
        let taken = password_reset::request_reset(ctx.app(), origin, command).await;
        settle(
            taken,
            |error| request(ctx, error),
            |taken| RequestPasswordResetPayload {
                flow_id: Some(OneTimeSecret(taken.flow_id)),
                accepted_at: Some(DateTime(taken.accepted_at)),
                link_lifetime_seconds: Some(seconds(taken.link_lifetime)),
                code_lifetime_seconds: Some(seconds(taken.code_lifetime)),
                errors: Vec::new(),
            },
        )
    }

    /// Says whether a reset link's token still works, without using it up.
    ///
    /// Access: anyone (public endpoint).
    /// Errors: INVALID_INPUT, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, TOKEN_SUPERSEDED, TOKEN_REVOKED, USER_DISABLED, NOT_BUILT_IN_AUTHENTICATION, RATE_LIMITED.
    async fn verify_password_reset_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: VerifyPasswordResetTokenInput,
    ) -> Option<VerifyPasswordResetTokenPayload> {
        let policy = present_policy(ctx)?;
        let (app, origin) = (ctx.app(), &ctx.actor().origin);
        let ready = match password_reset::verify_token(app, origin, &input.token.0).await {
            Ok(ResetLink::Ready {
                login_hint,
                expires_at,
                ..
            }) => Ok((login_hint, expires_at)),
            Ok(other) => Err(password_reset::ByLinkError::Link(other)),
            Err(error) => Err(error),
        };
        settle(
            ready,
            |error| by_link(ctx, error),
            |(login_hint, expires_at)| VerifyPasswordResetTokenPayload {
                expires_at: Some(DateTime(expires_at)),
                login_hint: Some(login_hint),
                password_policy: Some(policy),
                errors: Vec::new(),
            },
        )
    }

    /// Exchanges the short code from a reset mail for a reset token, five tries long. Every wrong or stale
    /// code gives the same `CODE_INVALID`.
    ///
    /// Access: anyone (public endpoint).
    /// Errors: INVALID_INPUT, CODE_INVALID, RATE_LIMITED.
    async fn verify_password_reset_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: VerifyPasswordResetCodeInput,
    ) -> Option<VerifyPasswordResetCodePayload> {
        let command = VerifyCode {
            login: input.login,
            flow_id: input.flow_id.0,
            code: input.code.0,
        };
        let origin = ctx.actor().origin.clone();
        let verified = password_reset::verify_code(ctx.app(), origin, command).await;
        settle(
            verified,
            |error| code(ctx, error, CODE),
            |verified| VerifyPasswordResetCodePayload {
                reset_token: Some(OneTimeSecret(verified.token)),
                expires_at: Some(DateTime(verified.expires_at)),
                errors: Vec::new(),
            },
        )
    }

    /// Sets a new password with a reset token and uses the token up. A password the policy rejects
    /// does not use it up. Every session and every other link of the user ends.
    ///
    /// Access: anyone (public endpoint).
    /// Errors: INVALID_INPUT, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, TOKEN_SUPERSEDED, TOKEN_REVOKED, USER_DISABLED, NOT_BUILT_IN_AUTHENTICATION, PASSWORD_POLICY_VIOLATED, RATE_LIMITED, OVERLOADED.
    async fn complete_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CompletePasswordResetInput,
    ) -> Option<CompletePasswordResetPayload> {
        let transport: Transport = input.transport.into();
        if let Err(refused) = check_cookie(ctx, transport == Transport::Cookie) {
            return Some(refused);
        }
        let command = ResetByLink {
            token: input.token.0,
            password: input.new_password.0,
            transport,
        };
        let origin = ctx.actor().origin.clone();
        let done = Box::pin(password_reset::reset_by_link(ctx.app(), origin, command)).await;
        settle(
            done,
            |error| by_link(ctx, error),
            |done| {
                let session = done.signed_in;
                CompletePasswordResetPayload {
                    completed_at: Some(DateTime(done.completed_at)),
                    redirect_url: done.redirect_url,
                    account: session.as_ref().map(|(session, _)| {
                        crate::domain::account::Account::from((done.user, session)).into()
                    }),
                    session_token: session
                        .and_then(|(session, token)| hand_over(ctx, &session, token)),
                    revoked_session_count: Some(
                        i32::try_from(done.revoked_sessions).unwrap_or(i32::MAX),
                    ),
                    errors: Vec::new(),
                }
            },
        )
    }
}

/// What a sign-in or forgotten-password page needs to know.
#[derive(SimpleObject)]
pub(crate) struct SignInOptions {
    /// Name shown on pages and in mail.
    site_name: String,
    /// Where people turn for help, where that is set (`server.support_email`).
    support_email: Option<EmailAddress>,
    /// Whether signing in with a password is possible.
    password_sign_in_enabled: bool,
    /// Whether users can ask for reset mail themselves. False as well when no mail is set up.
    self_service_reset_enabled: bool,
    /// Language used when a user has none.
    default_locale: Locale,
    /// Languages on offer.
    locales: Vec<Locale>,
}

/// The part of `Query` for pages on which nobody is signed in yet.
#[derive(Default)]
pub(crate) struct SignInQuery;

#[Object]
impl SignInQuery {
    /// What a sign-in or forgotten-password page needs to know before anyone signs in.
    ///
    /// Access: anyone (public endpoint).
    async fn sign_in_options(&self, ctx: &Context<'_>) -> Option<SignInOptions> {
        let app = ctx.app();
        let support_email = app.settings.server.support_email.as_ref();
        let locales = crate::domain::mail::LOCALES.map(|tag| Locale(tag.to_owned()));
        Some(SignInOptions {
            site_name: app.settings.server.site_name.clone(),
            support_email: support_email.map(|address| EmailAddress(address.as_str().to_owned())),
            password_sign_in_enabled: true,
            self_service_reset_enabled: password_reset::is_self_service(app),
            default_locale: Locale(app.settings.mail.default_locale.clone()),
            locales: locales.into(),
        })
    }
}

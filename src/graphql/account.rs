//! One's own account: signing in and out, changing the password, confirming who one is.

mod own_devices;
mod own_sessions;
mod shown;

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::device_cookie;
use super::enums::SessionTransport;
use super::error::{
    incorrect_password, internal, password, rate_limited, refusable, refuse_denied,
    step_up_required,
};
use super::mutation_error::{ErrorCode, MutationError};
use super::scalars::{DateTime, OneTimeSecret, Password, moment};
use super::session_cookie;
use crate::domain::account::{self, AccountError, SignOut};
use crate::domain::sessions::{Session, Transport};
use crate::domain::users::InvalidInput;
use crate::types::clock::Timestamp;
use crate::types::secret::Secret;

pub(crate) use own_devices::OwnDeviceMutation;
pub(crate) use own_sessions::OwnSessionMutation;
pub(super) use shown::Account;

/// What a successful sign-in is good for.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInOutcome {
    /// Everything the account may do.
    SignedIn,
    /// Only `changePassword`, `signOut`, `account`, `passwordPolicy` and `checkPassword`. Everything
    /// else is refused with `PASSWORD_CHANGE_REQUIRED` until a new password is chosen.
    PasswordChangeRequired,
}

/// Input of `signIn`.
#[derive(InputObject)]
pub(crate) struct SignInInput {
    /// Username or e-mail address.
    login: String,
    /// The password.
    #[graphql(secret)]
    password: Password,
    /// How the client will hold on to the session.
    #[graphql(default_with = "SessionTransport::Token")]
    transport: SessionTransport,
}

/// Outcome of `signIn`.
#[derive(SimpleObject, Default)]
pub(crate) struct SignInPayload {
    /// Whether the session is good for everything. Null when there are errors.
    outcome: Option<SignInOutcome>,
    /// The account that is now signed in. Null when there are errors.
    account: Option<Account>,
    /// Token of the session, this one time. Null when there are errors or a cookie was asked for.
    session_token: Option<OneTimeSecret>,
    /// When the caller signed in before this time. Null when they had not, and when there are errors.
    previous_sign_in_at: Option<DateTime>,
    /// When the session ends by itself if it is not used. Null when there are errors.
    expires_at: Option<DateTime>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `signOut`.
#[derive(InputObject)]
pub(crate) struct SignOutInput {
    /// End all of the caller's sessions, not just this one.
    #[graphql(default = false)]
    everywhere: bool,
    /// The caller's own password, for `everywhere: true` when no confirmation is open. See
    /// `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
}

/// Outcome of `signOut`.
#[derive(SimpleObject, Default)]
pub(crate) struct SignOutPayload {
    /// How many sessions were ended. Null when there are errors.
    revoked_session_count: Option<i32>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `changePassword`.
#[derive(InputObject)]
pub(crate) struct ChangePasswordInput {
    /// The caller's present password.
    #[graphql(secret)]
    current_password: Password,
    /// The password to have from now on.
    #[graphql(secret)]
    new_password: Password,
    /// End all other sessions.
    #[graphql(default = true)]
    revoke_other_sessions: bool,
}

/// Outcome of `changePassword`.
#[derive(SimpleObject, Default)]
pub(crate) struct ChangePasswordPayload {
    /// The account after the change. Null when there are errors.
    account: Option<Account>,
    /// New token for this session; the old one no longer works. Null when there are errors or the
    /// session is held in a cookie.
    session_token: Option<OneTimeSecret>,
    /// How many other sessions were ended. Null when there are errors.
    revoked_session_count: Option<i32>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `confirmIdentity`.
#[derive(InputObject)]
pub(crate) struct ConfirmIdentityInput {
    /// The caller's own password.
    #[graphql(secret)]
    password: Password,
}

/// Outcome of `confirmIdentity`.
#[derive(SimpleObject, Default)]
pub(crate) struct ConfirmIdentityPayload {
    /// Until when sensitive mutations go through. Null when there are errors.
    valid_until: Option<DateTime>,
    /// New token for this session; the old one no longer works. Null when there are errors or the
    /// session is held in a cookie.
    session_token: Option<OneTimeSecret>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(
    SignInPayload,
    SignOutPayload,
    ChangePasswordPayload,
    ConfirmIdentityPayload
);

/// Turns a refusal into entries of `errors`. `at` names the input that holds the caller's password.
fn refuse(ctx: &Context<'_>, error: AccountError, at: &'static str) -> Option<Vec<MutationError>> {
    let one = match error {
        AccountError::Denied(denied) => return refuse_denied(ctx, denied),
        AccountError::Internal(cause) => return internal(ctx, &cause),
        AccountError::Password(error) => {
            let moved = |error: MutationError| error.moved_to(&["input", "newPassword"]);
            return Some(password(ctx, error)?.into_iter().map(moved).collect());
        }
        AccountError::InvalidCredentials => MutationError::plain(
            ErrorCode::InvalidCredentials,
            "Login and password do not go together, or this account cannot sign in.",
        ),
        AccountError::TemporaryPasswordExpired(end) => MutationError::at(
            ErrorCode::TemporaryPasswordExpired,
            &["input", at],
            format!(
                "This temporary password worked until {}. Ask an administrator for another one.",
                end.to_rfc3339()
            ),
        ),
        AccountError::StepUpRequired => step_up_required(ctx),
        // The only input of these mutations that is no password.
        AccountError::IncorrectPassword { session_ended } if at == "sessionId" => {
            incorrect_password(session_ended)
        }
        AccountError::IncorrectPassword { session_ended } => {
            incorrect_password(session_ended).moved_to(&["input", at])
        }
        AccountError::RateLimited(retry_at) => rate_limited(ctx, retry_at),
        AccountError::SessionNotFound => MutationError::at(
            ErrorCode::NotFound,
            &["input", at],
            "You have no such session.",
        ),
        AccountError::DeviceNotFound => MutationError::at(
            ErrorCode::NotFound,
            &["input", at],
            "Your account knows no such device.",
        ),
    };
    Some(vec![one])
}

fn settle<P: From<Vec<MutationError>>>(
    ctx: &Context<'_>,
    result: Result<P, AccountError>,
    at: &'static str,
) -> Option<P> {
    match result {
        Ok(payload) => Some(payload),
        Err(error) => refuse(ctx, error, at).map(P::from),
    }
}

/// Hands a token over in the way the client holds on to its session. Gives what the payload shows.
pub(super) fn hand_over(
    ctx: &Context<'_>,
    session: &Session,
    token: Secret,
) -> Option<OneTimeSecret> {
    match session.transport {
        Transport::Token => Some(OneTimeSecret(token)),
        Transport::Cookie => {
            let until = session.ends_at(&ctx.app().settings.security.sessions);
            session_cookie::set(ctx, session_cookie::held(ctx.app(), &token, until));
            None
        }
    }
}

fn ends(ctx: &Context<'_>, session: &Session) -> Timestamp {
    session.expires_at(&ctx.app().settings.security.sessions)
}

/// Refuses what would need a cookie where none can be set.
pub(super) fn check_cookie<P: From<Vec<MutationError>>>(
    ctx: &Context<'_>,
    wanted: bool,
) -> Result<(), P> {
    if !wanted || session_cookie::can_set(ctx) {
        return Ok(());
    }
    let message = "Over a socket no cookie can be set. Send this by POST.";
    let refused = MutationError::invalid(&InvalidInput::at("transport", message));
    Err(P::from(vec![refused]))
}

/// The part of `Query` about one's own account.
#[derive(Default)]
pub(crate) struct AccountQuery;

#[Object]
impl AccountQuery {
    /// The caller's own account, as the caller may see it. Null when nobody is signed in or when an API
    /// key is calling.
    ///
    /// Access: anyone (public endpoint).
    async fn account(&self, ctx: &Context<'_>) -> Option<Account> {
        match account::read(ctx.app(), ctx.actor()).await {
            Ok(account) => Some(account.into()),
            Err(AccountError::Internal(cause)) => internal(ctx, &cause),
            Err(_without_account) => None,
        }
    }
}

/// The part of `Mutation` about one's own account that anyone may use.
#[derive(Default)]
pub(crate) struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Begins a session. With `outcome: PASSWORD_CHANGE_REQUIRED` it serves for nothing but choosing a
    /// new password.
    ///
    /// Access: anyone (public endpoint).
    /// Errors: INVALID_CREDENTIALS, TEMPORARY_PASSWORD_EXPIRED, RATE_LIMITED, OVERLOADED, INVALID_INPUT.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SignInInput,
    ) -> Option<SignInPayload> {
        let transport: Transport = input.transport.into();
        if let Err(refused) = check_cookie(ctx, transport == Transport::Cookie) {
            return Some(refused);
        }
        let command = account::SignIn {
            login: input.login,
            password: input.password.0,
            transport,
        };
        let done = account::sign_in(ctx.app(), ctx.actor(), command).await;
        let devices = done.as_ref().ok().and_then(|done| done.devices.clone());
        let payload = done.map(|done| SignInPayload {
            outcome: Some(if done.session.is_restricted {
                SignInOutcome::PasswordChangeRequired
            } else {
                SignInOutcome::SignedIn
            }),
            account: Some(account::Account::from((done.user, &done.session)).into()),
            session_token: hand_over(ctx, &done.session, done.token),
            previous_sign_in_at: moment(done.previous_sign_in_at),
            expires_at: Some(DateTime(ends(ctx, &done.session))),
            errors: Vec::new(),
        });
        if let Some(devices) = devices {
            session_cookie::set(ctx, device_cookie::held(ctx.app(), &devices));
        }
        settle(ctx, payload, "password")
    }

    /// Ends the session the caller came with, or all of theirs, which asks for the caller's password.
    ///
    /// Access: signed in (public endpoint).
    /// Errors: STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, INVALID_INPUT.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SignOutInput,
    ) -> Option<SignOutPayload> {
        let password = input.actor_password.as_ref().map(|password| &password.0);
        let how = if input.everywhere {
            SignOut::Everywhere { password }
        } else {
            SignOut::Here
        };
        let done = account::sign_out(ctx.app(), ctx.actor(), how).await;
        let payload = done.map(|count| {
            session_cookie::set(ctx, session_cookie::gone(ctx.app()));
            SignOutPayload {
                revoked_session_count: Some(i32::try_from(count).unwrap_or(i32::MAX)),
                errors: Vec::new(),
            }
        });
        settle(ctx, payload, "actorPassword")
    }

    /// Replaces the caller's own password. The session goes on under a new token; a demand to change the
    /// password is met.
    ///
    /// Access: signed in (public endpoint).
    /// Errors: INCORRECT_PASSWORD, TEMPORARY_PASSWORD_EXPIRED, PASSWORD_POLICY_VIOLATED, RATE_LIMITED, OVERLOADED, INVALID_INPUT.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ChangePasswordInput,
    ) -> Option<ChangePasswordPayload> {
        if let Err(refused) = check_cookie(ctx, ctx.holds_cookie()) {
            return Some(refused);
        }
        let command = account::ChangePassword {
            current: input.current_password.0,
            new: input.new_password.0,
            revoke_others: input.revoke_other_sessions,
        };
        let done = account::change_password(ctx.app(), ctx.actor(), command).await;
        let payload = done.map(|done| ChangePasswordPayload {
            account: Some(account::Account::from((done.user, &done.session)).into()),
            session_token: hand_over(ctx, &done.session, done.token),
            revoked_session_count: Some(i32::try_from(done.revoked_sessions).unwrap_or(i32::MAX)),
            errors: Vec::new(),
        });
        settle(ctx, payload, "currentPassword")
    }
}

/// The part of `Mutation` by which administrators confirm who they are.
#[derive(Default)]
pub(crate) struct ConfirmMutation;

#[Object]
impl ConfirmMutation {
    /// Opens a window in which sensitive mutations go through without `actorPassword`. The session goes
    /// on under a new token. Ten wrong passwords in a row end the session.
    ///
    /// Access: signed in.
    /// Errors: INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, INVALID_INPUT.
    async fn confirm_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ConfirmIdentityInput,
    ) -> Option<ConfirmIdentityPayload> {
        if let Err(refused) = check_cookie(ctx, ctx.holds_cookie()) {
            return Some(refused);
        }
        let (app, actor) = (ctx.app(), ctx.actor());
        let done = account::confirm_identity(app, actor, &input.password.0).await;
        let payload = done.map(|done| ConfirmIdentityPayload {
            valid_until: Some(DateTime(done.valid_until)),
            session_token: hand_over(ctx, &done.session, done.token),
            errors: Vec::new(),
        });
        settle(ctx, payload, "password")
    }
}

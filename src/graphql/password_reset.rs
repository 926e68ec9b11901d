//! Password resets by administrators.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::credentials::PasswordGenerator;
use super::error::{refusable, settle};
use super::mail::MailDelivery;
use super::mutation_error::MutationError;
use super::password_wish::{Wish, force_change, once};
use super::scalars::{DateTime, OneTimeSecret, Password, moment};
use super::user_mutations::replayed;
use super::users::{User, UserRef};
use crate::domain::access::idempotency::Answer;
use crate::domain::audit::AuditAction;
use crate::domain::password_reset::{self, KeysAfter, ResetPassword, SessionsAfter};
use crate::domain::users::{self, InvalidInput, UserError};
use crate::types::actor::Permission;

/// Input of `resetPassword`.
#[derive(InputObject)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the wire has switches; the command has enums"
)]
pub(crate) struct ResetPasswordInput {
    /// The user whose password to reset.
    user: UserRef,
    /// The new password as typed by the caller. Give either this or `generate: true`, never both.
    #[graphql(secret)]
    password: Option<Password>,
    /// Let the server make a new password that satisfies the policy.
    #[graphql(default = false)]
    generate: bool,
    /// How to generate it; only together with `generate: true`.
    generator: Option<PasswordGenerator>,
    /// Mail the new password to the user.
    #[graphql(default = false)]
    send_email: bool,
    /// Make the user choose a new password at the next sign-in.
    #[graphql(default = true)]
    force_change_on_login: bool,
    /// How long the new password can be used to sign in while the change is due, in seconds: 3600
    /// to 604800. Null takes the server's setting. Only together with `forceChangeOnLogin: true`.
    temporary_for_seconds: Option<i32>,
    /// Return a generated password in the payload. Set to false so that only the user gets to see
    /// it; then `sendEmail` has to be true.
    #[graphql(default = true)]
    return_password: bool,
    /// Sign the user out everywhere.
    #[graphql(default = true)]
    revoke_sessions: bool,
    /// Revoke the API keys that the user made. Without this they stay, and do not work while a new
    /// password has to be chosen.
    #[graphql(default = false)]
    revoke_api_keys: bool,
    /// The caller's own password, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
    /// Any string unique to this request, at most 255 characters. Repeating the mutation with the
    /// same key within 24 hours does nothing further and gives the same answer, without its secrets.
    idempotency_key: Option<String>,
}

/// Outcome of `resetPassword`.
#[derive(SimpleObject, Default)]
pub(crate) struct ResetPasswordPayload {
    /// The user after the reset. Null when there are errors.
    user: Option<User>,
    /// The generated password, this one time. Null when the caller chose the password, did not want
    /// it returned, or repeats an earlier request.
    generated_password: Option<OneTimeSecret>,
    /// The mail that carries the password, if one was asked for.
    mail_delivery: Option<MailDelivery>,
    /// How many sessions were ended. Null when there are errors.
    revoked_session_count: Option<i32>,
    /// How many outstanding reset links were made useless. Null when there are errors.
    revoked_link_count: Option<i32>,
    /// How many API keys were revoked. Null when there are errors.
    revoked_api_key_count: Option<i32>,
    /// When the new password stops working unless it is changed before. Null when it does not, and
    /// when there are errors.
    temporary_until: Option<DateTime>,
    /// Whether this answers a repeated idempotency key; then nothing was done again and secrets are
    /// left out.
    is_replay: bool,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `setMustChangePassword`.
#[derive(InputObject)]
pub(crate) struct SetMustChangePasswordInput {
    /// The user.
    user: UserRef,
    /// Whether they have to choose a new password at the next sign-in.
    #[graphql(default = true)]
    must_change_password: bool,
    /// The caller's own password, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `setMustChangePassword`.
#[derive(SimpleObject, Default)]
pub(crate) struct SetMustChangePasswordPayload {
    /// The user after the change. Null when there are errors.
    user: Option<User>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(ResetPasswordPayload, SetMustChangePasswordPayload);

fn command(ctx: &Context<'_>, input: &ResetPasswordInput) -> Result<ResetPassword, UserError> {
    let wish = Wish {
        typed: input.password.as_ref(),
        generate: input.generate,
        generator: input.generator.as_ref(),
        mailed: input.send_email,
        returned: input.return_password,
        mail_field: "sendEmail: true",
    };
    let (new, handover) = wish.read()?;
    let new = new.ok_or_else(|| {
        InvalidInput::at("password", "Give either `password` or `generate: true`.")
    })?;
    Ok(ResetPassword {
        user: (&input.user).into(),
        new,
        handover,
        force_change: force_change(input.force_change_on_login, input.temporary_for_seconds)?,
        sessions: if input.revoke_sessions {
            SessionsAfter::Revoked
        } else {
            SessionsAfter::Kept
        },
        keys: if input.revoke_api_keys {
            KeysAfter::Revoked
        } else {
            KeysAfter::Kept
        },
        actor_password: input
            .actor_password
            .as_ref()
            .map(|password| password.0.clone()),
        reason: input.reason.clone(),
        once: once(ctx, "resetPassword", input.idempotency_key.as_ref(), input)?,
    })
}

fn count(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

async fn reset(
    ctx: &Context<'_>,
    input: ResetPasswordInput,
) -> Result<ResetPasswordPayload, UserError> {
    // Before the input is judged, so that a stranger learns nothing by trying inputs.
    let user = (&input.user).into();
    let what = (AuditAction::PasswordReset, &user);
    users::require_noted(ctx.app(), ctx.actor(), Permission::PasswordsReset, what).await?;
    let command = command(ctx, &input)?;
    Ok(
        match password_reset::reset_password(ctx.app(), ctx.actor(), command).await? {
            Answer::Done(outcome) => ResetPasswordPayload {
                temporary_until: moment(outcome.user.password_expires_at),
                user: Some(outcome.user.into()),
                generated_password: outcome.generated.map(OneTimeSecret),
                mail_delivery: outcome.delivery.map(MailDelivery),
                revoked_session_count: Some(count(outcome.revoked_sessions)),
                revoked_link_count: Some(count(outcome.revoked_links)),
                revoked_api_key_count: Some(count(outcome.revoked_keys)),
                is_replay: false,
                errors: Vec::new(),
            },
            Answer::Replay(stored) => {
                let (user, mail_delivery) = replayed(ctx, stored.ids()).await?;
                ResetPasswordPayload {
                    user,
                    generated_password: None,
                    mail_delivery,
                    revoked_session_count: Some(count(stored.revoked_sessions)),
                    revoked_link_count: Some(count(stored.revoked_links)),
                    revoked_api_key_count: Some(count(stored.revoked_keys)),
                    temporary_until: moment(stored.works_until()),
                    is_replay: true,
                    errors: Vec::new(),
                }
            }
        },
    )
}

/// The part of `Mutation` about password resets.
#[derive(Default)]
pub(crate) struct PasswordResetMutation;

#[Object]
impl PasswordResetMutation {
    /// Gives a user a new password at once: one the server generates or one the caller chooses. The
    /// old password, all reset links and, unless told otherwise, all sessions stop working.
    ///
    /// Access: scope PASSWORDS_RESET.
    /// Errors: FORBIDDEN, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, USER_NOT_FOUND, INVALID_INPUT, NOT_BUILT_IN_AUTHENTICATION, PASSWORD_POLICY_VIOLATED, ADMIN_PASSWORD_NOT_ALLOWED, FORCED_CHANGE_REQUIRED, EMAIL_MISSING, EMAIL_NOT_VERIFIED, USER_DISABLED, MAIL_NOT_CONFIGURED, PASSWORD_MAIL_DISABLED, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF, IDEMPOTENCY_KEY_REUSED, OVERLOADED.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ResetPasswordInput,
    ) -> Option<ResetPasswordPayload> {
        settle(ctx, reset(ctx, input).await)
    }

    /// Sets whether a user has to choose a new password at the next sign-in, without changing the
    /// present one.
    ///
    /// Access: scope PASSWORDS_RESET.
    /// Errors: FORBIDDEN, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, USER_NOT_FOUND, INVALID_INPUT, NOT_BUILT_IN_AUTHENTICATION, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF.
    async fn set_must_change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SetMustChangePasswordInput,
    ) -> Option<SetMustChangePasswordPayload> {
        let reference = (&input.user).into();
        let wanted = (&reference, input.must_change_password);
        let password = input.actor_password.as_ref().map(|password| &password.0);
        let notes = (password, input.reason.as_deref());
        let done = users::set_must_change(ctx.app(), ctx.actor(), wanted, notes).await;
        let payload = done.map(|user| SetMustChangePasswordPayload {
            user: Some(user.into()),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }
}

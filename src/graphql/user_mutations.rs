//! Creating and changing users.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::credentials::PasswordGenerator;
use super::enums::{AuthenticationSource, Role, UserField};
use super::error::{refusable, settle};
use super::mail::MailDelivery;
use super::mutation_error::MutationError;
use super::password_wish::{Wish, force_change, once};
use super::scalars::{DateTime, Locale, OneTimeSecret, Password};
use super::users::{User, UserRef};
use crate::domain::access::idempotency::Answer;
use crate::domain::audit::AuditAction;
use crate::domain::mail;
use crate::domain::users::{self, UserError, UserPatch as Patch};
use crate::types::actor::Permission;

/// What a new user is mailed.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WelcomeEmail {
    /// Nothing.
    None,
    /// The first password. Goes to an unverified address too.
    Password,
}

/// Input of `createUser`.
#[derive(InputObject)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the wire has switches; the command has enums"
)]
pub(crate) struct CreateUserInput {
    /// Unique name for signing in: 1 to 64 letters, digits, dots, hyphens or underscores.
    username: String,
    /// Unique e-mail address.
    email: Option<String>,
    /// Take the address as verified.
    #[graphql(default = false)]
    email_verified: bool,
    /// Full name, at most 200 characters.
    name: Option<String>,
    /// Language for mail to this user.
    locale: Option<Locale>,
    /// Zone in which mail tells times, by its IANA name, for example `Europe/Vienna`.
    time_zone: Option<String>,
    /// Identifier in some other system, unique, at most 255 characters.
    external_id: Option<String>,
    /// What the user may do in the Admin API.
    #[graphql(default_with = "Role::Member")]
    role: Role,
    /// Where the user's password is kept. A password can only be given with `BUILT_IN`.
    #[graphql(default_with = "AuthenticationSource::BuiltIn")]
    authentication_source: AuthenticationSource,
    /// First password as typed by the caller. Without this and `generate`, the user has none.
    #[graphql(secret)]
    password: Option<Password>,
    /// Let the server make the first password.
    #[graphql(default = false)]
    generate: bool,
    /// How to generate it; only together with `generate: true`.
    generator: Option<PasswordGenerator>,
    /// What to mail the user.
    #[graphql(default_with = "WelcomeEmail::None")]
    welcome_email: WelcomeEmail,
    /// Return a generated password in the payload. Set to false so that only the user gets to see
    /// it; then `welcomeEmail` has to be `PASSWORD`.
    #[graphql(default = true)]
    return_password: bool,
    /// Make the user choose a new password at the first sign-in.
    #[graphql(default = true)]
    force_change_on_login: bool,
    /// How long the first password works while the change is due, in seconds: 3600 to 604800. Null
    /// takes the server's setting. Only together with `forceChangeOnLogin: true`.
    temporary_for_seconds: Option<i32>,
    /// The caller's own password, for a role above `MEMBER` or an `externalId`, when no confirmation is
    /// open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
    /// Any string unique to this request, at most 255 characters. Repeating the mutation with the
    /// same key within 24 hours does nothing further and gives the same answer, without its secrets.
    idempotency_key: Option<String>,
}

/// Outcome of `createUser`.
#[derive(SimpleObject, Default)]
pub(crate) struct CreateUserPayload {
    /// The new user. Null when there are errors.
    user: Option<User>,
    /// The generated password, this one time.
    generated_password: Option<OneTimeSecret>,
    /// The welcome mail, if one was asked for.
    mail_delivery: Option<MailDelivery>,
    /// Whether this answers a repeated idempotency key; then nothing was done again and secrets are
    /// left out.
    is_replay: bool,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Changes to a user. A field left out or null stays as it is; clearing is `clear`.
#[derive(InputObject)]
pub(crate) struct UserPatch {
    /// New username.
    username: Option<String>,
    /// New email address. It counts as unverified unless `emailVerified: true` stands beside it. Ends all
    /// sessions of the user.
    email: Option<String>,
    /// Whether the address counts as verified.
    email_verified: Option<bool>,
    /// New full name.
    name: Option<String>,
    /// New language.
    locale: Option<Locale>,
    /// New zone in which mail tells times, by its IANA name.
    time_zone: Option<String>,
    /// New identifier in some other system, by which a token of the identity provider finds the user. Ends
    /// all sessions of the user.
    external_id: Option<String>,
    /// New role.
    role: Option<Role>,
    /// New authentication source. Leaving `BUILT_IN` erases the password and ends all sessions.
    authentication_source: Option<AuthenticationSource>,
}

/// Input of `updateUser`.
#[derive(InputObject)]
pub(crate) struct UpdateUserInput {
    /// The user to change.
    user: UserRef,
    /// New values.
    patch: Option<UserPatch>,
    /// Fields to clear. A field set and cleared at once is refused.
    clear: Option<Vec<UserField>>,
    /// Only go ahead when this is still the version; otherwise `VERSION_CONFLICT`.
    if_version: Option<i32>,
    /// The caller's own password, for changes of username, role, email address, its verification, external
    /// identifier or authentication source, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `updateUser`.
#[derive(SimpleObject, Default)]
pub(crate) struct UpdateUserPayload {
    /// The user after the change. Null when there are errors.
    user: Option<User>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `disableUser`.
#[derive(InputObject)]
pub(crate) struct DisableUserInput {
    /// The user to disable.
    user: UserRef,
    /// When to enable the user again by itself. Left out, they stay disabled.
    until: Option<DateTime>,
    /// Tell the user by mail, at a verified address. They are told until when, and never why.
    #[graphql(default = true)]
    send_email: bool,
    /// Why. Shown to administrators and kept in the audit trail; at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `disableUser`.
#[derive(SimpleObject, Default)]
pub(crate) struct DisableUserPayload {
    /// The user after the change. Null when there are errors.
    user: Option<User>,
    /// How many sessions were ended. Null when there are errors.
    revoked_session_count: Option<i32>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `enableUser`.
#[derive(InputObject)]
pub(crate) struct EnableUserInput {
    /// The user to enable.
    user: UserRef,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `enableUser`.
#[derive(SimpleObject, Default)]
pub(crate) struct EnableUserPayload {
    /// The user after the change. Null when there are errors.
    user: Option<User>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(
    CreateUserPayload,
    UpdateUserPayload,
    DisableUserPayload,
    EnableUserPayload
);

fn creation(ctx: &Context<'_>, input: CreateUserInput) -> Result<users::CreateUser, UserError> {
    let once = once(ctx, "createUser", input.idempotency_key.as_ref(), &input)?;
    let wish = Wish {
        typed: input.password.as_ref(),
        generate: input.generate,
        generator: input.generator.as_ref(),
        mailed: input.welcome_email == WelcomeEmail::Password,
        returned: input.return_password,
        mail_field: "welcomeEmail: PASSWORD",
    };
    let (password, handover) = wish.read()?;
    Ok(users::CreateUser {
        force_change: force_change(input.force_change_on_login, input.temporary_for_seconds)?,
        username: input.username,
        email: input.email,
        email_verified: input.email_verified,
        name: input.name,
        locale: input.locale.map(|locale| locale.0),
        time_zone: input.time_zone,
        external_id: input.external_id,
        role: input.role.into(),
        authentication_source: input.authentication_source.into(),
        password,
        handover,
        actor_password: input.actor_password.map(|password| password.0),
        reason: input.reason,
        once,
    })
}

async fn create(ctx: &Context<'_>, input: CreateUserInput) -> Result<CreateUserPayload, UserError> {
    // Before the input is judged, so that a stranger learns nothing by trying inputs.
    let what = (AuditAction::UserCreated, &users::UserRef::Nobody);
    users::require_noted(ctx.app(), ctx.actor(), Permission::UsersWrite, what).await?;
    let command = creation(ctx, input)?;
    Ok(
        match users::create(ctx.app(), ctx.actor(), command).await? {
            Answer::Done(outcome) => CreateUserPayload {
                user: Some(outcome.user.into()),
                generated_password: outcome.generated.map(OneTimeSecret),
                mail_delivery: outcome.delivery.map(MailDelivery),
                is_replay: false,
                errors: Vec::new(),
            },
            Answer::Replay(stored) => {
                let (user, delivery) = replayed(ctx, stored.ids()).await?;
                CreateUserPayload {
                    user,
                    generated_password: None,
                    mail_delivery: delivery,
                    is_replay: true,
                    errors: Vec::new(),
                }
            }
        },
    )
}

/// The objects that a repeated request named, as they are now.
pub(crate) async fn replayed(
    ctx: &Context<'_>,
    (user, delivery): (
        Option<crate::types::ids::UserId>,
        Option<crate::types::ids::MailDeliveryId>,
    ),
) -> Result<(Option<User>, Option<MailDelivery>), UserError> {
    let user = match user {
        Some(id) => users::find_by_id(ctx.app(), id).await?.map(User::from),
        None => None,
    };
    let delivery = match delivery {
        Some(id) => mail::find_by_id(ctx.app(), id).await?.map(MailDelivery),
        None => None,
    };
    Ok((user, delivery))
}

fn change(input: UpdateUserInput) -> users::UpdateUser {
    let patch = input.patch.map_or_else(Patch::default, |patch| Patch {
        username: patch.username,
        email: patch.email,
        email_verified: patch.email_verified,
        name: patch.name,
        locale: patch.locale.map(|locale| locale.0),
        time_zone: patch.time_zone,
        external_id: patch.external_id,
        role: patch.role.map(Into::into),
        authentication_source: patch.authentication_source.map(Into::into),
    });
    users::UpdateUser {
        user: (&input.user).into(),
        patch,
        clear: input
            .clear
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect(),
        if_version: input.if_version.map(i64::from),
        actor_password: input.actor_password.map(|password| password.0),
        reason: input.reason,
    }
}

/// The part of `Mutation` about users.
#[derive(Default)]
pub(crate) struct UserMutation;

#[Object]
impl UserMutation {
    /// Creates a user.
    ///
    /// Access: scope USERS_WRITE.
    /// Errors: FORBIDDEN, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, INVALID_INPUT, USERNAME_TAKEN, EMAIL_TAKEN, EMAIL_MISSING, MAIL_NOT_CONFIGURED, PASSWORD_MAIL_DISABLED, PASSWORD_POLICY_VIOLATED, ADMIN_PASSWORD_NOT_ALLOWED, FORCED_CHANGE_REQUIRED, NOT_BUILT_IN_AUTHENTICATION, ROLE_NOT_GRANTABLE, IDEMPOTENCY_KEY_REUSED, OVERLOADED.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CreateUserInput,
    ) -> Option<CreateUserPayload> {
        let payload = settle(ctx, create(ctx, input).await)?;
        let errors = payload.errors.into_iter().map(MutationError::about_source);
        Some(CreateUserPayload {
            errors: errors.collect(),
            ..payload
        })
    }

    /// Changes any of a user's fields. A field left out stays as it is. A user with a verified address is
    /// told by mail of a new username, role, address, external identifier or authentication source. Scope
    /// PASSWORDS_RESET is needed for `email`, `emailVerified`, `externalId` and `authenticationSource`, set or cleared.
    ///
    /// Access: scope USERS_WRITE.
    /// Errors: FORBIDDEN, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, USER_NOT_FOUND, INVALID_INPUT, USERNAME_TAKEN, EMAIL_TAKEN, ROLE_NOT_GRANTABLE, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF, LAST_ADMIN, VERSION_CONFLICT.
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UpdateUserInput,
    ) -> Option<UpdateUserPayload> {
        let done = users::update(ctx.app(), ctx.actor(), change(input)).await;
        let payload = done.map(|user| UpdateUserPayload {
            user: Some(user.into()),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }

    /// Stops a user from signing in, for good or until a given time. Every session ends. May be
    /// repeated to change the end or the reason.
    ///
    /// Access: scope USERS_WRITE.
    /// Errors: FORBIDDEN, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF, LAST_ADMIN.
    async fn disable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: DisableUserInput,
    ) -> Option<DisableUserPayload> {
        let command = users::DisableUser {
            user: (&input.user).into(),
            until: input.until.map(|at| at.0),
            reason: input.reason,
            notify: input.send_email,
        };
        let done = users::disable(ctx.app(), ctx.actor(), command).await;
        let payload = done.map(|outcome| DisableUserPayload {
            user: Some(outcome.user.into()),
            revoked_session_count: i32::try_from(outcome.revoked_sessions).ok(),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }

    /// Lets a disabled user sign in again.
    ///
    /// Access: scope USERS_WRITE.
    /// Errors: FORBIDDEN, USER_NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF.
    async fn enable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: EnableUserInput,
    ) -> Option<EnableUserPayload> {
        let reference = (&input.user).into();
        let reason = input.reason.as_deref();
        let done = users::enable(ctx.app(), ctx.actor(), &reference, reason).await;
        let payload = done.map(|user| EnableUserPayload {
            user: Some(user.into()),
            errors: Vec::new(),
        });
        settle(ctx, payload)
    }
}

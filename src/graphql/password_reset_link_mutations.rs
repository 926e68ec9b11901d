//! Links by which users choose a new password themselves: mailed, handed over, revoked.

use std::time::Duration;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::error::{refusable, settle};
use super::mail::MailDelivery;
use super::mutation_error::MutationError;
use super::password_reset_links::PasswordResetLink;
use super::password_wish::once;
use super::scalars::{Locale, OneTimeSecret, Password};
use super::user_mutations::replayed;
use super::users::{MAX_LISTED, User, UserRef};
use crate::domain::access::idempotency::Answer;
use crate::domain::audit::AuditAction;
use crate::domain::password_reset::{
    self, CreateLink, CreatedLink, EarlierLinks, HandedOver, LinkDelivery, OnUse, PresentPassword,
    RevokeLinks, SendLink, StoredLink,
};
use crate::domain::users::{self, InvalidInput, UserError};
use crate::platform::qr;
use crate::types::actor::Permission;
use crate::types::ids::LinkId;
use crate::types::secret::Secret;

/// Input of `sendPasswordResetEmail`.
#[derive(InputObject)]
pub(crate) struct SendPasswordResetEmailInput {
    /// The user to mail.
    user: UserRef,
    /// How long the link works, in seconds: 60 to 86400. One hour when omitted.
    expires_in_seconds: Option<i32>,
    /// Page the user can go on to after choosing a password. Has to be on the list in the settings.
    redirect_url: Option<String>,
    /// Language of the mail. The user's own when omitted.
    locale: Option<Locale>,
    /// Make earlier links useless.
    #[graphql(default = true)]
    revoke_previous_links: bool,
    /// Make the present password and all sessions useless right away, for when the account may be in
    /// the wrong hands. Asks for step-up.
    #[graphql(default = false)]
    invalidate_password: bool,
    /// The caller's own password, when no confirmation is open; only asked for together with
    /// `invalidatePassword: true`. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
    /// Any string unique to this request, at most 255 characters. Repeating the mutation with the
    /// same key within 24 hours does nothing further and gives the same answer, without its secrets.
    idempotency_key: Option<String>,
}

/// Outcome of `sendPasswordResetEmail`.
#[derive(SimpleObject, Default)]
pub(crate) struct SendPasswordResetEmailPayload {
    /// The link, without its secret. Null when there are errors.
    link: Option<PasswordResetLink>,
    /// The mail that carries it. Null when there are errors.
    mail_delivery: Option<MailDelivery>,
    /// How many sessions were ended. Null when there are errors.
    revoked_session_count: Option<i32>,
    /// Whether this answers a repeated idempotency key; then nothing was done again and secrets are
    /// left out.
    is_replay: bool,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// How a reset link is handed over.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "LinkDelivery")]
pub(crate) enum PasswordResetLinkDelivery {
    /// As an address, for a message or a picture.
    Link,
    /// As a code of 16 characters in groups of four, without look-alikes and with a check character, for
    /// reading out.
    Code,
}

/// Input of `createPasswordResetLink`.
#[derive(InputObject)]
pub(crate) struct CreatePasswordResetLinkInput {
    /// The user the link is for.
    user: UserRef,
    /// What to hand over.
    #[graphql(default_with = "PasswordResetLinkDelivery::Link")]
    delivery: PasswordResetLinkDelivery,
    /// How long the link works, in seconds: 60 to 86400. One hour when omitted.
    expires_in_seconds: Option<i32>,
    /// Page the user can go on to after choosing a password. Has to be on the list in the settings.
    redirect_url: Option<String>,
    /// Sign the user in with the new password, as soon as it is accepted and not before.
    #[graphql(default = false)]
    sign_in_on_use: bool,
    /// Draw the link as a QR code too. Not together with `delivery: CODE`.
    #[graphql(default = false)]
    qr_code: bool,
    /// Make earlier links useless.
    #[graphql(default = true)]
    revoke_previous_links: bool,
    /// The caller's own password, when no confirmation is open. See `confirmIdentity`.
    #[graphql(secret)]
    actor_password: Option<Password>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
    /// Any string unique to this request, at most 255 characters. Repeating the mutation with the
    /// same key within 24 hours does nothing further and gives the same answer, without its secrets.
    idempotency_key: Option<String>,
}

/// Outcome of `createPasswordResetLink`.
#[derive(SimpleObject, Default)]
pub(crate) struct CreatePasswordResetLinkPayload {
    /// The link, without its secret. Null when there are errors.
    link: Option<PasswordResetLink>,
    /// The address to hand over, this one time. Null for a code, when there are errors and when this
    /// repeats an earlier request.
    url: Option<OneTimeSecret>,
    /// The address as a QR code in SVG, this one time, if one was asked for.
    qr_code_svg: Option<OneTimeSecret>,
    /// The code to read out, this one time, such as `7Q4F-20KX-M9TB-RW3H`. Null for an address, when
    /// there are errors and when this repeats an earlier request.
    code: Option<OneTimeSecret>,
    /// Address at which the code is typed in. Null for an address.
    enter_code_at: Option<String>,
    /// Whether this answers a repeated idempotency key; then nothing was done again and secrets are
    /// left out.
    is_replay: bool,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

/// Input of `revokePasswordResetLinks`.
#[derive(InputObject)]
pub(crate) struct RevokePasswordResetLinksInput {
    /// The user whose links to revoke.
    user: UserRef,
    /// Only these links, at most 100. All outstanding ones when omitted.
    link_ids: Option<Vec<ID>>,
    /// Note for the audit trail, at most 1000 characters.
    reason: Option<String>,
}

/// Outcome of `revokePasswordResetLinks`.
#[derive(SimpleObject, Default)]
pub(crate) struct RevokePasswordResetLinksPayload {
    /// The user. Null when there are errors.
    user: Option<User>,
    /// How many links were revoked. Null when there are errors.
    revoked_link_count: Option<i32>,
    /// Why it did not happen. Empty when it did.
    errors: Vec<MutationError>,
}

refusable!(
    SendPasswordResetEmailPayload,
    CreatePasswordResetLinkPayload,
    RevokePasswordResetLinksPayload
);

fn seconds(span: Option<i32>) -> Option<Duration> {
    span.map(|span| Duration::from_secs(u64::try_from(span).unwrap_or(0)))
}

const fn earlier(revoked: bool) -> EarlierLinks {
    if revoked {
        EarlierLinks::Superseded
    } else {
        EarlierLinks::Kept
    }
}

fn count(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn sending(ctx: &Context<'_>, input: &SendPasswordResetEmailInput) -> Result<SendLink, UserError> {
    let key = input.idempotency_key.as_ref();
    Ok(SendLink {
        user: (&input.user).into(),
        expires: seconds(input.expires_in_seconds),
        redirect_url: input.redirect_url.clone(),
        locale: input.locale.as_ref().map(|locale| locale.0.clone()),
        earlier: earlier(input.revoke_previous_links),
        present: if input.invalidate_password {
            PresentPassword::Blocked
        } else {
            PresentPassword::Kept
        },
        actor_password: input.actor_password.as_ref().map(|own| own.0.clone()),
        reason: input.reason.clone(),
        once: once(ctx, "sendPasswordResetEmail", key, input)?,
    })
}

async fn send(
    ctx: &Context<'_>,
    input: SendPasswordResetEmailInput,
) -> Result<SendPasswordResetEmailPayload, UserError> {
    // Before the input is judged, so that a stranger learns nothing by trying inputs.
    let user = (&input.user).into();
    let what = (AuditAction::PasswordLinkSent, &user);
    users::require_noted(ctx.app(), ctx.actor(), Permission::PasswordsReset, what).await?;
    let command = sending(ctx, &input)?;
    Ok(
        match password_reset::send_link(ctx.app(), ctx.actor(), command).await? {
            Answer::Done(sent) => SendPasswordResetEmailPayload {
                link: Some(PasswordResetLink(sent.link)),
                mail_delivery: Some(MailDelivery(sent.delivery)),
                revoked_session_count: Some(count(sent.revoked_sessions)),
                ..SendPasswordResetEmailPayload::default()
            },
            Answer::Replay(stored) => SendPasswordResetEmailPayload {
                link: link_again(ctx, &stored).await?,
                mail_delivery: replayed(ctx, stored.ids()).await?.1,
                revoked_session_count: Some(count(stored.revoked_sessions)),
                is_replay: true,
                errors: Vec::new(),
            },
        },
    )
}

fn creating(
    ctx: &Context<'_>,
    input: &CreatePasswordResetLinkInput,
) -> Result<CreateLink, UserError> {
    let delivery: LinkDelivery = input.delivery.into();
    if input.qr_code && delivery == LinkDelivery::Code {
        let message = "A code is read out; only a link can be drawn.";
        return Err(InvalidInput::at("qrCode", message).into());
    }
    let key = input.idempotency_key.as_ref();
    Ok(CreateLink {
        user: (&input.user).into(),
        delivery,
        on_use: if input.sign_in_on_use {
            OnUse::SignIn
        } else {
            OnUse::ChoosePassword
        },
        expires: seconds(input.expires_in_seconds),
        redirect_url: input.redirect_url.clone(),
        earlier: earlier(input.revoke_previous_links),
        actor_password: input.actor_password.as_ref().map(|own| own.0.clone()),
        reason: input.reason.clone(),
        once: once(ctx, "createPasswordResetLink", key, input)?,
    })
}

async fn create(
    ctx: &Context<'_>,
    input: CreatePasswordResetLinkInput,
) -> Result<CreatePasswordResetLinkPayload, UserError> {
    let user = (&input.user).into();
    let what = (AuditAction::PasswordLinkCreated, &user);
    users::require_noted(ctx.app(), ctx.actor(), Permission::PasswordsReset, what).await?;
    let command = creating(ctx, &input)?;
    Ok(
        match password_reset::create_link(ctx.app(), ctx.actor(), command).await? {
            Answer::Done(made) => handed_over(made, input.qr_code),
            Answer::Replay(stored) => CreatePasswordResetLinkPayload {
                link: link_again(ctx, &stored).await?,
                is_replay: true,
                ..CreatePasswordResetLinkPayload::default()
            },
        },
    )
}

fn handed_over(made: CreatedLink, with_drawing: bool) -> CreatePasswordResetLinkPayload {
    let mut payload = CreatePasswordResetLinkPayload {
        link: Some(PasswordResetLink(made.link)),
        ..CreatePasswordResetLinkPayload::default()
    };
    match made.handed_over {
        HandedOver::Url(url) => {
            payload.qr_code_svg = with_drawing.then(|| drawn(&url)).flatten();
            payload.url = Some(OneTimeSecret(url));
        }
        HandedOver::Code { code, enter_at } => {
            payload.code = Some(OneTimeSecret(code));
            payload.enter_code_at = Some(enter_at);
        }
    }
    payload
}

/// `Why:` the link is made already; an address too long for a drawing must not cost the caller the address.
fn drawn(url: &Secret) -> Option<OneTimeSecret> {
    match qr::svg(url) {
        Ok(drawing) => Some(OneTimeSecret(drawing)),
        Err(error) => {
            tracing::error!(%error, "a link was not drawn");
            None
        }
    }
}

/// The link of a request that is repeated, as it is now.
async fn link_again(
    ctx: &Context<'_>,
    stored: &StoredLink,
) -> Result<Option<PasswordResetLink>, UserError> {
    let Some(id) = stored.link() else {
        return Ok(None);
    };
    let link = password_reset::find_link(ctx.app(), id).await?;
    Ok(link.map(PasswordResetLink))
}

async fn revoke(
    ctx: &Context<'_>,
    input: RevokePasswordResetLinksInput,
) -> Result<RevokePasswordResetLinksPayload, UserError> {
    let user = (&input.user).into();
    let what = (AuditAction::PasswordLinksRevoked, &user);
    users::require_noted(ctx.app(), ctx.actor(), Permission::PasswordsReset, what).await?;
    let only = match input.link_ids {
        Some(ids) if ids.len() > MAX_LISTED => {
            let message = format!("At most {MAX_LISTED} at once.");
            return Err(InvalidInput::at("linkIds", message).into());
        }
        Some(ids) => Some(read_ids(&ids)?),
        None => None,
    };
    let command = RevokeLinks {
        user,
        only,
        reason: input.reason,
    };
    let (user, revoked) = password_reset::revoke_links(ctx.app(), ctx.actor(), command).await?;
    Ok(RevokePasswordResetLinksPayload {
        user: Some(user.into()),
        revoked_link_count: Some(count(revoked)),
        errors: Vec::new(),
    })
}

/// Errors: `LinkNotFound` for what is no link's id at all.
fn read_ids(ids: &[ID]) -> Result<Vec<LinkId>, UserError> {
    let read = ids.iter().map(|id| LinkId::parse(id));
    read.map(|id| id.ok_or(UserError::LinkNotFound)).collect()
}

/// The part of `Mutation` about links.
#[derive(Default)]
pub(crate) struct LinkMutation;

#[Object]
impl LinkMutation {
    /// Mails a user a link with which they choose a new password themselves. The link works once and
    /// expires. It goes to the stored, verified address and to no other.
    ///
    /// Access: scope PASSWORDS_RESET.
    /// Errors: FORBIDDEN, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, USER_NOT_FOUND, INVALID_INPUT, USER_DISABLED, NOT_BUILT_IN_AUTHENTICATION, EMAIL_MISSING, EMAIL_NOT_VERIFIED, MAIL_NOT_CONFIGURED, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF, REDIRECT_URL_NOT_ALLOWED, IDEMPOTENCY_KEY_REUSED.
    async fn send_password_reset_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SendPasswordResetEmailInput,
    ) -> Option<SendPasswordResetEmailPayload> {
        settle(ctx, send(ctx, input).await)
    }

    /// Makes a one-time reset link, or a code that stands for one, and returns it instead of mailing it,
    /// for handing over in person or when no mail is set up.
    ///
    /// Access: scope PASSWORDS_RESET.
    /// Errors: FORBIDDEN, STEP_UP_REQUIRED, INCORRECT_PASSWORD, RATE_LIMITED, OVERLOADED, USER_NOT_FOUND, INVALID_INPUT, USER_DISABLED, NOT_BUILT_IN_AUTHENTICATION, PUBLIC_URL_MISSING, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF, REDIRECT_URL_NOT_ALLOWED, IDEMPOTENCY_KEY_REUSED.
    async fn create_password_reset_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CreatePasswordResetLinkInput,
    ) -> Option<CreatePasswordResetLinkPayload> {
        settle(ctx, create(ctx, input).await)
    }

    /// Makes a user's outstanding reset links and codes useless.
    ///
    /// Access: scope PASSWORDS_RESET.
    /// Errors: FORBIDDEN, USER_NOT_FOUND, NOT_FOUND, INVALID_INPUT, TARGET_NOT_MANAGEABLE, CANNOT_TARGET_SELF.
    async fn revoke_password_reset_links(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RevokePasswordResetLinksInput,
    ) -> Option<RevokePasswordResetLinksPayload> {
        settle(ctx, revoke(ctx, input).await)
    }
}

//! Making a link for choosing a new password, or a code that stands for one, for whoever hands it over in
//! person; no mail goes out.

use std::time::Duration;

use super::EarlierLinks;
use super::link_rules::{check_lifetime, check_redirect, check_target};
use super::made::StoredLink;
use crate::domain::access::idempotency::{self, Answer, Once};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::one_time_links::{
    self, LinkForm, LinkOrigin, LinkPurpose, Minted, NewLink, OneTimeLink,
};
use crate::domain::sessions::require_step_up;
use crate::domain::users::{self, User, UserError, UserRef};
use crate::platform::app::App;
use crate::platform::links::{Base, Page};
use crate::types::actor::{Actor, ActorKind, Permission};
use crate::types::secret::Secret;

/// How a link is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkDelivery {
    /// As an address, for a message or a picture.
    Link,
    /// As a code of 16 characters, to be read out.
    Code,
}

/// Whether the link signs its user in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUse {
    /// The new password is stored, and that is all.
    ChoosePassword,
    /// The same, and a session begins with it.
    SignIn,
}

/// A link to be made.
#[derive(Clone, Debug)]
pub struct CreateLink {
    /// For whom.
    pub user: UserRef,
    /// How it is handed over.
    pub delivery: LinkDelivery,
    /// What its use does.
    pub on_use: OnUse,
    /// How long it works: one minute to 24 hours, or one hour.
    pub expires: Option<Duration>,
    /// Page to go on to afterwards, one of those in the settings.
    pub redirect_url: Option<String>,
    /// What becomes of those there are.
    pub earlier: EarlierLinks,
    /// The actor's own password.
    pub actor_password: Option<Secret>,
    /// Note for the audit trail.
    pub reason: Option<String>,
    /// Against making two.
    pub once: Option<Once>,
}

impl CreateLink {
    /// The plain case: an address that works for an hour and takes the place of earlier links.
    pub const fn plain(user: UserRef) -> Self {
        Self {
            user,
            delivery: LinkDelivery::Link,
            on_use: OnUse::ChoosePassword,
            expires: None,
            redirect_url: None,
            earlier: EarlierLinks::Superseded,
            actor_password: None,
            reason: None,
            once: None,
        }
    }
}

/// What there is to hand over, this one time.
#[derive(Clone, Debug)]
pub enum HandedOver {
    /// The whole address.
    Url(Secret),
    /// A code, and the address at which it is typed in.
    Code {
        /// In groups of four.
        code: Secret,
        /// No secret.
        enter_at: String,
    },
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct CreatedLink {
    /// The link.
    pub link: OneTimeLink,
    /// For whom it is.
    pub user: User,
    /// What there is to hand over.
    pub handed_over: HandedOver,
}

/// Makes a link by which its holder chooses a new password, once.
///
/// Errors: `PublicUrlMissing`, `RedirectNotAllowed`, `UserDisabled` and `NotBuiltIn` besides those of
/// every act on a user.
pub async fn create_link(
    app: &App,
    actor: &Actor,
    command: CreateLink,
) -> Result<Answer<CreatedLink, StoredLink>, UserError> {
    let user = command.user.clone();
    let act = Box::pin(create_noted(app, actor, command));
    let what = (AuditAction::PasswordLinkCreated, &user);
    users::noting(app, actor, what, act).await
}

async fn create_noted(
    app: &App,
    actor: &Actor,
    command: CreateLink,
) -> Result<Answer<CreatedLink, StoredLink>, UserError> {
    actor.require(Permission::PasswordsReset)?;
    require_step_up(app, actor, command.actor_password.as_ref()).await?;
    let once = command.once.clone();
    let act = Box::pin(create_once(app, actor, command));
    idempotency::once(app, once.as_ref(), act).await
}

async fn create_once(
    app: &App,
    actor: &Actor,
    command: CreateLink,
) -> Result<CreatedLink, UserError> {
    let reason = users::check_reason(command.reason.as_deref())?;
    let lifetime = check_lifetime(command.expires)?;
    check_redirect(app, command.redirect_url.as_deref())?;
    let base = base(app, actor).ok_or(UserError::PublicUrlMissing)?;
    let target = users::get(app, actor, &command.user).await?;
    check_target(app, &target)?;

    let txn = app.db.begin_write().await?;
    let user = users::lock_target(&txn, app, actor, target.id).await?;
    check_target(app, &user)?;
    let kind = (LinkPurpose::PasswordReset, LinkOrigin::AdminHandover);
    let new = NewLink {
        form: form(command.delivery),
        sign_in_on_use: command.on_use == OnUse::SignIn,
        redirect_url: command.redirect_url,
        supersede: command.earlier == EarlierLinks::Superseded,
        ..NewLink::plain(user.id, kind, lifetime)
    };
    let minted = one_time_links::mint(&txn, app, actor, new, app.clock.now()).await?;
    let event = created(&user, &minted.link, command.delivery, reason);
    audit::record(&txn, app, actor, event).await?;
    if let Some(once) = &command.once {
        let stored = StoredLink::of(&user, &minted.link, None);
        once.store(&txn, app, &stored).await?;
    }
    txn.commit().await?;
    Ok(CreatedLink {
        user,
        handed_over: hand_over(&base, command.delivery, &minted),
        link: minted.link,
    })
}

const fn form(delivery: LinkDelivery) -> LinkForm {
    match delivery {
        LinkDelivery::Link => LinkForm::Link,
        LinkDelivery::Code => LinkForm::Spoken,
    }
}

fn hand_over(base: &Base, delivery: LinkDelivery, minted: &Minted) -> HandedOver {
    match delivery {
        LinkDelivery::Link => HandedOver::Url(base.link(Page::Reset, &minted.token)),
        LinkDelivery::Code => HandedOver::Code {
            code: minted.token.clone(),
            enter_at: base.page(Page::ResetCode),
        },
    }
}

fn created(
    user: &User,
    link: &OneTimeLink,
    delivery: LinkDelivery,
    reason: Option<String>,
) -> Event {
    let delivery = match delivery {
        LinkDelivery::Link => "link",
        LinkDelivery::Code => "code",
    };
    Event {
        action: AuditAction::PasswordLinkCreated,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes: vec![
            Change::to("link", &link.id),
            Change::to("delivery", delivery),
            Change::to("expiresAt", &link.expires_at.to_rfc3339()),
            Change::to("signInOnUse", &link.sign_in_on_use),
        ],
        reason,
    }
}

/// At the command line a server that listens on this machine alone needs no public address.
fn base(app: &App, actor: &Actor) -> Option<Base> {
    let server = &app.settings.server;
    if actor.kind == ActorKind::Operator {
        Base::here(server)
    } else {
        Base::public(server)
    }
}

//! Mailing a user a link by which they choose a new password themselves.

use std::time::Duration;

use super::EarlierLinks;
use super::block::block;
use super::link_rules::{check_lifetime, check_redirect, check_target};
use super::made::StoredLink;
use crate::domain::access::idempotency::{self, Answer, Once};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::mail::{self, Delivery, MailKind, MailSecret};
use crate::domain::one_time_links::{self, LinkOrigin, LinkPurpose, NewLink, OneTimeLink};
use crate::domain::sessions::require_step_up;
use crate::domain::users::{self, User, UserError, UserRef};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::platform::settings::TransportSettings;
use crate::types::actor::{Actor, Permission};
use crate::types::clock::Timestamp;
use crate::types::secret::Secret;

/// What becomes of the present password until another one is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentPassword {
    /// It works as before.
    Kept,
    /// It opens nothing, and every session ends: the account may be in the wrong hands.
    Blocked,
}

/// A link to be mailed.
#[derive(Clone, Debug)]
pub struct SendLink {
    /// To whom.
    pub user: UserRef,
    /// How long it works: one minute to 24 hours, or one hour.
    pub expires: Option<Duration>,
    /// Page to go on to afterwards, one of those in the settings.
    pub redirect_url: Option<String>,
    /// Language of the mail; the user's own when none.
    pub locale: Option<String>,
    /// What becomes of the links there are.
    pub earlier: EarlierLinks,
    /// What becomes of the password there is.
    pub present: PresentPassword,
    /// The actor's own password.
    pub actor_password: Option<Secret>,
    /// Note for the audit trail.
    pub reason: Option<String>,
    /// Against mailing twice.
    pub once: Option<Once>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct SentLink {
    /// The user after it.
    pub user: User,
    /// The link.
    pub link: OneTimeLink,
    /// The mail that carries it.
    pub delivery: Delivery,
    /// Sessions that were ended.
    pub revoked_sessions: u64,
}

/// Mails a link to the user's own stored address.
///
/// Errors: `MailNotConfigured`, `RedirectNotAllowed`, `UserDisabled`, `NotBuiltIn`, `EmailMissing` and
/// `EmailNotVerified` besides those of every act on a user.
pub async fn send_link(
    app: &App,
    actor: &Actor,
    command: SendLink,
) -> Result<Answer<SentLink, StoredLink>, UserError> {
    let user = command.user.clone();
    let act = Box::pin(send_noted(app, actor, command));
    users::noting(app, actor, (AuditAction::PasswordLinkSent, &user), act).await
}

/// `Why:` no step-up for the mail itself: whoever took over a session gains nothing by a mail to somebody
/// else's address. Taking the present password away does harm, and asks (decision 0044).
async fn send_noted(
    app: &App,
    actor: &Actor,
    command: SendLink,
) -> Result<Answer<SentLink, StoredLink>, UserError> {
    actor.require(Permission::PasswordsReset)?;
    if command.present == PresentPassword::Blocked {
        require_step_up(app, actor, command.actor_password.as_ref()).await?;
    }
    let once = command.once.clone();
    let act = Box::pin(send_once(app, actor, command));
    idempotency::once(app, once.as_ref(), act).await
}

async fn send_once(app: &App, actor: &Actor, command: SendLink) -> Result<SentLink, UserError> {
    let reason = users::check_reason(command.reason.as_deref())?;
    let lifetime = check_lifetime(command.expires)?;
    let locale = command.locale.as_deref().map(users::check_locale);
    let locale = locale.transpose()?;
    check_redirect(app, command.redirect_url.as_deref())?;
    if app.settings.mail.transport == TransportSettings::None {
        return Err(UserError::MailNotConfigured);
    }
    let target = users::get(app, actor, &command.user).await?;
    check_recipient(app, &target)?;

    let txn = app.db.begin_write().await?;
    let mut user = users::lock_target(&txn, app, actor, target.id).await?;
    check_recipient(app, &user)?;
    let now = app.clock.now();
    let revoked_sessions = match command.present {
        PresentPassword::Kept => 0,
        PresentPassword::Blocked => block(&txn, &mut user, now).await?.sessions,
    };
    let kind = (LinkPurpose::PasswordReset, LinkOrigin::AdminEmail);
    let new = NewLink {
        redirect_url: command.redirect_url,
        supersede: command.earlier == EarlierLinks::Superseded,
        ..NewLink::plain(user.id, kind, lifetime)
    };
    let (link, delivery) = mail_link(&txn, app, actor, (&user, new, locale), now).await?;
    let sent = SentLink {
        user,
        link,
        delivery,
        revoked_sessions,
    };
    audit::record(&txn, app, actor, event(&sent, command.present, reason)).await?;
    if let Some(once) = &command.once {
        let mut stored = StoredLink::of(&sent.user, &sent.link, Some(&sent.delivery));
        stored.revoked_sessions = revoked_sessions;
        once.store(&txn, app, &stored).await?;
    }
    txn.commit().await?;
    Ok(sent)
}

/// Mints the link and queues the mail with it. Each knows the other.
async fn mail_link(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    (user, mut new, locale): (&User, NewLink, Option<String>),
    now: Timestamp,
) -> Result<(OneTimeLink, Delivery), UserError> {
    let works_until = Some(now.plus(new.lifetime));
    let mail = users::compose(user, MailKind::PasswordResetLink, None, works_until, now);
    let mut mail = mail.ok_or(UserError::EmailMissing)?;
    new.mail = Some(mail.id);
    let minted = one_time_links::mint(txn, app, actor, new, now).await?;
    mail.secret = Some(MailSecret::Link {
        token: minted.token,
        code: minted.code,
    });
    mail.details.password_ended = user.password_blocked_at.is_some();
    mail.locale = locale.or(mail.locale);
    let delivery = mail::enqueue(txn, app, actor, mail).await?;
    Ok((minted.link, delivery))
}

/// `Why:` a link goes to a verified address alone, whatever settings say of passwords: it works without
/// anything else that the user knows, and the mail says nothing to whoever else reads it but the name.
fn check_recipient(app: &App, user: &User) -> Result<(), UserError> {
    check_target(app, user)?;
    if user.email.is_none() {
        return Err(UserError::EmailMissing);
    }
    if user.email_verified_at.is_none() {
        return Err(UserError::EmailNotVerified);
    }
    Ok(())
}

fn event(sent: &SentLink, present: PresentPassword, reason: Option<String>) -> Event {
    Event {
        action: AuditAction::PasswordLinkSent,
        user: Some(sent.user.id),
        target_label: Some(sent.user.username.clone()),
        changes: vec![
            Change::to("link", &sent.link.id),
            Change::to("mail", &sent.delivery.id),
            Change::to("expiresAt", &sent.link.expires_at.to_rfc3339()),
            Change::to("passwordBlocked", &(present == PresentPassword::Blocked)),
            Change::to("revokedSessions", &sent.revoked_sessions),
        ],
        reason,
    }
}

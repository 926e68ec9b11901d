//! “This was not me”: whoever got the notice of a changed password says that somebody else did it.

use std::time::Duration;

use super::{block, guesses};
use crate::domain::access::rate_limit::{self, Limit, Taken};
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event, Refusal};
use crate::domain::mail::{self, MailKind};
use crate::domain::one_time_links::{self, LinkPurpose, LinkState, OneTimeLink};
use crate::domain::users::{self, User};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::platform::settings::TransportSettings;
use crate::types::actor::{Actor, Origin};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::secret::Secret;

const PURPOSE: LinkPurpose = LinkPurpose::NotMe;
/// How often the account may be named at one link. Programs that look into mail send forms too.
const NAMES: Limit = Limit {
    burst: 10,
    per: Duration::from_mins(6),
};

/// What whoever opens the link of a notice is told about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMeLink {
    /// It can be used.
    Ready {
        /// When it stops working.
        expires_at: Timestamp,
    },
    /// No link has this token.
    Unknown,
    /// It was used.
    Used {
        /// When.
        at: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// The password was changed once more, so there is nothing left to dispute.
    Over {
        /// When.
        at: Timestamp,
    },
    /// The account is deleted.
    AccountClosed,
}

/// Somebody who says so.
#[derive(Clone, Debug)]
pub struct NotMe {
    /// What the link carries.
    pub token: Secret,
    /// The username or address of the account.
    pub login: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct NotMeDone {
    /// The user, whose password opens nothing now.
    pub user: User,
    /// Sessions that were ended.
    pub revoked_sessions: u64,
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum NotMeError {
    /// The link cannot be used.
    Link(NotMeLink),
    /// This is not the account of the link, or nothing was typed.
    WrongAccount,
    /// Too many tries; when the next makes sense.
    RateLimited(Timestamp),
    /// Broken.
    Internal(Internal),
}

impl From<Internal> for NotMeError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

impl Refusal for NotMeError {
    fn denial(&self) -> Option<&'static str> {
        match self {
            Self::RateLimited(_) => Some("RATE_LIMITED"),
            Self::Link(_) | Self::WrongAccount | Self::Internal(_) => None,
        }
    }
}

/// What has become of the link of a notice. Changes nothing.
pub async fn look_not_me(app: &App, token: &Secret) -> Result<NotMeLink, Internal> {
    Ok(match find(app, token).await? {
        Some((link, user)) => judge(app, &link, &user),
        None => NotMeLink::Unknown,
    })
}

async fn find(app: &App, token: &Secret) -> Result<Option<(OneTimeLink, User)>, Internal> {
    let Some(link) = one_time_links::look(app, PURPOSE, token).await? else {
        return Ok(None);
    };
    let user = users::find_by_id(app, link.user).await?;
    Ok(user.map(|user| (link, user)))
}

/// A disabled account is no obstacle: who enables it again should find the password blocked.
fn judge(app: &App, link: &OneTimeLink, user: &User) -> NotMeLink {
    match link.state(app.clock.now()) {
        LinkState::Used { at } => NotMeLink::Used { at },
        LinkState::Superseded { at } | LinkState::Revoked { at, .. } => NotMeLink::Over { at },
        LinkState::Expired { at } => NotMeLink::Expired { at },
        LinkState::Active if user.deleted_at.is_some() => NotMeLink::AccountClosed,
        LinkState::Active => NotMeLink::Ready {
            expires_at: link.expires_at,
        },
    }
}

/// Blocks the password until a reset, ends sessions and links, and says so by mail.
///
/// `Why:` the account must be named. Programs that look into mail open links and send forms, and know no
/// names; nothing or another name changes nothing.
pub async fn report_not_me(
    app: &App,
    origin: Origin,
    command: NotMe,
) -> Result<NotMeDone, NotMeError> {
    let actor = Actor::notice_holder(origin);
    if let Some(retry_at) = guesses::take(app, &actor.origin).await? {
        return Err(NotMeError::RateLimited(retry_at));
    }
    let found = find(app, &command.token).await?;
    let (link, user) = found.ok_or(NotMeError::Link(NotMeLink::Unknown))?;
    let attempt = Attempt {
        action: AuditAction::PasswordChangeDisputed,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        subject: None,
    };
    let act = Box::pin(report_noted(app, &actor, (&link, &user), command));
    audit::noting(app, &actor, attempt, act).await
}

async fn report_noted(
    app: &App,
    actor: &Actor,
    (link, target): (&OneTimeLink, &User),
    command: NotMe,
) -> Result<NotMeDone, NotMeError> {
    require_ready(judge(app, link, target))?;
    if command.login.trim().is_empty() {
        return Err(NotMeError::WrongAccount);
    }
    let key = link.id.to_string();
    if let Taken::RetryAt(at) = rate_limit::take(app, "not_me", &key, NAMES).await? {
        return Err(NotMeError::RateLimited(at));
    }
    if !names(&command.login, target) {
        return Err(NotMeError::WrongAccount);
    }
    let txn = app.db.begin_write().await?;
    let locked = users::lock_own(&txn, app, target.id).await?;
    let mut user = locked.ok_or(NotMeError::Link(NotMeLink::AccountClosed))?;
    let now = app.clock.now();
    let spent = one_time_links::consume(&txn, app, PURPOSE, &command.token, now).await?;
    let Some(spent) = spent else {
        txn.rollback().await.map_err(Internal::from)?;
        return Err(NotMeError::Link(look_not_me(app, &command.token).await?));
    };
    let ended = block(&txn, &mut user, now).await?;
    confirm(&txn, app, actor, &user, now).await?;
    let event = Event {
        action: AuditAction::PasswordChangeDisputed,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes: vec![
            Change::to("link", &spent.id),
            Change::to("passwordBlocked", &user.password_blocked_at.is_some()),
            Change::to("revokedSessions", &ended.sessions),
            Change::to("revokedLinks", &ended.links),
            Change::to("revokedApiKeys", &ended.api_keys),
        ],
        reason: None,
    };
    audit::record(&txn, app, actor, event).await?;
    txn.commit().await.map_err(Internal::from)?;
    tracing::warn!(user = %user.id, "a user says that somebody else changed their password");
    Ok(NotMeDone {
        user,
        revoked_sessions: ended.sessions,
    })
}

/// Whether a login is one of this user's, folded as for signing in.
fn names(login: &str, user: &User) -> bool {
    let typed = users::login_subject(login);
    let own = users::login_subject(&user.username);
    !typed.is_empty() && (typed == own || Some(&typed) == user.email_key.as_ref())
}

async fn confirm(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    user: &User,
    now: Timestamp,
) -> Result<(), Internal> {
    let can_mail = app.settings.mail.transport != TransportSettings::None;
    let mail = users::compose(user, MailKind::NotMeConfirmation, None, None, now);
    if let Some(mail) = mail.filter(|_| can_mail && user.email_verified_at.is_some()) {
        mail::enqueue(txn, app, actor, mail).await?;
    }
    Ok(())
}

fn require_ready(link: NotMeLink) -> Result<(), NotMeError> {
    match link {
        NotMeLink::Ready { .. } => Ok(()),
        other => Err(NotMeError::Link(other)),
    }
}

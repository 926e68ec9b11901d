//! The reset by whoever holds a link: they choose the password themselves, once.

use super::replace::{Ended, Replacement, notify, replace};
use super::{SessionsAfter, guesses, store};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::credentials::{self, NewHash, PasswordOrigin};
use crate::domain::one_time_links::{self, LinkPurpose, LinkState, OneTimeLink, RevokedWhy};
use crate::domain::sessions::{self, NewSession, Session, Transport};
use crate::domain::users::{self, AuthenticationSource, User, UserError};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, Origin};
use crate::types::address::EmailAddress;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::secret::Secret;

const PURPOSE: LinkPurpose = LinkPurpose::PasswordReset;

/// What whoever opens a link is told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetLink {
    /// It can be used.
    Ready {
        /// Whose password it sets.
        username: String,
        /// The address of that account, or else its username, with most of it hidden.
        login_hint: String,
        /// When it stops working.
        expires_at: Timestamp,
    },
    /// No link has this token: it was copied in part, or is from long ago.
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
    /// A newer link took its place.
    Superseded {
        /// When the newer one was made.
        at: Timestamp,
    },
    /// An administrator revoked it, or something about the account changed meanwhile.
    Revoked {
        /// When.
        at: Timestamp,
        /// What did it, as far as that is known.
        why: Option<RevokedWhy>,
    },
    /// The account is disabled or deleted.
    AccountClosed,
    /// The password is kept elsewhere.
    KeptElsewhere(AuthenticationSource),
}

/// A password chosen by the holder of a link.
#[derive(Clone, Debug)]
pub struct ResetByLink {
    /// What the link carries.
    pub token: Secret,
    /// The new password, as typed.
    pub password: Secret,
    /// How the client would hold on to a session, if the link signs its user in.
    pub transport: Transport,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ResetDone {
    /// The user after it.
    pub user: User,
    /// When the new password took effect.
    pub completed_at: Timestamp,
    /// The page to go on to, if the link was made with one.
    pub redirect_url: Option<String>,
    /// Sessions that were ended.
    pub revoked_sessions: u64,
    /// The session that began, of a link that was made to sign its user in, and its token, this one time.
    pub signed_in: Option<(Session, Secret)>,
}

/// Why the password is as it was. The link still works unless `Link` says otherwise.
#[derive(Debug)]
pub enum ByLinkError {
    /// The link cannot be used.
    Link(ResetLink),
    /// Too many tries of one network; when the next makes sense.
    RateLimited(Timestamp),
    /// The password is not taken, or something broke.
    User(UserError),
}

impl<E: Into<UserError>> From<E> for ByLinkError {
    fn from(error: E) -> Self {
        Self::User(error.into())
    }
}

/// What has become of a link. Changes nothing.
///
/// For a token that somebody typed in or a program sent there is `verify_token`.
pub async fn look(app: &App, token: &Secret) -> Result<ResetLink, Internal> {
    Ok(match find(app, token).await? {
        Some((link, user)) => judge(app, &link, &user),
        None => ResetLink::Unknown,
    })
}

/// The same, as often as the limit of the network allows. `Err` of `RateLimited` comes before any look.
pub async fn verify_token(
    app: &App,
    origin: &Origin,
    token: &Secret,
) -> Result<ResetLink, ByLinkError> {
    if let Some(retry_at) = guesses::take(app, origin).await? {
        return Err(ByLinkError::RateLimited(retry_at));
    }
    Ok(look(app, token).await?)
}

async fn find(app: &App, token: &Secret) -> Result<Option<(OneTimeLink, User)>, Internal> {
    let Some(link) = one_time_links::look(app, PURPOSE, token).await? else {
        return Ok(None);
    };
    let user = users::find_by_id(app, link.user).await?;
    Ok(user.map(|user| (link, user)))
}

/// `Why:` a link that was used says so whatever became of the account; one that was revoked because
/// the account was disabled says that.
fn judge(app: &App, link: &OneTimeLink, user: &User) -> ResetLink {
    let now = app.clock.now();
    let is_closed = user.deleted_at.is_some() || user.is_disabled(now);
    match link.state(now) {
        LinkState::Used { at } => ResetLink::Used { at },
        LinkState::Superseded { at } => ResetLink::Superseded { at },
        LinkState::Expired { at } => ResetLink::Expired { at },
        LinkState::Revoked { .. } | LinkState::Active if is_closed => ResetLink::AccountClosed,
        LinkState::Revoked { at, why } => ResetLink::Revoked { at, why },
        LinkState::Active if user.authentication_source != AuthenticationSource::BuiltIn => {
            ResetLink::KeptElsewhere(user.authentication_source)
        }
        LinkState::Active => ResetLink::Ready {
            username: user.username.clone(),
            login_hint: hint(user),
            expires_at: link.expires_at,
        },
    }
}

fn hint(user: &User) -> String {
    let address = user.email.as_deref().map(EmailAddress::parse);
    match address {
        Some(Ok(address)) => address.masked(),
        _ => user.username.chars().take(1).chain("***".chars()).collect(),
    }
}

/// Uses the link up and stores the password its holder chose. Nobody is signed in by it, unless the link
/// was made to do so.
///
/// `Order:` the password is judged and hashed first, so a refused one costs the link nothing; the
/// link is used up by one compare-and-swap in the transaction that stores the hash.
pub async fn reset_by_link(
    app: &App,
    origin: Origin,
    command: ResetByLink,
) -> Result<ResetDone, ByLinkError> {
    let actor = Actor::link_holder(origin);
    if let Some(retry_at) = guesses::take(app, &actor.origin).await? {
        return Err(ByLinkError::RateLimited(retry_at));
    }
    let found = find(app, &command.token).await?;
    let (link, target) = found.ok_or(ByLinkError::Link(ResetLink::Unknown))?;
    require_ready(judge(app, &link, &target))?;
    let about = target.words();
    let chosen = credentials::choose_own(app, command.password, &about, target.id).await?;
    let hash = credentials::hash(app, &chosen).await?;

    let txn = app.db.begin_write().await?;
    let locked = users::lock_own(&txn, app, target.id).await?;
    let mut user = locked.ok_or(ByLinkError::Link(ResetLink::AccountClosed))?;
    let now = app.clock.now();
    let Some(spent) = one_time_links::consume(&txn, app, PURPOSE, &command.token, now).await?
    else {
        txn.rollback().await.map_err(Internal::from)?;
        return Err(ByLinkError::Link(look(app, &command.token).await?));
    };
    require_ready(judge(app, &link, &user))?;
    let new = Replacement {
        hash: NewHash {
            hash,
            origin: PasswordOrigin::Chosen,
        },
        must_change: false,
        works_until: None,
        sessions: SessionsAfter::Revoked,
    };
    let ended = replace(&txn, app, &mut user, new, now).await?;
    notify(&txn, app, &actor, &user, now).await?;
    let event = event(&user, &spent, ended);
    audit::record(&txn, app, &actor, event).await?;
    let signed_in = if spent.sign_in_on_use {
        let how = (ended.version, command.transport);
        Some(sign_in(&txn, app, (&actor.origin, &mut user), how, now).await?)
    } else {
        None
    };
    txn.commit().await?;
    Ok(ResetDone {
        user,
        completed_at: now,
        redirect_url: spent.redirect_url,
        revoked_sessions: ended.sessions,
        signed_in,
    })
}

fn event(user: &User, spent: &OneTimeLink, ended: Ended) -> Event {
    let changes = vec![
        Change::to("password", "typed"),
        Change::to("link", &spent.id),
        Change::new("linkMadeBy", None, spent.made_by.label.clone()),
        Change::to("revokedSessions", &ended.sessions),
        Change::to("revokedLinks", &ended.links),
    ];
    Event {
        action: AuditAction::PasswordResetByLink,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes,
        reason: None,
    }
}

/// Begins a session on the password that was just stored; the one way by which a link signs anybody in.
async fn sign_in(
    txn: &Txn,
    app: &App,
    (origin, user): (&Origin, &mut User),
    (version, transport): (i64, Transport),
    now: Timestamp,
) -> Result<(Session, Secret), Internal> {
    let new = NewSession {
        user: user.id,
        role: user.role,
        credential_version: version,
        is_restricted: false,
        transport,
        origin,
    };
    let (session, token) = sessions::begin(txn, app, new).await?;
    store::note_sign_in(txn, user.id, now).await?;
    user.last_sign_in_at = Some(now);
    let event = Event {
        action: AuditAction::SignedIn,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes: vec![Change::to("session", &session.id)],
        reason: None,
    };
    let person = Actor::person(&user.username, user.id, origin.clone());
    audit::record(txn, app, &person, event).await?;
    Ok((session, token))
}

fn require_ready(link: ResetLink) -> Result<(), ByLinkError> {
    match link {
        ResetLink::Ready { .. } => Ok(()),
        other => Err(ByLinkError::Link(other)),
    }
}

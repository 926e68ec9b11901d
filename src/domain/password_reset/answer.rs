//! What becomes of requests for links, some time after they were taken: the worker's part.
//!
//! Any number of workers may run on one database, and each may be killed at any time: a request is claimed
//! by compare-and-swap and deleted in the transaction that queues its mail.

use std::time::Duration;

use super::request::{is_self_service, rate};
use super::store::{self, Waiting};
use crate::domain::access::rate_limit::{self, Taken};
use crate::domain::audit::{self, Attempt, AuditAction, Change, Event};
use crate::domain::mail::{self, MailKind, MailSecret, NewEmail, WantedBy};
use crate::domain::one_time_links::{
    self, Asked, LinkForm, LinkOrigin, LinkPurpose, MIN_LIFETIME, NewLink,
};
use crate::domain::users::{self, AuthenticationSource, User};
use crate::platform::app::App;
use crate::platform::db::{Txn, is_outage};
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// How long a request counts as held; far longer than one takes.
const LEASE: Duration = Duration::from_secs(30);
/// Requests read at once.
const AT_ONCE: u64 = 20;
/// Tries before a request is given up that always breaks something.
const MOST_ATTEMPTS: i64 = 5;
/// A request that waited longer is dropped: whoever asked has asked again, or gone.
const STALE: Duration = Duration::from_hours(1);

/// What a request comes to.
enum Answer {
    /// A mail to this user, who may sign in here.
    Link(Box<User>),
    /// A mail that says where to sign in.
    Elsewhere(Box<User>),
    /// No mail; the code says why, in the audit trail alone.
    Silence(&'static str),
}

/// Sees to everything that waits now. Gives how many requests this worker took on.
pub async fn answer_requests(app: &App) -> Result<u64, Internal> {
    let mut taken = 0;
    loop {
        let now = app.clock.now();
        let due = store::due(app.db.read(), now, AT_ONCE).await?;
        let mut claimed = 0;
        for request in &due {
            let until = app.clock.now().plus(LEASE);
            let Some(held) = store::claim(app.db.write(), request, until).await? else {
                continue;
            };
            claimed += 1;
            // One that breaks holds up none of the others; its lease brings it back.
            if let Err(error) = see_to(app, &held).await
                && !is_outage(&error)
            {
                tracing::error!(%error, id = %held.id, "a request for a link was not answered");
            }
        }
        taken += claimed;
        if claimed == 0 {
            return Ok(taken);
        }
    }
}

async fn see_to(app: &App, request: &Waiting) -> Result<(), Internal> {
    if !is_self_service(app) {
        store::finish(app.db.write(), request).await?;
        return Ok(());
    }
    let age = request.created_at.until(app.clock.now());
    if request.attempts > MOST_ATTEMPTS || age > STALE {
        let attempts = request.attempts - 1;
        tracing::error!(id = %request.id, attempts, "a request for a link was given up");
        store::finish(app.db.write(), request).await?;
        return Ok(());
    }
    let opened = app
        .keys
        .open(&request.login_sealed, request.id.uuid().as_bytes());
    let (Ok(login), Some(flow_hash)) = (opened, request.flow_hash) else {
        tracing::error!(id = %request.id, "a request for a link does not open with this server key");
        store::finish(app.db.write(), request).await?;
        return Ok(());
    };
    let found = users::find_by_login(app, login.expose()).await?;
    match decide(app, found.as_ref()).await? {
        Answer::Silence(code) => be_silent(app, request, found.as_ref(), (&login, code)).await,
        Answer::Link(user) => {
            let login = users::login_subject(login.expose());
            send_link(app, request, *user, (flow_hash, login)).await
        }
        Answer::Elsewhere(user) => send_elsewhere(app, request, *user).await,
    }
}

/// `Why:` what keeps a mail from going out is looked at first, so that it takes nothing from the limit.
async fn decide(app: &App, found: Option<&User>) -> Result<Answer, Internal> {
    let now = app.clock.now();
    let Some(user) = found.filter(|user| user.deleted_at.is_none()) else {
        return Ok(Answer::Silence("USER_NOT_FOUND"));
    };
    if let Some(code) = obstacle(user, now) {
        return Ok(Answer::Silence(code));
    }
    let mails = rate(app.settings.security.recovery.mails);
    let key = user.id.to_string();
    if let Taken::RetryAt(_) = rate_limit::take(app, "password_reset.mail", &key, mails).await? {
        return Ok(Answer::Silence("RATE_LIMITED"));
    }
    Ok(match user.authentication_source {
        AuthenticationSource::BuiltIn => Answer::Link(Box::new(user.clone())),
        _ => Answer::Elsewhere(Box::new(user.clone())),
    })
}

/// Why this user gets no mail. Only ever the stored address, and only a verified one.
fn obstacle(user: &User, now: Timestamp) -> Option<&'static str> {
    if user.is_disabled(now) {
        Some("USER_DISABLED")
    } else if user.email.is_none() {
        Some("EMAIL_MISSING")
    } else if user.email_verified_at.is_none() {
        Some("EMAIL_NOT_VERIFIED")
    } else {
        None
    }
}

async fn be_silent(
    app: &App,
    request: &Waiting,
    user: Option<&User>,
    (login, code): (&Secret, &'static str),
) -> Result<(), Internal> {
    let actor = Actor::anonymous(request.origin.clone());
    let attempt = Attempt {
        action: AuditAction::PasswordResetRequested,
        user: user.map(|user| user.id),
        target_label: user.map(|user| user.username.clone()),
        subject: Some(users::login_subject(login.expose())),
    };
    audit::denied(app, &actor, attempt, code).await;
    store::finish(app.db.write(), request).await?;
    Ok(())
}

/// Mints link and code, queues the mail, notes it, and ends the request, all or nothing.
async fn send_link(
    app: &App,
    request: &Waiting,
    target: User,
    (flow_hash, login): ([u8; 32], String),
) -> Result<(), Internal> {
    let actor = Actor::anonymous(request.origin.clone());
    let txn = app.db.begin_write().await?;
    let Some((user, now)) = hold(&txn, app, request, &target).await? else {
        return txn.rollback().await.map_err(Internal::from);
    };
    let recovery = &app.settings.security.recovery;
    let lifetime = recovery.link.max(MIN_LIFETIME);
    let works_until = Some(now.plus(lifetime));
    let mail = users::compose(&user, MailKind::PasswordResetLink, None, works_until, now);
    let Some(mut mail) = mail else {
        return txn.rollback().await.map_err(Internal::from);
    };
    let asked = Asked {
        flow_hash,
        login,
        lifetime: recovery.code,
    };
    let kind = (LinkPurpose::PasswordReset, LinkOrigin::SelfService);
    let new = NewLink {
        form: LinkForm::LinkAndCode(asked),
        redirect_url: request.redirect_url.clone(),
        mail: Some(mail.id),
        ..NewLink::plain(user.id, kind, lifetime)
    };
    let minted = one_time_links::mint(&txn, app, &actor, new, now).await?;
    mail.details.wanted_by = WantedBy::User;
    mail.details.code_until_millis = Some(now.plus(recovery.code).as_millis());
    mail.secret = Some(MailSecret::Link {
        token: minted.token,
        code: minted.code,
    });
    let changes = vec![
        Change::to("link", &minted.link.id),
        Change::to("expiresAt", &minted.link.expires_at.to_rfc3339()),
    ];
    queue(&txn, app, &actor, mail, (&user, changes)).await?;
    txn.commit().await?;
    Ok(())
}

async fn send_elsewhere(app: &App, request: &Waiting, target: User) -> Result<(), Internal> {
    let actor = Actor::anonymous(request.origin.clone());
    let txn = app.db.begin_write().await?;
    let Some((user, now)) = hold(&txn, app, request, &target).await? else {
        return txn.rollback().await.map_err(Internal::from);
    };
    let Some(mut mail) = users::compose(&user, MailKind::SignInElsewhere, None, None, now) else {
        return txn.rollback().await.map_err(Internal::from);
    };
    mail.details.elsewhere = Some(user.authentication_source.name().to_owned());
    let source = Change::to("authenticationSource", user.authentication_source.name());
    queue(&txn, app, &actor, mail, (&user, vec![source])).await?;
    txn.commit().await?;
    Ok(())
}

/// Ends the request and holds the user's row. `None` when another worker has the request, or when
/// something about the user changed since; then the request is looked at once more.
async fn hold(
    txn: &Txn,
    app: &App,
    request: &Waiting,
    target: &User,
) -> Result<Option<(User, Timestamp)>, Internal> {
    if !store::finish(txn, request).await? {
        return Ok(None);
    }
    let now = app.clock.now();
    let user = users::hold(txn, target.id).await?;
    let is_as_it_was = |user: &User| {
        obstacle(user, now).is_none()
            && user.email_key == target.email_key
            && user.authentication_source == target.authentication_source
    };
    Ok(user.filter(is_as_it_was).map(|user| (user, now)))
}

async fn queue(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    mail: NewEmail,
    (user, mut changes): (&User, Vec<Change>),
) -> Result<(), Internal> {
    changes.push(Change::to("mail", &mail.id));
    mail::enqueue(txn, app, actor, mail).await?;
    let event = Event {
        action: AuditAction::PasswordResetRequested,
        user: Some(user.id),
        target_label: Some(user.username.clone()),
        changes,
        reason: None,
    };
    audit::record(txn, app, actor, event).await?;
    Ok(())
}

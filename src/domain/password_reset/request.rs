//! Asking for a link, because one forgot the password; anybody may, for any login.
//!
//! `Why:` nothing about an account is looked up here. Every login is written down in the same way, by the
//! same statements, and a worker sees to it (`answer.rs`); so neither the answer nor its time tells who
//! has an account (ASVS 6.3.8).

use std::time::Duration;

use super::store::{self, NewRequest};
use crate::domain::access::rate_limit::{self, Limit, Taken};
use crate::domain::audit::{self, AuditAction};
use crate::domain::users::InvalidInput;
use crate::platform::app::App;
use crate::platform::settings::{RateSettings, TransportSettings};
use crate::types::actor::Origin;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::ResetRequestId;
use crate::types::secret::Secret;

/// Longest login that is taken, in bytes; the longest address has 254.
const MAX_LOGIN_BYTES: usize = 512;
/// Requests that may wait for the worker at once. Where it stands still, the table must not fill the disk.
const MOST_WAITING: u64 = 10_000;
/// When to come back while that many wait.
const BUSY: Duration = Duration::from_mins(1);

/// Somebody who forgot a password.
#[derive(Clone, Debug)]
pub struct RequestReset {
    /// Username or address. People type passwords here, so it is treated like one.
    pub login: Secret,
    /// Page to go on to afterwards.
    pub redirect_url: Option<String>,
}

/// What everybody is told alike, whether or not a mail goes out.
#[derive(Clone, Debug)]
pub struct ResetRequested {
    /// What the asking client keeps: a code from the mail is of use only together with it. Opens nothing
    /// by itself.
    pub flow_id: Secret,
    /// When the request was taken.
    pub accepted_at: Timestamp,
    /// How long a link works, if one goes out.
    pub link_lifetime: Duration,
    /// How long the code beside it works.
    pub code_lifetime: Duration,
}

/// Why a request was not taken. None of it says anything about an account.
#[derive(Debug)]
pub enum RequestError {
    /// Settings keep people from it, or no mail can go out.
    Disabled,
    /// The page to go on to is not on the list in the settings.
    RedirectNotAllowed,
    /// Too many from one network, or in all; when the next makes sense.
    RateLimited(Timestamp),
    /// Malformed.
    Invalid(InvalidInput),
    /// Broken.
    Internal(Internal),
}

impl From<Internal> for RequestError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

/// Whether people may ask for links themselves, and mail can go out.
pub fn is_self_service(app: &App) -> bool {
    let has_mail = app.settings.mail.transport != TransportSettings::None;
    app.settings.security.recovery.self_service && has_mail
}

/// Whether a link may lead on to this page afterwards.
///
/// `Why:` whole addresses, letter by letter. Whoever could name another would send people from a mail of
/// ours to a page of theirs.
pub fn may_redirect(app: &App, url: &str) -> bool {
    let allowed = &app.settings.security.recovery.redirect_urls;
    allowed.iter().any(|known| known == url)
}

/// Takes a request. Whether a mail goes out is decided later, and nobody here is told.
///
/// `Order:` the limit of the network comes first, before anything is looked at.
pub async fn request_reset(
    app: &App,
    origin: &Origin,
    command: RequestReset,
) -> Result<ResetRequested, RequestError> {
    if !is_self_service(app) {
        return Err(RequestError::Disabled);
    }
    limit(app, origin).await?;
    check(app, &command)?;
    let now = app.clock.now();
    if store::is_long(app.db.read(), MOST_WAITING).await? {
        tracing::error!("{MOST_WAITING} requests for links wait; is the worker running?");
        return Err(RequestError::RateLimited(now.plus(BUSY)));
    }
    let flow_id = Secret::random_flow();
    let id = ResetRequestId::new(now);
    let new = NewRequest {
        id,
        login_sealed: app.keys.seal(&command.login, id.uuid().as_bytes()),
        flow_hash: flow_id.sha256(),
        redirect_url: command.redirect_url,
        origin,
        now,
    };
    store::insert(app.db.write(), new).await?;
    let recovery = &app.settings.security.recovery;
    Ok(ResetRequested {
        flow_id,
        accepted_at: now,
        link_lifetime: recovery.link,
        code_lifetime: recovery.code,
    })
}

async fn limit(app: &App, origin: &Origin) -> Result<(), RequestError> {
    let limit = rate(app.settings.security.recovery.requests);
    match rate_limit::take_by_network(app, "password_reset.request", origin, limit).await? {
        Taken::Allowed => Ok(()),
        Taken::RetryAt(retry_at) => {
            audit::rate_limited(app, origin, AuditAction::PasswordResetRequested).await;
            Err(RequestError::RateLimited(retry_at))
        }
    }
}

/// What settings say, as the limits take it.
pub(super) const fn rate(settings: RateSettings) -> Limit {
    Limit {
        burst: settings.burst,
        per: settings.per,
    }
}

fn check(app: &App, command: &RequestReset) -> Result<(), RequestError> {
    let login = command.login.expose();
    if login.trim().is_empty() || login.len() > MAX_LOGIN_BYTES {
        let message = "Write a username or an e-mail address.";
        return Err(RequestError::Invalid(InvalidInput::at("login", message)));
    }
    match &command.redirect_url {
        Some(url) if !may_redirect(app, url) => Err(RequestError::RedirectNotAllowed),
        _ => Ok(()),
    }
}

//! Step-up: people show again who they are before they touch what belongs to others.
//!
//! `Source:` ASVS 7.5.1 and 7.5.3. Tries are counted at the session, never at the account: failures
//! elsewhere do not keep anybody from confirming, and whoever took over a session has ten tries.

use std::time::Duration;

use super::resolve::mint;
use super::{Session, store};
use crate::domain::access::rate_limit::{self, Limit, Taken};
use crate::domain::audit::{self, AuditAction, Change, Event};
use crate::domain::credentials::{self, Verdict};
use crate::platform::app::{App, run_to_end};
use crate::platform::db::Txn;
use crate::platform::hasher::HashError;
use crate::types::actor::{Actor, ActorKind, Denied, Proof};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{SessionId, UserId};
use crate::types::secret::Secret;

/// Wrong tries in a row that end a session.
const MOST_TRIES: i64 = 10;
/// The same for people who come with a token of their identity provider.
const TRIES_WITH_TOKEN: Limit = Limit {
    burst: 10,
    per: Duration::from_mins(6),
};
/// When to come back while that many tries are being judged at once.
const JUDGING: Duration = Duration::from_secs(1);

/// Why somebody does not count as confirmed.
#[derive(Debug)]
pub enum ProofError {
    /// Nothing was shown, and no window is open.
    Required,
    /// The password is wrong, perhaps once too often.
    Incorrect {
        /// Whether that ended the session.
        session_ended: bool,
    },
    /// Too many tries at once; when the next makes sense.
    TooMany(Timestamp),
    /// A password was given for an actor that has none.
    NoPassword,
    /// Not for this actor.
    Denied(Denied),
    /// Too many passwords are being hashed.
    Overloaded(Duration),
    /// Broken.
    Internal(Internal),
}

impl From<Internal> for ProofError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}

impl From<Denied> for ProofError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<HashError> for ProofError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded { retry_after } => Self::Overloaded(retry_after),
            HashError::Internal(cause) => Self::Internal(cause),
        }
    }
}

/// Passes when the actor counts as confirmed, or gives the right password now.
///
/// Programs, the command line and the server pass: their scopes are their authority.
pub async fn require_step_up(
    app: &App,
    actor: &Actor,
    password: Option<&Secret>,
) -> Result<(), ProofError> {
    let confirmed_until = match (actor.proof, password) {
        (Proof::NotAsked, None) => return Ok(()),
        (Proof::NotAsked, Some(_)) => return Err(ProofError::NoPassword),
        (Proof::Session { .. } | Proof::Token { .. }, Some(password)) => {
            return verify_own(app, actor, password).await.map(drop);
        }
        (
            Proof::Session {
                confirmed_until, ..
            },
            None,
        ) => confirmed_until,
        (Proof::Token { authenticated_at }, None) => {
            let window = app.settings.security.sessions.step_up;
            authenticated_at.map(|at| at.plus(window))
        }
    };
    match confirmed_until {
        Some(end) if end > app.clock.now() => Ok(()),
        _ => Err(ProofError::Required),
    }
}

/// Judges the actor's own password. Gives the version that was verified.
///
/// `Why:` it goes on when the client hangs up, so that hanging up buys no guess and costs none.
pub async fn verify_own(app: &App, actor: &Actor, password: &Secret) -> Result<i64, ProofError> {
    match (actor.kind, actor.proof) {
        (ActorKind::User(user), Proof::Session { id, .. }) => {
            let (app, password) = (app.clone(), password.clone());
            run_to_end(async move { verify_at(&app, (user, id), &password).await }).await?
        }
        (ActorKind::User(user), Proof::Token { .. }) => {
            let (app, password) = (app.clone(), password.clone());
            run_to_end(async move { verify_limited(&app, user, &password).await }).await?
        }
        (ActorKind::Anonymous, _) => Err(Denied::Unauthenticated.into()),
        _ => Err(ProofError::NoPassword),
    }
}

/// For people without a session here: as many tries at once, and then one each six minutes.
///
/// `Order:` the try is counted before it is judged; a right one counts too, which nobody notices,
/// and one that was not judged gives its count back.
async fn verify_limited(app: &App, user: UserId, password: &Secret) -> Result<i64, ProofError> {
    let (name, key) = ("step-up with a token", user.to_string());
    match rate_limit::take(app, name, &key, TRIES_WITH_TOKEN).await? {
        Taken::RetryAt(moment) => return Err(ProofError::TooMany(moment)),
        Taken::Allowed => {}
    }
    let judged = credentials::verify(app, Some(user), password).await;
    if judged.is_err() {
        rate_limit::give_back(app, name, &key, TRIES_WITH_TOKEN).await?;
    }
    match judged? {
        Verdict::Right { version, .. } => Ok(version),
        Verdict::Wrong => Err(ProofError::Incorrect {
            session_ended: false,
        }),
    }
}

/// `Order:` the try is counted before it is judged, so that parallel ones cannot share a count; one that was
/// not judged gives its count back.
async fn verify_at(
    app: &App,
    (user, session): (UserId, SessionId),
    password: &Secret,
) -> Result<i64, ProofError> {
    if !store::count_try(app.db.write(), session, MOST_TRIES).await? {
        return Err(ProofError::TooMany(app.clock.now().plus(JUDGING)));
    }
    let judged = credentials::verify(app, Some(user), password).await;
    if judged.is_err() {
        store::give_try_back(app.db.write(), session).await?;
    }
    match judged? {
        Verdict::Right { version, .. } => {
            store::forget_tries(app.db.write(), session).await?;
            Ok(version)
        }
        Verdict::Wrong => {
            let now = app.clock.now();
            let db = app.db.write();
            let session_ended = store::end_when_tried(db, session, MOST_TRIES, now).await?;
            Err(ProofError::Incorrect { session_ended })
        }
    }
}

/// Opens a window in which the person counts as confirmed, and gives the session another token.
///
/// `Why:` another token, so that one that somebody else had seen before is not lifted with it.
pub async fn confirm(
    app: &App,
    actor: &Actor,
    password: &Secret,
) -> Result<(Session, Secret), ProofError> {
    actor.require_known()?;
    let (_, id) = actor.require_session()?;
    let version = verify_own(app, actor, password).await?;
    let until = app.clock.now().plus(app.settings.security.sessions.step_up);
    let token = mint();
    let txn = app.db.begin_write().await?;
    let rotated = store::rotate(&txn, (id, version), &token, Some(until)).await?;
    let event = Event {
        action: AuditAction::IdentityConfirmed,
        user: actor.person,
        target_label: Some(actor.label.clone()),
        changes: vec![Change::to("validUntil", &until.to_rfc3339())],
        reason: None,
    };
    audit::record(&txn, app, actor, event).await?;
    if rotated {
        txn.commit().await.map_err(Internal::from)?;
    } else {
        txn.rollback().await.map_err(Internal::from)?;
    }
    let session = store::find(app, id).await?.filter(|_| rotated);
    let session = session.ok_or(Denied::Unauthenticated)?;
    Ok((session, token))
}

/// Gives a session another token after its person has changed their password. `None` when it is over.
pub async fn renew(
    txn: &Txn,
    (id, credential_version): (SessionId, i64),
) -> Result<Option<Secret>, Internal> {
    let token = mint();
    let rotated = store::rotate(txn, (id, credential_version), &token, None).await?;
    Ok(rotated.then_some(token))
}

//! What was refused: one event for the first time, and a count for the times after it.

use super::row::Encoding;
use super::windows::{self, Kind, Place, Window};
use super::{AuditAction, Event, Outcome, record};
use crate::platform::app::App;
use crate::platform::db::is_outage;
use crate::platform::keyring::Purpose;
use crate::types::actor::{Actor, ActorKind, Origin};
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::network;

/// Longest name of a target that is kept, in characters. It may be the caller's own text.
const MAX_LABEL: usize = 200;

/// The code of a bearer token or key that is not good.
const WRONG_KEY: &str = "WRONG_KEY";

/// What somebody tried to do.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What would have been done.
    pub action: AuditAction,
    /// To which user.
    pub user: Option<UserId>,
    /// The present name of what it would have been done to.
    pub target_label: Option<String>,
    /// What else tells one attempt from another. Never stored, not even as it is counted.
    pub subject: Option<String>,
}

impl Attempt {
    /// Something about nothing in particular.
    pub(super) const fn of_nothing(action: AuditAction) -> Self {
        Self {
            action,
            user: None,
            target_label: None,
            subject: None,
        }
    }

    /// Something that a person tried to do to their own account.
    pub fn on_oneself(actor: &Actor, action: AuditAction) -> Self {
        Self {
            action,
            user: actor.person,
            target_label: actor.person.map(|_| actor.label.clone()),
            subject: None,
        }
    }
}

/// An error of an act, asked whether it is a denial.
pub trait Refusal {
    /// The code under which the refusal is audited; None when it is not a denial.
    fn denial(&self) -> Option<&'static str>;

    /// The code when it says that there is no such user; None when it is about something else.
    fn not_found(&self) -> Option<&'static str> {
        None
    }
}

/// Runs an act, and notes it when the act was denied.
pub async fn noting<T, E: Refusal>(
    app: &App,
    actor: &Actor,
    attempt: Attempt,
    act: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let result = act.await;
    if let Some(code) = result.as_ref().err().and_then(Refusal::denial) {
        denied(app, actor, attempt, code).await;
    }
    result
}

/// Notes that a client showed a bearer token or key that is not good; with its name where it was good once.
pub async fn wrong_key(app: &App, origin: &Origin, name: Option<String>) {
    let attempt = Attempt {
        target_label: name,
        ..Attempt::of_nothing(AuditAction::AccessDenied)
    };
    denied(app, &Actor::anonymous(origin.clone()), attempt, WRONG_KEY).await;
}

/// Notes that a client is past a limit.
pub async fn rate_limited(app: &App, origin: &Origin, action: AuditAction) {
    let actor = Actor::anonymous(origin.clone());
    denied(app, &actor, Attempt::of_nothing(action), "RATE_LIMITED").await;
}

/// Notes a denial in a transaction of its own. Never fails the caller: a failure is logged.
pub async fn denied(app: &App, actor: &Actor, attempt: Attempt, code: &str) {
    let action = attempt.action.name();
    if let Err(error) = note(app, actor, attempt, code).await
        && !is_outage(&error)
    {
        tracing::error!(%error, action, code, "a denial could not be noted");
    }
}

async fn note(app: &App, actor: &Actor, attempt: Attempt, code: &str) -> Result<(), Internal> {
    let attempt = shortened(attempt);
    let place = place(app, actor, &attempt, code);
    if windows::is_repeated(app, &place) {
        return Ok(());
    }
    let window = Window::new(app.clock.now(), actor, &attempt, code);
    let txn = app.db.begin_write().await?;
    let begun = windows::begin(&txn, app, &place, &window).await?;
    if begun.is_first {
        let event = Event {
            action: attempt.action,
            user: attempt.user,
            target_label: attempt.target_label,
            changes: Vec::new(),
            reason: None,
        };
        record::append(
            &txn,
            app,
            actor,
            event,
            (Outcome::of_refusal(code), Some(code)),
        )
        .await?;
    }
    txn.commit().await?;
    if begun.is_first && place.kind == Kind::Refused {
        let action = window.action();
        tracing::warn!(
            action,
            code,
            "a client is refused; repeats are counted in the audit trail"
        );
    }
    app.denial_counter.open(begun.window, begun.ends_at);
    Ok(())
}

fn shortened(attempt: Attempt) -> Attempt {
    let short = |text: String| text.chars().take(MAX_LABEL).collect();
    Attempt {
        target_label: attempt.target_label.map(short),
        ..attempt
    }
}

/// Which denials are the same one, repeated.
fn place(app: &App, actor: &Actor, attempt: &Attempt, code: &str) -> Place {
    let user = attempt.user.map(|user| user.uuid().into_bytes());
    let user = user.as_ref().map(<[u8; 16]>::as_slice);
    let tag = |parts: &Encoding| app.keys.tag(Purpose::RateLimit, &parts.0);
    let mut who = Encoding::default();
    who.value(share_of(actor).as_bytes());
    let mut what = Encoding::default();
    what.value(client(actor).as_bytes())
        .value(attempt.action.name().as_bytes())
        .value(code.as_bytes())
        .optional(user)
        .optional(attempt.target_label.as_deref().map(str::as_bytes))
        .optional(attempt.subject.as_deref().map(str::as_bytes));
    let mut account = Encoding::default();
    account
        .value(attempt.action.name().as_bytes())
        .value(code.as_bytes())
        .optional(user);
    let kind = kind(actor, attempt, code);
    Place {
        kind,
        who: half(tag(&who)),
        what: half(tag(&what)),
        account: (kind == Kind::Account).then(|| tag(&account)),
    }
}

fn kind(actor: &Actor, attempt: &Attempt, code: &str) -> Kind {
    if actor.is_known() {
        Kind::Known
    } else if attempt.user.is_some() {
        Kind::Account
    } else if code == "RATE_LIMITED" || code == WRONG_KEY {
        Kind::Refused
    } else {
        Kind::Nothing
    }
}

fn half(tag: [u8; 32]) -> [u8; 16] {
    let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = tag;
    first
}

/// The actor; where nobody is known, the client that the request came from.
fn client(actor: &Actor) -> String {
    if actor.kind != ActorKind::Anonymous {
        return actor.key();
    }
    let address = actor.origin.address();
    format!("from {}", address.map(network::client).unwrap_or_default())
}

/// The same as far as shares of windows go: where nobody is known, the widest network of the client.
fn share_of(actor: &Actor) -> String {
    if actor.kind != ActorKind::Anonymous {
        return actor.key();
    }
    let widest = actor.origin.network_tiers().pop();
    let widest = widest.map(|tier| tier.network);
    format!("from {}", widest.unwrap_or_default())
}

//! What was refused: one event for the first time, and a count for the times after it.

use super::row::Encoding;
use super::windows::{self, Window};
use super::{AuditAction, Event, Outcome, record};
use crate::actor::{Actor, ActorKind};
use crate::app::App;
use crate::db::is_outage;
use crate::error::Internal;
use crate::ids::UserId;
use crate::keyring::Purpose;
use crate::network;

/// Longest name of a target that is kept, in characters. It may be the caller's own text.
const MAX_LABEL: usize = 200;

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
    let key = key(app, actor, &attempt, code);
    if windows::is_repeated(app, actor, &key) {
        return Ok(());
    }
    let window = Window::new(app.clock.now(), actor, &attempt, code);
    let txn = app.db.begin_write().await?;
    let begun = windows::begin(&txn, app, &key, &window).await?;
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
    app.tally.open(begun.window, begun.ends_at);
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
fn key(app: &App, actor: &Actor, attempt: &Attempt, code: &str) -> [u8; 32] {
    let user = attempt.user.map(|user| user.uuid().into_bytes());
    let mut parts = Encoding::default();
    parts
        .value(who(actor).as_bytes())
        .value(attempt.action.name().as_bytes())
        .value(code.as_bytes())
        .optional(user.as_ref().map(<[u8; 16]>::as_slice))
        .optional(attempt.target_label.as_deref().map(str::as_bytes))
        .optional(attempt.subject.as_deref().map(str::as_bytes));
    app.keys.tag(Purpose::RateLimit, &parts.0)
}

/// The actor; where nobody is known, where the request came from.
fn who(actor: &Actor) -> String {
    if actor.kind != ActorKind::Anonymous {
        return actor.key();
    }
    let address = actor.origin.address();
    format!("from {}", address.map(network::client).unwrap_or_default())
}

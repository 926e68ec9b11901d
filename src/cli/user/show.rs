//! `keydesk user show`.

use clap::Args;
use serde_json::{Value, json};

use super::{failing, shown};
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{one_line, print, print_json};
use crate::domain::audit::{self, AuditEvent, EventFilter};
use crate::domain::sessions::{self, Session, SessionStatus};
use crate::platform::app::App;
use crate::platform::pagination::{MAX_SIZE, PageRequest};
use crate::types::actor::Actor;
use crate::types::ids::UserId;

/// How many audit events are shown.
const LATEST: u32 = 5;

/// Whom to show.
#[derive(Args, Debug)]
pub(in crate::cli) struct Show {
    /// Username, e-mail address or id.
    login: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let user = login::find(app, actor, &self.login).await?;
        let filter = EventFilter {
            users: Some(vec![user.id]),
            ..EventFilter::default()
        };
        let request = PageRequest::first(LATEST);
        let sessions = open_sessions(app, actor, user.id).await?;
        let page = audit::list(app, actor, &filter, &request).await?;
        let events: Vec<AuditEvent> = page.rows.into_iter().map(|row| row.item).collect();
        let failure = failing::email_failure(app, &user).await?;
        let now = app.clock.now();
        if self.json {
            let events: Vec<Value> = events.iter().map(event_json).collect();
            let more = json!({
                "emailFailure": failing::as_json(failure.as_ref()),
                "openSessions": sessions,
                "latestEvents": events,
            });
            return print_json(&shown::with(&user, now, more));
        }
        let failure = failure.as_ref().map(failing::told);
        let more = json!({ "openSessions": sessions, "emailFailure": failure });
        if let Value::Object(fields) = shown::with(&user, now, more) {
            shown::print_fields(&fields)?;
        }
        events.iter().try_for_each(|event| print(&line(event)))
    }
}

/// How many sessions of a user can still be used. Those that ended stay a while and are not counted.
async fn open_sessions(app: &App, actor: &Actor, user: UserId) -> Result<usize, Failure> {
    let mut request = PageRequest::first(MAX_SIZE);
    let (settings, now) = (&app.settings.security.sessions, app.clock.now());
    let mut open = 0;
    loop {
        let mut pages = sessions::list_by_user(app, actor, &[user.uuid()], &request).await?;
        let Some(page) = pages.remove(&user.uuid()) else {
            return Ok(open);
        };
        let is_open = |session: &Session| session.status(settings, now) == SessionStatus::Active;
        open += page.rows.iter().filter(|row| is_open(&row.item)).count();
        request.after = page.rows.last().map(|row| row.position.clone());
        if !page.has_next {
            return Ok(open);
        }
    }
}

fn event_json(event: &AuditEvent) -> Value {
    json!({
        "id": event.id.to_string(),
        "occurredAt": event.occurred_at.to_rfc3339(),
        "action": event.action.name(),
        "outcome": event.outcome.name(),
        "errorCode": event.error_code,
        "actor": event.actor_label,
        "via": event.via,
        "reason": event.reason,
    })
}

fn line(event: &AuditEvent) -> String {
    let reason = event.reason.as_deref().map(one_line);
    let refused = event.error_code.as_deref().map(one_line);
    format!(
        "{:22} {}  {}{} by {}{}",
        "event",
        event.occurred_at.to_rfc3339(),
        event.action.name(),
        refused
            .map(|code| format!(" ({}, {code})", event.outcome.name().to_lowercase()))
            .unwrap_or_default(),
        one_line(&event.actor_label),
        reason.map(|text| format!(": {text}")).unwrap_or_default()
    )
}

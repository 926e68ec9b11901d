//! `keydesk user show`.

use clap::Args;
use serde_json::{Value, json};

use super::shown;
use crate::actor::Actor;
use crate::app::App;
use crate::audit::{self, AuditEvent, EventFilter};
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{one_line, print, print_json};
use crate::page::{Direction, PageRequest};

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
        let request = PageRequest {
            size: LATEST,
            direction: Direction::Forward,
            after: None,
            before: None,
        };
        let page = audit::list(app, actor, &filter, &request).await?;
        let events: Vec<AuditEvent> = page.rows.into_iter().map(|row| row.item).collect();
        let now = app.clock.now();
        if self.json {
            let events: Vec<Value> = events.iter().map(event_json).collect();
            return print_json(&shown::with(&user, now, json!({ "latestEvents": events })));
        }
        if let Value::Object(fields) = shown::to_json(&user, now) {
            shown::print_fields(&fields)?;
        }
        events.iter().try_for_each(|event| print(&line(event)))
    }
}

fn event_json(event: &AuditEvent) -> Value {
    json!({
        "id": event.id.to_string(),
        "occurredAt": event.occurred_at.to_rfc3339(),
        "action": event.action.name(),
        "actor": event.actor_label,
        "via": event.via,
        "reason": event.reason,
    })
}

fn line(event: &AuditEvent) -> String {
    let reason = event.reason.as_deref().map(one_line);
    format!(
        "{:22} {}  {} by {}{}",
        "event",
        event.occurred_at.to_rfc3339(),
        event.action.name(),
        one_line(&event.actor_label),
        reason.map(|text| format!(": {text}")).unwrap_or_default()
    )
}

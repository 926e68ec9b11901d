//! `keydesk audit`.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::{print, print_json};
use super::when::When;
use crate::domain::audit::{self, Checkpoint, Range, Report, Row, Start, Verdict};
use crate::platform::app::App;
use crate::platform::settings::os_user;
use crate::types::actor::Actor;
use crate::types::ids::{ApiKeyId, AuditEventId, UserId};

/// Verifies and exports the audit trail.
#[derive(Subcommand, Debug)]
pub(super) enum AuditCommand {
    /// Looks whether anybody changed the trail past the server. Exit code 1 when somebody did.
    #[command(after_help = "Example: keydesk audit verify --checkpoint checkpoint.json")]
    Verify {
        /// Begin at this event or sequence, and trust what is before it.
        #[arg(long, value_name = "EVENT_OR_SEQUENCE", value_parser = read_start)]
        from: Option<Start>,
        /// A checkpoint that was printed earlier. Without one, a tail that was cut off is not found.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints where the chain of events ends now, as JSON. Keep it on another machine.
    #[command(after_help = "Example: keydesk audit checkpoint > checkpoint.json")]
    Checkpoint,
    /// Prints events with all their fields, oldest first.
    #[command(
        after_help = "Example: keydesk audit export --from 2026-11-01T00:00:00Z > events.jsonl"
    )]
    Export {
        /// How to write them.
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// First moment: 2026-11-01T00:00:00Z, or 1h, 7d, 2w ago.
        #[arg(long, value_name = "WHEN", value_parser = When::read)]
        from: Option<When>,
        /// First moment after the range.
        #[arg(long, value_name = "WHEN", value_parser = When::read)]
        until: Option<When>,
    },
}

/// How events are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// One JSON object on each line.
    Jsonl,
}

fn read_start(text: &str) -> Result<Start, String> {
    if let Some(event) = AuditEventId::parse(text) {
        return Ok(Start::Event(event));
    }
    match text.parse() {
        Ok(sequence) if sequence >= 1 => Ok(Start::Sequence(sequence)),
        _ => Err("write an event's id (event_…) or a sequence from 1 on".to_owned()),
    }
}

impl AuditCommand {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        match self {
            Self::Verify {
                from,
                checkpoint,
                json,
            } => {
                let start = from.unwrap_or(Start::Oldest);
                let checkpoint = checkpoint.as_deref().map(read_checkpoint).transpose()?;
                let report = audit::verify(app, &actor, start, checkpoint.as_ref()).await?;
                if json {
                    print_json(&report_json(&report))?;
                } else {
                    print(&report_text(&report))?;
                }
                report.fault.map_or(Ok(()), |fault| {
                    Err(Failure::Refused(format!(
                        "the audit trail was changed: {fault}"
                    )))
                })
            }
            Self::Checkpoint => {
                let made = audit::checkpoint(app, &actor).await?;
                let made = serde_json::to_value(made).map_err(|e| Failure::Ours(e.to_string()))?;
                print_json(&made)
            }
            Self::Export {
                format: Format::Jsonl,
                from,
                until,
            } => {
                let moment = |when: When| when.ago(app.clock.now());
                let mut range = Range::new(from.map(moment), until.map(moment));
                loop {
                    let page = audit::export(app, &actor, &mut range).await?;
                    if page.is_empty() {
                        return Ok(());
                    }
                    let lines: Vec<_> = page.iter().map(|row| event(row).to_string()).collect();
                    print(&lines.join("\n"))?;
                }
            }
        }
    }
}

fn read_checkpoint(path: &Path) -> Result<Checkpoint, Failure> {
    let refused =
        |problem: String| Failure::Refused(format!("the checkpoint {}: {problem}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| refused(error.to_string()))
}

fn report_text(report: &Report) -> String {
    let mut lines = vec![format!(
        "{} sealed events are whole; {} wait to be sealed",
        report.events, report.unsealed
    )];
    if let Some(pruned) = &report.pruned {
        let (up_to, at) = (pruned.up_to.sequence, pruned.at.to_rfc3339());
        lines.push(format!(
            "events up to sequence {up_to} were removed by settings, last on {at}"
        ));
    }
    if let Some((at, count)) = &report.adopted {
        let at = at.to_rfc3339();
        lines.push(format!(
            "the chain began on {at} and took in {count} older events unseen"
        ));
    }
    if report.fault.is_none() {
        if let Some(head) = &report.head {
            lines.push(format!("the chain ends at sequence {}", head.sequence));
        }
        lines.push(match report.checkpoint {
            Some(Verdict::Pruned) => {
                "what the checkpoint speaks of was removed by settings; it says nothing any more"
            }
            Some(_) => "the chain goes through the checkpoint",
            None => "whether its tail was cut off cannot be seen without a checkpoint",
        }
        .to_owned());
    }
    lines.join("\n")
}

fn report_json(report: &Report) -> Value {
    let verdict = |verdict: Verdict| match verdict {
        Verdict::Fits => "FITS",
        Verdict::Pruned => "PRUNED",
        Verdict::Broken => "BROKEN",
    };
    json!({
        "isWhole": report.fault.is_none(),
        "events": report.events,
        "unsealed": report.unsealed,
        "lastSequence": report.head.as_ref().map(|head| head.sequence),
        "checkpoint": report.checkpoint.map(verdict),
        "pruned": report.pruned.as_ref().map(|pruned| json!({
            "upToSequence": pruned.up_to.sequence,
            "count": pruned.count,
            "at": pruned.at.to_rfc3339(),
        })),
        "adopted": report.adopted.as_ref().map(|(at, count)| json!({
            "at": at.to_rfc3339(),
            "count": count,
        })),
        "fault": report.fault.map(|fault| json!({
            "kind": fault.kind.name(),
            "sequence": fault.sequence,
            "event": fault.event.map(|event| event.to_string()),
            "message": fault.to_string(),
        })),
    })
}

/// Every column, with ids as everywhere and bytes in base64url.
fn event(row: &Row) -> Value {
    let bytes = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|it| URL_SAFE_NO_PAD.encode(it));
    let actor_id = row.actor_id.map(|id| match row.actor_kind.as_str() {
        "API_KEY" => ApiKeyId::from_uuid(id).to_string(),
        "USER" => UserId::from_uuid(id).to_string(),
        _ => id.to_string(),
    });
    json!({
        "id": row.id.to_string(),
        "sequence": row.sequence,
        "occurredAt": row.occurred_at.to_rfc3339(),
        "action": row.action,
        "outcome": row.outcome,
        "errorCode": row.error_code,
        "actorKind": row.actor_kind,
        "actorId": actor_id,
        "actorLabel": row.actor_label,
        "userId": row.user.map(|user| user.to_string()),
        "targetLabel": row.target_label,
        "changes": serde_json::from_str::<Value>(&row.changes).unwrap_or_default(),
        "reason": row.reason,
        "via": row.via,
        "requestId": row.request_id,
        "ipAddress": row.ip_address,
        "userAgent": row.user_agent,
        "mac": bytes(&row.mac),
        "chainHash": bytes(&row.chain_hash),
    })
}

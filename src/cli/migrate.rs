//! `keydesk migrate`.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::output::{complain, print, print_json};
use super::typed_password::ask_openly;
use crate::domain::access::replicas::{self, Replica};
use crate::platform::app::App;
use crate::platform::db::{SchemaFit, SchemaState};
use crate::types::error::Internal;

/// Brings the schema up to date, or takes steps back.
#[derive(Args, Debug)]
pub(super) struct Migrate {
    #[command(subcommand)]
    action: Option<Action>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Clone, Copy, Debug)]
enum Action {
    /// Applies every pending step (the default).
    #[command(after_help = "Example: keydesk migrate up")]
    Up,
    /// Takes the last steps back, after asking. Data in tables and columns that go is lost.
    #[command(after_help = "Example: keydesk migrate down --steps 1")]
    Down(Down),
    /// Tells how far the schema is, and which server processes run.
    #[command(after_help = "Example: keydesk migrate status --json")]
    Status,
}

#[derive(Args, Clone, Copy, Debug)]
struct Down {
    /// How many.
    #[arg(long, default_value_t = 1)]
    steps: u32,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Go ahead although server processes run.
    #[arg(long)]
    force: bool,
}

impl Migrate {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        match self.action.unwrap_or(Action::Up) {
            Action::Up => self.tell(&app.db.migrate_up().await?),
            Action::Down(down) => {
                down.check(app).await?;
                self.tell(&app.db.migrate_down(down.steps).await?)
            }
            Action::Status => self.status(app).await,
        }
    }

    fn tell(&self, state: &SchemaState) -> Result<(), Failure> {
        if self.json {
            return print_json(&Value::Object(counted(state)));
        }
        print(&words(state))
    }

    async fn status(&self, app: &App) -> Result<(), Failure> {
        let state = app.db.schema_state().await?;
        let running = running(app, &state).await?;
        if self.json {
            let mut told = counted(&state);
            let can_serve = matches!(state.fit(), SchemaFit::Exact | SchemaFit::Newer);
            told.insert("canServe".to_owned(), can_serve.into());
            told.insert("replicas".to_owned(), running.iter().map(shown).collect());
            return print_json(&Value::Object(told));
        }
        print(&words(&state))?;
        for replica in running {
            print(&format!(
                "running: {} (release {}, since {})",
                replica.label,
                replica.release,
                replica.started_at.to_rfc3339()
            ))?;
        }
        Ok(())
    }
}

impl Down {
    /// `Order:` first what cannot be, then the question.
    async fn check(self, app: &App) -> Result<(), Failure> {
        let state = app.db.schema_state().await?;
        let running = running(app, &state).await?;
        if !running.is_empty() {
            let labels: Vec<_> = running
                .iter()
                .map(|replica| replica.label.as_str())
                .collect();
            let text = format!(
                "{} server process(es) run on this database: {}",
                running.len(),
                labels.join("; ")
            );
            if !self.force {
                return Err(Failure::Refused(format!(
                    "{text}. Stop them first (one that was killed is forgotten after a minute), or add \
                     --force"
                )));
            }
            complain(&text);
        }
        if self.yes {
            return Ok(());
        }
        let question = format!(
            "Take back {} of {} migration(s)? What stands in tables and columns that go is lost. Type \
             down to go on: ",
            self.steps, state.applied
        );
        match ask_openly(&question)? {
            Some(answer) if answer == "down" => Ok(()),
            Some(_) => Err(Failure::Refused("nothing was changed".to_owned())),
            None => Err(Failure::Usage(
                "there is no terminal to ask on; add --yes to go ahead without asking".to_owned(),
            )),
        }
    }
}

/// `Why:` processes are written down since a step that may not be there yet, or not any more.
async fn running(app: &App, state: &SchemaState) -> Result<Vec<Replica>, Internal> {
    if state.applied == 0 || (state.pending > 0 && !app.db.has_table("replicas").await?) {
        return Ok(Vec::new());
    }
    replicas::alive(app).await
}

fn counted(state: &SchemaState) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("applied".to_owned(), state.applied.into());
    told.insert("pending".to_owned(), state.pending.into());
    if state.unknown > 0 {
        told.insert("unknown".to_owned(), state.unknown.into());
        told.insert("minReader".to_owned(), state.min_reader.clone().into());
    }
    told
}

fn words(state: &SchemaState) -> String {
    let SchemaState {
        applied, pending, ..
    } = state;
    let known = format!("{applied} migration(s) applied, {pending} pending");
    match state.fit() {
        _ if state.unknown == 0 => known,
        SchemaFit::TooNew => format!(
            "{known}; {}, so this program cannot work on it",
            state.unknown_in_words()
        ),
        _ => format!(
            "{known}; {}, which this program does",
            state.unknown_in_words()
        ),
    }
}

fn shown(replica: &Replica) -> Value {
    json!({
        "label": replica.label,
        "release": replica.release,
        "startedAt": replica.started_at.to_rfc3339(),
        "lastSeenAt": replica.last_seen_at.to_rfc3339(),
    })
}

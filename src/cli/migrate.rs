//! `keydesk migrate`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::failure::Failure;
use super::output::{print, print_json};
use crate::app::App;
use crate::db::SchemaState;

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
    /// Takes the last steps back. Data in tables that go is lost.
    #[command(after_help = "Example: keydesk migrate down --steps 1")]
    Down {
        /// How many.
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// Tells how far the schema is.
    #[command(after_help = "Example: keydesk migrate status --json")]
    Status,
}

impl Migrate {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let state = match self.action.unwrap_or(Action::Up) {
            Action::Up => app.db.migrate_up().await?,
            Action::Down { steps } => app.db.migrate_down(steps).await?,
            Action::Status => app.db.schema_state().await?,
        };
        let SchemaState { applied, pending } = state;
        if self.json {
            print_json(&json!({ "applied": applied, "pending": pending }))
        } else {
            print(&format!(
                "{applied} migration(s) applied, {pending} pending"
            ))
        }
    }
}

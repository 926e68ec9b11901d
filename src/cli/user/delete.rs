//! `keydesk user delete` and `restore`.

use clap::Args;
use serde_json::json;

use super::shown;
use super::states::tell;
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{note, print_json};
use crate::cli::typed_password::ask_openly;
use crate::domain::users::{self, DeleteUser, User, UserRef};
use crate::platform::app::App;
use crate::types::actor::Actor;

/// Whom to delete.
#[derive(Args, Debug)]
pub(in crate::cli) struct Delete {
    /// Username, e-mail address or id.
    login: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Only go ahead when this is still the version, as `user show` tells it.
    #[arg(long, value_name = "N")]
    if_version: Option<i64>,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Whom to restore.
#[derive(Args, Debug)]
pub(in crate::cli) struct Restore {
    /// Username, e-mail address or id.
    login: String,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Delete {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let target = login::find(app, actor, &self.login).await?;
        if target.deleted_at.is_some() {
            let words = ("deleted", "is deleted already");
            return tell(words, (&target, &target), self.json, app.clock.now());
        }
        if !self.yes {
            ask(&target)?;
        }
        let command = DeleteUser {
            user: UserRef::Id(target.id),
            if_version: self.if_version,
            actor_password: None,
            reason: self.reason,
        };
        let outcome = users::delete(app, actor, command).await?;
        let until = outcome.restorable_until.to_rfc3339();
        if self.json {
            let more = json!({ "changed": true, "restorableUntil": until });
            return print_json(&shown::with(&outcome.user, app.clock.now(), more));
        }
        let name = &outcome.user.username;
        note(&format!(
            "deleted {name}; until {until} keydesk user restore {name} brings them back"
        ));
        Ok(())
    }
}

fn ask(target: &User) -> Result<(), Failure> {
    let name = &target.username;
    let question = format!(
        "Delete {name} ({})? Type the username to go on: ",
        target.role.name()
    );
    match ask_openly(&question)? {
        Some(answer) if answer == *name => Ok(()),
        Some(_) => Err(Failure::Refused(
            "that is another name; nothing was changed".to_owned(),
        )),
        None => Err(Failure::Usage(
            "there is no terminal to ask on; add --yes to delete without asking".to_owned(),
        )),
    }
}

impl Restore {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let before = login::find(app, actor, &self.login).await?;
        let user = UserRef::Id(before.id);
        let after = users::restore(app, actor, &user, self.reason.as_deref()).await?;
        let words = ("restored", "is not deleted");
        tell(words, (&before, &after), self.json, app.clock.now())
    }
}

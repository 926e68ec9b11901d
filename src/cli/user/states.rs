//! `keydesk user disable`, `enable` and `unlock`.

use clap::Args;
use serde_json::json;

use super::shown;
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{note, print_json};
use crate::cli::when::When;
use crate::domain::users::{self, DisableUser, User, UserRef};
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;

/// Whom to disable.
#[derive(Args, Debug)]
pub(in crate::cli) struct Disable {
    /// Username, e-mail address or id.
    login: String,
    /// When it ends by itself: 2026-12-01T09:00:00Z, or 30m, 1h, 7d from now.
    #[arg(long, value_name = "WHEN", value_parser = When::read)]
    until: Option<When>,
    /// Do not tell the user by mail.
    #[arg(long)]
    no_mail: bool,
    /// Why; shown to administrators and kept in the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Whom to enable.
#[derive(Args, Debug)]
pub(in crate::cli) struct Enable {
    /// Username, e-mail address or id.
    login: String,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Whom to unlock.
#[derive(Args, Debug)]
pub(in crate::cli) struct Unlock {
    /// Username, e-mail address or id.
    login: String,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Disable {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let target = login::find_present(app, actor, &self.login).await?;
        let command = DisableUser {
            user: UserRef::Id(target.id),
            until: self.until.map(|until| until.ahead(app.clock.now())),
            reason: self.reason,
            notify: !self.no_mail,
        };
        let outcome = users::disable(app, actor, command).await?;
        let revoked = outcome.revoked_sessions;
        if self.json {
            let more = json!({ "changed": true, "revokedSessions": revoked });
            return print_json(&shown::with(&outcome.user, app.clock.now(), more));
        }
        let end = outcome.user.disabled_until.map_or_else(
            || "until somebody enables them".to_owned(),
            |until| format!("until {}", until.to_rfc3339()),
        );
        let name = &outcome.user.username;
        note(&format!(
            "disabled {name} {end}; {revoked} session(s) ended"
        ));
        Ok(())
    }
}

impl Enable {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let before = login::find_present(app, actor, &self.login).await?;
        let user = UserRef::Id(before.id);
        let after = users::enable(app, actor, &user, self.reason.as_deref()).await?;
        tell(
            ("enabled", "is not disabled"),
            (&before, &after),
            self.json,
            app.clock.now(),
        )
    }
}

impl Unlock {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let before = login::find_present(app, actor, &self.login).await?;
        let user = UserRef::Id(before.id);
        let after = users::unlock_user(app, actor, &user, self.reason.as_deref()).await?;
        let words = ("unlocked", "is not locked");
        tell(words, (&before, &after), self.json, app.clock.now())
    }
}

/// Says what became of a user, or that nothing did.
///
/// `Why:` by the version, which grows with every change and with nothing else.
pub(super) fn tell(
    (done, not_needed): (&str, &str),
    (before, after): (&User, &User),
    as_json: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    let changed = before.version != after.version;
    if as_json {
        return print_json(&shown::with(after, now, json!({ "changed": changed })));
    }
    let name = &after.username;
    note(&if changed {
        format!("{done} {name}")
    } else {
        format!("unchanged: {name} {not_needed}")
    });
    Ok(())
}

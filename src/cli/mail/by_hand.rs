//! `keydesk mail retry`, `cancel`, `test` and `clear-failure`.

use clap::Args;
use serde_json::json;

use super::{read_id, shown};
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{note, print_json};
use crate::domain::mail::{self, Delivery, MailKind, SendTest};
use crate::domain::users::{self, UserRef};
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::address::EmailAddress;
use crate::types::ids::MailDeliveryId;

/// Which mail to try again.
#[derive(Args, Debug)]
pub(in crate::cli) struct Retry {
    /// Its id, as `list` shows it.
    #[arg(value_parser = read_id)]
    id: MailDeliveryId,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Which mail to take off the queue.
#[derive(Args, Debug)]
pub(in crate::cli) struct Cancel {
    /// Its id, as `list` shows it.
    #[arg(value_parser = read_id)]
    id: MailDeliveryId,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What to send for trying out, and where to.
#[derive(Args, Debug)]
pub(in crate::cli) struct Test {
    /// The one address it goes to.
    address: String,
    /// Which mail; what it carries is made up and opens nothing.
    #[arg(long, default_value = "test", value_parser = shown::read_kind)]
    kind: MailKind,
    /// Its language, such as de or de-AT; the server's default when omitted.
    #[arg(long)]
    locale: Option<String>,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Which address to take the mark off.
#[derive(Args, Debug)]
pub(in crate::cli) struct ClearFailure {
    /// An address, or the username or id of the user whose address is meant.
    login: String,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Retry {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let reason = self.reason.as_deref();
        let mail = users::retry_delivery(app, actor, Some(self.id), reason).await?;
        tell(
            "is due now; a running server sends it",
            &mail,
            app,
            self.json,
        )
    }
}

impl Cancel {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let reason = self.reason.as_deref();
        let mail = users::cancel_delivery(app, actor, Some(self.id), reason).await?;
        let words = format!("is off the queue: {}", mail.status.name());
        tell(&words, &mail, app, self.json)
    }
}

impl Test {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let command = SendTest {
            recipient: self.address,
            kind: self.kind,
            locale: self.locale,
            reason: self.reason,
        };
        let mail = mail::send_test(app, actor, command).await?;
        tell(
            "is queued; a running server sends it",
            &mail,
            app,
            self.json,
        )
    }
}

impl ClearFailure {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let reason = self.reason.as_deref();
        let reference = login::reference(&self.login);
        let found = users::find(app, actor, &reference).await?;
        let address = EmailAddress::parse(&self.login).ok();
        let cleared = match (found.filter(|user| user.deleted_at.is_none()), address) {
            (Some(user), _) => {
                let user_ref = UserRef::Id(user.id);
                let after = users::mark_deliverable(app, actor, &user_ref, reason).await?;
                after.version != user.version
            }
            (None, Some(address)) => mail::clear_address(app, actor, &address, reason).await?,
            (None, None) => return Err(login::unknown(app, actor, &self.login).await?),
        };
        if self.json {
            return print_json(&json!({ "changed": cleared }));
        }
        let login = &self.login;
        note(&if cleared {
            format!("mail to {login} counts as deliverable again")
        } else {
            format!("unchanged: nothing speaks against mail to {login}")
        });
        Ok(())
    }
}

fn tell(words: &str, mail: &Delivery, app: &App, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return print_json(&shown::to_json(mail, app.clock.now()));
    }
    note(&format!("{} {words}", mail.id));
    Ok(())
}

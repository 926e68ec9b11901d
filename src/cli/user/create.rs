//! `keydesk user create`.

use clap::Args;
use serde_json::json;

use super::shown;
use crate::cli::api_key::read_role;
use crate::cli::failure::Failure;
use crate::cli::output::{note, print, print_json};
use crate::cli::typed_password::Typed;
use crate::domain::access::idempotency::Answer;
use crate::domain::credentials::NewPassword;
use crate::domain::credentials::generator::Recipe;
use crate::domain::users::{self, AuthenticationSource, CreateUser, ForceChange, Handover};
use crate::platform::app::App;
use crate::types::actor::{Actor, Role};

/// Whom to create.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a command line has switches")]
pub(in crate::cli) struct Create {
    /// Unique name for signing in.
    username: String,
    /// Unique e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// Take the address as verified.
    #[arg(long, requires = "email")]
    email_verified: bool,
    /// Full name.
    #[arg(long)]
    name: Option<String>,
    /// Language for mail, such as en or de.
    #[arg(long)]
    locale: Option<String>,
    /// Zone in which mail tells times, such as Europe/Vienna.
    #[arg(long)]
    time_zone: Option<String>,
    /// What the user may do in the Admin API.
    #[arg(long, default_value = "member", value_parser = read_role)]
    role: Role,
    /// Make a first password and print it, this one time.
    #[arg(long, conflicts_with_all = ["stdin", "prompt"])]
    generate: bool,
    #[command(flatten)]
    typed: Typed,
    /// Mail the first password to the user.
    #[arg(long)]
    send_email: bool,
    /// Let the user keep the first password.
    #[arg(long)]
    no_force_change: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Create {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        if self.send_email && !self.generate && !self.typed.is_wanted() {
            let text = "--send-email needs a password to send: add --generate, --stdin or --prompt";
            return Err(Failure::Usage(text.to_owned()));
        }
        let password = if self.generate {
            Some(NewPassword::Generated(Recipe::default()))
        } else {
            self.typed.read(&self.username)?.map(NewPassword::Typed)
        };
        let json = self.json;
        make(app, actor, self.command(password), json).await
    }

    fn command(self, password: Option<NewPassword>) -> CreateUser {
        CreateUser {
            username: self.username,
            email: self.email,
            email_verified: self.email_verified,
            name: self.name,
            locale: self.locale,
            time_zone: self.time_zone,
            external_id: None,
            role: self.role,
            authentication_source: AuthenticationSource::BuiltIn,
            password,
            handover: if self.send_email {
                Handover::CallerAndMail
            } else {
                Handover::Caller
            },
            force_change: if self.no_force_change {
                ForceChange::NotForced
            } else {
                ForceChange::Forced { works_for: None }
            },
            actor_password: None,
            reason: None,
            once: None,
        }
    }
}

/// Creates a user and says so: the one generated password on standard output, all else beside it.
pub(in crate::cli) async fn make(
    app: &App,
    actor: &Actor,
    command: CreateUser,
    json: bool,
) -> Result<(), Failure> {
    let Answer::Done(outcome) = users::create(app, actor, command).await? else {
        return Err(Failure::Ours(
            "a request without a key was repeated".to_owned(),
        ));
    };
    let generated = outcome.generated.as_ref();
    if json {
        let more = match generated {
            Some(secret) => json!({ "generatedPassword": secret.expose() }),
            None => json!({}),
        };
        return print_json(&shown::with(&outcome.user, app.clock.now(), more));
    }
    note(&format!(
        "created {} ({})",
        outcome.user.username, outcome.user.id
    ));
    generated.map_or(Ok(()), |secret| print(secret.expose()))
}

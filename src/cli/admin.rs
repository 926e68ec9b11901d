//! `keydesk admin`.

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::output::{note, print, print_json};
use super::prompt;
use super::user::{read_password, to_json};
use crate::access::idempotency::Answer;
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::credentials::NewPassword;
use crate::credentials::generator::{Recipe, Style};
use crate::settings::os_user;
use crate::users::{self, AuthenticationSource, CreateUser, ForceChange, Handover};

/// Makes owners and administrators.
#[derive(Subcommand, Debug)]
pub(super) enum AdminCommand {
    /// Makes an owner or an administrator, at any time. Asks for what is not given.
    #[command(after_help = "Example: keydesk admin create ada --email ada@example.org --generate")]
    Create(CreateAdmin),
}

/// Makes an owner or an administrator.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a command line has switches")]
pub(super) struct CreateAdmin {
    /// Unique name for signing in.
    username: Option<String>,
    /// Unique e-mail address; counts as unverified.
    #[arg(long)]
    email: Option<String>,
    /// Full name.
    #[arg(long)]
    name: Option<String>,
    /// What the user may do in the Admin API: owner or admin.
    #[arg(long, default_value = "owner", value_parser = read_role)]
    role: Role,
    /// Make a first password and print it, this one time.
    #[arg(long, conflicts_with = "stdin")]
    generate: bool,
    /// Read the first password from standard input.
    #[arg(long)]
    stdin: bool,
    /// Let the user keep the first password.
    #[arg(long)]
    no_force_change: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn read_role(text: &str) -> Result<Role, String> {
    Role::parse(text)
        .filter(|role| *role >= Role::Admin)
        .ok_or_else(|| {
            "roles are owner, admin; `keydesk user create --role` makes the others".to_owned()
        })
}

impl AdminCommand {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let Self::Create(create) = self;
        create.run(app).await
    }
}

impl CreateAdmin {
    async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        let username = match self.username {
            Some(username) => username,
            None => prompt::line("Username", "give the username as an argument")?,
        };
        let password = if self.generate {
            NewPassword::Generated(Recipe {
                style: Style::Characters,
                length: None,
            })
        } else if self.stdin {
            NewPassword::Typed(read_password()?)
        } else {
            NewPassword::Typed(prompt::password_twice(&username)?)
        };
        let command = CreateUser {
            username,
            email: self.email,
            email_verified: false,
            name: self.name,
            locale: None,
            external_id: None,
            role: self.role,
            authentication_source: AuthenticationSource::BuiltIn,
            password: Some(password),
            handover: Handover::Caller,
            force_change: if self.no_force_change {
                ForceChange::NotForced
            } else {
                ForceChange::Forced { works_for: None }
            },
            reason: None,
            once: None,
        };
        let Answer::Done(outcome) = users::create(app, &actor, command).await? else {
            return Err(Failure::Ours(
                "a request without a key was repeated".to_owned(),
            ));
        };
        let user = &outcome.user;
        if self.json {
            let mut value = to_json(user, app.clock.now());
            if let (Some(fields), Some(secret)) = (value.as_object_mut(), &outcome.generated) {
                fields.insert("generatedPassword".to_owned(), secret.expose().into());
            }
            return print_json(&value);
        }
        note(&format!(
            "created {} ({}), {}",
            user.username,
            user.id,
            user.role.name()
        ));
        if let Some(end) = user.password_expires_at {
            note(&format!(
                "the password has to be changed at the first sign-in, until {}",
                end.to_rfc3339()
            ));
        }
        match &outcome.generated {
            Some(secret) => print(secret.expose()),
            None => Ok(()),
        }
    }
}

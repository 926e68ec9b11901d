//! `keydesk admin`.

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::typed_password::{Typed, ask_openly};
use super::user::make;
use crate::domain::credentials::NewPassword;
use crate::domain::credentials::generator::Recipe;
use crate::domain::users::{AuthenticationSource, CreateUser, ForceChange, Handover};
use crate::platform::app::App;
use crate::platform::settings::os_user;
use crate::types::actor::{Actor, Role};

/// Makes owners and administrators.
#[derive(Subcommand, Debug)]
pub(super) enum AdminCommand {
    /// Makes an owner or an administrator, at any time. Asks for what is not given.
    #[command(after_help = "Example: keydesk admin create ada --email ada@example.org --generate")]
    Create(CreateAdmin),
}

/// Makes an owner or an administrator.
#[derive(Args, Debug)]
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
    #[arg(long, conflicts_with_all = ["stdin", "prompt"])]
    generate: bool,
    #[command(flatten)]
    typed: Typed,
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

fn ask_username() -> Result<String, Failure> {
    let typed = ask_openly("Username: ")?.filter(|typed| !typed.is_empty());
    typed.ok_or_else(|| Failure::Usage("no username was given".to_owned()))
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
            None => ask_username()?,
        };
        let typed = if self.typed.is_wanted() {
            self.typed
        } else {
            Typed::ON_TERMINAL
        };
        let password = if self.generate {
            Some(NewPassword::Generated(Recipe::default()))
        } else {
            typed.read(&username)?.map(NewPassword::Typed)
        };
        let command = CreateUser {
            username,
            email: self.email,
            email_verified: false,
            name: self.name,
            locale: None,
            time_zone: None,
            external_id: None,
            role: self.role,
            authentication_source: AuthenticationSource::BuiltIn,
            password,
            handover: Handover::Caller,
            force_change: if self.no_force_change {
                ForceChange::NotForced
            } else {
                ForceChange::Forced { works_for: None }
            },
            actor_password: None,
            reason: None,
            once: None,
        };
        make(app, &actor, command, self.json).await
    }
}

//! The command line: one file for each command, the same use cases as the other interfaces.
//!
//! Exit codes: 0 done, 1 refused, 2 usage, 3 ours, 4 no room. Secrets come in by standard input or a terminal that
//! does not show them and go out once on standard output, never by an argument. Results go to standard
//! output, words to standard error.

mod admin;
mod api_key;
mod audit;
mod backup;
mod demo;
mod demo_users;
mod doctor;
mod exposure;
mod failure;
mod login;
mod login_link;
mod mail;
mod manual;
mod migrate;
mod near;
mod output;
mod permissions;
mod reset_admin_password;
mod restore;
mod serve;
mod signals;
mod typed_password;
mod user;
mod when;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::domain::access;
use crate::graphql;
use crate::platform::app::App;
use crate::platform::db::SchemaFit;
use crate::platform::settings::{SETTINGS_FILE_VARIABLE, Settings};
use crate::platform::telemetry;
use crate::types::clock::Clock;
use failure::Failure;

/// Self-hosted GraphQL Admin API for user accounts and safe password resets.
#[derive(Parser, Debug)]
#[command(name = "keydesk", version, arg_required_else_help = true)]
#[command(after_help = "Try it: keydesk demo")]
struct Arguments {
    /// File of settings; every setting can also be given by the environment (KEYDESK_…).
    #[arg(
        long,
        global = true,
        env = SETTINGS_FILE_VARIABLE,
        value_name = "FILE",
        display_order = 900
    )]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Starts a server with sample users, an API key and a mailbox, and prints where they are.
    #[command(after_help = "Example: keydesk demo --fresh")]
    Demo(demo::Demo),
    /// Starts the server.
    #[command(after_help = "Example: keydesk --settings keydesk.toml serve --migrate")]
    Serve(serve::Serve),
    /// Brings the database's schema up to date, or takes steps back.
    #[command(after_help = "Example: keydesk migrate status")]
    Migrate(migrate::Migrate),
    /// Writes a copy of the database while servers use it (SQLite).
    #[command(after_help = "Example: keydesk backup /backup/keydesk-2026-11-30.sqlite")]
    Backup(backup::Backup),
    /// Puts a backup in the place of the database (SQLite). Stop the server first.
    #[command(after_help = "Example: keydesk restore /backup/keydesk-2026-11-30.sqlite")]
    Restore(restore::Restore),
    /// Prints the GraphQL schema as SDL.
    #[command(after_help = "Example: keydesk schema > schema.graphql")]
    Schema {
        /// The schema of /public/graphql instead.
        #[arg(long)]
        public: bool,
    },
    /// Makes, lists and revokes API keys.
    #[command(subcommand)]
    ApiKey(api_key::ApiKeyCommand),
    /// Lists, shows, creates and changes users, and resets their passwords.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Lists, shows, retries and cancels mails, sends one for trying out, and keeps the texts of mails.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Verifies and exports the audit trail.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Makes owners and administrators.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Makes a link by which a user chooses a new password, once, and prints it.
    #[command(after_help = "Example: keydesk login-link ada --expires 30m --qr")]
    LoginLink(login_link::LoginLink),
    /// Lets an administrator back in: prints a temporary password, or takes one from you.
    #[command(after_help = "Example: keydesk reset-admin-password ada")]
    ResetAdminPassword(reset_admin_password::ResetAdminPassword),
    /// Prints who may do what: every permission, role and rank.
    #[command(after_help = "Example: keydesk permissions --markdown")]
    Permissions(permissions::Permissions),
    /// Prints a script that completes commands and options in a shell.
    #[command(after_help = "Example: keydesk completions bash > \
                            /usr/share/bash-completion/completions/keydesk")]
    Completions(manual::Completions),
    /// Prints the manual page, or writes one for each command into a folder.
    #[command(after_help = "Example: keydesk man --out /usr/local/share/man/man1")]
    Man(manual::Manual),
    /// Looks whether everything the server needs is there, and says how to mend what is not.
    #[command(after_help = "Example: keydesk doctor --mail-to you@example.org")]
    Doctor(doctor::Doctor),
}

/// Runs the program and gives its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too; they are no failure.
            let _closed_pipe = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(Failure::Ours(format!(
            "the runtime does not start: {error}"
        ))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let settings = arguments.settings;
    match arguments.command {
        Command::Demo(demo) => Box::pin(demo.run()).await,
        Command::Serve(serve) => Box::pin(serve.run(load(settings.as_deref())?)).await,
        Command::Migrate(migrate) => migrate.run(&open(load(settings.as_deref())?).await?).await,
        Command::Backup(backup) => backup.run(&load(settings.as_deref())?).await,
        Command::Restore(restore) => restore.run(&load(settings.as_deref())?).await,
        Command::Schema { public } => {
            let sdl = if public {
                graphql::public_sdl()
            } else {
                graphql::full_sdl()
            };
            output::print(sdl.trim_end())
        }
        Command::ApiKey(command) => command.run(&ready(load(settings.as_deref())?).await?).await,
        Command::User(command) => {
            let app = ready(load(settings.as_deref())?).await?;
            Box::pin(command.run(&app)).await
        }
        Command::Mail(command) => {
            if let Some(text) = command.printed() {
                return output::print(&text);
            }
            let app = ready(load(settings.as_deref())?).await?;
            Box::pin(command.run(&app)).await
        }
        Command::Audit(command) => {
            let app = ready(load(settings.as_deref())?).await?;
            Box::pin(command.run(&app)).await
        }
        Command::Admin(command) => {
            let app = ready(load(settings.as_deref())?).await?;
            Box::pin(command.run(&app)).await
        }
        Command::LoginLink(command) => {
            let app = ready(load(settings.as_deref())?).await?;
            Box::pin(command.run(&app)).await
        }
        Command::ResetAdminPassword(reset) => {
            let app = ready(load(settings.as_deref())?).await?;
            Box::pin(reset.run(&app)).await
        }
        Command::Permissions(permissions) => permissions.run(),
        Command::Completions(completions) => completions.run(Arguments::command()),
        Command::Man(manual) => manual.run(Arguments::command()),
        Command::Doctor(doctor) => Box::pin(doctor.run(settings.as_deref())).await,
    }
}

fn load(file: Option<&std::path::Path>) -> Result<Settings, Failure> {
    let settings = Settings::load(file).map_err(|error| Failure::Refused(error.to_string()))?;
    telemetry::start(&settings.telemetry).map_err(Failure::Refused)?;
    Ok(settings)
}

async fn open(settings: Settings) -> Result<App, Failure> {
    Ok(App::start(settings, Clock::system()).await?)
}

/// Opens the app and refuses to work on an older schema or with another server key.
async fn ready(settings: Settings) -> Result<App, Failure> {
    if let Some(path) = settings
        .database
        .sqlite_path()
        .filter(|path| !path.exists())
    {
        // Whoever stands in the wrong folder must not be given an empty database there.
        return Err(Failure::Refused(format!(
            "there is no {}; `keydesk migrate up` makes it, or look at database.url (--settings)",
            path.display()
        )));
    }
    let app = Box::pin(open(settings)).await?;
    check_schema(&app).await?;
    Ok(app)
}

async fn check_schema(app: &App) -> Result<(), Failure> {
    let state = app.db.schema_state().await?;
    match state.fit() {
        SchemaFit::Exact | SchemaFit::Newer => {}
        SchemaFit::Pending => {
            return Err(Failure::Refused(format!(
                "the database lacks {} migration(s); run `keydesk migrate up` first, or start with \
                 `keydesk serve --migrate`",
                state.pending
            )));
        }
        SchemaFit::TooNew => {
            return Err(Failure::Refused(format!(
                "the database is too new for this program: {}. Use the program of the newer release, or \
                 take its steps back with it: `keydesk migrate down`",
                state.unknown_in_words()
            )));
        }
    }
    Ok(access::check_server_key(app).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            if command.has_subcommands() {
                command
                    .get_subcommands()
                    .filter(|sub| sub.get_name() != "help")
                    .for_each(check);
            } else {
                let help = command
                    .get_after_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(help.contains("Example: keydesk "), "{}", command.get_name());
            }
        }
        check(&Arguments::command());
    }

    /// `Why:` arguments stand in the list of processes and in the shell's history.
    #[test]
    fn no_argument_takes_a_secret() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let takes = argument.get_action().takes_values();
                let name = argument.get_id().as_str();
                let is_secret = ["password", "secret", "token", "key"]
                    .iter()
                    .any(|word| name.contains(word));
                assert!(!(takes && is_secret), "{} {name}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }
}

//! `keydesk user`: one file for each verb.

mod create;
mod delete;
mod devices;
mod failing;
mod filter;
mod links;
mod list;
mod reset_password;
mod show;
mod shown;
mod states;
mod update;

use clap::Subcommand;

use super::failure::Failure;
use crate::platform::app::App;
use crate::platform::settings::os_user;
use crate::types::actor::Actor;

pub(super) use create::make;
pub(super) use reset_password::{Reset, as_json as reset_as_json, reset, told as reset_told};

/// Lists, shows, creates and changes users, and resets their passwords.
#[derive(Subcommand, Debug)]
pub(super) enum UserCommand {
    /// Lists users by username.
    #[command(
        after_help = "Example: keydesk user list --filter role=admin --filter status=locked --json"
    )]
    List(list::List),
    /// Shows one user: fields, state of the password, latest audit events.
    #[command(after_help = "Example: keydesk user show ada@example.org")]
    Show(show::Show),
    /// Creates a user. Without --generate, --stdin and --prompt the user has no password yet.
    #[command(after_help = "Example: keydesk user create ada --email ada@example.org --generate")]
    Create(create::Create),
    /// Changes fields of a user; `field=` clears one.
    #[command(
        after_help = "Example: keydesk user update ada email=ada@example.org emailVerified=true locale="
    )]
    Update(update::Update),
    /// Replaces passwords of one or several users; see reset-admin-password for your own way back in.
    #[command(
        after_help = "Example: keydesk user reset-password ada bea --send-email --reason 'laptop lost'"
    )]
    ResetPassword(reset_password::ResetPasswords),
    /// Mails a user a link by which they choose a new password themselves.
    #[command(
        after_help = "Example: keydesk user send-reset-email ada --expires 30m --reason 'asked by telephone'"
    )]
    SendResetEmail(links::SendResetEmail),
    /// Lists the reset links and codes of a user that still work, newest first.
    #[command(after_help = "Example: keydesk user links ada --all --json")]
    Links(links::Links),
    /// Makes reset links and codes of a user useless.
    #[command(
        after_help = "Example: keydesk user revoke-links ada --reason 'sent to the wrong person'"
    )]
    RevokeLinks(links::RevokeTheirLinks),
    /// Lists the trusted devices of a user: browsers that have signed in to the account.
    #[command(after_help = "Example: keydesk user devices ada --json")]
    Devices(devices::Devices),
    /// Forgets a trusted device; its sessions go on.
    #[command(
        after_help = "Example: keydesk user forget-device device_01h455vb4pex5vsknk084sn02q --reason 'laptop lost'"
    )]
    ForgetDevice(devices::ForgetDevice),
    /// Keeps a user from signing in; sessions and links end.
    #[command(after_help = "Example: keydesk user disable ada --until 7d --reason 'on leave'")]
    Disable(states::Disable),
    /// Lets a disabled user sign in again.
    #[command(after_help = "Example: keydesk user enable ada")]
    Enable(states::Enable),
    /// Lifts the lock after failed sign-ins.
    #[command(after_help = "Example: keydesk user unlock ada")]
    Unlock(states::Unlock),
    /// Deletes a user, who can be restored for a while.
    #[command(after_help = "Example: keydesk user delete ada --yes --reason 'left the company'")]
    Delete(delete::Delete),
    /// Restores a deleted user.
    #[command(after_help = "Example: keydesk user restore ada")]
    Restore(delete::Restore),
}

impl UserCommand {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        match self {
            Self::List(list) => list.run(app, &actor).await,
            Self::Show(show) => show.run(app, &actor).await,
            Self::Create(create) => create.run(app, &actor).await,
            Self::Update(update) => update.run(app, &actor).await,
            Self::ResetPassword(reset) => reset.run(app, &actor).await,
            Self::SendResetEmail(send) => send.run(app, &actor).await,
            Self::Links(links) => links.run(app, &actor).await,
            Self::RevokeLinks(revoke) => revoke.run(app, &actor).await,
            Self::Devices(devices) => devices.run(app, &actor).await,
            Self::ForgetDevice(forget) => forget.run(app, &actor).await,
            Self::Disable(disable) => disable.run(app, &actor).await,
            Self::Enable(enable) => enable.run(app, &actor).await,
            Self::Unlock(unlock) => unlock.run(app, &actor).await,
            Self::Delete(delete) => delete.run(app, &actor).await,
            Self::Restore(restore) => restore.run(app, &actor).await,
        }
    }
}

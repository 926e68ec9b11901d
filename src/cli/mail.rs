//! `keydesk mail`: one file for each kind of verb.

mod by_hand;
mod list;
mod shown;
mod templates;

use clap::Subcommand;

use super::failure::Failure;
use crate::platform::app::App;
use crate::platform::settings::os_user;
use crate::types::actor::Actor;
use crate::types::ids::MailDeliveryId;

/// Lists, shows, retries and cancels mails, and sends one for trying out.
#[derive(Subcommand, Debug)]
pub(super) enum MailCommand {
    /// Lists mails, newest first.
    #[command(
        after_help = "Example: keydesk mail list --status failed --domain example.org --json"
    )]
    List(list::List),
    /// Shows one mail: its tries, and what it says with its secret masked.
    #[command(after_help = "Example: keydesk mail show mail_01h455vb4pex5vsknk084sn02q")]
    Show(list::Show),
    /// Has a waiting mail tried at once, or queues one again that ended unsent and carried no secret.
    #[command(after_help = "Example: keydesk mail retry mail_01h455vb4pex5vsknk084sn02q")]
    Retry(by_hand::Retry),
    /// Takes a waiting mail off the queue and erases what it carries.
    #[command(
        after_help = "Example: keydesk mail cancel mail_01h455vb4pex5vsknk084sn02q --reason 'wrong person'"
    )]
    Cancel(by_hand::Cancel),
    /// Queues a mail with made-up values to an address.
    #[command(
        after_help = "Example: keydesk mail test you@example.org --kind new_password --locale de"
    )]
    Test(by_hand::Test),
    /// Says that mail to an address arrives after all, although a mail server refused it for good.
    #[command(after_help = "Example: keydesk mail clear-failure ada@example.org")]
    ClearFailure(by_hand::ClearFailure),
    /// Lists, shows, exports, imports and previews the texts of mails.
    #[command(subcommand)]
    Templates(templates::MailTemplatesCommand),
}

fn read_id(text: &str) -> Result<MailDeliveryId, String> {
    let said = "no id of a mail; keydesk mail list shows them";
    MailDeliveryId::parse(text).ok_or_else(|| said.to_owned())
}

impl MailCommand {
    /// What is printed without a database.
    pub(super) fn printed(&self) -> Option<String> {
        match self {
            Self::Templates(templates) => templates.printed(),
            _ => None,
        }
    }

    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        match self {
            Self::List(list) => list.run(app, &actor).await,
            Self::Show(show) => show.run(app, &actor).await,
            Self::Retry(retry) => retry.run(app, &actor).await,
            Self::Cancel(cancel) => cancel.run(app, &actor).await,
            Self::Test(test) => test.run(app, &actor).await,
            Self::ClearFailure(clear) => clear.run(app, &actor).await,
            Self::Templates(templates) => Box::pin(templates.run(app)).await,
        }
    }
}

//! Putting a mail into the outbox, inside the transaction of the act that causes it.

use std::time::Duration;

use super::{Delivery, Details, MailKind, MailSecret, store};
use crate::platform::app::App;
use crate::platform::db::{Budget, Cleaned, Txn};
use crate::types::actor::Actor;
use crate::types::address::domain_key;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{MailDeliveryId, UserId};

/// A mail to be queued.
#[derive(Clone, Debug)]
pub struct NewEmail {
    /// Its name, which what goes out with it may remember.
    pub id: MailDeliveryId,
    /// Which mail.
    pub kind: MailKind,
    /// To whom.
    pub user: Option<UserId>,
    /// The address as stored with the user.
    pub recipient: String,
    /// The same, folded for comparing.
    pub recipient_key: String,
    /// The name shown beside the address.
    pub recipient_name: Option<String>,
    /// Its language; the default when none.
    pub locale: Option<String>,
    /// What it says.
    pub details: Details,
    /// What it says that nobody else may read.
    pub secret: Option<MailSecret>,
    /// When it is no longer worth sending.
    pub expires_at: Timestamp,
}

/// Mail without a secret is given up after this time without success.
pub const PLAIN_MAIL_LIFETIME: Duration = Duration::from_hours(72);

/// Queues a mail; it goes out after the transaction commits, by the worker of some replica.
pub async fn enqueue(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    mut email: NewEmail,
) -> Result<Delivery, Internal> {
    // No header may hold such a name, and PostgreSQL takes no NUL; the mail matters more than it.
    email.recipient_name = email
        .recipient_name
        .filter(|name| !name.contains(char::is_control));
    let now = app.clock.now();
    let id = email.id;
    let sealed = email
        .secret
        .as_ref()
        .map(|secret| app.keys.seal(&secret.pack(), &associated(id)));
    let locale = email
        .locale
        .clone()
        .unwrap_or_else(|| app.settings.mail.default_locale.clone());
    let row = store::NewRow {
        email,
        sealed,
        locale,
        message_id: message_id(app, id),
        now,
    };
    store::insert(txn, actor, row).await
}

/// What binds a sealed secret to its row.
pub(super) fn associated(id: MailDeliveryId) -> [u8; 16] {
    *id.uuid().as_bytes()
}

/// `Why:` made once with the row. A mail tried twice keeps it, so that mail programs show it once.
pub(super) fn message_id(app: &App, id: MailDeliveryId) -> String {
    let domain = app.settings.mail.from.email.domain();
    let domain = domain_key(domain).unwrap_or_else(|_one_label| domain.to_owned());
    format!("{id}@{domain}")
}

/// Deletes mails that ended long ago.
pub async fn sweep(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let before = app.clock.now().minus(app.settings.database.keep.mail);
    budget
        .in_batches(|most| store::delete_finished_before(app.db.write(), before, most))
        .await
}

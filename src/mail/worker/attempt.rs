//! One try: open the secret, render, hand over.

use std::time::Duration;

use tokio::time::timeout;

use super::Worker;
use crate::mail::outbox::associated;
use crate::mail::store::queue::Due;
use crate::mail::{OutgoingEmail, SendError, Site, Words};
use crate::secret::Secret;

/// The longest send, whatever the way out. Shorter than the lease.
const SEND_TIMEOUT: Duration = Duration::from_secs(45);

impl Worker {
    /// Errors never hold the secret, whatever the mail server said.
    pub(super) async fn attempt(&self, due: &Due) -> Result<(), SendError> {
        let secret = self.open(due)?;
        let email = self.render(due, secret.as_ref())?;
        match timeout(SEND_TIMEOUT, self.mailer.send(&email)).await {
            Ok(sent) => sent.map_err(|error| error.without(secret.as_ref())),
            Err(_elapsed) => Err(SendError::Unknown("no answer in time".to_owned())),
        }
    }

    fn open(&self, due: &Due) -> Result<Option<Secret>, SendError> {
        let opened = due
            .secret_sealed
            .as_ref()
            .map(|sealed| self.app.keys.open(sealed, &associated(due.id)))
            .transpose();
        opened
            .map_err(|error| SendError::Never(format!("the password to be sent is lost: {error}")))
    }

    fn render(&self, due: &Due, secret: Option<&Secret>) -> Result<OutgoingEmail, SendError> {
        let details = due.details.as_ref().ok_or_else(|| {
            SendError::Never(
                "what the mail says cannot be read: another release wrote it".to_owned(),
            )
        })?;
        let words = Words {
            kind: due.kind,
            locale: &due.locale,
            details,
            secret,
        };
        let content = self
            .templates
            .render(Site::from(&self.app.settings.server), words)
            .map_err(|error| SendError::Never(error.to_string()))?;
        let mail = &self.app.settings.mail;
        Ok(OutgoingEmail {
            message_id: due.message_id.clone(),
            from: mail.from.clone(),
            reply_to: mail.reply_to.clone(),
            to: due.recipient.clone(),
            to_name: due.recipient_name.clone(),
            content,
            date: due.created_at,
        })
    }
}

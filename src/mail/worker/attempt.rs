//! One try: open the secret, render, hand over.

use std::time::Duration;

use tokio::time::timeout;

use super::Worker;
use crate::mail::outbox::associated;
use crate::mail::store::queue::Due;
use crate::mail::{MailSecret, OutgoingEmail, RenderError, SendError, Site, Words};
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

    fn open(&self, due: &Due) -> Result<Option<MailSecret>, SendError> {
        let Some(sealed) = &due.secret_sealed else {
            return Ok(None);
        };
        match self.app.keys.open(sealed, &associated(due.id)) {
            Ok(text) => Ok(Some(self.still_good(due, text))),
            Err(error) => {
                let words = format!("the password or link to be sent is lost: {error}");
                Err(SendError::Never(words))
            }
        }
    }

    /// `Why:` a code that ended while its mail waited is left out; the link beside it lives longer.
    fn still_good(&self, due: &Due, text: Secret) -> MailSecret {
        let ended = |millis: i64| millis <= self.app.clock.now().as_millis();
        let code_until = due.details.as_ref().and_then(|said| said.code_until_millis);
        match MailSecret::unpack(due.kind, text) {
            MailSecret::Link { token, .. } if code_until.is_some_and(ended) => {
                MailSecret::Link { token, code: None }
            }
            carried => carried,
        }
    }

    fn render(&self, due: &Due, secret: Option<&MailSecret>) -> Result<OutgoingEmail, SendError> {
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
            .map_err(|error| unsendable(&error))?;
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

/// `Why:` a setting that is missing may be set while the mail waits; a broken template stays as it is.
fn unsendable(error: &RenderError) -> SendError {
    let words = error.to_string();
    match error {
        RenderError::PublicUrlMissing { .. } => SendError::Later(words),
        _ => SendError::Never(words),
    }
}

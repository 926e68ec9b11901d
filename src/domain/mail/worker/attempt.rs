//! One try: open the secret, render, wait for room, hand over.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, timeout};

use super::Worker;
use super::shift::Done;
use super::verdict::{self, Moment, Plan, Tried};
use crate::domain::mail::outbox::associated;
use crate::domain::mail::store::queue::{Claim, Due, Release, Written};
use crate::domain::mail::{MailSecret, OutgoingEmail, RenderError, SendError, Words, texts};
use crate::types::secret::{Secret, random_bytes};

/// The longest send, whatever the way out. With the wait for room it is shorter than the lease.
const SEND_TIMEOUT: Duration = Duration::from_secs(45);
/// How long a mail that was claimed ahead waits for room before it is put back.
const ROOM_TIMEOUT: Duration = Duration::from_secs(10);

/// A mail ready to go out, with what must not come back in the server's words.
struct Ready {
    email: OutgoingEmail,
    secret: Option<MailSecret>,
    written: Written,
}

impl Worker {
    pub(super) async fn deliver(self, due: Due, claim: Claim, plan: Plan) -> Done {
        let (release, is_nobody) = match plan {
            Plan::End(status) => (verdict::ended(&due, status, self.app.clock.now()), false),
            Plan::Send => self.try_once(&due, &claim).await,
        };
        Done {
            due,
            claim,
            release,
            is_nobody,
        }
    }

    /// What is to be written down, and whether the server says that nobody reads mail there.
    async fn try_once(&self, due: &Due, claim: &Claim) -> (Release, bool) {
        let (started, clock) = (Instant::now(), self.app.clock.now());
        let tried = AssertUnwindSafe(self.attempt(due)).catch_unwind().await;
        let now = self.app.clock.now();
        let tried = match tried {
            Ok(Some(tried)) => tried,
            Ok(None) => return (verdict::put_back(due, now), false),
            Err(_panic) => {
                let words = "the server stopped while making this mail; its log says more";
                Tried {
                    started_at: clock,
                    took: started.elapsed(),
                    written: None,
                    outcome: Err(SendError::Never(words.to_owned())),
                }
            }
        };
        let is_nobody = matches!(tried.outcome, Err(SendError::NoSuchUser(_)));
        let [jitter] = random_bytes::<1>();
        let allowed = self.app.settings.mail.max_attempts;
        let release = verdict::judge(due, claim, allowed, tried, Moment { now, jitter });
        (release, is_nobody)
    }

    /// `None` when there was no room for it. Outcomes never hold the secret, whatever the mail server said.
    async fn attempt(&self, due: &Due) -> Option<Tried> {
        let ready = self.ready(due).await;
        let _lane = self.room().await?;
        let (started_at, started) = (self.app.clock.now(), Instant::now());
        let (written, outcome) = match ready {
            Ok(ready) => {
                let outcome = self.hand_over(&ready).await;
                (Some(ready.written), outcome)
            }
            Err(error) => (None, Err(error)),
        };
        Some(Tried {
            started_at,
            took: started.elapsed(),
            written,
            outcome,
        })
    }

    async fn room(&self) -> Option<SemaphorePermit<'_>> {
        timeout(ROOM_TIMEOUT, self.lanes.acquire()).await.ok()?.ok()
    }

    async fn hand_over(&self, ready: &Ready) -> Result<String, SendError> {
        let secret = ready.secret.as_ref();
        match timeout(SEND_TIMEOUT, self.mailer.send(&ready.email)).await {
            Ok(Ok(words)) => Ok(secret.map_or(words.clone(), |secret| secret.erase_from(&words))),
            Ok(Err(error)) => Err(error.without(secret)),
            Err(_elapsed) => Err(SendError::Unknown("no answer in time".to_owned())),
        }
    }

    async fn ready(&self, due: &Due) -> Result<Ready, SendError> {
        let secret = self.open(due)?;
        let (email, written) = self.render(due, secret.as_ref()).await?;
        Ok(Ready {
            email,
            secret,
            written,
        })
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

    async fn render(
        &self,
        due: &Due,
        secret: Option<&MailSecret>,
    ) -> Result<(OutgoingEmail, Written), SendError> {
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
        let in_use = texts::in_use(&self.app, &self.templates, due.kind, &due.locale)
            .await
            .map_err(|error| SendError::Later(format!("its text cannot be read: {error}")))?;
        let site = self.templates.site(&self.app.settings.server);
        let written = texts::write(&self.templates, site, words, &in_use)
            .map_err(|error| unsendable(&error))?;
        let mail = &self.app.settings.mail;
        let email = OutgoingEmail {
            message_id: due.message_id.clone(),
            from: mail.from.clone(),
            reply_to: mail.reply_to.clone(),
            to: due.recipient.clone(),
            to_name: due.recipient_name.clone(),
            content: written.content,
            logo: self.templates.logo().cloned(),
            date: due.created_at,
        };
        let written = Written {
            locale: written.locale,
            source: written.source,
        };
        Ok((email, written))
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

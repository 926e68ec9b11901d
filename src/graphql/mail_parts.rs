//! What a mail consists of: its tries, and what it says.

use async_graphql::{Enum, Object, SimpleObject};

use super::scalars::DateTime;
use crate::domain::mail::{Attempt, Rendered};
use crate::types::clock::Timestamp;

/// What came of one try to send a mail.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::mail::AttemptOutcome")]
pub(crate) enum MailAttemptOutcome {
    /// The mail server took the mail.
    Taken,
    /// Not now; perhaps later.
    Postponed,
    /// Never.
    Refused,
    /// The mail server's last answer was lost; it may have taken the mail.
    Lost,
}

/// One try to send a mail.
pub(crate) struct MailAttempt(pub(crate) Attempt);

/// One try to send a mail.
#[Object]
impl MailAttempt {
    /// When it began.
    async fn started_at(&self) -> DateTime {
        DateTime(Timestamp::from_millis(self.0.started_at_millis))
    }

    /// The mail server with its port, or the folder.
    async fn server(&self) -> &str {
        &self.0.server
    }

    /// What came of it. Null when the process that made it was stopped.
    async fn outcome(&self) -> Option<MailAttemptOutcome> {
        self.0.outcome.map(Into::into)
    }

    /// The mail server's last words, or what went wrong before there were any. Never what the mail
    /// carries.
    async fn words(&self) -> Option<&str> {
        self.0.words.as_deref()
    }

    /// How long it took. Null when the process that made it was stopped.
    async fn duration_milliseconds(&self) -> Option<i32> {
        let millis = self.0.took_millis?;
        Some(i32::try_from(millis).unwrap_or(i32::MAX))
    }
}

/// What a mail says, with `••••••` in the place of a password, a code and the token of a link.
#[derive(SimpleObject)]
pub(crate) struct MailContent {
    /// The subject.
    subject: String,
    /// The text part.
    text_body: String,
    /// The HTML part. Show it in a sandboxed frame.
    html_body: String,
}

impl From<Rendered> for MailContent {
    fn from(rendered: Rendered) -> Self {
        Self {
            subject: rendered.subject,
            text_body: rendered.text,
            html_body: rendered.html,
        }
    }
}

//! What is handed over, to whom, and what may come of it.

use std::future::Future;
use std::pin::Pin;

use lettre::message::Mailbox;

use super::{Logo, MailSecret, Rendered};
use crate::types::clock::Timestamp;

/// A rendered mail to one address, ready to go out.
#[derive(Clone, Debug)]
pub struct OutgoingEmail {
    /// `Message-ID` without angle brackets.
    pub message_id: String,
    /// Sender.
    pub from: Mailbox,
    /// Where replies go.
    pub reply_to: Option<Mailbox>,
    /// The one address it goes to.
    pub to: String,
    /// The name shown beside the address.
    pub to_name: Option<String>,
    /// Subject, text and HTML.
    pub content: Rendered,
    /// The picture that the HTML names `cid:logo`.
    pub logo: Option<Logo>,
    /// `Date` header.
    pub date: Timestamp,
}

/// What went wrong when a mail was handed over; decides whether it is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// Not now: no connection, or a 4xx reply. With the server's words.
    Later(String),
    /// Never: a 5xx reply, or a mail that cannot be built. With the server's words.
    Never(String),
    /// Never: the server says that nobody reads mail at this address. With its words.
    NoSuchUser(String),
    /// The connection was lost after the mail may have been taken.
    Unknown(String),
}

/// The future of one send. Gives the server's words when it took the mail.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<String, SendError>> + Send + 'a>>;

/// A way out: a mail server, a folder, or memory.
pub trait Mailer: Send + Sync + 'static {
    /// Hands one mail over. Called by the worker alone.
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a>;

    /// What it hands mails to, as administrators know it: a host with its port, or a folder.
    fn server(&self) -> &str;

    /// Tries the connection without sending anything, for `doctor`.
    fn check(&self) -> Sending<'_>;
}

impl SendError {
    /// The server's words, or what went wrong before there were any.
    pub fn words(&self) -> &str {
        match self {
            Self::Later(words)
            | Self::Never(words)
            | Self::NoSuchUser(words)
            | Self::Unknown(words) => words,
        }
    }

    /// The same without the secret, should a mail server quote the mail it refuses.
    pub(super) fn without(self, secret: Option<&MailSecret>) -> Self {
        let Some(secret) = secret else {
            return self;
        };
        let clean = |words: String| secret.erase_from(&words);
        match self {
            Self::Later(words) => Self::Later(clean(words)),
            Self::Never(words) => Self::Never(clean(words)),
            Self::NoSuchUser(words) => Self::NoSuchUser(clean(words)),
            Self::Unknown(words) => Self::Unknown(clean(words)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::secret::Secret;

    #[test]
    fn a_server_that_quotes_the_mail_does_not_bring_the_password_back() {
        let password = Secret::new("amber-quill-27".to_owned());
        let secret = MailSecret::Password(password);
        let said = SendError::Never("554 refused: \"amber-quill-27\"".to_owned());
        let clean = SendError::Never("554 refused: \"[password]\"".to_owned());
        assert_eq!(said.without(Some(&secret)), clean);
    }
}

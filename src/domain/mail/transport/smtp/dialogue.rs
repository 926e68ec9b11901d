//! What is said on one connection, and how far it had got when it went wrong.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Noop, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::words;
use crate::domain::mail::SendError;
use crate::domain::mail::transport::message::Built;

/// For saying goodbye, which nothing waits for.
const QUIT_TIMEOUT: Duration = Duration::from_millis(250);

/// A connection that is ready for a mail.
pub(super) struct Line {
    connection: AsyncSmtpConnection,
    /// Whether the server reads several commands at once (RFC 2920).
    pipelining: bool,
    /// Mails it took.
    pub(super) mails: u32,
}

/// At which command the server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Content,
}

/// A mail that was not taken, and nothing of it.
pub(super) enum Refusal {
    /// What we know ourselves.
    Ours(SendError),
    /// What the server said, or that it said nothing.
    Theirs(Stage, Error),
}

impl Refusal {
    /// Whether it may be about the connection and not about the mail: it was lost, the server closes it, or it
    /// takes no further mail on it.
    pub(super) fn is_about_the_line(&self) -> bool {
        match self {
            Self::Ours(_) => false,
            Self::Theirs(stage, error) => match error.status() {
                None => true,
                Some(code) => *stage == Stage::Sender || u16::from(code) == 421,
            },
        }
    }

    pub(super) fn judge(self) -> SendError {
        match self {
            Self::Ours(error) => error,
            Self::Theirs(stage, error) => words::before_content(stage, &error),
        }
    }
}

/// Several commands in one go.
struct Group(String);

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Line {
    /// Asks once more what the server can do, because lettre keeps no word of pipelining.
    pub(super) async fn open(
        mut connection: AsyncSmtpConnection,
        hello: &ClientId,
    ) -> Result<Self, Error> {
        let told = connection.command(Ehlo::new(hello.clone())).await?;
        let named = |line: &str| line.trim().eq_ignore_ascii_case("PIPELINING");
        let pipelining = told.message().any(named);
        Ok(Self {
            connection,
            pipelining,
            mails: 0,
        })
    }

    /// Everything before the content: sender, the one recipient, and the wish to send.
    pub(super) async fn announce(&mut self, mail: &Built) -> Result<(), Refusal> {
        let parameters = self.parameters(mail).map_err(Refusal::Ours)?;
        let mut commands = vec![(
            Stage::Sender,
            Mail::new(mail.envelope.from().cloned(), parameters).to_string(),
        )];
        for recipient in mail.envelope.to() {
            let command = Rcpt::new(recipient.clone(), Vec::new()).to_string();
            commands.push((Stage::Recipient, command));
        }
        commands.push((Stage::Content, Data.to_string()));
        let mut at_once = self.pipelining.then(|| {
            let text = commands.iter().map(|(_, command)| command.as_str());
            text.collect::<String>()
        });
        let mut is_said = false;
        for (stage, command) in commands {
            let answer = match (at_once.take(), is_said) {
                (Some(all), _) => {
                    is_said = true;
                    self.connection.command(Group(all)).await
                }
                (None, true) => self.connection.read_response().await,
                (None, false) => self.connection.command(Group(command)).await,
            };
            answer.map_err(|error| Refusal::Theirs(stage, error))?;
        }
        Ok(())
    }

    /// What a mail with characters outside ASCII asks of the server.
    fn parameters(&self, mail: &Built) -> Result<Vec<MailParameter>, SendError> {
        let can = |extension| self.connection.server_info().supports_feature(extension);
        let is_ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
        let mut addresses = mail.envelope.to().iter().chain(mail.envelope.from());
        let mut parameters = Vec::new();
        if !addresses.all(is_ascii) {
            if !can(Extension::SmtpUtfEight) {
                return Err(SendError::Never(
                    "the mail server takes no addresses outside ASCII (SMTPUTF8)".to_owned(),
                ));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.bytes.is_ascii() {
            if !can(Extension::EightBitMime) {
                return Err(SendError::Never(
                    "the mail server takes no headers outside ASCII (8BITMIME)".to_owned(),
                ));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }

    /// The content with its end, in one go.
    pub(super) async fn content(&mut self, bytes: &[u8]) -> Result<Response, Error> {
        let text = String::from_utf8_lossy(bytes);
        let taken = self.connection.command(Group(stuffed(&text))).await?;
        self.mails += 1;
        Ok(taken)
    }

    /// Whether the server still answers.
    pub(super) async fn lives(&mut self, limit: Duration) -> bool {
        matches!(
            timeout(limit, self.connection.command(Noop)).await,
            Ok(Ok(_))
        )
    }

    /// Says goodbye and closes.
    pub(super) async fn part(mut self) {
        let _in_time = timeout(QUIT_TIMEOUT, self.connection.abort()).await;
    }
}

/// `Source:` RFC 5321, 4.5.2: a dot is put before a line that begins with one, and a line of one dot ends
/// the content. Lines end with CR LF and nothing else, or two servers may see two ends.
fn stuffed(text: &str) -> String {
    let mut content = String::with_capacity(text.len() + text.len() / 64 + 8);
    let whole = text.strip_suffix("\r\n").unwrap_or(text);
    for line in whole
        .split("\r\n")
        .flat_map(|line| line.split(['\r', '\n']))
    {
        if line.starts_with('.') {
            content.push('.');
        }
        content.push_str(line);
        content.push_str("\r\n");
    }
    content.push_str(".\r\n");
    content
}

#[cfg(test)]
mod tests {
    use super::stuffed;

    #[test]
    fn dots_are_doubled_and_every_line_ends_in_one_way() {
        for (text, content) in [
            ("a\r\nb\r\n", "a\r\nb\r\n.\r\n"),
            (".\r\n..\r\n.a", "..\r\n...\r\n..a\r\n.\r\n"),
            ("a\n.\r\nMAIL FROM:<x>", "a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"),
            ("a\r.\rb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r\n\r\n", "a\r\n\r\n.\r\n"),
        ] {
            assert_eq!(stuffed(text), content, "{text:?}");
        }
    }
}

//! Mail handed to a mail server by SMTP.
//!
//! `Why:` a connection for each mail instead of lettre's pool. Its pool takes a connection back
//! whose send was cancelled by a timeout (`PooledConnection::drop`), and the next mail would read
//! the answers meant for the last one. Speaking the commands ourselves also tells how far a lost
//! dialogue had got: before the content nothing can have been taken, after it nobody knows.

mod encryption;
mod words;

use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::time::{Instant, timeout, timeout_at};

use super::dkim::Signer;
use super::message::{self, Built};
use crate::error::Internal;
use crate::mail::{Mailer, OutgoingEmail, SendError, Sending};
use crate::settings::{DkimSettings, SmtpSettings};
use encryption::Encryption;
use words::{after_content, before_content, before_mail};

/// For connecting, TLS, greeting and login together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For each address of the server, so that a dead one leaves time for the next.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(4);
/// For everything from connecting to the server's last answer. Shorter than the worker's lease.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// For saying goodbye. Short, because what came of the mail is written down only after it.
const QUIT_TIMEOUT: Duration = Duration::from_millis(250);

/// Hands mails to one mail server.
pub struct SmtpMailer {
    host: String,
    port: u16,
    tls: Encryption,
    login: Option<Credentials>,
    hello: ClientId,
    signer: Option<Signer>,
}

impl SmtpMailer {
    /// Prepares the way; connects to nothing yet.
    ///
    /// Errors: the TLS settings cannot be made, for example because the host is no name; the key does
    /// not sign.
    pub fn new(settings: &SmtpSettings, dkim: Option<&DkimSettings>) -> Result<Self, Internal> {
        let host = settings.host.trim_matches(['[', ']']).to_owned();
        let tls = Encryption::new(settings.tls, &host)
            .map_err(Internal::while_doing("preparing TLS for the mail server"))?;
        let login = settings.login.as_ref().map(|(username, password)| {
            Credentials::new(username.clone(), password.expose().to_owned())
        });
        Ok(Self {
            host,
            port: settings.port,
            tls,
            login,
            hello: ClientId::default(),
            signer: dkim
                .map(Signer::new)
                .transpose()
                .map_err(Internal::while_doing("reading the key that signs mail"))?,
        })
    }

    /// Connected, encrypted as the settings say, and logged in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let opening = async {
            let implicit = match &self.tls {
                Encryption::Implicit(parameters) => Some(parameters.clone()),
                Encryption::None | Encryption::Starttls(_) => None,
            };
            let server = (self.host.as_str(), self.port);
            let mut connection = AsyncSmtpConnection::connect_tokio1(
                server,
                Some(ADDRESS_TIMEOUT),
                &self.hello,
                implicit,
                None,
            )
            .await?;
            if let Encryption::Starttls(parameters) = &self.tls {
                connection.starttls(parameters.clone(), &self.hello).await?;
            }
            if let Some(login) = &self.login {
                connection.auth(DEFAULT_MECHANISMS, login).await?;
            }
            Ok(connection)
        };
        match timeout(CONNECT_TIMEOUT, opening).await {
            Ok(opened) => opened.map_err(|error| before_mail(&error)),
            Err(_elapsed) => Err(SendError::Later(
                "the mail server did not answer in time".to_owned(),
            )),
        }
    }

    async fn deliver(&self, mail: &Built) -> Result<(), SendError> {
        let deadline = Instant::now() + SEND_TIMEOUT;
        let mut connection = self.connect().await?;
        let outcome = match timeout_at(deadline, announce(&mut connection, mail)).await {
            Err(_elapsed) => Err(SendError::Later(
                "the mail server stopped answering before the content".to_owned(),
            )),
            Ok(Err(refused)) => Err(refused),
            Ok(Ok(())) => match timeout_at(deadline, connection.message(&mail.bytes)).await {
                Err(_elapsed) => Err(SendError::Unknown(
                    "the mail server stopped answering after the content".to_owned(),
                )),
                Ok(Err(error)) => Err(after_content(&error)),
                Ok(Ok(_taken)) => Ok(()),
            },
        };
        let _goodbye = timeout(QUIT_TIMEOUT, connection.abort()).await;
        outcome
    }
}

/// Everything before the content: sender, the one recipient, and the wish to send.
async fn announce(connection: &mut AsyncSmtpConnection, mail: &Built) -> Result<(), SendError> {
    let parameters = parameters(connection, &mail.envelope, mail.bytes.is_ascii())?;
    let sender = mail.envelope.from().cloned();
    let refused = |error| before_content(&error);
    connection
        .command(Mail::new(sender, parameters))
        .await
        .map_err(refused)?;
    for recipient in mail.envelope.to() {
        connection
            .command(Rcpt::new(recipient.clone(), Vec::new()))
            .await
            .map_err(refused)?;
    }
    connection.command(Data).await.map_err(refused)?;
    Ok(())
}

/// What a mail with characters outside ASCII asks of the server.
fn parameters(
    connection: &AsyncSmtpConnection,
    envelope: &Envelope,
    ascii_content: bool,
) -> Result<Vec<MailParameter>, SendError> {
    let ascii_address = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut parameters = Vec::new();
    if !envelope
        .to()
        .iter()
        .chain(envelope.from())
        .all(ascii_address)
    {
        if !connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
        {
            return Err(SendError::Never(
                "the mail server takes no addresses outside ASCII (SMTPUTF8)".to_owned(),
            ));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !ascii_content {
        if !connection
            .server_info()
            .supports_feature(Extension::EightBitMime)
        {
            return Err(SendError::Never(
                "the mail server takes no headers outside ASCII (8BITMIME)".to_owned(),
            ));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        Box::pin(async move {
            let mut mail = message::build(email)?;
            if let Some(signer) = &self.signer {
                let signature = signer.sign(&mail.bytes).ok_or_else(|| {
                    SendError::Never("the mail cannot be signed (mail.dkim)".to_owned())
                })?;
                mail.bytes.splice(0..0, signature.into_bytes());
            }
            self.deliver(&mail).await
        })
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async move {
            let mut connection = self.connect().await?;
            let _goodbye = timeout(QUIT_TIMEOUT, connection.abort()).await;
            Ok(())
        })
    }
}

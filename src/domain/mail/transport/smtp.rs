//! Mail handed to a mail server by SMTP.
//!
//! `Why:` lettre's connections, and neither its pool nor its `send`. Its pool takes a connection back whose
//! send was cancelled by a timeout (`PooledConnection::drop`), and the next mail would read the answers
//! meant for the last one. Speaking the commands ourselves also tells how far a lost dialogue had got:
//! before the content nothing can have been taken, after it nobody knows.

mod dialogue;
mod encryption;
mod idle;
mod words;

use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::time::{Instant, timeout, timeout_at};

use super::dkim::Signer;
use super::message::{self, Built};
use crate::domain::mail::{Mailer, OutgoingEmail, SendError, Sending};
use crate::platform::settings::{MailSettings, SmtpSettings};
use crate::types::error::Internal;
use dialogue::Line;
use encryption::Encryption;
use idle::IdleLines;
use words::before_mail;

/// How long each step may take, and how long connections are used.
#[derive(Clone, Copy, Debug)]
pub struct SmtpLimits {
    /// For connecting, TLS, greeting and login together.
    pub connecting: Duration,
    /// For each address of the server, so that a dead one leaves time for the next.
    pub address: Duration,
    /// For everything from connecting to the server's last answer. Shorter than the worker's lease.
    pub sending: Duration,
    /// For the answers before the content on a connection that was used before; then a new one is tried.
    pub reused: Duration,
    /// An idle connection is closed after this time. Servers wait much longer.
    pub idle: Duration,
    /// An idle connection is asked whether it still lives after this time.
    pub fresh: Duration,
    /// Mails sent by one connection.
    pub mails: u32,
}

impl Default for SmtpLimits {
    fn default() -> Self {
        Self {
            connecting: Duration::from_secs(10),
            address: Duration::from_secs(4),
            sending: Duration::from_secs(30),
            reused: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            fresh: Duration::from_secs(1),
            mails: 100,
        }
    }
}

/// Hands mails to one mail server.
pub struct SmtpMailer {
    name: String,
    host: String,
    port: u16,
    tls: Encryption,
    login: Option<Credentials>,
    hello: ClientId,
    return_path: Option<Address>,
    signer: Option<Signer>,
    limits: SmtpLimits,
    idle: Arc<IdleLines>,
}

impl SmtpMailer {
    /// Prepares the way; connects to nothing yet.
    ///
    /// Errors: the TLS settings cannot be made, for example because the host is no name; the key does
    /// not sign.
    pub fn new(settings: &MailSettings, smtp: &SmtpSettings) -> Result<Self, Internal> {
        Self::with_limits(settings, smtp, SmtpLimits::default())
    }

    /// The same with other limits; for tests.
    pub fn with_limits(
        settings: &MailSettings,
        smtp: &SmtpSettings,
        limits: SmtpLimits,
    ) -> Result<Self, Internal> {
        let host = smtp.host.trim_matches(['[', ']']).to_owned();
        let tls = Encryption::new(smtp, &host)
            .map_err(Internal::while_doing("preparing TLS for the mail server"))?;
        let login = smtp.login.as_ref().map(|(username, password)| {
            Credentials::new(username.clone(), password.expose().to_owned())
        });
        Ok(Self {
            name: format!("{}:{}", smtp.host, smtp.port),
            host,
            port: smtp.port,
            tls,
            login,
            hello: ClientId::default(),
            return_path: settings.return_path.clone(),
            signer: settings
                .dkim
                .as_ref()
                .map(Signer::new)
                .transpose()
                .map_err(Internal::while_doing("reading the key that signs mail"))?,
            limits,
            idle: Arc::default(),
        })
    }

    /// Connected, encrypted as the settings say, and logged in.
    async fn connect(&self) -> Result<Line, SendError> {
        let opening = async {
            let implicit = match &self.tls {
                Encryption::Implicit(parameters) => Some(parameters.clone()),
                Encryption::None | Encryption::Starttls(_) => None,
            };
            let server = (self.host.as_str(), self.port);
            let mut connection = AsyncSmtpConnection::connect_tokio1(
                server,
                Some(self.limits.address),
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
            Line::open(connection, &self.hello).await
        };
        match timeout(self.limits.connecting, opening).await {
            Ok(opened) => opened.map_err(|error| before_mail(&error)),
            Err(_elapsed) => Err(SendError::Later(
                "the mail server did not answer in time".to_owned(),
            )),
        }
    }

    /// By a connection that is there, else by a new one.
    async fn deliver(&self, mail: &Built) -> Result<String, SendError> {
        let deadline = Instant::now() + self.limits.sending;
        if let Some(mut line) = self.idle.take(&self.limits).await {
            let announced = timeout(self.limits.reused, line.announce(mail)).await;
            match announced {
                Ok(Ok(())) => return self.hand_over(line, mail, deadline).await,
                // Nothing was taken, and what went wrong may be about this connection alone.
                Ok(Err(refusal)) if refusal.is_about_the_line() => self.idle.part(line),
                Ok(Err(refusal)) => {
                    self.idle.part(line);
                    return Err(refusal.judge());
                }
                Err(_elapsed) => {}
            }
        }
        let mut line = self.connect().await?;
        match timeout_at(deadline, line.announce(mail)).await {
            Err(_elapsed) => Err(SendError::Later(
                "the mail server stopped answering before the content".to_owned(),
            )),
            Ok(Err(refusal)) => {
                self.idle.part(line);
                Err(refusal.judge())
            }
            Ok(Ok(())) => self.hand_over(line, mail, deadline).await,
        }
    }

    /// `Why:` only a connection that took the mail is used again; of any other nobody knows what it
    /// answers next. One dropped here, by a timeout of ours or the worker's, is closed.
    async fn hand_over(
        &self,
        mut line: Line,
        mail: &Built,
        deadline: Instant,
    ) -> Result<String, SendError> {
        match timeout_at(deadline, line.content(&mail.bytes)).await {
            Err(_elapsed) => Err(SendError::Unknown(
                "the mail server stopped answering after the content".to_owned(),
            )),
            Ok(Err(error)) => {
                self.idle.part(line);
                Err(words::after_content(&error))
            }
            Ok(Ok(taken)) => {
                self.idle.put(line, &self.limits);
                Ok(words::said(&taken))
            }
        }
    }

    fn build(&self, email: &OutgoingEmail) -> Result<Built, SendError> {
        let mut mail = message::build(email)?;
        if let Some(signer) = &self.signer {
            let signature = signer.sign(&mail.bytes).ok_or_else(|| {
                SendError::Never("the mail cannot be signed (mail.dkim)".to_owned())
            })?;
            mail.bytes.splice(0..0, signature.into_bytes());
        }
        if let Some(return_path) = &self.return_path {
            let to = mail.envelope.to().to_vec();
            mail.envelope = Envelope::new(Some(return_path.clone()), to).map_err(|error| {
                SendError::Never(format!("the mail has no address to go to: {error}"))
            })?;
        }
        Ok(mail)
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, email: &'a OutgoingEmail) -> Sending<'a> {
        Box::pin(async move {
            let mail = self.build(email)?;
            self.deliver(&mail).await
        })
    }

    fn server(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Sending<'_> {
        Box::pin(async move {
            let line = self.connect().await?;
            self.idle.part(line);
            Ok(self.name.clone())
        })
    }
}

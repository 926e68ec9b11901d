//! `[mail]`.

use std::net::IpAddr;
use std::path::PathBuf;

use lettre::Address;
use lettre::message::Mailbox;
use serde::Deserialize;

use super::dkim::{self, DkimSettings};
use super::{SettingsError, in_range, read_secret};
use crate::types::locale::canonical_locale;
use crate::types::look_alikes::{TURNED, turns_text};
use crate::types::secret::Secret;

/// How mail goes out.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Sender of every mail.
    pub from: Mailbox,
    /// Where replies go.
    pub reply_to: Option<Mailbox>,
    /// Where mail servers send what they could not deliver; the sender when none.
    pub return_path: Option<Address>,
    /// Language of mail to users without one of their own.
    pub default_locale: String,
    /// Folder of texts that go before the built-in ones.
    pub templates_dir: Option<PathBuf>,
    /// Tries before a mail is given up.
    pub max_attempts: u32,
    /// Mails that one process sends at once.
    pub parallel: u32,
    /// Mails to one domain at once, over all processes.
    pub parallel_per_domain: u32,
    /// With what mails are signed, where they are.
    pub dkim: Option<DkimSettings>,
    /// The way out.
    pub transport: TransportSettings,
}

/// The way out, with what that way needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportSettings {
    /// No mail at all.
    None,
    /// A folder of `.eml` files.
    File {
        /// The folder.
        directory: PathBuf,
        /// Mails kept there; the oldest are deleted beyond that.
        keep: usize,
    },
    /// A mail server.
    Smtp(SmtpSettings),
}

/// How to reach the mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: SmtpTls,
    /// Name and password, where the server wants them.
    pub login: Option<(String, Secret)>,
    /// Certificates (PEM) that are trusted besides the machine's own.
    pub authorities: Option<Vec<u8>>,
}

/// How the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// STARTTLS, required; nothing is sent to a server without it.
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// None; this machine only.
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    from: String,
    reply_to: Option<String>,
    return_path: Option<String>,
    default_locale: String,
    templates_dir: Option<PathBuf>,
    max_attempts: u32,
    parallel: u32,
    parallel_per_domain: u32,
    #[serde(default)]
    dkim: dkim::Raw,
    transport: RawTransport,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKind {
    None,
    File,
    Smtp,
}

/// One flat table, because a tagged enum could not be changed key by key from the environment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTransport {
    kind: RawKind,
    directory: Option<PathBuf>,
    keep: usize,
    host: Option<String>,
    port: Option<u16>,
    tls: Option<SmtpTls>,
    username: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

fn mailbox(name: &'static str, text: &str) -> Result<Mailbox, SettingsError> {
    if text.chars().any(turns_text) {
        return Err(SettingsError::value(name, TURNED));
    }
    text.parse().map_err(|_malformed| {
        SettingsError::value(name, "must read like \"Name <address@example.org>\"")
    })
}

fn return_path(text: &str) -> Result<Address, SettingsError> {
    text.parse().map_err(|_malformed| {
        SettingsError::value(
            "mail.return_path",
            "must be an address without a name, such as \"bounces@example.org\"",
        )
    })
}

impl Raw {
    pub(super) fn check(self) -> Result<MailSettings, SettingsError> {
        let default_locale = canonical_locale(&self.default_locale).ok_or_else(|| {
            let words = "must be a language tag such as \"en\" or \"pt-BR\"";
            SettingsError::value("mail.default_locale", words)
        })?;
        let transport = self.transport.check()?;
        let from = mailbox("mail.from", &self.from)?;
        check_sender(&from, &transport)?;
        let parallel = in_range("mail.parallel", self.parallel, 1..=100)?;
        Ok(MailSettings {
            dkim: self.dkim.check(from.email.domain())?,
            from,
            reply_to: self
                .reply_to
                .as_deref()
                .map(|text| mailbox("mail.reply_to", text))
                .transpose()?,
            return_path: self.return_path.as_deref().map(return_path).transpose()?,
            default_locale,
            templates_dir: self.templates_dir,
            max_attempts: in_range("mail.max_attempts", self.max_attempts, 1..=20)?,
            parallel,
            parallel_per_domain: in_range(
                "mail.parallel_per_domain",
                self.parallel_per_domain,
                1..=100,
            )?
            .min(parallel),
            transport,
        })
    }
}

/// `Why:` the default sender names this machine; other machines refuse or distrust such mail.
fn check_sender(from: &Mailbox, transport: &TransportSettings) -> Result<(), SettingsError> {
    match transport {
        TransportSettings::Smtp(smtp)
            if from.email.domain() == "localhost" && !is_this_machine(&smtp.host) =>
        {
            Err(SettingsError::value(
                "mail.from",
                "must be an address of your own domain before mail can go out by smtp",
            ))
        }
        _ => Ok(()),
    }
}

impl RawTransport {
    fn check(self) -> Result<TransportSettings, SettingsError> {
        match self.kind {
            RawKind::None => Ok(TransportSettings::None),
            RawKind::File => {
                let directory = self.directory.ok_or_else(|| {
                    SettingsError::value("mail.transport.directory", "is needed for kind \"file\"")
                })?;
                let keep = in_range("mail.transport.keep", self.keep, 1..=100_000)?;
                Ok(TransportSettings::File { directory, keep })
            }
            RawKind::Smtp => self.check_smtp().map(TransportSettings::Smtp),
        }
    }

    fn check_smtp(self) -> Result<SmtpSettings, SettingsError> {
        let host = self.host.ok_or_else(|| {
            SettingsError::value("mail.transport.host", "is needed for kind \"smtp\"")
        })?;
        let tls = self.tls.unwrap_or(SmtpTls::Starttls);
        if tls == SmtpTls::None && !is_this_machine(&host) {
            return Err(SettingsError::value(
                "mail.transport.tls",
                "may be \"none\" only for a server on this machine; use \"starttls\" or \"implicit\"",
            ));
        }
        let password = read_secret("mail.transport.password", self.password, self.password_file)?;
        let login = match (self.username, password) {
            (Some(username), Some(password)) => Some((username, password)),
            (None, None) => None,
            _ => {
                return Err(SettingsError::value(
                    "mail.transport.username",
                    "and the password belong together; give both or neither",
                ));
            }
        };
        let default_port = match tls {
            SmtpTls::Starttls => 587,
            SmtpTls::Implicit => 465,
            SmtpTls::None => 25,
        };
        Ok(SmtpSettings {
            host,
            port: self.port.unwrap_or(default_port),
            tls,
            login,
            authorities: self.ca_file.map(authorities).transpose()?,
        })
    }
}

fn authorities(path: PathBuf) -> Result<Vec<u8>, SettingsError> {
    std::fs::read(&path).map_err(|cause| SettingsError::SecretFile {
        name: "mail.transport.ca_file",
        path,
        cause,
    })
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

//! What a mail is made from, and what comes of it. Plain values; the engine is in `templates.rs`.
//!
//! A rendered mail may hold a password or a link, so nothing here prints one, errors included.

use std::fmt;

use url::Url;

use super::{Details, MailKind, MailSecret};
use crate::platform::settings::ServerSettings;
use crate::types::address::EmailAddress;
use crate::types::colour::Accent;

/// The site a mail speaks for.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// What it calls itself.
    pub name: &'a str,
    /// Where people reach it. From the settings, never from a request.
    pub public_url: Option<&'a Url>,
    /// Where people turn for help.
    pub support_email: Option<&'a str>,
    /// The colour of links and buttons.
    pub accent: Accent,
    /// Whether a logo goes along.
    pub has_logo: bool,
}

impl<'a> From<&'a ServerSettings> for Site<'a> {
    fn from(settings: &'a ServerSettings) -> Self {
        Self {
            name: &settings.site_name,
            public_url: settings.public_url.as_ref(),
            support_email: settings.support_email.as_ref().map(EmailAddress::as_str),
            accent: settings.accent,
            has_logo: false,
        }
    }
}

/// What a mail says, in which language.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Which mail.
    pub kind: MailKind,
    /// Wanted language; resolved to one there is.
    pub locale: &'a str,
    /// The plain values.
    pub details: &'a Details,
    /// The password or link, for the mails that carry one.
    pub secret: Option<&'a MailSecret>,
}

/// A mail as people read it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, without any secret and without control characters.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, equal in content.
    pub html: String,
}

/// `Why:` text and HTML may hold a password or a link.
impl fmt::Debug for Rendered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rendered")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// Why a mail does not render. Holds texts of the template engine, never the values it had at hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A template does not parse, or lacks a value.
    #[error("mail template {name}: {problem}")]
    Template {
        /// The file below `src/domain/mail/templates`.
        name: String,
        /// In the engine's words.
        problem: String,
    },
    /// The mail carries a password or a link and none was given.
    #[error("a {} mail needs its password or link", kind.name())]
    SecretMissing {
        /// Which mail.
        kind: MailKind,
    },
    /// The mail carries a link and nobody has said where it should lead.
    #[error("a {} mail carries a link; set server.public_url", kind.name())]
    PublicUrlMissing {
        /// Which mail.
        kind: MailKind,
    },
    /// The subject came out with a control character, which a header must not have.
    #[error("the subject of a {} mail has a control character", kind.name())]
    Subject {
        /// Which mail.
        kind: MailKind,
    },
}

//! The embedded templates, one folder a mail and language, parsed once by minijinja.
//!
//! A missing value is an error, and the engine's errors lose the values they carry. The folder of the
//! same name holds templates only: whatever stands there is embedded and parsed as one.

use std::fmt;

use minijinja::{Environment, UndefinedBehavior};
use rust_embed::RustEmbed;

use super::MailKind;

#[derive(RustEmbed)]
#[folder = "src/mail/templates"]
struct Files;

/// Languages there are templates for; the first is what every other language falls back to.
pub const LOCALES: [&str; 2] = ["en", "de"];

/// Steps one template may take. Each of ours takes a few hundred.
const FUEL: u64 = 20_000;

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

/// `Why:` text and HTML may hold a password.
impl fmt::Debug for Rendered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rendered")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// Why a mail does not render. Holds texts of the template engine, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A template does not parse, or lacks a value.
    #[error("mail template {name}: {problem}")]
    Template {
        /// The file below `src/mail/templates`.
        name: String,
        /// In the engine's words.
        problem: String,
    },
    /// The mail carries a password and none was given.
    #[error("a {} mail needs a password", kind.name())]
    SecretMissing {
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

impl RenderError {
    /// `Why:` the engine's own error may carry the values at hand, the password among them.
    pub(super) fn template(name: &str, error: &minijinja::Error) -> Self {
        let detail = error
            .detail()
            .map_or(String::new(), |text| format!(": {text}"));
        let line = error
            .line()
            .map_or(String::new(), |line| format!(" in line {line}"));
        Self::Template {
            name: name.to_owned(),
            problem: format!("{}{detail}{line}", error.kind()),
        }
    }
}

/// All templates, parsed.
pub struct Templates {
    pub(super) environment: Environment<'static>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Templates")
    }
}

impl Templates {
    /// Parses all templates. Once at the start, so that a broken one is found there.
    pub fn new() -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        // Otherwise errors carry the values of the template, in builds for development.
        environment.set_debug(false);
        for name in Files::iter() {
            let broken = |problem: &str| RenderError::Template {
                name: name.to_string(),
                problem: problem.to_owned(),
            };
            let file = Files::get(&name).ok_or_else(|| broken("is missing"))?;
            let source = String::from_utf8(file.data.into_owned())
                .map_err(|_not_text| broken("is not UTF-8"))?;
            environment
                .add_template_owned(name.to_string(), source)
                .map_err(|error| RenderError::template(&name, &error))?;
        }
        Ok(Self { environment })
    }

    /// The language a mail is written in: `de-AT` and `de_AT.UTF-8` become `de`, unknown ones `en`.
    pub fn resolve(locale: &str) -> &'static str {
        let language = locale.split(['-', '_', '.']).next().unwrap_or_default();
        let [fallback, ..] = LOCALES;
        LOCALES
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(language))
            .unwrap_or(fallback)
    }
}

/// The folder of a mail's templates.
pub(super) const fn folder(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Welcome => "welcome",
        MailKind::NewPassword => "new_password",
        MailKind::PasswordChanged => "password_changed",
        MailKind::Test => "test",
    }
}

/// Whether a mail carries a password. The others must not be given one.
pub(super) const fn carries_password(kind: MailKind) -> bool {
    matches!(kind, MailKind::Welcome | MailKind::NewPassword)
}

//! What the operator writes: one TOML file and the environment, parsed once into types.
//!
//! `default.toml` is embedded and is the reference of every setting. Unknown keys are refused, so a
//! slip of the pen never leaves a control off. No other file reads the environment.

mod alternatives;
mod audit;
mod database;
mod dkim;
mod jwt;
mod list;
mod mail;
mod policy;
mod postgres_url;
mod recovery;
mod secret_files;
mod security;
mod server;
mod sessions;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use serde::Deserialize;

pub use audit::AuditSettings;
pub use database::{DatabaseSettings, KeepSettings};
pub use dkim::DkimSettings;
pub use jwt::{Algorithm, JwtSettings, KeySource, TokenKind};
pub use mail::{MailSettings, SmtpSettings, SmtpTls, TransportSettings};
pub use policy::PolicySettings;
pub use postgres_url::PostgresServers;
pub use recovery::{RateSettings, RecoverySettings};
pub use secret_files::{SecretFile, is_open_to_others};
pub use security::{AdminPasswords, MailPasswords, SecuritySettings, TEMPORARY_SECONDS};
pub use server::{LogFormat, ServerSettings, TelemetrySettings};
pub use sessions::{SessionLimits, SessionSettings};

use crate::types::secret::Secret;

/// The commented defaults, as `keydesk doctor --defaults` prints them.
pub const DEFAULTS: &str = include_str!("default.toml");

/// The environment's name for the file of settings; every other `KEYDESK_…` is a setting.
pub const SETTINGS_FILE_VARIABLE: &str = "KEYDESK_SETTINGS";

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens and is reached.
    pub server: ServerSettings,
    /// Where data is kept.
    pub database: DatabaseSettings,
    /// How mail goes out.
    pub mail: MailSettings,
    /// Keys, and who may know passwords.
    pub security: SecuritySettings,
    /// Rules for new passwords.
    pub policy: PolicySettings,
    /// How the audit trail is kept.
    pub audit: AuditSettings,
    /// The log.
    pub telemetry: TelemetrySettings,
    /// The files that secrets were read from.
    pub secret_files: Vec<SecretFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    server: server::Raw,
    database: database::Raw,
    mail: mail::Raw,
    security: security::Raw,
    policy: policy::Raw,
    audit: audit::Raw,
    telemetry: server::RawTelemetry,
}

/// Why the settings are refused; the message names the setting and what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file or the environment could not be read into the expected shape.
    #[error("settings: {0}")]
    Shape(String),
    /// A value is out of range or contradicts another one.
    #[error("setting {name}: {problem}")]
    Value {
        /// Dotted name.
        name: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A secret's file could not be read.
    #[error("setting {name}: cannot read {}: {cause}", path.display())]
    SecretFile {
        /// Dotted name.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: std::io::Error,
    },
}

impl SettingsError {
    pub(crate) fn value(name: &'static str, problem: impl Into<String>) -> Self {
        Self::Value {
            name,
            problem: problem.into(),
        }
    }
}

impl Settings {
    /// Reads the defaults, then the file, then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        Self::read(file, Some(environment()))
    }

    /// The file beside a SQLite database that holds the server key, where no setting names one.
    pub fn key_path(&self) -> Option<PathBuf> {
        let database = self.database.sqlite_path()?;
        let is_set = self.security.key.is_some();
        (!is_set).then(|| database.with_extension("key"))
    }

    /// The defaults changed by a TOML text, without the environment; for `demo` and for tests.
    pub fn from_toml(overrides: &str) -> Result<Self, SettingsError> {
        let overrides = Config::builder()
            .add_source(File::from_str(overrides, FileFormat::Toml))
            .build();
        Self::layered([overrides])
    }

    fn read(file: Option<&Path>, environment: Option<Environment>) -> Result<Self, SettingsError> {
        let file = file.map(|path| {
            let file = File::from(path).format(FileFormat::Toml);
            Config::builder().add_source(file).build()
        });
        let environment =
            environment.map(|variables| Config::builder().add_source(variables).build());
        Self::layered(file.into_iter().chain(environment))
    }

    /// Puts sources on each other, above the defaults; the later one wins.
    fn layered(
        sources: impl IntoIterator<Item = Result<Config, config::ConfigError>>,
    ) -> Result<Self, SettingsError> {
        let shape = |error: config::ConfigError| SettingsError::Shape(error.to_string());
        let defaults = File::from_str(DEFAULTS, FileFormat::Toml);
        let mut whole = Config::builder().add_source(defaults);
        for source in sources {
            let source = source.map_err(shape)?;
            whole = alternatives::drop_beaten(whole, &source)?.add_source(source);
        }
        Self::build(whole.build())
    }

    fn build(config: Result<Config, config::ConfigError>) -> Result<Self, SettingsError> {
        let shape = |error: config::ConfigError| SettingsError::Shape(error.to_string());
        let config = config.map_err(shape)?;
        let secret_files = secret_files::named(&config);
        let raw: Raw = config.try_deserialize().map_err(shape)?;
        let settings = Self {
            secret_files,
            server: raw.server.check()?,
            database: raw.database.check()?,
            mail: raw.mail.check()?,
            security: raw.security.check()?,
            policy: raw.policy.check()?,
            audit: raw.audit.check()?,
            telemetry: raw.telemetry.check(),
        };
        if settings.mail.transport != TransportSettings::None
            && settings.server.public_url.is_none()
        {
            return Err(SettingsError::value(
                "server.public_url",
                "is needed as soon as mail.transport.kind is not \"none\", because mails carry links; \
                 write the address people reach this server at",
            ));
        }
        Ok(settings)
    }
}

/// The name of whoever runs the program, for the audit trail: with `sudo`, who they were before. Whoever
/// can run it can set this name.
pub fn os_user() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "settings/ is where the environment is read"
    )]
    let read = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let name = ["SUDO_USER", "DOAS_USER", "USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(read);
    let name = name.or_else(user_number);
    name.unwrap_or_else(|| "unknown".to_owned())
        .chars()
        .filter(|letter| !letter.is_control())
        .take(64)
        .collect()
}

/// The number of the process's user, where jobs and containers set no name.
fn user_number() -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        let own = std::fs::metadata("/proc/self").ok()?;
        let number = std::os::linux::fs::MetadataExt::st_uid(&own);
        Some(format!("uid {number}"))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// `Why:` values stay text until a setting's own type reads them; guessing numbers here would turn
/// the password "007" into "7".
fn environment() -> Environment {
    let given = std::env::vars()
        .filter(|(name, _)| name != SETTINGS_FILE_VARIABLE)
        .collect();
    from_variables(given)
}

fn from_variables(variables: HashMap<String, String>) -> Environment {
    Environment::with_prefix("KEYDESK")
        .prefix_separator("_")
        .separator("__")
        .ignore_empty(true)
        .source(Some(variables))
}

/// A secret given directly or by file; both at once is a contradiction.
fn read_secret(
    name: &'static str,
    value: Option<String>,
    file: Option<PathBuf>,
) -> Result<Option<Secret>, SettingsError> {
    match (value, file) {
        (Some(_), Some(_)) => Err(SettingsError::value(
            name,
            "is given directly and by file; remove one",
        )),
        (Some(value), None) => Ok(Some(Secret::new(value))),
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Secret::new(
                text.trim_end_matches(['\r', '\n']).to_owned(),
            ))),
            Err(cause) => Err(SettingsError::SecretFile { name, path, cause }),
        },
        (None, None) => Ok(None),
    }
}

/// Refuses a number outside its range.
fn in_range<T: PartialOrd + std::fmt::Display + Copy>(
    name: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, SettingsError> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(SettingsError::value(
        name,
        format!(
            "must be from {} to {}, not {value}",
            range.start(),
            range.end()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(overrides: &str) -> String {
        Settings::from_toml(overrides)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_defaults_are_accepted() {
        let settings = Settings::from_toml("").unwrap();
        assert_eq!(settings.policy.min_length, 15);
        assert_eq!(settings.mail.transport, TransportSettings::None);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        assert!(refusal("[security]\nmail_pasword = \"forbid\"").contains("mail_pasword"));
        assert!(refusal("[sekurity]\nx = 1").contains("sekurity"));
    }

    #[test]
    fn values_out_of_range_say_the_range() {
        assert!(refusal("[policy]\nmin_length = 7").contains("from 8 to 64"));
        assert!(refusal("[security]\nhashing_memory_kib = 1024").contains("19456"));
        assert!(refusal("[security]\ntemporary_password_seconds = 60").contains("3600"));
        assert!(refusal("[mail]\ndefault_locale = \"French\"").contains("language tag"));
    }

    #[test]
    fn a_mail_transport_needs_the_public_address() {
        let file = "[mail.transport]\nkind = \"file\"\ndirectory = \"m\"";
        assert!(refusal(file).contains("server.public_url"));
    }

    #[test]
    fn links_need_https_unless_the_host_is_this_machine() {
        assert!(refusal("[server]\npublic_url = \"http://id.example.org\"").contains("https"));
        assert!(Settings::from_toml("[server]\npublic_url = \"http://127.0.0.1:8080\"").is_ok());
    }

    #[test]
    fn smtp_without_encryption_is_for_this_machine_only() {
        let smtp = |host: &str, tls: &str| {
            format!(
                "[server]\npublic_url = \"https://id.example.org\"\n[mail]\nfrom = \"a@example.org\"\n\
                 [mail.transport]\nkind = \"smtp\"\nhost = \"{host}\"\ntls = \"{tls}\""
            )
        };
        assert!(refusal(&smtp("smtp.example.org", "none")).contains("tls"));
        assert!(Settings::from_toml(&smtp("127.0.0.1", "none")).is_ok());
        assert!(Settings::from_toml(&smtp("smtp.example.org", "starttls")).is_ok());
    }

    #[test]
    fn the_environment_wins_and_secrets_do_not_print() {
        let source = [
            ("KEYDESK_SERVER__PUBLIC_URL", "https://id.example.org"),
            ("KEYDESK_MAIL__FROM", "Desk <desk@example.org>"),
            ("KEYDESK_MAIL__TRANSPORT__KIND", "smtp"),
            ("KEYDESK_MAIL__TRANSPORT__HOST", "smtp.example.org"),
            ("KEYDESK_MAIL__TRANSPORT__USERNAME", "desk"),
            ("KEYDESK_MAIL__TRANSPORT__PASSWORD", "0012345678901234567"),
            ("KEYDESK_POLICY__MIN_LENGTH", "12"),
            ("KEYDESK_POLICY__WORDS", "acme,rocket"),
        ];
        let source = source.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = from_variables(source.into_iter().collect());
        let settings = Settings::read(None, Some(environment)).unwrap();
        assert_eq!(settings.policy.min_length, 12);
        assert_eq!(settings.policy.words, ["acme", "rocket"]);
        let printed = format!("{settings:?}");
        assert!(!printed.contains("0012345678901234567"), "{printed}");
    }
}

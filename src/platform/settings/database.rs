//! `[database]`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::postgres_url::{self, PostgresServers};
use super::{SettingsError, in_range, read_secret};
use crate::types::secret::Secret;

/// Where data is kept.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `sqlite:FILE` or `postgres://…`; a secret, because it may hold a password.
    pub url: Secret,
    /// Connections of this process at most.
    pub max_connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// How long ended rows are kept.
    pub keep: KeepSettings,
}

impl DatabaseSettings {
    /// The file behind a SQLite address; `None` for other databases.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let rest = self.url.expose().strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest);
        Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
    }

    /// The servers behind a PostgreSQL address.
    ///
    /// `Errors:` a sentence that continues "database.url".
    pub fn postgres_servers(&self) -> Result<PostgresServers, String> {
        postgres_url::read(self.url.expose())
    }
}

/// How long ended rows are kept before the janitor deletes them.
#[derive(Clone, Copy, Debug)]
pub struct KeepSettings {
    /// Outcomes behind idempotency keys.
    pub idempotency: Duration,
    /// Links and sessions after their end.
    pub ended: Duration,
    /// Deleted users, before they are anonymised.
    pub deleted: Duration,
    /// Mails.
    pub mail: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    url: Option<String>,
    url_file: Option<PathBuf>,
    max_connections: u32,
    acquire_timeout_seconds: u64,
    keep: RawKeep,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_field_names,
    reason = "the unit stands in each setting's name"
)]
struct RawKeep {
    idempotency_hours: u64,
    ended_hours: u64,
    deleted_hours: u64,
    mail_hours: u64,
}

const HOURS_TEN_YEARS: u64 = 87_660;

fn hours(name: &'static str, value: u64) -> Result<Duration, SettingsError> {
    Ok(Duration::from_secs(
        in_range(name, value, 1..=HOURS_TEN_YEARS)? * 3600,
    ))
}

impl Raw {
    pub(super) fn check(self) -> Result<DatabaseSettings, SettingsError> {
        let url = read_secret("database.url", self.url, self.url_file)?
            .ok_or_else(|| SettingsError::value("database.url", "is missing"))?;
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|scheme| url.expose().starts_with(scheme)) {
            return Err(SettingsError::value(
                "database.url",
                "must begin with sqlite: or postgres://",
            ));
        }
        if !url.expose().starts_with("sqlite:") {
            let servers = postgres_url::read(url.expose());
            servers.map_err(|problem| SettingsError::value("database.url", problem))?;
        }
        Ok(DatabaseSettings {
            url,
            max_connections: in_range("database.max_connections", self.max_connections, 2..=1_000)?,
            acquire_timeout: Duration::from_secs(in_range(
                "database.acquire_timeout_seconds",
                self.acquire_timeout_seconds,
                1..=60,
            )?),
            keep: KeepSettings {
                idempotency: hours(
                    "database.keep.idempotency_hours",
                    self.keep.idempotency_hours,
                )?,
                ended: hours("database.keep.ended_hours", self.keep.ended_hours)?,
                deleted: hours("database.keep.deleted_hours", self.keep.deleted_hours)?,
                mail: hours("database.keep.mail_hours", self.keep.mail_hours)?,
            },
        })
    }
}

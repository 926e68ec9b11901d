//! `[server]` and `[telemetry]`.

use std::net::SocketAddr;

use serde::Deserialize;
use url::{Host, Url};

use super::SettingsError;

/// Where the server listens and is reached.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Base of every link in a mail.
    pub public_url: Option<Url>,
    /// What the site calls itself.
    pub site_name: String,
    /// Whether `/graphiql` is there.
    pub playground: bool,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The log.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// Levels by module.
    pub filter: String,
    /// How lines look.
    pub format: LogFormat,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    listen: SocketAddr,
    public_url: Option<Url>,
    site_name: String,
    playground: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTelemetry {
    filter: String,
    format: LogFormat,
}

impl RawTelemetry {
    pub(super) fn check(self) -> TelemetrySettings {
        TelemetrySettings {
            filter: self.filter,
            format: self.format,
        }
    }
}

impl Raw {
    pub(super) fn check(self) -> Result<ServerSettings, SettingsError> {
        if let Some(url) = &self.public_url {
            check_public_url(url)?;
        }
        let site_name = self.site_name.trim().to_owned();
        if site_name.is_empty() || site_name.chars().count() > 64 || has_control(&site_name) {
            return Err(SettingsError::value(
                "server.site_name",
                "must be 1 to 64 characters without line breaks",
            ));
        }
        Ok(ServerSettings {
            listen: self.listen,
            public_url: self.public_url,
            site_name,
            playground: self.playground,
        })
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

fn check_public_url(url: &Url) -> Result<(), SettingsError> {
    let refused = |problem: &str| Err(SettingsError::value("server.public_url", problem));
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return refused("must be an address only, without user, query or fragment");
    }
    match (url.scheme(), is_loopback(url)) {
        ("https", _) | ("http", true) => Ok(()),
        _ => refused("must be https unless the host is this machine"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

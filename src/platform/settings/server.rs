//! `[server]` and `[telemetry]`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use url::{Host, Url};

use super::list::List;
use super::{SettingsError, in_range};
use crate::types::address::EmailAddress;
use crate::types::colour::{Accent, Colour};
use crate::types::look_alikes::turns_text;

/// Where the server listens and is reached.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Base of every link in a mail.
    pub public_url: Option<Url>,
    /// What the site calls itself.
    pub site_name: String,
    /// Where people turn for help.
    pub support_email: Option<EmailAddress>,
    /// The colour of links and buttons, on pages and in mail.
    pub accent: Accent,
    /// A picture that stands on every page beside that name: PNG or SVG.
    pub logo_file: Option<PathBuf>,
    /// A folder of templates and texts that stand in place of the pages' own.
    pub templates_dir: Option<PathBuf>,
    /// Whether `/graphiql` is there.
    pub playground: bool,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The clients of one network get at most this part of connections, bodies under way, requests in work
    /// and sockets: 8 is an eighth, 0 no limit.
    pub network_share: u32,
    /// How long connections are still taken after a stop was asked for.
    pub stop_grace: Duration,
    /// Pages elsewhere that may call the API, as browsers write them in `Origin`.
    pub cors_origins: Vec<String>,
}

impl ServerSettings {
    /// Whether people reach the server by https alone.
    pub fn is_https(&self) -> bool {
        let url = self.public_url.as_ref();
        url.is_some_and(|url| url.scheme() == "https")
    }

    /// Whether people reach the server on this machine alone: it listens on a loopback address, and
    /// `public_url` names one.
    ///
    /// `Why:` both. Behind a proxy on the same machine the address it listens on is a loopback one as well.
    pub fn is_local(&self) -> bool {
        let url = self.public_url.as_ref();
        self.listen.ip().is_loopback() && url.is_some_and(is_loopback)
    }
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
    support_email: Option<String>,
    accent_color: String,
    logo_file: Option<PathBuf>,
    templates_dir: Option<PathBuf>,
    playground: Option<bool>,
    trusted_proxies: List,
    network_share: u32,
    stop_grace_seconds: u64,
    cors_origins: List,
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
                "must be 1 to 64 characters without line breaks or characters that turn the direction \
                 of writing",
            ));
        }
        let is_local = self.public_url.as_ref().is_some_and(is_loopback);
        Ok(ServerSettings {
            listen: self.listen,
            public_url: self.public_url,
            site_name,
            support_email: self
                .support_email
                .as_deref()
                .map(support_email)
                .transpose()?,
            accent: accent(&self.accent_color)?,
            logo_file: self.logo_file,
            templates_dir: self.templates_dir,
            playground: self.playground.unwrap_or(is_local),
            trusted_proxies: all(self.trusted_proxies, proxy)?,
            network_share: in_range("server.network_share", self.network_share, 0..=1000)?,
            stop_grace: Duration::from_secs(in_range(
                "server.stop_grace_seconds",
                self.stop_grace_seconds,
                0..=60,
            )?),
            cors_origins: all(self.cors_origins, origin)?,
        })
    }
}

fn support_email(text: &str) -> Result<EmailAddress, SettingsError> {
    EmailAddress::parse(text)
        .map_err(|error| SettingsError::value("server.support_email", error.to_string()))
}

fn accent(text: &str) -> Result<Accent, SettingsError> {
    let colour = Colour::parse(text)
        .ok_or_else(|| SettingsError::value("server.accent_color", "must read like \"#1457c4\""))?;
    Ok(Accent::of(colour))
}

fn all<T>(
    list: List,
    read: impl Fn(&str) -> Result<T, SettingsError>,
) -> Result<Vec<T>, SettingsError> {
    list.words().iter().map(|word| read(word)).collect()
}

/// `Why:` everybody is no proxy: whoever trusts all addresses lets each caller choose its own.
fn proxy(text: &str) -> Result<IpNet, SettingsError> {
    let refused = |problem: &str| {
        let problem = format!("`{}` {problem}", text.escape_debug());
        SettingsError::value("server.trusted_proxies", problem)
    };
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let net: IpNet = address
        .or_else(|_not_alone| text.parse())
        .map_err(|_neither| {
            refused("is neither an address nor a range such as 10.0.0.0/8 or fd00::/8")
        })?;
    match net {
        _ if net.prefix_len() == 0 => Err(refused("would trust everybody; name your proxies")),
        IpNet::V6(six) if six.addr().to_ipv4_mapped().is_some() => {
            Err(refused("is an IPv4 address in IPv6; write it as IPv4"))
        }
        _ => Ok(net.trunc()),
    }
}

/// `Why:` compared byte by byte with what a browser sends, so it must be written as browsers do.
fn origin(text: &str) -> Result<String, SettingsError> {
    let refused = |problem: &str| {
        let problem = format!("`{}` {problem}", text.escape_debug());
        Err(SettingsError::value("server.cors_origins", problem))
    };
    let Ok(url) = text.parse::<Url>() else {
        return refused(
            "is no origin; write scheme://host or scheme://host:port, one for each page",
        );
    };
    let written = url.origin().ascii_serialization();
    match (url.scheme(), is_loopback(&url)) {
        _ if text.contains('*') => refused("is a pattern; name each origin"),
        ("https", _) | ("http", true) if written == text => Ok(written),
        ("https", _) | ("http", true) => refused(&format!("is no plain origin; write `{written}`")),
        _ => refused("must be https unless the host is this machine"),
    }
}

fn has_control(text: &str) -> bool {
    text.chars()
        .any(|letter| letter.is_control() || turns_text(letter))
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

/// Whether the host is this machine by its name or address.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests;

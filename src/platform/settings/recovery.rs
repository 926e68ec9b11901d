//! `[security.recovery]`.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::list::List;
use super::server::is_loopback;
use super::{SettingsError, in_range};

/// How people come by a new password themselves.
#[derive(Clone, Debug)]
pub struct RecoverySettings {
    /// Whether they may ask for it.
    pub self_service: bool,
    /// How long a link works that somebody asked for.
    pub link: Duration,
    /// How long the code beside it works.
    pub code: Duration,
    /// How often one network may ask.
    pub requests: RateSettings,
    /// How many mails one account gets.
    pub mails: RateSettings,
    /// Pages elsewhere that people may go on to afterwards, letter by letter.
    pub redirect_urls: Vec<String>,
}

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateSettings {
    /// How often at once.
    pub burst: u32,
    /// How long until one of these has come back.
    pub per: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    self_service: bool,
    link_minutes: u64,
    code_minutes: u64,
    requests_at_once: u32,
    requests_per_hour: u32,
    mails_at_once: u32,
    mails_per_hour: u32,
    redirect_urls: List,
}

const MINUTE: u64 = 60;
const HOUR: Duration = Duration::from_hours(1);
/// Most of anything in an hour.
const MOST: u32 = 100_000;

impl Raw {
    /// `Source:` NIST SP 800-63B-4 §4.2.1.2, 24 hours for a link; ASVS 6.5.5 and 6.6.2, 10 minutes for a
    /// code, up to an hour here.
    pub(super) fn check(self) -> Result<RecoverySettings, SettingsError> {
        let link = in_range(
            "security.recovery.link_minutes",
            self.link_minutes,
            1..=1_440,
        )?;
        let code = in_range("security.recovery.code_minutes", self.code_minutes, 1..=60)?;
        let words = self.redirect_urls.words().into_iter();
        let named = words.filter(|word| !word.is_empty());
        Ok(RecoverySettings {
            self_service: self.self_service,
            link: Duration::from_secs(link * MINUTE),
            code: Duration::from_secs(code.min(link) * MINUTE),
            requests: rate(
                ("security.recovery.requests_at_once", self.requests_at_once),
                (
                    "security.recovery.requests_per_hour",
                    self.requests_per_hour,
                ),
            )?,
            mails: rate(
                ("security.recovery.mails_at_once", self.mails_at_once),
                ("security.recovery.mails_per_hour", self.mails_per_hour),
            )?,
            redirect_urls: named.map(redirect).collect::<Result<_, _>>()?,
        })
    }
}

fn rate(
    (burst_name, burst): (&'static str, u32),
    (hourly_name, hourly): (&'static str, u32),
) -> Result<RateSettings, SettingsError> {
    Ok(RateSettings {
        burst: in_range(burst_name, burst, 1..=MOST)?,
        per: HOUR / in_range(hourly_name, hourly, 1..=MOST)?,
    })
}

/// `Why:` compared letter by letter, so it must be an address that leads to one place only.
fn redirect(text: String) -> Result<String, SettingsError> {
    let refused = |problem: &str| {
        let problem = format!("`{}` {problem}", text.escape_debug());
        Err(SettingsError::value(
            "security.recovery.redirect_urls",
            problem,
        ))
    };
    let Ok(url) = text.parse::<Url>() else {
        return refused("is no address; write it whole, such as https://portal.example.org/done");
    };
    if text.contains('*') {
        return refused("is a pattern; name each address");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("names a user; write it without");
    }
    match (url.scheme(), is_loopback(&url)) {
        ("https", _) | ("http", true) if url.as_str() == text => Ok(text),
        ("https", _) | ("http", true) => refused(&format!("is not written plainly; write `{url}`")),
        _ => refused("must be https unless the host is this machine"),
    }
}

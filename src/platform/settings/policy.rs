//! `[policy]`.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::list::List;
use super::server::is_loopback;
use super::{SettingsError, in_range};

/// Rules for new passwords.
#[derive(Clone, Debug)]
pub struct PolicySettings {
    /// Fewest characters.
    pub min_length: u32,
    /// Lowest strength, 0 to 4.
    pub min_strength: u8,
    /// Whether common passwords are refused.
    pub reject_common: bool,
    /// Whether passwords that resemble the user are refused.
    pub reject_similar_to_user: bool,
    /// Earlier passwords that may not come back.
    pub history_count: u32,
    /// Words a password may not merely decorate.
    pub words: Vec<String>,
    /// Breached passwords by SHA-1, ordered.
    pub breached_file: Option<PathBuf>,
    /// A service that knows breached passwords by the beginning of their SHA-1; with a slash at its end.
    pub breached_api: Option<Url>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    min_length: u32,
    min_strength: u8,
    reject_common: bool,
    reject_similar_to_user: bool,
    history_count: u32,
    words: List,
    breached_file: Option<PathBuf>,
    breached_api: Option<Url>,
}

impl Raw {
    pub(super) fn check(self) -> Result<PolicySettings, SettingsError> {
        Ok(PolicySettings {
            min_length: in_range("policy.min_length", self.min_length, 8..=64)?,
            min_strength: in_range("policy.min_strength", self.min_strength, 0..=4)?,
            reject_common: self.reject_common,
            reject_similar_to_user: self.reject_similar_to_user,
            history_count: in_range("policy.history_count", self.history_count, 0..=24)?,
            words: self.words.words(),
            breached_file: self.breached_file,
            breached_api: self.breached_api.map(service).transpose()?,
        })
    }
}

/// `Why:` five digits of a hash tell little, but who asks and when is nobody's business on the way.
fn service(mut url: Url) -> Result<Url, SettingsError> {
    let refused = |problem: &str| Err(SettingsError::value("policy.breached_api", problem));
    if !url.username().is_empty() || url.password().is_some() {
        return refused("must not hold a user name or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("must end with the path to which five digits of a hash are added");
    }
    if !matches!(
        (url.scheme(), is_loopback(&url)),
        ("https", _) | ("http", true)
    ) {
        return refused("must be https unless the host is this machine");
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

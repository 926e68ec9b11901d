//! `[security.jwt]`: whose tokens prove who is calling.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::list::List;
use super::server::is_loopback;
use super::{SettingsError, in_range};
use crate::types::actor::Role;

/// How a token is signed. Only what a public key verifies: a secret shared with the issuer could
/// make tokens as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with PKCS#1 1.5 padding and SHA-256.
    Rs256,
    /// ECDSA on the curve P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The name in a token's header. `Source:` RFC 7518, 3.1; RFC 8037, 3.1.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads a name, letter case included, as RFC 7515 asks.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// Which tokens of the issuer are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Access tokens: for services, such as this one.
    Access,
    /// ID tokens, for issuers whose access tokens are no JWT.
    Id,
}

/// Where the issuer's public keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A JSON Web Key Set at this address.
    Url(Url),
    /// One key, as the text of a PEM file.
    Pem(String),
}

/// Whose tokens are taken.
#[derive(Clone, Debug)]
pub struct JwtSettings {
    /// The `iss` a token must have.
    pub issuer: String,
    /// What must be in its `aud`.
    pub audience: String,
    /// The keys.
    pub keys: KeySource,
    /// The signatures that are taken.
    pub algorithms: Vec<Algorithm>,
    /// The claim that limits the role: a name, or a JSON pointer when it begins with a slash.
    pub role_claim: Option<String>,
    /// What the claim's values stand for.
    pub roles: Vec<(String, Role)>,
    /// Which tokens are taken.
    pub token_kind: TokenKind,
    /// One of these must be the token's `acr`, if there are any.
    pub acr_values: Vec<String>,
    /// One of these must be in the token's `amr`, if there are any.
    pub amr_values: Vec<String>,
    /// How far the issuer's clock may differ.
    pub leeway: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    enabled: bool,
    issuer: Option<String>,
    audience: Option<String>,
    jwks_url: Option<Url>,
    public_key_file: Option<PathBuf>,
    algorithms: List,
    role_claim: Option<String>,
    roles: List,
    token_kind: TokenKind,
    acr_values: List,
    amr_values: List,
    leeway_seconds: u64,
}

impl Raw {
    /// `None` when tokens are off; what is written is judged all the same.
    pub(super) fn check(self) -> Result<Option<JwtSettings>, SettingsError> {
        let algorithms = algorithms(self.algorithms)?;
        let roles = roles(self.roles)?;
        let leeway = in_range("security.jwt.leeway_seconds", self.leeway_seconds, 0..=60)?;
        if let Some(url) = &self.jwks_url {
            check_url(url)?;
        }
        if self.role_claim.is_some() == roles.is_empty() {
            return Err(SettingsError::value(
                "security.jwt.roles",
                "and security.jwt.role_claim are given together or not at all",
            ));
        }
        if !self.enabled {
            return Ok(None);
        }
        let keys = match (self.jwks_url, self.public_key_file) {
            (Some(url), None) => KeySource::Url(url),
            (None, Some(path)) => KeySource::Pem(read_pem(path)?),
            _ => {
                return Err(SettingsError::value(
                    "security.jwt.jwks_url",
                    "or security.jwt.public_key_file is needed, one of the two",
                ));
            }
        };
        Ok(Some(JwtSettings {
            issuer: needed("security.jwt.issuer", self.issuer)?,
            audience: needed("security.jwt.audience", self.audience)?,
            keys,
            algorithms,
            role_claim: self.role_claim,
            roles,
            token_kind: self.token_kind,
            acr_values: values(self.acr_values),
            amr_values: values(self.amr_values),
            leeway: Duration::from_secs(leeway),
        }))
    }
}

/// `Why:` without an issuer and an audience, a token that was made for another service would open
/// this one.
fn needed(name: &'static str, value: Option<String>) -> Result<String, SettingsError> {
    value
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| SettingsError::value(name, "is needed when security.jwt.enabled is true"))
}

fn check_url(url: &Url) -> Result<(), SettingsError> {
    let refused = |problem: &str| Err(SettingsError::value("security.jwt.jwks_url", problem));
    if !url.username().is_empty() || url.password().is_some() {
        return refused("must not hold a user name or a password");
    }
    match (url.scheme(), is_loopback(url)) {
        ("https", _) | ("http", true) => Ok(()),
        _ => refused("must be https unless the host is this machine"),
    }
}

fn read_pem(path: PathBuf) -> Result<String, SettingsError> {
    let name = "security.jwt.public_key_file";
    std::fs::read_to_string(&path).map_err(|cause| SettingsError::SecretFile { name, path, cause })
}

fn algorithms(list: List) -> Result<Vec<Algorithm>, SettingsError> {
    let name = "security.jwt.algorithms";
    let read = |word: &String| {
        Algorithm::parse(word).ok_or_else(|| {
            let known = Algorithm::ALL.map(Algorithm::name).join(", ");
            let problem = format!("takes {known}; `{}` is none", word.escape_debug());
            SettingsError::value(name, problem)
        })
    };
    let algorithms: Vec<_> = list.words().iter().map(read).collect::<Result<_, _>>()?;
    if algorithms.is_empty() {
        return Err(SettingsError::value(name, "needs at least one"));
    }
    Ok(algorithms)
}

fn values(list: List) -> Vec<String> {
    let mut words = list.words();
    words.retain(|word| !word.trim().is_empty());
    words
}

/// `Why:` a list of pairs and no table, because the environment does not keep the case of a table's
/// names, and a group's name may have any.
fn roles(list: List) -> Result<Vec<(String, Role)>, SettingsError> {
    let read = |pair: &String| {
        let (value, role) = pair.rsplit_once('=')?;
        let (value, role) = (value.trim(), Role::parse(role.trim())?);
        (!value.is_empty()).then(|| (value.to_owned(), role))
    };
    let refused = |pair: &String| {
        let known = Role::ALL.map(Role::name).join(", ");
        let problem = format!(
            "takes pairs such as \"support=HELPDESK\" with a role of {known}, not `{}`",
            pair.escape_debug()
        );
        SettingsError::value("security.jwt.roles", problem)
    };
    let words = list.words();
    let pairs = words.iter().filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| read(pair).ok_or_else(|| refused(pair)))
        .collect()
}

#[cfg(test)]
mod tests;

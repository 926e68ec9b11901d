//! What a verified token says, as far as it is for this server and of now.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Number, Value};

use super::TokenError;
use crate::platform::settings::JwtSettings;
use crate::types::actor::Role;
use crate::types::clock::Timestamp;

/// Longest `sub`. `Source:` OpenID Connect Core, 2.
const MAX_SUBJECT: usize = 255;
/// How far ahead a token may end. `Why:` nobody can revoke it here, so one that works for a year is a password
/// that is never changed.
const MOST_AHEAD: Duration = Duration::from_hours(24);

/// Whom a token stands for, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The issuer's name for the person or program.
    pub subject: String,
    /// Their address, if the issuer has verified it.
    pub verified_email: Option<String>,
    /// The highest role the token gives; `Owner` where the settings name no claim for it.
    pub role_limit: Role,
    /// When they proved who they are to the issuer, if it says so. Never in the future.
    pub authenticated_at: Option<Timestamp>,
    /// When the token stops working.
    pub expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Raw {
    iss: String,
    sub: String,
    aud: Audience,
    exp: Number,
    nbf: Option<Number>,
    iat: Option<Number>,
    auth_time: Option<Number>,
    email: Option<String>,
    email_verified: Option<Value>,
    cnf: Option<IgnoredAny>,
    acr: Option<Value>,
    amr: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn holds(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Several(several) => several.iter().any(|one| one == wanted),
        }
    }
}

/// Judges the claims of a token whose signature is right.
pub(super) fn read(
    payload: &[u8],
    settings: &JwtSettings,
    now: Timestamp,
) -> Result<Claims, TokenError> {
    let raw: Raw = serde_json::from_slice(payload).map_err(|_unreadable| {
        TokenError::Malformed("its claims lack iss, sub, aud or exp, or one has the wrong type")
    })?;
    if raw.iss != settings.issuer {
        return Err(TokenError::Issuer);
    }
    if !raw.aud.holds(&settings.audience) {
        return Err(TokenError::Audience);
    }
    let expires_at = instant(&raw.exp)?;
    if expires_at.plus(settings.leeway) <= now {
        return Err(TokenError::Expired);
    }
    if expires_at > now.plus(MOST_AHEAD).plus(settings.leeway) {
        return Err(TokenError::TooLongLived);
    }
    for start in [raw.nbf, raw.iat].into_iter().flatten() {
        if instant(&start)? > now.plus(settings.leeway) {
            return Err(TokenError::NotYet);
        }
    }
    // `Source:` RFC 9449, 7.2; RFC 8705, 3: such a token proves nothing without its key.
    if raw.cnf.is_some() {
        let why = "it is bound to a key of its holder (cnf), so it cannot be sent alone";
        return Err(TokenError::Malformed(why));
    }
    if !(1..=MAX_SUBJECT).contains(&raw.sub.chars().count()) {
        return Err(TokenError::Malformed("its sub is empty or too long"));
    }
    if !is_strong(raw.acr.as_ref(), &settings.acr_values)
        || !is_strong(raw.amr.as_ref(), &settings.amr_values)
    {
        return Err(TokenError::Strength);
    }
    let is_verified = raw.email_verified == Some(Value::Bool(true));
    let authenticated_at = raw.auth_time.as_ref().map(instant).transpose()?;
    Ok(Claims {
        subject: raw.sub,
        verified_email: raw.email.filter(|_| is_verified),
        role_limit: role_limit(payload, settings),
        authenticated_at: authenticated_at.map(|at| at.min(now)),
        expires_at,
    })
}

/// Whether a claim has one of the values that are demanded, if any are. `Source:` OpenID Connect Core, 2: how
/// (`amr`) and how strongly (`acr`) somebody proved who they are.
fn is_strong(claim: Option<&Value>, demanded: &[String]) -> bool {
    let is_one = |value: &Value| demanded.iter().any(|wanted| value.as_str() == Some(wanted));
    demanded.is_empty() || values(claim).iter().any(is_one)
}

/// The values of a claim that is a list, or one value alone.
fn values(claim: Option<&Value>) -> &[Value] {
    match claim {
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

/// A `NumericDate`, which may have a fraction. `Source:` RFC 7519, 2.
fn instant(number: &Number) -> Result<Timestamp, TokenError> {
    let since_1970 = match number.as_u64() {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => number
            .as_f64()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    };
    since_1970
        .map(|span| Timestamp::from_millis(0).plus(span))
        .ok_or(TokenError::Malformed("a time in it is no time"))
}

/// The highest role among those that the claim's values stand for; `Member`, which may do nothing here,
/// where it has none of them.
fn role_limit(payload: &[u8], settings: &JwtSettings) -> Role {
    let Some(name) = &settings.role_claim else {
        return Role::Owner;
    };
    let claims: Value = serde_json::from_slice(payload).unwrap_or_default();
    let claim = if name.starts_with('/') {
        claims.pointer(name)
    } else {
        claims.get(name)
    };
    let held = |wanted: &str| {
        values(claim)
            .iter()
            .any(|value| value.as_str() == Some(wanted))
    };
    let roles = settings.roles.iter();
    let held = roles
        .filter(|(value, _)| held(value))
        .map(|(_, role)| *role);
    held.max().unwrap_or(Role::Member)
}

#[cfg(test)]
mod tests;

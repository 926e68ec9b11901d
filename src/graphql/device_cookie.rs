//! The cookie by which accounts know a browser again: how it is spelled, for the resolvers and pages that
//! set it and the interface that reads it.
//!
//! It opens nothing. It holds a token for each account that somebody has signed in to with this browser, newest
//! first.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use crate::domain::sessions::{KNOWN_FOR, MOST_IN_COOKIE};
use crate::platform::app::App;
use crate::types::secret::Secret;

/// Stands between tokens; no token holds one.
const BETWEEN: char = '.';
/// Characters of a token of 256 bits.
const TOKEN_LENGTH: usize = 43;

/// Its name. Over https the prefix makes browsers refuse it from other hosts and paths.
pub(crate) fn name(app: &App) -> &'static str {
    if app.settings.server.is_https() {
        "__Host-keydesk_device"
    } else {
        "keydesk_device"
    }
}

/// The tokens in a value; none where it is not one of ours.
pub(crate) fn parse(value: &Secret) -> Vec<Secret> {
    let tokens: Vec<&str> = value.expose().split(BETWEEN).collect();
    let is_token = |text: &&str| {
        let is_known = |letter: u8| letter.is_ascii_alphanumeric() || b"-_".contains(&letter);
        text.len() == TOKEN_LENGTH && text.bytes().all(is_known)
    };
    if tokens.len() > MOST_IN_COOKIE || !tokens.iter().all(is_token) {
        return Vec::new();
    }
    let secret = |token: &str| Secret::new(token.to_owned());
    tokens.into_iter().map(secret).collect()
}

/// The header that gives a browser its tokens.
pub(crate) fn held(app: &App, tokens: &[Secret]) -> String {
    let tokens: Vec<&str> = tokens.iter().map(Secret::expose).collect();
    let seconds = i64::try_from(KNOWN_FOR.as_secs()).unwrap_or(i64::MAX);
    Cookie::build((name(app), tokens.join(&BETWEEN.to_string())))
        .path("/")
        .http_only(true)
        .secure(app.settings.server.is_https())
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(seconds))
        .to_string()
}

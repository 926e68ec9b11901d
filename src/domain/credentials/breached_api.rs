//! Asking a service whether a password is known from a breach, without telling it which one.
//!
//! It gets the first five digits of the SHA-1 and answers with the rest of every hash that begins so,
//! padded to about a thousand lines (k-anonymity, as Have I Been Pwned has it).

use std::fmt::Write as _;

use sha1::{Digest, Sha1};

use super::Password;
use crate::platform::fetch::{FetchError, Fetcher};

const PREFIX_DIGITS: usize = 5;
/// `Why:` the length of an answer would tell the prefix to whoever watches the line.
const HEADERS: [(&str, &str); 1] = [("add-padding", "true")];

/// Why nothing is known of a password.
#[derive(Debug, thiserror::Error)]
enum UnknownWhy {
    #[error(transparent)]
    Unanswered(#[from] FetchError),
    #[error("the answer is not one of lines SUFFIX:COUNT")]
    Malformed,
}

/// Whether the service knows the password. Without an answer it does not.
///
/// `Why:` a service that is down must not keep anybody from resetting a stolen account.
pub(super) async fn is_breached(service: &Fetcher, password: &Password) -> bool {
    ask(service, password).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "policy.breached_api gave no answer: a new password was not looked up");
        false
    })
}

async fn ask(service: &Fetcher, password: &Password) -> Result<bool, UnknownWhy> {
    let digits = digits(password.expose());
    let (prefix, suffix) = digits.split_at_checked(PREFIX_DIGITS).unwrap_or_default();
    let answer = service.get_below(prefix, &HEADERS).await?;
    let answer = String::from_utf8(answer).map_err(|_bytes| UnknownWhy::Malformed)?;
    is_listed(&answer, suffix).ok_or(UnknownWhy::Malformed)
}

/// `None` when the answer is something else. Padding has a count of 0.
fn is_listed(answer: &str, suffix: &str) -> Option<bool> {
    let mut found = None;
    for line in answer.lines().filter(|line| !line.is_empty()) {
        let (digits, count) = line.trim_end().split_once(':')?;
        let count: u64 = count.trim().parse().ok()?;
        if digits.len() != suffix.len() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let is_it = count > 0 && digits.eq_ignore_ascii_case(suffix);
        found = Some(found.unwrap_or(false) || is_it);
    }
    found
}

fn digits(password: &str) -> String {
    let mut digits = String::new();
    for byte in Sha1::digest(password.as_bytes()) {
        // Writing to a text never fails.
        let _written = write!(digits, "{byte:02X}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_no_match_and_anything_else_no_answer() {
        let digits = digits("password");
        assert_eq!(digits, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
        let suffix = &digits[PREFIX_DIGITS..];
        let other = "0".repeat(35);
        for (answer, expected) in [
            (format!("{other}:3\r\n{suffix}:9\r\n"), Some(true)),
            (
                format!("{other}:3\n{}:1", suffix.to_lowercase()),
                Some(true),
            ),
            (format!("{other}:3\r\n{suffix}:0\r\n"), Some(false)),
            (format!("{other}:3"), Some(false)),
            (String::new(), None),
            ("<html>".to_owned(), None),
            (format!("{suffix}:9\n<html>"), None),
            (format!("{other}{suffix}:9"), None),
        ] {
            assert_eq!(is_listed(&answer, suffix), expected, "{answer}");
        }
    }
}

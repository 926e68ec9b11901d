//! Taking a token apart. Nothing it says is believed here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::{MAX_TOKEN, TokenError};
use crate::platform::settings::Algorithm;

/// Kinds of tokens that prove who is calling. `Why:` an issuer signs others with the same key, such as
/// log-out tokens, and those prove nothing.
const TYPES: [&str; 2] = ["jwt", ACCESS];
/// The one of them that says more. `Source:` RFC 9068, 2.1.
const ACCESS: &str = "at+jwt";

/// The parts of a signed token in compact form.
#[derive(Debug)]
pub(super) struct Token<'a> {
    /// How it claims to be signed; one of the allowed ways.
    pub(super) algorithm: Algorithm,
    /// Whether its header calls it an access token.
    pub(super) is_access: bool,
    /// With which of the issuer's keys.
    pub(super) key_id: Option<String>,
    /// What is signed.
    pub(super) signed: &'a str,
    /// The signature.
    pub(super) signature: Vec<u8>,
    /// The claims, as JSON that nobody has vouched for yet.
    pub(super) payload: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str, allowed: &[Algorithm]) -> Result<Self, TokenError> {
        if text.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let not_three = TokenError::Malformed("it is not three parts between two dots");
        let (signed, signature) = text.rsplit_once('.').ok_or(not_three)?;
        let (header, payload) = signed.split_once('.').ok_or(not_three)?;
        if payload.contains('.') {
            return Err(not_three);
        }
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_unreadable| {
            TokenError::Malformed("its header is not the JSON of a signed token")
        })?;
        let algorithm = Algorithm::parse(&header.alg)
            .filter(|algorithm| allowed.contains(algorithm))
            .ok_or(TokenError::Algorithm)?;
        // `Source:` RFC 7515, 4.1.11: extensions that are not understood end it, and none is.
        if header.crit.is_some() {
            let why = "its header names critical extensions";
            return Err(TokenError::Malformed(why));
        }
        let typ = header.typ.as_deref().map(short_type);
        if !typ.as_deref().is_none_or(|typ| TYPES.contains(&typ)) {
            return Err(TokenError::Malformed("its typ is neither JWT nor at+jwt"));
        }
        Ok(Self {
            algorithm,
            is_access: typ.as_deref() == Some(ACCESS),
            key_id: header.kid,
            signed,
            signature: bytes(signature)?,
            payload: bytes(payload)?,
        })
    }
}

/// `Source:` RFC 7515, 4.1.9: a type without a slash stands for one with `application/` before it.
fn short_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    let short = typ.strip_prefix("application/").unwrap_or(&typ);
    short.to_owned()
}

/// Without padding, line ends or stray bits, as RFC 7515 writes it.
fn bytes(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_undecodable| TokenError::Malformed("a part of it is not base64url"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(header: &str) -> String {
        format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header))
    }

    fn read(text: &str) -> Result<Algorithm, TokenError> {
        Token::read(text, &[Algorithm::EdDsa]).map(|token| token.algorithm)
    }

    #[test]
    fn a_plain_header_is_read() {
        for header in [
            r#"{"alg":"EdDSA"}"#,
            r#"{"alg":"EdDSA","typ":"JWT","kid":"a","x5t":"b"}"#,
            r#"{"alg":"EdDSA","typ":"at+JWT"}"#,
            r#"{"alg":"EdDSA","typ":"application/at+jwt"}"#,
        ] {
            assert_eq!(read(&text(header)), Ok(Algorithm::EdDsa), "{header}");
        }
    }

    #[test]
    fn an_algorithm_is_allowed_or_it_is_none() {
        for name in ["none", "None", "HS256", "eddsa", "ES256", "RS256", ""] {
            let header = format!(r#"{{"alg":"{name}"}}"#);
            assert_eq!(read(&text(&header)), Err(TokenError::Algorithm), "{name}");
        }
    }

    #[test]
    fn a_header_that_asks_for_more_is_refused() {
        for header in [
            r#"{"alg":"EdDSA","crit":["exp"]}"#,
            r#"{"alg":"EdDSA","crit":[]}"#,
            r#"{"alg":"EdDSA","typ":"logout+jwt"}"#,
            r#"{"alg":"EdDSA","typ":"dpop+jwt"}"#,
            r#"{"alg":"EdDSA","typ":""}"#,
            r#"{"alg":"EdDSA","alg":"none"}"#,
            r#"{"alg":["EdDSA"]}"#,
            r#"{"alg":"EdDSA","kid":7}"#,
            r#"{"alg":"EdDSA"} x"#,
            r#"{"typ":"JWT"}"#,
            r"[]",
            "",
        ] {
            let refused = read(&text(header));
            assert!(
                matches!(refused, Err(TokenError::Malformed(_))),
                "{header} {refused:?}"
            );
        }
    }

    #[test]
    fn only_three_parts_of_base64url_are_a_token() {
        let good = text(r#"{"alg":"EdDSA"}"#);
        for bad in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            format!("{good}.AA"),
            format!("{good}="),
            format!("{good}A=="),
            format!("{good} "),
            format!(" {good}"),
            good.replace(".AA", ".AB"),
            good.replace(".AA", ".A+"),
            good.replace(".e30", ".e3 0"),
            good.replace(".e30.", "."),
        ] {
            let refused = read(&bad);
            assert!(
                matches!(refused, Err(TokenError::Malformed(_))),
                "{bad:?} {refused:?}"
            );
        }
    }

    #[test]
    fn the_length_is_judged_before_anything_else() {
        let long = "a".repeat(MAX_TOKEN + 1);
        assert_eq!(read(&long), Err(TokenError::TooLong));
    }
}

//! Telling access tokens, which say what may be done here, from ID tokens, which tell a portal who signed in.
//!
//! An issuer signs both with the same key, and an ID token goes to browsers and logs that an access token
//! never sees.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::TokenError;
use crate::platform::settings::TokenKind;

/// The claims by which one is told from the other. `Source:` OpenID Connect Core, 2 and 3.1.3.6; RFC 9068, 2.2;
/// `typ` as Keycloak writes it, `token_use` as Cognito does.
#[derive(Deserialize)]
struct Marks {
    typ: Option<Value>,
    token_use: Option<Value>,
    nonce: Option<IgnoredAny>,
    at_hash: Option<IgnoredAny>,
    c_hash: Option<IgnoredAny>,
    s_hash: Option<IgnoredAny>,
    azp: Option<Value>,
    scope: Option<IgnoredAny>,
    scp: Option<IgnoredAny>,
    client_id: Option<IgnoredAny>,
}

/// What a claim says its token is.
enum Said {
    Nothing,
    Kind(TokenKind),
    /// Neither, such as a refresh token.
    Other,
}

/// Refuses a token that is of another kind than the settings want.
///
/// What the claims `typ` and `token_use` say counts first, then a header `typ` of `at+jwt`. A token that says
/// nothing is an ID token if it has `nonce`, `at_hash`, `c_hash` or `s_hash`, or if its `azp` is the audience
/// and it has none of `scope`, `scp` and `client_id`; otherwise it is an access token.
pub(super) fn check(
    payload: &[u8],
    is_access_by_header: bool,
    audience: &str,
    wanted: TokenKind,
) -> Result<(), TokenError> {
    let marks: Marks = serde_json::from_slice(payload)
        .map_err(|_unreadable| TokenError::Malformed("its claims are no object"))?;
    let mut kind = None;
    for said in [marks.typ(), marks.token_use()] {
        match said {
            Said::Nothing => {}
            Said::Other => return Err(TokenError::Kind),
            Said::Kind(said) if kind.is_some_and(|kind| kind != said) => {
                return Err(TokenError::Kind);
            }
            Said::Kind(said) => kind = Some(said),
        }
    }
    let kind = match (kind, is_access_by_header) {
        (Some(TokenKind::Id), true) => return Err(TokenError::Kind),
        (Some(kind), _) => kind,
        (None, false) if marks.are_of_an_id_token(audience) => TokenKind::Id,
        (None, _) => TokenKind::Access,
    };
    if kind == wanted {
        Ok(())
    } else {
        Err(TokenError::Kind)
    }
}

impl Marks {
    fn typ(&self) -> Said {
        said(self.typ.as_ref(), ["bearer", "at+jwt"])
    }

    fn token_use(&self) -> Said {
        said(self.token_use.as_ref(), ["access", "access_token"])
    }

    fn are_of_an_id_token(&self, audience: &str) -> bool {
        let hashes = [&self.nonce, &self.at_hash, &self.c_hash, &self.s_hash];
        let rights = [&self.scope, &self.scp, &self.client_id];
        let is_for_its_client = self.azp.as_ref().and_then(Value::as_str) == Some(audience);
        hashes.iter().any(|claim| claim.is_some())
            || (is_for_its_client && rights.iter().all(|claim| claim.is_none()))
    }
}

fn said(claim: Option<&Value>, access: [&str; 2]) -> Said {
    let Some(claim) = claim else {
        return Said::Nothing;
    };
    let text = claim.as_str().unwrap_or_default().to_ascii_lowercase();
    match text.as_str() {
        "jwt" => Said::Nothing,
        "id" => Said::Kind(TokenKind::Id),
        text if access.contains(&text) => Said::Kind(TokenKind::Access),
        _ => Said::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is(claims: &Value, by_header: bool, wanted: TokenKind) -> bool {
        let judged = check(claims.to_string().as_bytes(), by_header, "keydesk", wanted);
        assert!(matches!(judged, Ok(()) | Err(TokenError::Kind)), "{claims}");
        judged.is_ok()
    }

    #[test]
    fn each_kind_is_told_from_the_other() {
        for (claims, is_access) in [
            (json!({}), true),
            (json!({ "typ": "JWT" }), true),
            (json!({ "azp": "portal" }), true),
            (json!({ "azp": "keydesk", "scope": "openid" }), true),
            (json!({ "azp": "keydesk", "scp": ["users"] }), true),
            (json!({ "azp": "keydesk", "client_id": "keydesk" }), true),
            (
                json!({ "typ": "Bearer", "azp": "keydesk", "nonce": "n" }),
                true,
            ),
            (json!({ "token_use": "access", "nonce": "n" }), true),
            (json!({ "azp": "keydesk" }), false),
            (json!({ "nonce": "n", "scope": "openid" }), false),
            (json!({ "at_hash": "h" }), false),
            (json!({ "c_hash": "h" }), false),
            (json!({ "s_hash": "h" }), false),
            (json!({ "typ": "ID" }), false),
            (json!({ "token_use": "id", "scope": "openid" }), false),
        ] {
            assert_eq!(is(&claims, false, TokenKind::Access), is_access, "{claims}");
            assert_eq!(is(&claims, false, TokenKind::Id), !is_access, "{claims}");
        }
    }

    #[test]
    fn a_header_of_an_access_token_decides_where_the_claims_say_nothing() {
        for claims in [
            json!({}),
            json!({ "nonce": "n" }),
            json!({ "azp": "keydesk" }),
        ] {
            assert!(is(&claims, true, TokenKind::Access), "{claims}");
            assert!(!is(&claims, true, TokenKind::Id), "{claims}");
        }
    }

    #[test]
    fn a_token_of_neither_kind_or_of_both_is_refused() {
        for (claims, by_header) in [
            (json!({ "typ": "Refresh" }), false),
            (json!({ "typ": "Logout" }), true),
            (json!({ "typ": 7 }), false),
            (json!({ "token_use": "refresh" }), false),
            (json!({ "typ": "ID", "token_use": "access" }), false),
            (json!({ "typ": "ID" }), true),
        ] {
            for wanted in [TokenKind::Access, TokenKind::Id] {
                assert!(!is(&claims, by_header, wanted), "{claims}");
            }
        }
    }
}

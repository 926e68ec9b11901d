//! Tokens that a browser holds for the pages: of a link on its way from the address to the form, and of
//! the forms themselves. In cookies that no script sees.

use axum::http::header::{HeaderMap, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use crate::domain::one_time_links::parse_spoken;
use crate::types::secret::Secret;
use crate::web::cookies;

/// How long the form behind a link may be left open.
pub(super) const FOR_A_LINK: Duration = Duration::minutes(10);
/// How long a browser keeps for what it asked; the code of the mail may be typed as long.
pub(super) const FOR_A_CODE: Duration = Duration::hours(1);
/// The same for forms that anyone may open.
pub(super) const FOR_A_FORM: Duration = Duration::hours(12);

/// A token of 256 bits, in the shape in which they are made.
#[derive(Clone)]
pub(super) struct Token(Secret);

impl Token {
    /// Reads one; `None` for everything that no link ever carried.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(Secret::new(text.to_owned())))
    }

    /// One that the server has made or looked at.
    pub(super) const fn known(secret: Secret) -> Self {
        Self(secret)
    }

    /// Reads what a browser holds: a token, or a code that took its place.
    fn held(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| parse_spoken(text).ok().map(Self))
    }

    /// A new one.
    pub(super) fn random() -> Self {
        Self(Secret::random_token())
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.0
    }

    /// What the form sends along, to show that it belongs to this link.
    ///
    /// `Why:` whoever does not know the token cannot know this, so no page elsewhere can send the
    /// form; and a form that was opened for another link is not taken for this one.
    pub(super) fn mark(&self) -> String {
        self.mark_with("")
    }

    /// The same, of a form that also belongs to a session: it is not taken once somebody else has
    /// signed in.
    pub(super) fn mark_with(&self, session: &str) -> String {
        let text = format!("keydesk form v1 {} {session}", self.0.expose());
        URL_SAFE_NO_PAD.encode(Secret::new(text).sha256())
    }
}

/// One cookie: the same attributes whenever it is set or taken away.
#[derive(Clone, Copy)]
pub(super) struct TokenCookie {
    pub(super) name: &'static str,
    /// `Why:` browsers take the prefix `__Host-`, which binds a cookie to this host, over https only.
    pub(super) is_https: bool,
    /// How long the browser keeps it.
    pub(super) lifetime: Duration,
}

impl TokenCookie {
    pub(super) fn full_name(self) -> String {
        let prefix = if self.is_https { "__Host-" } else { "" };
        format!("{prefix}keydesk_{}", self.name)
    }

    /// The header that has a browser hold a value.
    pub(super) fn value(self, text: &str, lifetime: Duration) -> Option<HeaderValue> {
        // Lax and not strict: the link is followed from a mail or a chat, and the page that the
        // browser is then sent to must see the cookie.
        let cookie = Cookie::build((self.full_name(), text))
            .path("/")
            .http_only(true)
            .secure(self.is_https)
            .same_site(SameSite::Lax)
            .max_age(lifetime)
            .build();
        HeaderValue::try_from(cookie.to_string()).ok()
    }

    /// The token in a request, unless there are two of them.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<Token> {
        Token::held(self.text(headers)?.expose())
    }

    /// The same of what is no token.
    pub(super) fn text(self, headers: &HeaderMap) -> Option<Secret> {
        let name = self.full_name();
        let mut found = cookies::named(headers, &name);
        match (found.next(), found.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }

    /// Sends the browser from the link's address to the form's, which carries no token.
    ///
    /// `Why:` relative, so that it also holds behind a proxy that puts a path in front.
    pub(super) fn take(self, token: &str, form: &str) -> Response {
        let cookie = match Token::parse(token) {
            Some(token) => self.value(token.secret().expose(), self.lifetime),
            None => self.value("", Duration::ZERO),
        };
        let mut answer = StatusCode::SEE_OTHER.into_response();
        let headers = answer.headers_mut();
        headers.extend(
            HeaderValue::try_from(form)
                .ok()
                .map(|form| (LOCATION, form)),
        );
        headers.extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
        answer
    }

    /// Has the browser hold a token.
    pub(super) fn hold(self, token: &Token, answer: Response) -> Response {
        self.hold_text(token.secret().expose(), answer)
    }

    /// The same of what is no token.
    pub(super) fn hold_text(self, text: &str, answer: Response) -> Response {
        set(answer, self.value(text, self.lifetime))
    }

    /// Takes the cookie away.
    pub(super) fn forget(self, answer: Response) -> Response {
        set(answer, self.value("", Duration::ZERO))
    }
}

/// Adds a cookie to those that an answer sets already.
pub(super) fn set(mut answer: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn read(is_https: bool, lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, line.parse().unwrap());
        }
        let cookie = TokenCookie {
            name: "reset",
            is_https,
            lifetime: FOR_A_LINK,
        };
        let token = cookie.read(&headers)?;
        Some(token.secret().expose().to_owned())
    }

    #[test]
    fn a_token_is_read_from_its_own_cookie_alone() {
        let token = "a".repeat(42) + "A";
        let found = Some(token.clone());
        assert_eq!(
            read(true, &[&format!("x=1; __Host-keydesk_reset={token}")]),
            found
        );
        assert_eq!(
            read(false, &[&format!("keydesk_reset={token}; y=2")]),
            found
        );
        for line in [
            format!("keydesk_reset={token}"),
            format!("__Host-keydesk_setup={token}"),
            format!("__Host-keydesk_reset={token}x"),
            "__Host-keydesk_reset=".to_owned(),
            format!("__Host-keydesk_reset={token}; __Host-keydesk_reset={token}"),
        ] {
            assert_eq!(read(true, &[&line]), None, "{line}");
        }
    }

    #[test]
    fn only_what_a_link_carries_is_a_token() {
        let made = Secret::random_token();
        assert!(Token::parse(made.expose()).is_some());
        for text in [
            "",
            "abc",
            &"a".repeat(44),
            &"ä".repeat(43),
            &"a;".repeat(21),
        ] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn each_link_has_a_mark_of_its_own() {
        let [one, other] = [Secret::random_token(), Secret::random_token()]
            .map(|token| Token::parse(token.expose()).unwrap());
        assert_eq!(one.mark(), one.mark());
        assert_ne!(one.mark(), one.mark_with("kds_x"));
        assert_ne!(one.mark(), other.mark());
        assert!(!one.mark().contains(one.secret().expose()));
    }
}

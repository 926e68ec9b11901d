//! Who a visitor is, by the session's cookie, and the mark by which forms that anyone may open are
//! known.

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use minijinja::{Value, context};

use super::form::{Form, Refused};
use super::token_cookie::{self, FOR_A_FORM, Token, TokenCookie};
use super::visit::Visit;
use crate::domain::sessions::{self, Session};
use crate::graphql::{device_cookie, session_cookie};
use crate::types::actor::Actor;
use crate::types::error::Internal;
use crate::types::ids::SessionId;
use crate::types::secret::Secret;
use crate::web::cookies;

/// Somebody who is signed in.
pub(super) struct Person {
    pub(super) actor: Actor,
    token: Secret,
}

impl Person {
    /// Whether this is the session they came with.
    pub(super) fn is_in(&self, session: SessionId) -> bool {
        let own = self.actor.require_session();
        own.is_ok_and(|(_, own)| own == session)
    }
}

impl Visit {
    /// Whoever is signed in, perhaps with a session that serves for nothing but a new password.
    ///
    /// `Why:` unlike at the API, the cookie counts whichever page sent the visitor here. It is
    /// `SameSite=Lax`, so it comes along with plain links alone, and those change nothing.
    pub(super) async fn person(&self) -> Result<Option<Person>, Internal> {
        let app = self.app();
        let mut found = cookies::named(&self.headers, session_cookie::name(app));
        let (Some(token), None) = (found.next(), found.next()) else {
            return Ok(None);
        };
        self.person_with(token).await
    }

    /// Whoever holds the session of that token.
    pub(super) async fn person_with(&self, token: Secret) -> Result<Option<Person>, Internal> {
        let actor = sessions::resolve(self.app(), &token, self.origin.clone()).await?;
        Ok(actor.map(|actor| Person { actor, token }))
    }

    /// Somebody signed in, or the way to the page for signing in, and from there back to this page.
    pub(super) async fn signed_in(&self) -> Result<Person, Response> {
        match self.person().await {
            Ok(Some(person)) => Ok(person),
            Ok(None) => Err(self.to_sign_in("first")),
            Err(cause) => Err(self.broken(&cause)),
        }
    }

    /// The page for signing in, which says why one is there. The present session, if any, is forgotten.
    pub(super) fn to_sign_in(&self, why: &str) -> Response {
        let answer = self.to(&format!("sign-in?why={why}&next={}", self.name()));
        self.without_session(answer)
    }

    /// Takes the session's cookie away.
    pub(super) fn without_session(&self, answer: Response) -> Response {
        set(answer, &session_cookie::gone(self.app()))
    }

    /// Gives the browser a session.
    pub(super) fn with_session(
        &self,
        answer: Response,
        (session, token): (&Session, &Secret),
    ) -> Response {
        let app = self.app();
        let until = session.ends_at(&app.settings.security.sessions);
        set(answer, &session_cookie::held(app, token, until))
    }

    /// Gives the browser the tokens by which accounts know it again.
    pub(super) fn with_devices(&self, answer: Response, devices: Option<&[Secret]>) -> Response {
        match devices {
            Some(devices) => set(answer, &device_cookie::held(self.app(), devices)),
            None => answer,
        }
    }

    fn form_cookie(&self) -> TokenCookie {
        self.pages.cookie("form", FOR_A_FORM)
    }

    /// A page with forms, which carry a mark: of this browser, and of whoever is signed in.
    pub(super) fn form_page(
        &self,
        person: Option<&Person>,
        status: StatusCode,
        (name, values): (&str, Value),
    ) -> Response {
        let cookie = self.form_cookie();
        let known = cookie.read(&self.headers);
        let token = known.clone().unwrap_or_else(Token::random);
        let values = context! { mark => token.mark_with(session_of(person)), ..values };
        let answer = self.page(status, name, values);
        match known {
            Some(_) => answer,
            None => cookie.hold(&token, answer),
        }
    }

    /// A form with the mark of its page.
    ///
    /// Errors: it was opened in another browser or before somebody signed in or out, or no cookie came
    /// back.
    pub(super) fn check_mark(&self, person: Option<&Person>, form: &Form) -> Result<(), Refused> {
        let token = self.form_cookie().read(&self.headers);
        let mark = token.map(|token| token.mark_with(session_of(person)));
        if mark.is_some_and(|mark| mark == form.text("mark")) {
            Ok(())
        } else {
            Err(Refused::Stale)
        }
    }
}

fn session_of(person: Option<&Person>) -> &str {
    person.map_or("", |person| person.token.expose())
}

fn set(answer: Response, cookie: &str) -> Response {
    token_cookie::set(answer, HeaderValue::try_from(cookie).ok())
}

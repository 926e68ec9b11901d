//! One request for a page: whose it is, in which language it is answered, and the answers that all
//! pages share.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{HeaderMap, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use cookie::time::Duration;
use minijinja::{Value, context};
use url::form_urlencoded;

use super::Pages;
use super::form::{Form, Refused};
use super::language::Language;
use super::token_cookie::{self, TokenCookie};
use crate::domain::credentials::MAX_PASSWORD_CHARACTERS;
use crate::platform::app::App;
use crate::platform::db;
use crate::types::actor::{Origin, Via};
use crate::types::error::Internal;
use crate::web::actor;

/// How long a choice of language is kept.
const CHOICE: Duration = Duration::days(365);

/// A request for a page.
pub(super) struct Visit {
    pub(super) pages: Pages,
    pub(super) headers: HeaderMap,
    pub(super) origin: Origin,
    language: Language,
    path: String,
    query: Vec<(String, String)>,
}

impl FromRequestParts<Pages> for Visit {
    type Rejection = Response;

    /// A choice of language is kept and taken out of the address, so that it is in no address that
    /// people pass on.
    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Response> {
        let query = parts.uri.query().unwrap_or_default();
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let settings = &pages.app.settings;
        let cookie = pages.cookie("lang", CHOICE);
        let default = &settings.mail.default_locale;
        let visit = Self {
            language: Language::of(&parts.headers, &cookie.full_name(), default),
            pages: pages.clone(),
            headers: parts.headers.clone(),
            origin: actor::origin(&pages.app, (&parts.headers, &parts.extensions), Via::Web),
            path: parts.uri.path().to_owned(),
            query,
        };
        let chosen = visit.asked("lang").and_then(Language::parse);
        match chosen.filter(|_| parts.method == Method::GET) {
            Some(chosen) => Err(visit.keep(cookie, chosen)),
            None => Ok(visit),
        }
    }
}

impl Visit {
    pub(super) const fn app(&self) -> &App {
        &self.pages.app
    }

    /// A value of the address's query.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What leads from this page's folder to the one that all pages are below.
    ///
    /// `Why:` relative, so that it also holds behind a proxy that puts a path in front.
    fn root(&self) -> String {
        "../".repeat(self.path.matches('/').count().saturating_sub(1))
    }

    /// The page that is asked for, without a slash in front.
    pub(super) fn name(&self) -> &str {
        self.path.trim_start_matches('/')
    }

    /// A page.
    pub(super) fn page(&self, status: StatusCode, name: &str, values: Value) -> Response {
        let values = context! {
            root => Value::from_safe_string(self.root()),
            page => self.name(),
            policy => context! {
                min_length => self.app().settings.policy.min_length,
                max_length => MAX_PASSWORD_CHARACTERS,
            },
            ..values
        };
        self.pages
            .paper
            .page((self.language, status), name, &values)
    }

    /// Sends the browser on to another of our pages, named without a slash in front.
    pub(super) fn to(&self, page: &str) -> Response {
        see(&format!("{}{page}", self.root()))
    }

    /// `Why:` with `./` in front, a last part such as `https:` is no address of another server.
    fn keep(&self, cookie: TokenCookie, chosen: Language) -> Response {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let rest = self.query.iter().filter(|(name, _)| name != "lang");
        let rest = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(rest)
            .finish();
        let there = match rest.as_str() {
            "" => format!("./{last}"),
            rest => format!("./{last}?{rest}"),
        };
        token_cookie::set(see(&there), cookie.value(chosen.tag(), CHOICE))
    }

    /// Reads a form that was sent from a page of this server.
    pub(super) async fn form(&self, body: Body) -> Result<Form, Response> {
        let server = &self.app().settings.server;
        let form = Form::read(server, &self.headers, body).await;
        form.map_err(|why| self.refuse(why))
    }

    /// The answer to what is no form of ours.
    pub(super) fn refuse(&self, why: Refused) -> Response {
        self.page(why.status(), "refused.html", context! { why => why.name() })
    }

    /// Logged once, here; whoever reads the page learns nothing but what to do.
    pub(super) fn broken(&self, cause: &Internal) -> Response {
        if !db::is_outage(cause) {
            tracing::error!(error = %cause, "a page could not be answered");
        }
        if db::is_passing(cause) {
            self.refuse(Refused::Busy)
        } else {
            self.refuse(Refused::Broken)
        }
    }
}

/// A page's form, or what is wrong with it.
pub(super) const fn status(is_right: bool) -> StatusCode {
    if is_right {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// Sends the browser elsewhere, to be asked for by GET.
fn see(there: &str) -> Response {
    let mut answer = StatusCode::SEE_OTHER.into_response();
    let there = HeaderValue::try_from(there).ok();
    answer
        .headers_mut()
        .extend(there.map(|there| (LOCATION, there)));
    answer
}

//! `/setup`: the form by which an empty installation gets its first owner.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::form::{Fault, Faults, Form, Refused};
use super::reset::{Sorted, sorted};
use super::{Pages, Token};
use crate::bootstrap::{self, CreateOwner, SetupError, SetupState};
use crate::clock::Timestamp;

const COOKIE: &str = "setup";

/// `GET /setup/<token>`: moves the token out of the address.
pub(super) async fn take(State(pages): State<Pages>, Path(token): Path<String>) -> Response {
    pages.cookie(COOKIE).take(&token, "../setup")
}

/// `GET /setup`: the form.
pub(super) async fn show(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    match pages.cookie(COOKIE).read(&headers) {
        Some(token) => again(&pages, &token, &Typed::default(), &Faults::default()).await,
        None => without_link(&pages),
    }
}

/// What was typed and may be shown again.
#[derive(Default, serde::Serialize)]
struct Typed {
    username: String,
    email: String,
    name: String,
}

/// `POST /setup`: the first owner.
pub(super) async fn create(State(pages): State<Pages>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let server = &pages.app.settings.server;
    let form = match Form::read(server, &parts.headers, body).await {
        Ok(form) => form,
        Err(why) => return pages.refuse(why),
    };
    let cookie = pages.cookie(COOKIE);
    let Some(token) = cookie.read(&parts.headers) else {
        return without_link(&pages);
    };
    if form.text("mark") != token.mark() {
        return pages.refuse(Refused::AnotherLink);
    }
    let typed = Typed {
        username: form.text("username").trim().to_owned(),
        email: form.text("email").trim().to_owned(),
        name: form.text("name").trim().to_owned(),
    };
    let mut faults = Faults::of_passwords(&form);
    if typed.username.is_empty() {
        faults.username.push(Fault::empty());
    }
    if typed.email.is_empty() {
        faults.email.push(Fault::empty());
    }
    if !faults.is_empty() {
        return again(&pages, &token, &typed, &faults).await;
    }
    let command = CreateOwner {
        token: token.secret().clone(),
        username: typed.username.clone(),
        email: typed.email.clone(),
        name: Some(typed.name.clone()).filter(|name| !name.is_empty()),
        password: form.secret("password"),
    };
    let origin = pages.origin(&parts.headers, &parts.extensions);
    match Box::pin(bootstrap::create_owner(&pages.app, origin, command)).await {
        Ok(user) => {
            let values = context! { username => user.username, playground => pages.playground };
            cookie.forget(pages.paper.page(StatusCode::OK, "setup_done.html", &values))
        }
        Err(SetupError::Link(state)) => link(&pages, state),
        Err(SetupError::User(error)) => match sorted(error) {
            Sorted::Faults(faults) => again(&pages, &token, &typed, &faults).await,
            Sorted::Refused(why) => pages.refuse(why),
            Sorted::Internal(cause) => pages.broken(&cause),
        },
    }
}

/// The form, if the link is still good for one.
async fn again(pages: &Pages, token: &Token, typed: &Typed, faults: &Faults) -> Response {
    let expires_at = match bootstrap::look(&pages.app, token.secret()).await {
        Ok(SetupState::Ready { expires_at }) => expires_at,
        Ok(other) => return link(pages, other),
        Err(cause) => return pages.broken(&cause),
    };
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let values = context! {
        typed => Serde(typed),
        expires_at => expires_at.to_rfc3339(),
        mark => token.mark(),
        min_length => pages.app.settings.policy.min_length,
        faults => Serde(faults),
    };
    pages.paper.page(status, "setup_form.html", &values)
}

fn without_link(pages: &Pages) -> Response {
    let values = context! { state => "MISSING", at => Value::from(()) };
    pages.paper.page(StatusCode::OK, "setup_link.html", &values)
}

fn link(pages: &Pages, state: SetupState) -> Response {
    let (name, at) = match state {
        SetupState::Ready { expires_at } => ("READY", Some(expires_at)),
        SetupState::Unknown => ("UNKNOWN", None),
        SetupState::Used { at } => ("USED", Some(at)),
        SetupState::Expired { at } => ("EXPIRED", Some(at)),
        SetupState::Closed => ("CLOSED", None),
    };
    let status = match state {
        SetupState::Unknown => StatusCode::NOT_FOUND,
        _ => StatusCode::GONE,
    };
    let values = context! { state => name, at => at.map(Timestamp::to_rfc3339) };
    pages.paper.page(status, "setup_link.html", &values)
}

//! `/setup`: the form by which an empty installation gets its first owner.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::Pages;
use super::faults::{Faults, fault};
use super::form::{Form, Refused};
use super::refusals::{Sorted, sorted};
use super::token_cookie::{FOR_A_LINK, Token, TokenCookie};
use super::visit::{Visit, status};
use crate::domain::bootstrap::{self, CreateOwner, SetupError, SetupState};
use crate::types::clock::Timestamp;

fn cookie(pages: &Pages) -> TokenCookie {
    pages.cookie("setup", FOR_A_LINK)
}

/// `GET /setup/<token>`: moves the token out of the address.
pub(super) async fn take(State(pages): State<Pages>, Path(token): Path<String>) -> Response {
    cookie(&pages).take(&token, "../setup")
}

/// `GET /setup`: the form.
pub(super) async fn show(visit: Visit) -> Response {
    match cookie(&visit.pages).read(&visit.headers) {
        Some(token) => again(&visit, &token, &Typed::default(), &Faults::default()).await,
        None => without_link(&visit),
    }
}

/// What was typed and may be shown again.
#[derive(Default, serde::Serialize)]
struct Typed {
    username: String,
    email: String,
    name: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).trim().to_owned();
        Self {
            username: text("username"),
            email: text("email"),
            name: text("name"),
        }
    }

    fn faults(&self, form: &Form) -> Faults {
        let mut faults = Faults::of_passwords(form);
        if self.username.is_empty() {
            faults.add("username", fault("fault-empty"));
        }
        if self.email.is_empty() {
            faults.add("email", fault("fault-empty"));
        }
        faults
    }
}

/// `POST /setup`: the first owner.
pub(super) async fn create(visit: Visit, body: Body) -> Response {
    let form = match visit.form(body).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let cookie = cookie(&visit.pages);
    let Some(token) = cookie.read(&visit.headers) else {
        return without_link(&visit);
    };
    if form.text("mark") != token.mark() {
        return visit.refuse(Refused::AnotherLink);
    }
    let typed = Typed::of(&form);
    let faults = typed.faults(&form);
    if !faults.is_empty() {
        return again(&visit, &token, &typed, &faults).await;
    }
    let command = CreateOwner {
        token: token.secret().clone(),
        username: typed.username.clone(),
        email: typed.email.clone(),
        name: Some(typed.name.clone()).filter(|name| !name.is_empty()),
        password: form.secret("password"),
    };
    let creating = bootstrap::create_owner(visit.app(), visit.origin.clone(), command);
    match Box::pin(creating).await {
        Ok(user) => {
            let playground = visit.pages.playground;
            let values = context! { username => user.username, playground };
            cookie.forget(visit.page(StatusCode::OK, "setup_done.html", values))
        }
        Err(SetupError::Link(state)) => link(&visit, state),
        Err(SetupError::User(error)) => match sorted(error, &form) {
            Sorted::Faults(faults) => again(&visit, &token, &typed, &faults).await,
            Sorted::Refused(why) => visit.refuse(why),
            Sorted::Internal(cause) => visit.broken(&cause),
        },
    }
}

/// The form, if the link is still good for one.
async fn again(visit: &Visit, token: &Token, typed: &Typed, faults: &Faults) -> Response {
    let expires_at = match bootstrap::look(visit.app(), token.secret()).await {
        Ok(SetupState::Ready { expires_at }) => expires_at,
        Ok(other) => return link(visit, other),
        Err(cause) => return visit.broken(&cause),
    };
    let values = context! {
        typed => Serde(typed),
        expires_at => expires_at.to_rfc3339(),
        mark => token.mark(),
        faults => faults.value(),
    };
    visit.page(status(faults.is_empty()), "setup_form.html", values)
}

fn without_link(visit: &Visit) -> Response {
    let values = context! { state => "MISSING", at => Value::from(()) };
    visit.page(StatusCode::OK, "setup_link.html", values)
}

fn link(visit: &Visit, state: SetupState) -> Response {
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
    visit.page(status, "setup_link.html", values)
}

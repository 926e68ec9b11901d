//! `/not-me`: whoever got the notice of a changed password says that somebody else changed it.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use minijinja::context;

use super::Pages;
use super::faults::{Faults, fault};
use super::form::Refused;
use super::refusals::Trouble;
use super::token_cookie::{FOR_A_LINK, Token, TokenCookie};
use super::visit::Visit;
use crate::domain::password_reset::{self, NotMe, NotMeError, NotMeLink};
use crate::types::clock::Timestamp;

fn cookie(pages: &Pages) -> TokenCookie {
    pages.cookie("notme", FOR_A_LINK)
}

/// `GET /not-me/<token>`: moves the token out of the address.
pub(super) async fn take(State(pages): State<Pages>, Path(token): Path<String>) -> Response {
    cookie(&pages).take(&token, "../not-me")
}

/// `GET /not-me`: the form.
pub(super) async fn show(visit: Visit) -> Response {
    match cookie(&visit.pages).read(&visit.headers) {
        Some(token) => again(&visit, &token, ("", &Trouble::default())).await,
        None => without_link(&visit),
    }
}

fn without_link(visit: &Visit) -> Response {
    let values = context! { state => "MISSING", at => () };
    visit.page(StatusCode::OK, "not_me_link.html", values)
}

/// The form, if the link is still good for one.
async fn again(visit: &Visit, token: &Token, (login, trouble): (&str, &Trouble)) -> Response {
    let expires_at = match password_reset::look_not_me(visit.app(), token.secret()).await {
        Ok(NotMeLink::Ready { expires_at }) => expires_at,
        Ok(other) => return state(visit, other),
        Err(cause) => return visit.broken(&cause),
    };
    let values = context! {
        login,
        expires_at => expires_at.to_rfc3339(),
        mark => token.mark(),
        ..trouble.values()
    };
    trouble.told(visit.page(trouble.status(), "not_me.html", values))
}

fn state(visit: &Visit, link: NotMeLink) -> Response {
    let (state, at) = match link {
        NotMeLink::Ready { expires_at } => ("READY", Some(expires_at)),
        NotMeLink::Unknown => ("UNKNOWN", None),
        NotMeLink::Used { at } => ("USED", Some(at)),
        NotMeLink::Expired { at } => ("EXPIRED", Some(at)),
        NotMeLink::Over { at } => ("OVER", Some(at)),
        NotMeLink::AccountClosed => ("CLOSED", None),
    };
    let status = match link {
        NotMeLink::Unknown => StatusCode::NOT_FOUND,
        _ => StatusCode::GONE,
    };
    let values = context! { state, at => at.map(Timestamp::to_rfc3339) };
    visit.page(status, "not_me_link.html", values)
}

/// `POST /not-me`: blocks the password, if the account is named.
pub(super) async fn report(visit: Visit, body: Body) -> Response {
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
    let login = form.text("login").trim();
    if login.is_empty() {
        let trouble = Trouble::of(Faults::one("login", fault("fault-empty")));
        return again(&visit, &token, ("", &trouble)).await;
    }
    let command = NotMe {
        token: token.secret().clone(),
        login: login.to_owned(),
    };
    let reporting = password_reset::report_not_me(visit.app(), visit.origin.clone(), command);
    match Box::pin(reporting).await {
        Ok(done) => {
            let values = context! { username => done.user.username };
            cookie.forget(visit.page(StatusCode::OK, "not_me_done.html", values))
        }
        Err(NotMeError::Link(link)) => state(&visit, link),
        Err(NotMeError::WrongAccount) => {
            let trouble = Trouble::of(Faults::one("login", fault("not-me-wrong")));
            again(&visit, &token, (login, &trouble)).await
        }
        Err(NotMeError::RateLimited(retry_at)) => {
            let trouble = Trouble::too_often(visit.app(), retry_at);
            again(&visit, &token, (login, &trouble)).await
        }
        Err(NotMeError::Internal(cause)) => visit.broken(&cause),
    }
}

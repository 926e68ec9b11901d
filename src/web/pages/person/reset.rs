//! `/reset`: the form behind a reset link, or what has become of the link.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::HeaderMap;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use minijinja::context;

use super::faults::Faults;
use super::form::Refused;
use super::refusals::{Sorted, Trouble, sorted};
use super::token_cookie::{FOR_A_LINK, Token, TokenCookie};
use super::visit::Visit;
use super::{Pages, opened};
use crate::domain::one_time_links::RevokedWhy;
use crate::domain::password_reset::{self, ByLinkError, ResetByLink, ResetDone, ResetLink};
use crate::domain::sessions::Transport;
use crate::types::clock::Timestamp;

pub(super) fn cookie(pages: &Pages) -> TokenCookie {
    pages.cookie("reset", FOR_A_LINK)
}

/// `GET /reset/<token>`: moves the token out of the address.
pub(super) async fn take(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    opened::note(&pages, (&method, &headers), &token).await;
    cookie(&pages).take(&token, "../reset")
}

/// `GET /reset`: the form.
pub(super) async fn show(visit: Visit) -> Response {
    match cookie(&visit.pages).read(&visit.headers) {
        Some(token) => again(&visit, &token, &Trouble::default()).await,
        None => without_link(&visit),
    }
}

/// `POST /reset`: the new password, typed twice.
pub(super) async fn choose(visit: Visit, body: Body) -> Response {
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
    let faults = Faults::of_passwords(&form);
    if !faults.is_empty() {
        return again(&visit, &token, &Trouble::of(faults)).await;
    }
    let command = ResetByLink {
        token: token.secret().clone(),
        password: form.secret("password"),
        transport: Transport::Cookie,
    };
    let reset = password_reset::reset_by_link(visit.app(), visit.origin.clone(), command);
    match Box::pin(reset).await {
        Ok(done) => cookie.forget(finished(&visit, &done)),
        Err(ByLinkError::Link(link)) => open(&visit, &token, &link, &Trouble::default()),
        Err(ByLinkError::RateLimited(retry_at)) => {
            let trouble = Trouble::too_often(visit.app(), retry_at);
            again(&visit, &token, &trouble).await
        }
        Err(ByLinkError::User(error)) => match sorted(error, &form) {
            Sorted::Faults(faults) => again(&visit, &token, &Trouble::of(faults)).await,
            Sorted::Refused(Refused::Busy) => again(&visit, &token, &Trouble::busy()).await,
            Sorted::Refused(why) => visit.refuse(why),
            Sorted::Internal(cause) => visit.broken(&cause),
        },
    }
}

/// Where a link leads on to is a plain link: browsers do not follow a form's answer to another server.
/// One that signs in leads to the account, unless it was made to lead elsewhere.
fn finished(visit: &Visit, done: &ResetDone) -> Response {
    let answer = match (&done.signed_in, &done.redirect_url) {
        (Some(_), None) => visit.to("account?done=password"),
        (signed_in, next) => {
            let values = context! {
                username => done.user.username.as_str(),
                is_signed_in => signed_in.is_some(),
                next => next.as_deref(),
            };
            visit.page(StatusCode::OK, "reset_done.html", values)
        }
    };
    match &done.signed_in {
        Some((session, token)) => visit.with_session(answer, (session, token)),
        None => answer,
    }
}

/// The form, if the link is still good for one.
async fn again(visit: &Visit, token: &Token, trouble: &Trouble) -> Response {
    match password_reset::look(visit.app(), token.secret()).await {
        Ok(link) => open(visit, token, &link, trouble),
        Err(cause) => visit.broken(&cause),
    }
}

fn open(visit: &Visit, token: &Token, link: &ResetLink, trouble: &Trouble) -> Response {
    let ResetLink::Ready {
        username,
        expires_at,
        ..
    } = link
    else {
        return state(visit, link);
    };
    let values = context! {
        username,
        expires_at => expires_at.to_rfc3339(),
        mark => token.mark(),
        ..trouble.values()
    };
    trouble.told(visit.page(trouble.status(), "reset_form.html", values))
}

fn without_link(visit: &Visit) -> Response {
    let values = context! { state => "MISSING", at => () };
    visit.page(StatusCode::OK, "reset_link.html", values)
}

fn state(visit: &Visit, link: &ResetLink) -> Response {
    let (state, at) = match link {
        ResetLink::Ready { expires_at, .. } => ("READY", Some(*expires_at)),
        ResetLink::Unknown => ("UNKNOWN", None),
        ResetLink::Used { at } => ("USED", Some(*at)),
        ResetLink::Expired { at } => ("EXPIRED", Some(*at)),
        ResetLink::Superseded { at } => ("SUPERSEDED", Some(*at)),
        ResetLink::Revoked {
            at,
            why: Some(RevokedWhy::Administrator),
        } => ("WITHDRAWN", Some(*at)),
        ResetLink::Revoked { at, .. } => ("REVOKED", Some(*at)),
        ResetLink::AccountClosed => ("ACCOUNT_CLOSED", None),
        ResetLink::KeptElsewhere(_) => ("KEPT_ELSEWHERE", None),
    };
    let status = match link {
        ResetLink::Unknown => StatusCode::NOT_FOUND,
        _ => StatusCode::GONE,
    };
    let values = context! { state, at => at.map(Timestamp::to_rfc3339) };
    visit.page(status, "reset_link.html", values)
}

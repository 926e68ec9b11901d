//! `/reset`: the form behind a reset link, or what has become of the link.

use axum::extract::{Path, Request, State};
use axum::http::header::HeaderMap;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use minijinja::context;
use minijinja::value::Serde;

use super::form::{Fault, Faults, Form, Refused};
use super::{Pages, Token, opened};
use crate::clock::Timestamp;
use crate::credentials::{ChooseError, Violation};
use crate::password_reset::{self, ByLinkError, ResetByLink, ResetLink};
use crate::sessions::Transport;
use crate::users::UserError;

const COOKIE: &str = "reset";

/// `GET /reset/<token>`: moves the token out of the address.
pub(super) async fn take(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    opened::note(&pages, (&method, &headers), &token).await;
    pages.cookie(COOKIE).take(&token, "../reset")
}

/// `GET /reset`: the form.
pub(super) async fn show(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    let Some(token) = pages.cookie(COOKIE).read(&headers) else {
        return without_link(&pages);
    };
    match password_reset::look(&pages.app, token.secret()).await {
        Ok(link) => open(&pages, &token, &link, &Faults::default()),
        Err(cause) => pages.broken(&cause),
    }
}

/// `POST /reset`: the new password, typed twice.
pub(super) async fn choose(State(pages): State<Pages>, request: Request) -> Response {
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
    let faults = Faults::of_passwords(&form);
    if !faults.is_empty() {
        return again(&pages, &token, &faults).await;
    }
    let origin = pages.origin(&parts.headers, &parts.extensions);
    let command = ResetByLink {
        token: token.secret().clone(),
        password: form.secret("password"),
        transport: Transport::Cookie,
    };
    let done = Box::pin(password_reset::reset_by_link(&pages.app, origin, command)).await;
    match done {
        Ok(done) => {
            let values = context! { username => done.user.username };
            cookie.forget(pages.paper.page(StatusCode::OK, "reset_done.html", &values))
        }
        Err(ByLinkError::Link(link)) => open(&pages, &token, &link, &Faults::default()),
        Err(ByLinkError::RateLimited(_)) => pages.refuse(Refused::Busy),
        Err(ByLinkError::User(error)) => match sorted(error) {
            Sorted::Faults(faults) => again(&pages, &token, &faults).await,
            Sorted::Refused(why) => pages.refuse(why),
            Sorted::Internal(cause) => pages.broken(&cause),
        },
    }
}

/// The form once more, if the link is still good for one.
async fn again(pages: &Pages, token: &Token, faults: &Faults) -> Response {
    match password_reset::look(&pages.app, token.secret()).await {
        Ok(link) => open(pages, token, &link, faults),
        Err(cause) => pages.broken(&cause),
    }
}

fn open(pages: &Pages, token: &Token, link: &ResetLink, faults: &Faults) -> Response {
    let ResetLink::Ready {
        username,
        expires_at,
        ..
    } = link
    else {
        return state(pages, link);
    };
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let values = context! {
        username,
        expires_at => expires_at.to_rfc3339(),
        mark => token.mark(),
        min_length => pages.app.settings.policy.min_length,
        faults => Serde(faults),
    };
    pages.paper.page(status, "reset_form.html", &values)
}

fn without_link(pages: &Pages) -> Response {
    let values = context! { state => "MISSING", at => () };
    pages.paper.page(StatusCode::OK, "reset_link.html", &values)
}

fn state(pages: &Pages, link: &ResetLink) -> Response {
    let (state, at) = match link {
        ResetLink::Ready { expires_at, .. } => ("READY", Some(*expires_at)),
        ResetLink::Unknown => ("UNKNOWN", None),
        ResetLink::Used { at } => ("USED", Some(*at)),
        ResetLink::Expired { at } => ("EXPIRED", Some(*at)),
        ResetLink::Superseded { at } => ("SUPERSEDED", Some(*at)),
        ResetLink::Revoked { at, .. } => ("REVOKED", Some(*at)),
        ResetLink::AccountClosed => ("ACCOUNT_CLOSED", None),
        ResetLink::KeptElsewhere(_) => ("KEPT_ELSEWHERE", None),
    };
    let status = match link {
        ResetLink::Unknown => StatusCode::NOT_FOUND,
        _ => StatusCode::GONE,
    };
    let values = context! { state, at => at.map(Timestamp::to_rfc3339) };
    pages.paper.page(status, "reset_link.html", &values)
}

/// Where a refusal of an act belongs on a page.
pub(super) enum Sorted {
    /// Beside the fields.
    Faults(Faults),
    /// On a page of its own.
    Refused(Refused),
    /// In the log.
    Internal(crate::error::Internal),
}

/// Sorts a refusal. What cannot come from these forms would be our own mistake.
pub(super) fn sorted(error: UserError) -> Sorted {
    let mut faults = Faults::default();
    match error {
        UserError::Password(ChooseError::Rejected(violations)) => {
            let said = |violation: &Violation| Fault::said(violation.message());
            faults.password = violations.iter().map(said).collect();
            Sorted::Faults(faults)
        }
        UserError::Invalid(invalid) => {
            for fault in invalid {
                faults.note(fault);
            }
            Sorted::Faults(faults)
        }
        UserError::Password(ChooseError::Overloaded(_)) => Sorted::Refused(Refused::Busy),
        UserError::Internal(cause) | UserError::Password(ChooseError::Internal(cause)) => {
            Sorted::Internal(cause)
        }
        other => Sorted::Internal(crate::error::Internal::new(
            "answering a form",
            format!("an act refused what no form asks for: {other:?}"),
        )),
    }
}

//! `/sign-in`: from login and password to a session in a cookie.

use axum::body::Body;
use axum::response::Response;
use minijinja::context;

use super::Pages;
use super::faults::{Fault, Faults, fault};
use super::form::Form;
use super::refusals::Trouble;
use super::visit::Visit;
use crate::domain::account::{self, AccountError, SignIn, SignOut, SignedIn};
use crate::domain::credentials::ChooseError;
use crate::domain::sessions::Transport;
use crate::platform::db::is_outage;
use crate::types::actor::Actor;
use crate::types::error::Internal;

/// Pages that one may be sent on to. `Why:` names of ours alone, so that no link makes this page a way
/// to somebody else's.
const NEXT: [&str; 3] = ["account", "change-password", "graphiql"];

fn next(pages: &Pages, asked: &str) -> &'static str {
    let mut known = NEXT.into_iter();
    let found = known.find(|page| *page == asked.trim_start_matches('/'));
    let is_there = |page: &&str| *page != "graphiql" || pages.playground;
    found.filter(is_there).unwrap_or("account")
}

/// `GET /sign-in`: the form, unless somebody is signed in.
pub(super) async fn show(visit: Visit) -> Response {
    let next = next(&visit.pages, visit.asked("next").unwrap_or_default());
    match visit.person().await {
        Ok(Some(person)) if person.actor.is_restricted() => visit.to("change-password"),
        Ok(Some(_)) => visit.to(next),
        Ok(None) => form_page(&visit, ("", next), &Trouble::default()),
        Err(cause) => visit.broken(&cause),
    }
}

/// Why one is here, as another page of ours has said it.
fn notice(visit: &Visit) -> Option<Fault> {
    match visit.asked("why")? {
        "out" => Some(fault("sign-in-signed-out")),
        "over" => Some(fault("sign-in-session-over")),
        "tries" => Some(fault("sign-in-tries")),
        "first" => Some(fault("sign-in-first")),
        _ => None,
    }
}

fn form_page(visit: &Visit, (login, next): (&str, &str), trouble: &Trouble) -> Response {
    let notice = notice(visit).filter(|_| trouble.is_none());
    let values = context! {
        login,
        next,
        notice => notice.as_ref().map(Fault::value),
        ..trouble.values()
    };
    let page = ("sign_in.html", values);
    trouble.told(visit.form_page(None, trouble.status(), page))
}

/// `POST /sign-in`.
///
/// The form is for nobody yet, so its mark is that of the browser alone: no page elsewhere can sign a
/// visitor in as somebody else.
pub(super) async fn sign_in(visit: Visit, body: Body) -> Response {
    let form = match visit.form(body).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    if let Err(why) = visit.check_mark(None, &form) {
        return visit.refuse(why);
    }
    let typed = (form.text("login"), next(&visit.pages, form.text("next")));
    let faults = empty_fields(&form);
    if !faults.is_empty() {
        return form_page(&visit, typed, &Trouble::of(faults));
    }
    let command = SignIn {
        login: typed.0.to_owned(),
        password: form.secret("password"),
        transport: Transport::Cookie,
    };
    let actor = Actor::anonymous(visit.origin.clone());
    match Box::pin(account::sign_in(visit.app(), &actor, command)).await {
        Ok(done) => begun(&visit, &done, typed.1).await,
        Err(error) => match trouble(&visit, error) {
            Ok(trouble) => form_page(&visit, typed, &trouble),
            Err(cause) => visit.broken(&cause),
        },
    }
}

/// `Source:` ASVS 7.2.4: the session that the browser held before ends, for its cookie is gone.
async fn begun(visit: &Visit, done: &SignedIn, next: &str) -> Response {
    match visit.person().await {
        Ok(Some(before)) => {
            let ended = account::sign_out(visit.app(), &before.actor, SignOut::Here).await;
            if let Err(AccountError::Internal(cause)) = ended
                && !is_outage(&cause)
            {
                tracing::error!(error = %cause, "an earlier session was not ended");
            }
        }
        Ok(None) => {}
        Err(cause) if is_outage(&cause) => {}
        Err(cause) => tracing::error!(error = %cause, "an earlier session was not looked up"),
    }
    let page = if done.session.is_restricted {
        "change-password"
    } else {
        next
    };
    let answer = visit.with_session(visit.to(page), (&done.session, &done.token));
    visit.with_devices(answer, done.devices.as_deref())
}

fn empty_fields(form: &Form) -> Faults {
    let mut faults = Faults::default();
    for field in ["login", "password"] {
        if form.text(field).is_empty() {
            faults.add(field, fault("fault-empty"));
        }
    }
    faults
}

/// Where a refusal belongs. What cannot come from this form would be our own mistake.
fn trouble(visit: &Visit, error: AccountError) -> Result<Trouble, Internal> {
    match error {
        AccountError::InvalidCredentials => Ok(Trouble::above(fault("sign-in-wrong"))),
        AccountError::TemporaryPasswordExpired(end) => Ok(Trouble::over(end)),
        AccountError::RateLimited(retry_at) => Ok(Trouble::too_often(visit.app(), retry_at)),
        AccountError::Password(ChooseError::Overloaded(_)) => Ok(Trouble::busy()),
        AccountError::Internal(cause) | AccountError::Password(ChooseError::Internal(cause)) => {
            Err(cause)
        }
        other => Err(Internal::new(
            "answering a form",
            format!("a sign-in was refused as something else: {other:?}"),
        )),
    }
}

//! `/reset/code`: a code of 16 characters that somebody read out takes the place of a link.

use axum::body::Body;
use axum::response::Response;
use minijinja::context;

use super::faults::fault;
use super::forgot::{at_code, marked_form};
use super::form::Refused;
use super::refusals::{Sorted, Trouble, sorted};
use super::reset;
use super::token_cookie::Token;
use super::visit::Visit;
use crate::domain::one_time_links::{SpokenError, parse_spoken};
use crate::domain::password_reset::{self, ByLinkError, ResetLink};

/// `GET /reset/code`.
pub(super) async fn show(visit: Visit) -> Response {
    ask(&visit, "", &Trouble::default())
}

/// What was typed is shown again only while it is no code: a slip of the tongue is easier to find in it.
fn ask(visit: &Visit, typed: &str, trouble: &Trouble) -> Response {
    let values = context! { typed, ..trouble.values() };
    let page = ("spoken_code.html", values);
    trouble.told(visit.form_page(None, trouble.status(), page))
}

/// `POST /reset/code`: from the code to the form for a new password.
///
/// A slip is told by the check character, before the database is asked and a try is counted.
pub(super) async fn take(visit: Visit, body: Body) -> Response {
    let form = match marked_form(&visit, body).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let typed = form.text("code").trim();
    let code = match parse_spoken(typed) {
        Ok(code) => code,
        Err(_) if typed.is_empty() => return ask(&visit, "", &at_code(fault("fault-empty"))),
        Err(SpokenError::Shape) => return ask(&visit, typed, &at_code(fault("spoken-shape"))),
        Err(SpokenError::Check) => return ask(&visit, typed, &at_code(fault("spoken-check"))),
    };
    match password_reset::verify_token(visit.app(), &visit.origin, &code).await {
        Ok(ResetLink::Unknown) | Err(ByLinkError::Link(_)) => {
            ask(&visit, "", &at_code(fault("spoken-unknown")))
        }
        // What has become of it, if it cannot be used, is told there.
        Ok(_) => reset::cookie(&visit.pages).hold(&Token::known(code), visit.to("reset")),
        Err(ByLinkError::RateLimited(retry_at)) => {
            ask(&visit, "", &Trouble::too_often(visit.app(), retry_at))
        }
        Err(ByLinkError::User(error)) => match sorted(error, &form) {
            Sorted::Internal(cause) => visit.broken(&cause),
            Sorted::Faults(_) | Sorted::Refused(_) => visit.refuse(Refused::Busy),
        },
    }
}

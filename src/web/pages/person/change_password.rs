//! `/change-password`: another password of one's own, with the present one in hand; also what a forced
//! change leads to.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use minijinja::context;

use super::faults::{Faults, fault};
use super::form::{Form, Refused};
use super::refusals::{Sorted, Trouble, sorted_password};
use super::signed_in::Person;
use super::visit::Visit;
use crate::domain::account::{self, AccountError, ChangePassword};
use crate::types::actor::Denied;
use crate::types::error::Internal;

/// `GET /change-password`: the form.
pub(super) async fn show(visit: Visit) -> Response {
    match visit.signed_in().await {
        Ok(person) => form_page(&visit, &person, &Trouble::default(), true).await,
        Err(elsewhere) => elsewhere,
    }
}

async fn form_page(
    visit: &Visit,
    person: &Person,
    trouble: &Trouble,
    ends_others: bool,
) -> Response {
    let account = match account::read(visit.app(), &person.actor).await {
        Ok(account) => account,
        Err(AccountError::Internal(cause)) => return visit.broken(&cause),
        Err(_gone) => return visit.to_sign_in("over"),
    };
    if !account.can_change_password() {
        return visit.page(StatusCode::OK, "change_elsewhere.html", context! {});
    }
    let values = context! {
        username => account.user.username,
        is_demanded => account.user.must_change_password,
        ends_others,
        ..trouble.values()
    };
    let page = ("change_password.html", values);
    trouble.told(visit.form_page(Some(person), trouble.status(), page))
}

/// `POST /change-password`.
pub(super) async fn change(visit: Visit, body: Body) -> Response {
    let form = match visit.form(body).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let person = match visit.signed_in().await {
        Ok(person) => person,
        Err(elsewhere) => return elsewhere,
    };
    if let Err(why) = visit.check_mark(Some(&person), &form) {
        return visit.refuse(why);
    }
    let ends_others = form.text("others") == "end";
    let faults = typed_faults(&form);
    if !faults.is_empty() {
        return form_page(&visit, &person, &Trouble::of(faults), ends_others).await;
    }
    let command = ChangePassword {
        current: form.secret("current"),
        new: form.secret("password"),
        revoke_others: ends_others,
    };
    let changing = account::change_password(visit.app(), &person.actor, command);
    match Box::pin(changing).await {
        Ok(done) => {
            let answer = visit.to("account?done=password");
            visit.with_session(answer, (&done.session, &done.token))
        }
        Err(error) => match answered(&visit, error) {
            Instead::Form(trouble) => form_page(&visit, &person, &trouble, ends_others).await,
            Instead::SignIn(why) => visit.to_sign_in(why),
            Instead::Refused(why) => visit.refuse(why),
            Instead::Broken(cause) => visit.broken(&cause),
        },
    }
}

fn typed_faults(form: &Form) -> Faults {
    let mut faults = Faults::of_passwords(form);
    if form.text("current").is_empty() {
        faults.add("current", fault("fault-empty"));
    }
    faults
}

/// What is answered when an act on one's own account did not take the present password, or the new one.
pub(super) enum Instead {
    Form(Trouble),
    SignIn(&'static str),
    Refused(Refused),
    Broken(Internal),
}

pub(super) fn answered(visit: &Visit, error: AccountError) -> Instead {
    match error {
        AccountError::IncorrectPassword {
            session_ended: true,
        } => Instead::SignIn("tries"),
        AccountError::IncorrectPassword { .. } => {
            let faults = Faults::one("current", fault("fault-current"));
            Instead::Form(Trouble::of(faults))
        }
        AccountError::TemporaryPasswordExpired(end) => Instead::Form(Trouble::over(end)),
        AccountError::RateLimited(retry_at) => {
            Instead::Form(Trouble::too_often(visit.app(), retry_at))
        }
        AccountError::Password(error) => match sorted_password(error) {
            Sorted::Faults(faults) => Instead::Form(Trouble::of(faults)),
            Sorted::Refused(Refused::Busy) => Instead::Form(Trouble::busy()),
            Sorted::Refused(why) => Instead::Refused(why),
            Sorted::Internal(cause) => Instead::Broken(cause),
        },
        AccountError::Denied(Denied::PersonOnly) => Instead::Refused(Refused::NotAForm),
        AccountError::Denied(_)
        | AccountError::StepUpRequired
        | AccountError::InvalidCredentials
        | AccountError::SessionNotFound
        | AccountError::DeviceNotFound => Instead::SignIn("over"),
        AccountError::Internal(cause) => Instead::Broken(cause),
    }
}

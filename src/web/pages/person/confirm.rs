//! The password once more, before something that a stolen session should not be able to do.
//!
//! The form keeps what was asked for, and sends it again together with the password.

use axum::response::Response;
use minijinja::context;

use super::change_password::{Instead, answered};
use super::form::Form;
use super::refusals::Trouble;
use super::signed_in::Person;
use super::visit::Visit;
use crate::domain::account::{self, AccountError, Confirmation};

/// Opens the step-up window when the form brings the password. Gives who acts from now on, and the session
/// under its new token.
///
/// Errors: the page to answer with instead.
pub(super) async fn given(
    visit: &Visit,
    person: Person,
    form: &Form,
) -> Result<(Person, Option<Confirmation>), Response> {
    if form.text("current").is_empty() {
        return Ok((person, None));
    }
    let password = form.secret("current");
    let confirming = account::confirm_identity(visit.app(), &person.actor, &password);
    let done = match Box::pin(confirming).await {
        Ok(done) => done,
        Err(error) => return Err(refused(visit, &person, form, error)),
    };
    match visit.person_with(done.token.clone()).await {
        Ok(Some(person)) => Ok((person, Some(done))),
        Ok(None) => Err(visit.to_sign_in("over")),
        Err(cause) => Err(visit.broken(&cause)),
    }
}

fn refused(visit: &Visit, person: &Person, form: &Form, error: AccountError) -> Response {
    match answered(visit, error) {
        Instead::Form(trouble) => page(visit, person, form, &trouble),
        Instead::SignIn(why) => visit.to_sign_in(why),
        Instead::Refused(why) => visit.refuse(why),
        Instead::Broken(cause) => visit.broken(&cause),
    }
}

/// The form that asks for the password.
pub(super) fn page(visit: &Visit, person: &Person, form: &Form, trouble: &Trouble) -> Response {
    let values = context! {
        username => person.actor.label.as_str(),
        wanted => form.text("do"),
        session => form.text("session"),
        ..trouble.values()
    };
    let page = ("confirm.html", values);
    trouble.told(visit.form_page(Some(person), trouble.status(), page))
}

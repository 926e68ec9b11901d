//! `/account`: one's own account, and the way out.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use minijinja::{Value, context};

use super::faults::{Fault, fault};
use super::form::{Form, Refused};
use super::refusals::Trouble;
use super::signed_in::Person;
use super::visit::Visit;
use super::{confirm, sessions};
use crate::domain::account::{self, Account, AccountError, Confirmation, SignOut};
use crate::types::actor::Denied;
use crate::types::clock::Timestamp;
use crate::types::ids::{DeviceId, SessionId};

/// `GET /account`.
pub(super) async fn show(visit: Visit) -> Response {
    let person = match visit.signed_in().await {
        Ok(person) if person.actor.is_restricted() => return visit.to("change-password"),
        Ok(person) => person,
        Err(elsewhere) => return elsewhere,
    };
    match account::read(visit.app(), &person.actor).await {
        Ok(account) => account_page(&visit, &person, &account).await,
        Err(error) => without_account(&visit, error),
    }
}

fn without_account(visit: &Visit, error: AccountError) -> Response {
    match error {
        AccountError::Internal(cause) => visit.broken(&cause),
        _gone => visit.to_sign_in("over"),
    }
}

async fn account_page(visit: &Visit, person: &Person, account: &Account) -> Response {
    let notice = match visit.asked("done") {
        Some("password") => Some(fault("account-changed")),
        Some("session") => Some(fault("account-session-ended")),
        Some("device") => Some(fault("account-device-forgotten")),
        _ => None,
    };
    let sessions = match sessions::of(visit, account).await {
        Ok(sessions) => sessions,
        Err(error) => return without_account(visit, error),
    };
    let devices = match sessions::devices_of(visit, account).await {
        Ok(devices) => devices,
        Err(error) => return without_account(visit, error),
    };
    let values = context! {
        account => shown(account),
        sessions,
        devices,
        can_change => account.can_change_password(),
        notice => notice.as_ref().map(Fault::value),
    };
    visit.form_page(Some(person), StatusCode::OK, ("account.html", values))
}

fn shown(account: &Account) -> Value {
    let user = &account.user;
    context! {
        username => user.username.as_str(),
        name => user.name.as_deref(),
        email => user.email.as_deref(),
        last_sign_in_at => user.last_sign_in_at.map(Timestamp::to_rfc3339),
        password_changed_at => user.password_changed_at.map(Timestamp::to_rfc3339),
    }
}

/// `POST /account`: what one of its buttons stands for.
pub(super) async fn act(visit: Visit, body: Body) -> Response {
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
    match form.text("do") {
        "sign-out" => match account::sign_out(visit.app(), &person.actor, SignOut::Here).await {
            Ok(_count) => signed_out(&visit),
            Err(error) => without_account(&visit, error),
        },
        "forget-device" => forget_device(&visit, &person, form.text("device")).await,
        "sign-out-everywhere" | "end-session" => end_others(&visit, person, &form).await,
        _ => visit.refuse(Refused::NotAForm),
    }
}

/// One that is forgotten already is what was wanted.
async fn forget_device(visit: &Visit, person: &Person, id: &str) -> Response {
    let id = DeviceId::parse(id);
    match account::revoke_own_device(visit.app(), &person.actor, id).await {
        Ok(_) | Err(AccountError::DeviceNotFound) => visit.to("account?done=device"),
        Err(AccountError::Denied(Denied::PasswordChangeRequired)) => visit.to("change-password"),
        Err(error) => without_account(visit, error),
    }
}

/// What ends other sessions than the one that the visitor came with: asks for the password where no
/// confirmation is open.
async fn end_others(visit: &Visit, person: Person, form: &Form) -> Response {
    if person.actor.is_restricted() {
        return visit.to("change-password");
    }
    let (person, renewed) = match confirm::given(visit, person, form).await {
        Ok(given) => given,
        Err(instead) => return instead,
    };
    let done = match form.text("do") {
        "end-session" => end_session(visit, &person, form.text("session")).await,
        _ => sign_out_everywhere(visit, &person).await,
    };
    match done {
        Ok(Ended::Here) => signed_out(visit),
        Ok(Ended::Elsewhere) => kept(visit, visit.to("account?done=session"), renewed.as_ref()),
        Err(AccountError::StepUpRequired) => {
            let asked = confirm::page(visit, &person, form, &Trouble::default());
            kept(visit, asked, renewed.as_ref())
        }
        Err(AccountError::Internal(cause)) => kept(visit, visit.broken(&cause), renewed.as_ref()),
        Err(error) => without_account(visit, error),
    }
}

/// Where sessions ended.
enum Ended {
    /// The one that the visitor came with is among them.
    Here,
    /// Only others.
    Elsewhere,
}

fn signed_out(visit: &Visit) -> Response {
    visit.without_session(visit.to("sign-in?why=out"))
}

/// A session that was confirmed goes on under another token.
fn kept(visit: &Visit, answer: Response, renewed: Option<&Confirmation>) -> Response {
    match renewed {
        Some(renewed) => visit.with_session(answer, (&renewed.session, &renewed.token)),
        None => answer,
    }
}

async fn sign_out_everywhere(visit: &Visit, person: &Person) -> Result<Ended, AccountError> {
    let everywhere = SignOut::Everywhere { password: None };
    account::sign_out(visit.app(), &person.actor, everywhere).await?;
    Ok(Ended::Here)
}

/// One that is gone already is what was wanted.
async fn end_session(visit: &Visit, person: &Person, id: &str) -> Result<Ended, AccountError> {
    let id = SessionId::parse(id);
    match account::revoke_own_session(visit.app(), &person.actor, id, None).await {
        Ok(session) if person.is_in(session.id) => Ok(Ended::Here),
        Ok(_) | Err(AccountError::SessionNotFound) => Ok(Ended::Elsewhere),
        Err(error) => Err(error),
    }
}

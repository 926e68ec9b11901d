//! `/account`: one's own account, and the way out.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use minijinja::{Value, context};

use super::faults::{Fault, fault};
use super::form::Refused;
use super::sessions;
use super::signed_in::Person;
use super::visit::Visit;
use crate::account::{self, Account, AccountError};
use crate::actor::Denied;
use crate::clock::Timestamp;
use crate::ids::{DeviceId, SessionId};

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
        "sign-out" => sign_out(&visit, &person, false).await,
        "sign-out-everywhere" => sign_out(&visit, &person, true).await,
        "end-session" => end_session(&visit, &person, form.text("session")).await,
        "forget-device" => forget_device(&visit, &person, form.text("device")).await,
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

async fn sign_out(visit: &Visit, person: &Person, everywhere: bool) -> Response {
    match account::sign_out(visit.app(), &person.actor, everywhere).await {
        Ok(_count) => visit.without_session(visit.to("sign-in?why=out")),
        Err(error) => without_account(visit, error),
    }
}

/// One that is gone already is what was wanted.
async fn end_session(visit: &Visit, person: &Person, id: &str) -> Response {
    let id = SessionId::parse(id);
    match account::revoke_own_session(visit.app(), &person.actor, id).await {
        Ok(session) if person.is_in(session.id) => {
            visit.without_session(visit.to("sign-in?why=out"))
        }
        Ok(_) | Err(AccountError::SessionNotFound) => visit.to("account?done=session"),
        Err(AccountError::Denied(Denied::PasswordChangeRequired)) => visit.to("change-password"),
        Err(error) => without_account(visit, error),
    }
}

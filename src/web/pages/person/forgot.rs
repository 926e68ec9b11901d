//! `/forgot`: a link and a code for whoever forgot their password. Everybody sees the same.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minijinja::context;

use super::Pages;
use super::faults::{Fault, Faults, fault};
use super::form::Form;
use super::refusals::Trouble;
use super::reset;
use super::token_cookie::{FOR_A_CODE, Token, TokenCookie};
use super::visit::Visit;
use crate::domain::password_reset::{self, CodeError, RequestError, RequestReset, VerifyCode};
use crate::platform::app::App;
use crate::types::secret::Secret;

/// Binds what is sealed to its use.
const PURPOSE: &[u8] = b"keydesk flow cookie v1";

/// What the browser keeps of a request, sealed: which one, and the login it was for.
///
/// `Why:` sealed because people type passwords in the place of logins, and cookies are files.
struct Flow {
    id: Secret,
    login: Secret,
}

impl Flow {
    fn cookie(pages: &Pages) -> TokenCookie {
        pages.cookie("flow", FOR_A_CODE)
    }

    fn sealed(&self, app: &App) -> String {
        let both = format!("{} {}", self.id.expose(), self.login.expose());
        URL_SAFE_NO_PAD.encode(app.keys.seal(&Secret::new(both), PURPOSE))
    }

    fn of(visit: &Visit) -> Option<Self> {
        let text = Self::cookie(&visit.pages).text(&visit.headers)?;
        let sealed = URL_SAFE_NO_PAD.decode(text.expose()).ok()?;
        let both = visit.app().keys.open(&sealed, PURPOSE).ok()?;
        let (id, login) = both.expose().split_once(' ')?;
        Some(Self {
            id: Secret::new(id.to_owned()),
            login: Secret::new(login.to_owned()),
        })
    }
}

/// `GET /forgot`: who are you?
pub(super) async fn show(visit: Visit) -> Response {
    ask(&visit, "", &Trouble::default())
}

fn ask(visit: &Visit, login: &str, trouble: &Trouble) -> Response {
    if !password_reset::is_self_service(visit.app()) {
        return visit.page(StatusCode::OK, "forgot_disabled.html", context! {});
    }
    let values = context! { login, ..trouble.values() };
    let page = ("forgot.html", values);
    trouble.told(visit.form_page(None, trouble.status(), page))
}

/// `POST /forgot`: whether a mail goes out is found out later, by a worker, and told to nobody here.
pub(super) async fn request(visit: Visit, body: Body) -> Response {
    let form = match marked_form(&visit, body).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let login = form.text("login").trim();
    if login.is_empty() {
        let faults = Faults::one("login", fault("fault-empty"));
        return ask(&visit, "", &Trouble::of(faults));
    }
    let command = RequestReset {
        login: Secret::new(login.to_owned()),
        redirect_url: None,
    };
    match password_reset::request_reset(visit.app(), &visit.origin, command).await {
        Ok(taken) => {
            let flow = Flow {
                id: taken.flow_id,
                login: Secret::new(login.to_owned()),
            };
            let cookie = Flow::cookie(&visit.pages);
            cookie.hold_text(&flow.sealed(visit.app()), visit.to("forgot/code"))
        }
        Err(error) => not_taken(&visit, login, error),
    }
}

fn not_taken(visit: &Visit, login: &str, error: RequestError) -> Response {
    let trouble = match error {
        RequestError::Internal(cause) => return visit.broken(&cause),
        RequestError::RateLimited(retry_at) => Trouble::too_often(visit.app(), retry_at),
        // Without self-service there is another page than the form.
        RequestError::Disabled | RequestError::RedirectNotAllowed => Trouble::default(),
        RequestError::Invalid(_) => Trouble::of(Faults::one("login", fault("fault-invalid"))),
    };
    ask(visit, login, &trouble)
}

/// A form of this browser, for whom it does not matter who is signed in.
pub(super) async fn marked_form(visit: &Visit, body: Body) -> Result<Form, Response> {
    let form = visit.form(body).await?;
    match visit.check_mark(None, &form) {
        Ok(()) => Ok(form),
        Err(why) => Err(visit.refuse(why)),
    }
}

/// `GET /forgot/code`: the same words for every login, and the field for the code of the mail.
pub(super) async fn show_code(visit: Visit) -> Response {
    match Flow::of(&visit) {
        Some(flow) => ask_code(&visit, &flow, &Trouble::default()),
        None => visit.to("forgot"),
    }
}

fn ask_code(visit: &Visit, flow: &Flow, trouble: &Trouble) -> Response {
    let recovery = &visit.app().settings.security.recovery;
    let values = context! {
        login => flow.login.expose(),
        link_minutes => recovery.link.as_secs() / 60,
        code_minutes => recovery.code.as_secs() / 60,
        ..trouble.values()
    };
    let page = ("forgot_code.html", values);
    trouble.told(visit.form_page(None, trouble.status(), page))
}

/// `POST /forgot/code`: from the code to the form for a new password.
pub(super) async fn verify(visit: Visit, body: Body) -> Response {
    let form = match marked_form(&visit, body).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let Some(flow) = Flow::of(&visit) else {
        return visit.to("forgot");
    };
    if form.text("code").trim().is_empty() {
        return ask_code(&visit, &flow, &at_code(fault("fault-empty")));
    }
    let command = VerifyCode {
        login: flow.login.expose().to_owned(),
        flow_id: flow.id.clone(),
        code: form.secret("code"),
    };
    let verifying = password_reset::verify_code(visit.app(), visit.origin.clone(), command);
    match Box::pin(verifying).await {
        Ok(verified) => {
            let answer = Flow::cookie(&visit.pages).forget(visit.to("reset"));
            reset::cookie(&visit.pages).hold(&Token::known(verified.token), answer)
        }
        Err(CodeError::Invalid) => ask_code(&visit, &flow, &at_code(fault("code-wrong"))),
        Err(CodeError::RateLimited(retry_at)) => {
            let trouble = Trouble::too_often(visit.app(), retry_at);
            ask_code(&visit, &flow, &trouble)
        }
        Err(CodeError::Internal(cause)) => visit.broken(&cause),
    }
}

pub(super) fn at_code(fault: Fault) -> Trouble {
    Trouble::of(Faults::one("code", fault))
}

//! `POST /introspect`: another back end asks about a token that it was shown.
//!
//! `Source:` RFC 7662; refusals as RFC 6749, 5.2 and RFC 6750, 3 say. A cookie counts for nothing here,
//! so a page cannot ask.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::actor::{self, Presented};
use super::content::is_form;
use crate::domain::sessions::{self, Introspect, IntrospectError, IntrospectScope, Introspected};
use crate::platform::app::App;
use crate::platform::db;
use crate::types::actor::{Actor, Denied, Permission, Via};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// Longest form. `Units:` bytes. A token has 47 characters; some clients send parameters of their own.
const MAX_BODY: usize = 8 * 1024;

/// The one route.
pub(super) fn router(app: &App) -> Router {
    Router::new()
        .route("/introspect", post(answer))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app.clone())
}

/// Why nothing is told.
#[derive(Debug)]
enum Refused {
    /// No key.
    NoKey,
    /// One that is unknown, revoked, expired or used from elsewhere.
    WrongKey,
    /// One that may not ask.
    Forbidden(String),
    /// What was sent is not what this takes.
    Invalid(StatusCode, &'static str),
    /// Who asks cannot be checked now.
    Unchecked(Internal),
    /// Our fault.
    Broken(Internal),
}

async fn answer(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match introspect(&app, (&parts.headers, &parts.extensions), body).await {
        Ok(found) => Json(written(found)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// `Order:` who asks, then what. A stranger's body is not read.
async fn introspect(
    app: &App,
    (headers, extensions): (&HeaderMap, &Extensions),
    body: Body,
) -> Result<Option<Introspected>, Refused> {
    let actor = caller(app, (headers, extensions)).await?;
    let asked = read(headers, body).await?;
    let found = sessions::introspect(app, &actor, asked).await;
    found.map_err(|error| match error {
        IntrospectError::Denied(Denied::Missing(permission)) => {
            Refused::Forbidden(format!("This needs the scope {}.", permission.name()))
        }
        IntrospectError::Denied(denied) => Refused::Forbidden(denied.to_string()),
        IntrospectError::KeyOnly => {
            Refused::Forbidden("This is for programs with an API key.".to_owned())
        }
        IntrospectError::Internal(cause) => Refused::Broken(cause),
    })
}

async fn caller(
    app: &App,
    (headers, extensions): (&HeaderMap, &Extensions),
) -> Result<Actor, Refused> {
    if !headers.contains_key(AUTHORIZATION) {
        return Err(Refused::NoKey);
    }
    let Presented::Key(key) = actor::presented(app, headers) else {
        return Err(Refused::WrongKey);
    };
    let origin = actor::origin(app, (headers, extensions), Via::Web);
    let known = actor::authenticate(app, &key, origin).await;
    known.map_err(Refused::Unchecked)?.ok_or(Refused::WrongKey)
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Introspect, Refused> {
    if !is_form(headers) {
        let message = "Send the token as application/x-www-form-urlencoded.";
        return Err(Refused::Invalid(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            message,
        ));
    }
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        let message = "The form may have at most 8 KiB, and must arrive whole.";
        return Err(Refused::Invalid(StatusCode::PAYLOAD_TOO_LARGE, message));
    };
    parse(&bytes).map_err(|message| Refused::Invalid(StatusCode::BAD_REQUEST, message))
}

/// `Source:` RFC 6749, 3.2: a parameter without a value is none, one given twice is refused, and one that
/// is not known is ignored; `token_type_hint` is one of these.
fn parse(bytes: &[u8]) -> Result<Introspect, &'static str> {
    let (mut token, mut scope) = (None, None);
    for (name, value) in form_urlencoded::parse(bytes).filter(|(_, value)| !value.is_empty()) {
        match name.as_ref() {
            "token" if token.is_none() => token = Some(Secret::new(value.into_owned())),
            "include_restricted" if scope.is_none() => scope = Some(value.into_owned()),
            "token" | "include_restricted" => return Err("A parameter stands twice."),
            _ => {}
        }
    }
    let scope = match scope.as_deref() {
        None | Some("false") => IntrospectScope::Unrestricted,
        Some("true") => IntrospectScope::All,
        Some(_) => return Err("`include_restricted` is `true` or `false`."),
    };
    let token = token.ok_or("`token` is missing.")?;
    Ok(Introspect { token, scope })
}

/// `Source:` RFC 7662, 2.2. `Units:` times are in seconds since 1970.
fn written(found: Option<Introspected>) -> Value {
    let Some(session) = found else {
        return json!({ "active": false });
    };
    let seconds = |at: Timestamp| at.as_millis().div_euclid(1_000);
    json!({
        "active": true,
        "token_type": "Bearer",
        "sub": session.user.to_string(),
        "username": session.username,
        "role": session.role.name(),
        "sid": session.session.to_string(),
        "iat": seconds(session.began_at),
        "auth_time": seconds(session.authenticated_at),
        "exp": seconds(session.expires_at),
        "restricted": session.is_restricted,
    })
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let challenge =
            |more: &str| [(WWW_AUTHENTICATE, format!("Bearer realm=\"keydesk\"{more}"))];
        match self {
            Self::NoKey => {
                let message = "Send `Authorization: Bearer` with an API key.";
                let body = refusal(StatusCode::UNAUTHORIZED, "invalid_client", message);
                (challenge(""), body).into_response()
            }
            Self::WrongKey => {
                let message = "The API key is unknown, revoked, expired or used from elsewhere.";
                let body = refusal(StatusCode::UNAUTHORIZED, "invalid_token", message);
                (challenge(", error=\"invalid_token\""), body).into_response()
            }
            Self::Forbidden(message) => {
                let body = refusal(StatusCode::FORBIDDEN, "insufficient_scope", &message);
                let scope = Permission::SessionsIntrospect.name();
                let more = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
                (challenge(&more), body).into_response()
            }
            Self::Invalid(status, message) => refusal(status, "invalid_request", message),
            Self::Broken(cause) if !db::is_passing(&cause) => broken(&cause),
            Self::Unchecked(cause) | Self::Broken(cause) => unavailable(&cause),
        }
    }
}

fn refusal(status: StatusCode, error: &'static str, message: &str) -> Response {
    let body = json!({ "error": error, "error_description": message });
    (status, Json(body)).into_response()
}

fn broken(cause: &Internal) -> Response {
    tracing::error!(error = %cause, "a token could not be looked up");
    let message = "Something went wrong here. Quote the x-request-id header.";
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message)
}

/// `Why:` never `active: false`, or a busy database would sign people out elsewhere.
fn unavailable(cause: &Internal) -> Response {
    if !db::is_outage(cause) {
        tracing::error!(error = %cause, "a token could not be looked up now");
    }
    let message = "The database does not answer, or has too much to do. Try again shortly.";
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let body = refusal(status, "temporarily_unavailable", message);
    ([(RETRY_AFTER, "1")], body).into_response()
}

async fn method_not_allowed() -> Response {
    let message = "Send the token by POST, never in an address.";
    let body = refusal(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", message);
    ([(ALLOW, "POST")], body).into_response()
}

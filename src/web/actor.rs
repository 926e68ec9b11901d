//! Who is calling: the `Authorization` header becomes an actor, or the request ends here.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::Extensions;
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE, USER_AGENT, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::peer;
use super::refusal::Refusal;
use super::request_id::RequestId;
use crate::access;
use crate::actor::{Actor, Origin, Via};
use crate::app::App;
use crate::secret::Secret;

/// The name of the session cookie. Nobody can sign in yet, so every one of them is stale.
const SESSION_COOKIE: &str = "__Host-keydesk_session";
/// Longest program name kept in the audit trail, in characters.
const MAX_USER_AGENT: usize = 200;

/// Attaches the actor. Without a header the caller is anonymous; with a wrong one the answer is 401.
pub(super) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let origin = origin(
        &app,
        (request.headers(), request.extensions()),
        Via::GraphQl,
    );
    let actor = match presented(request.headers()) {
        Presented::Nothing => Actor::anonymous(origin),
        Presented::Malformed => return wrong_credentials(id.as_ref()),
        Presented::Key(key) => match access::authenticate(&app, &key, origin).await {
            Ok(Some(actor)) => actor,
            Ok(None) => return wrong_credentials(id.as_ref()),
            Err(error) => {
                tracing::error!(%error, "an API key could not be checked");
                return unavailable(id.as_ref());
            }
        },
    };
    let has_stale_cookie = has_session_cookie(request.headers());
    request.extensions_mut().insert(Arc::new(actor));
    let mut response = next.run(request).await;
    if has_stale_cookie {
        let gone = HeaderValue::from_static(
            "__Host-keydesk_session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax",
        );
        response.headers_mut().append(SET_COOKIE, gone);
    }
    response
}

/// What a caller shows.
pub(super) enum Presented {
    Nothing,
    Malformed,
    Key(Secret),
}

pub(super) fn presented(headers: &HeaderMap) -> Presented {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Presented::Nothing;
    };
    if values.next().is_some() {
        return Presented::Malformed;
    }
    value.to_str().map_or(Presented::Malformed, presented_text)
}

/// Reads the value of the header.
pub(super) fn presented_text(text: &str) -> Presented {
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty() => {
            Presented::Key(Secret::new(key.trim().to_owned()))
        }
        _ => Presented::Malformed,
    }
}

fn has_session_cookie(headers: &HeaderMap) -> bool {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut names = cookies
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.split_once('=').map(|(name, _)| name.trim()));
    names.any(|name| name == SESSION_COOKIE)
}

/// Where a request came from, by its headers and by what the connection knows.
pub(super) fn origin(
    app: &App,
    (headers, extensions): (&HeaderMap, &Extensions),
    via: Via,
) -> Origin {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let trusted = &app.settings.server.trusted_proxies;
    let user_agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    Origin {
        via,
        request_id: extensions.get::<RequestId>().map(|id| id.0.clone()),
        ip_address: peer
            .map(|ConnectInfo(address)| peer::client(address.ip(), headers, trusted).to_string()),
        user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
    }
}

fn wrong_credentials(id: Option<&RequestId>) -> Response {
    let refusal = Refusal(
        StatusCode::UNAUTHORIZED,
        "UNAUTHENTICATED",
        "The Authorization header is wrong. Send `Authorization: Bearer kd_…` with a key that is \
         neither revoked nor expired, or no header at all.",
    );
    (
        [(
            WWW_AUTHENTICATE,
            "Bearer realm=\"keydesk\", error=\"invalid_token\"",
        )],
        refusal.answer(id),
    )
        .into_response()
}

fn unavailable(id: Option<&RequestId>) -> Response {
    let refusal = Refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "SERVICE_UNAVAILABLE",
        "The database does not answer. Try again shortly.",
    );
    refusal.answer_later(id)
}

//! Who is calling: the `Authorization` header becomes an actor, or the request ends here.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::Extensions;
use axum::http::header::{AUTHORIZATION, SET_COOKIE, USER_AGENT, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::origin::is_own_page;
use super::refusal::Refusal;
use super::request_id::RequestId;
use super::{cookies, peer};
use crate::domain::{access, audit, sessions};
use crate::graphql::{device_cookie, session_cookie};
use crate::platform::app::App;
use crate::platform::db::is_outage;
use crate::types::actor::{Actor, Origin, Via};
use crate::types::error::Internal;
use crate::types::secret::Secret;

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
    let presented = presented(&app, request.headers());
    let (key, is_cookie) = match presented {
        Presented::Nothing => (None, false),
        Presented::Malformed => {
            audit::wrong_key(&app, &origin, None).await;
            return wrong_credentials(id.as_ref());
        }
        Presented::Key(key) => (Some(key), false),
        Presented::Cookie(key) => (Some(key), true),
    };
    let known = match &key {
        Some(key) => match authenticate(&app, key, origin.clone()).await {
            Ok(known) => known,
            Err(error) => {
                if !is_outage(&error) {
                    tracing::error!(%error, "a caller's credentials could not be checked");
                }
                return unavailable(id.as_ref());
            }
        },
        None => None,
    };
    if let Some(key) = key.as_ref().filter(|_| known.is_none() && !is_cookie) {
        // Wrong keys of programs are noted where they are looked up.
        if is_session(key) {
            audit::wrong_key(&app, &origin, None).await;
        }
        return wrong_credentials(id.as_ref());
    }
    let has_stale_cookie = is_cookie && known.is_none();
    let actor = known.unwrap_or_else(|| Actor::anonymous(origin));
    request.extensions_mut().insert(Arc::new(actor));
    let mut response = next.run(request).await;
    if has_stale_cookie
        && !response.headers().contains_key(SET_COOKIE)
        && let Ok(gone) = HeaderValue::from_str(&session_cookie::gone(&app))
    {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    response
}

/// Whoever is behind a bearer token, be it of a session or an API key. `None` when it is not good.
pub(super) async fn authenticate(
    app: &App,
    key: &Secret,
    origin: Origin,
) -> Result<Option<Actor>, Internal> {
    if is_session(key) {
        return sessions::resolve(app, key, origin).await;
    }
    access::authenticate(app, key, origin).await
}

fn is_session(key: &Secret) -> bool {
    key.expose().starts_with(sessions::TOKEN_PREFIX)
}

/// What a caller shows.
pub(super) enum Presented {
    Nothing,
    Malformed,
    Key(Secret),
    Cookie(Secret),
}

/// `Order:` a header wins over a cookie, so that a program on a signed-in person's machine is itself.
pub(super) fn presented(app: &App, headers: &HeaderMap) -> Presented {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return cookie(app, headers).map_or(Presented::Nothing, Presented::Cookie);
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

/// The session's cookie, of a request that a page of this server sent.
fn cookie(app: &App, headers: &HeaderMap) -> Option<Secret> {
    let token = cookies::named(headers, session_cookie::name(app)).next()?;
    is_own_page(headers, &app.settings.server).then_some(token)
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
        devices: devices(app, headers),
    }
}

/// The tokens by which accounts know this browser again. Given twice, the cookie is not ours.
fn devices(app: &App, headers: &HeaderMap) -> Vec<Secret> {
    let mut found = cookies::named(headers, device_cookie::name(app));
    match (found.next(), found.next()) {
        (Some(value), None) => device_cookie::parse(&value),
        _ => Vec::new(),
    }
}

fn wrong_credentials(id: Option<&RequestId>) -> Response {
    let refusal = Refusal(
        StatusCode::UNAUTHORIZED,
        "UNAUTHENTICATED",
        "The Authorization header is wrong. Send `Authorization: Bearer` with an API key or a session \
         token that is neither revoked nor expired, or no header at all.",
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
        "Who you are cannot be checked now, because the database or the identity provider does not \
         answer. Try again shortly.",
    );
    refusal.answer_later(id)
}

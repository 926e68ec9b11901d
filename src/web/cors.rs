//! Pages of other origins: nobody, unless the operator names them (`server.cors_origins`).

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

/// Where pages of other origins may go at all.
const ENDPOINTS: [&str; 2] = ["/graphql", "/public/graphql"];

/// What a page may send, and how long its browser may remember that. `Units:` seconds.
///
/// `Why:` no credentials: keys come in a header that the page sets itself, never in a cookie.
const PERMISSIONS: [(HeaderName, &str); 3] = [
    (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
    (
        ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, content-type, x-request-id",
    ),
    (ACCESS_CONTROL_MAX_AGE, "600"),
];

/// The routes, with permissions for these origins; unchanged when there are none.
pub(super) fn permit(routes: Router, origins: &[String]) -> Router {
    if origins.is_empty() {
        return routes;
    }
    let origins: Arc<[String]> = origins.into();
    routes.layer(from_fn_with_state(origins, answer))
}

async fn answer(State(origins): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    if !ENDPOINTS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let origin = listed(&origins, &request);
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &origin {
        Some(_) if is_preflight => preflight(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-request-id, retry-after"),
        );
    }
    response
}

/// The origin of the request if the operator named it; one header, equal byte by byte.
fn listed(origins: &[String], request: &Request) -> Option<HeaderValue> {
    let mut given = request.headers().get_all(ORIGIN).iter();
    let (Some(origin), None) = (given.next(), given.next()) else {
        return None;
    };
    let is_listed = origins
        .iter()
        .any(|known| known.as_bytes() == origin.as_bytes());
    is_listed.then(|| origin.clone())
}

fn preflight() -> Response {
    let permissions = PERMISSIONS.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (StatusCode::NO_CONTENT, permissions).into_response()
}

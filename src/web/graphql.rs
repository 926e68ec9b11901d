//! `POST /graphql`: bytes in, one operation executed, JSON out.
//!
//! `Why:` a handler of our own. The library's accepts mutations by GET, bodies of any type, batches
//! and multipart, each of which has been a way in (`docs/decisions/0005-own-handler.md`).

use std::sync::Arc;

use async_graphql::{Request, Response as GraphQlResponse, ServerError, Variables};
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::request_id::RequestId;
pub(super) use crate::graphql::was_executed;
use crate::graphql::{Endpoint, retry_after};
use crate::types::actor::Actor;

/// Longest body, in bytes.
const MAX_BODY: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wish {
    query: String,
    #[serde(default)]
    variables: Variables,
    #[serde(default)]
    operation_name: Option<String>,
    /// Read by nothing; named so that a wrong type is refused.
    #[serde(default, rename = "extensions")]
    _extensions: Option<Map<String, Value>>,
}

/// How the answer is written, by what the caller accepts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Media {
    /// `application/graphql-response+json`: the status tells whether anything was executed.
    GraphQl,
    /// `application/json`: 200 for every well-formed request, as older clients expect.
    Json,
}

impl Media {
    const fn content_type(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    const fn not_executed(self) -> StatusCode {
        match self {
            Self::GraphQl => StatusCode::BAD_REQUEST,
            Self::Json => StatusCode::OK,
        }
    }
}

/// Answers one request.
pub(super) async fn answer(
    State(endpoint): State<Endpoint>,
    Extension(actor): Extension<Arc<Actor>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (media, wish) = match read(&headers, body).await {
        Ok(read) => read,
        Err(refusal) => return refusal.answer(Some(&id)),
    };
    let RequestId(id) = id;
    write(media, endpoint.answer(actor, &id, wish.into()).await)
}

async fn read(headers: &HeaderMap, body: Body) -> Result<(Media, Wish), Refusal> {
    let media = accepted(headers).ok_or(Refusal(
        StatusCode::NOT_ACCEPTABLE,
        "NOT_ACCEPTABLE",
        "Accept application/graphql-response+json or application/json.",
    ))?;
    if !is_json(headers) {
        return Err(Refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "Send the request as application/json in UTF-8.",
        ));
    }
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        return Err(Refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            "A request may have at most 1 MiB, and must arrive whole.",
        ));
    };
    // The parser's own words are not passed on: they may quote a password.
    let wish = serde_json::from_slice(&bytes).map_err(|_malformed| {
        Refusal(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            "The body must be one JSON object with `query`, and optionally `variables`, \
             `operationName` and `extensions`.",
        )
    })?;
    Ok((media, wish))
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else {
        return false;
    };
    let Ok(text) = value.to_str() else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| {
            let plain = parameter.to_ascii_lowercase().replace('"', "");
            !plain.starts_with("charset=") || plain == "charset=utf-8"
        })
}

/// `Source:` GraphQL over HTTP, 6.4.1 (audits 47DE and 80D8 of graphql-http): whoever does not say what
/// they accept gets `application/json`.
fn accepted(headers: &HeaderMap) -> Option<Media> {
    let mut named = None;
    let mut takes_any = !headers.contains_key(ACCEPT);
    let ranges = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(|range| range.split(';').next().unwrap_or("").trim());
    for range in ranges {
        match range.to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => named = named.or(Some(Media::GraphQl)),
            "application/json" => named = named.or(Some(Media::Json)),
            "application/*" | "*/*" => takes_any = true,
            _ => {}
        }
    }
    named.or(takes_any.then_some(Media::Json))
}

impl From<Wish> for Request {
    fn from(wish: Wish) -> Self {
        let mut request = Self::new(wish.query).variables(wish.variables);
        request.operation_name = wish.operation_name;
        request
    }
}

/// `Why:` where nothing was executed there is no `data` at all, not even null, so that no client takes
/// a refusal for an empty answer.
#[derive(Serialize)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<async_graphql::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ServerError>,
    extensions: std::collections::BTreeMap<String, async_graphql::Value>,
}

/// An answer as JSON text.
pub(super) fn body(response: GraphQlResponse) -> serde_json::Result<String> {
    serde_json::to_string(&Written {
        data: was_executed(&response).then_some(response.data),
        errors: response.errors,
        extensions: response.extensions,
    })
}

fn write(media: Media, mut response: GraphQlResponse) -> Response {
    let cookies = std::mem::take(&mut response.http_headers);
    let executed = was_executed(&response);
    let retry_after = retry_after(&response);
    let status = if retry_after.is_some() {
        StatusCode::SERVICE_UNAVAILABLE
    } else if executed {
        StatusCode::OK
    } else {
        media.not_executed()
    };
    let Ok(text) = body(response) else {
        return Refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_SERVER_ERROR",
            "The answer could not be written.",
        )
        .answer(None);
    };
    let mut answer = (status, [(CONTENT_TYPE, media.content_type())], text).into_response();
    answer.headers_mut().extend(cookies);
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

/// The endpoints take POST alone.
pub(super) async fn method_not_allowed(Extension(id): Extension<RequestId>) -> Response {
    let refusal = Refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "Send GraphQL requests by POST.",
    );
    ([(ALLOW, "POST")], refusal.answer(Some(&id))).into_response()
}

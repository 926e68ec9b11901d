//! The answer to a request that never came to GraphQL, in the same shape as GraphQL's errors.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::request_id::RequestId;

/// Status, code and what to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal(
    pub(super) StatusCode,
    pub(super) &'static str,
    pub(super) &'static str,
);

impl Refusal {
    /// Writes it, under the request's id where that is known.
    pub(super) fn answer(self, id: Option<&RequestId>) -> Response {
        let Self(status, code, message) = self;
        let mut extensions = serde_json::Map::new();
        if let Some(RequestId(id)) = id {
            extensions.insert("requestId".to_owned(), Value::String(id.clone()));
        }
        let mut of_error = extensions.clone();
        of_error.insert("code".to_owned(), code.into());
        let error = json!({ "message": message, "extensions": of_error });
        let body = json!({ "errors": [error], "extensions": extensions });
        (status, Json(body)).into_response()
    }

    /// The same for a trouble that passes. `Units:` `Retry-After` is in seconds.
    pub(super) fn answer_later(self, id: Option<&RequestId>) -> Response {
        let mut answer = self.answer(id);
        let soon = HeaderValue::from_static("1");
        answer.headers_mut().insert(RETRY_AFTER, soon);
        answer
    }
}

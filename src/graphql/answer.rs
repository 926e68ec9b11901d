//! What every answer carries, whatever the transport: a code at each error, the request's id, what
//! the operation cost, and not more errors than anyone reads.

use async_graphql::parser::Error as ParseError;
use async_graphql::{PathSegment, Response, ServerError, Value, value};

use super::error::{STORAGE_FULL, UNAVAILABLE};
use super::limits::{Cost, TooComplex};

/// Errors in one answer. `Source:` `docs/security.md`.
const MAX_ERRORS: usize = 10;
/// Longest message of an error, in bytes: ten of them stay below 64 KiB.
const MAX_MESSAGE: usize = 4 * 1024;

const OVERLOADED: &str = "OVERLOADED";
/// The extension of an error that says when to try again, in seconds.
const RETRY_AFTER: &str = "retryAfterSeconds";

/// Why nothing was executed.
pub(crate) struct Refused {
    code: &'static str,
    pub(crate) message: String,
}

impl Refused {
    /// `Why:` the library's message quotes the whole line, which may hold a password.
    pub(crate) fn parsing(error: &ParseError) -> Self {
        let place = error.positions().next().unwrap_or_default();
        let message = format!(
            "The document is not GraphQL: line {}, column {}.",
            place.line, place.column
        );
        Self {
            code: "GRAPHQL_PARSE_FAILED",
            message,
        }
    }

    pub(crate) fn introspection() -> Self {
        Self {
            code: "INTROSPECTION_REFUSED",
            message: "The schema is shown to signed-in callers of /graphql. Send an API key."
                .to_owned(),
        }
    }

    pub(crate) fn several_subscriptions() -> Self {
        Self {
            code: "GRAPHQL_VALIDATION_FAILED",
            message: "A subscription has one field, and not in a fragment.".to_owned(),
        }
    }

    pub(crate) fn into_response(self) -> Response {
        let mut error = ServerError::new(self.message, None);
        set_code(&mut error, self.code);
        Response::from_errors(vec![error])
    }
}

impl From<TooComplex> for Refused {
    fn from(cause: TooComplex) -> Self {
        Self {
            code: "OPERATION_TOO_COMPLEX",
            message: cause.to_string(),
        }
    }
}

/// Whether anything was executed. Without it an answer has no `data` at all.
pub fn was_executed(response: &Response) -> bool {
    !matches!(response.data, Value::Null)
}

/// When to ask again, in seconds, for an answer of which nothing came because the server had too much to
/// do, or the database was busy or gone. Such an answer is an HTTP 503.
pub fn retry_after(response: &Response) -> Option<u64> {
    if is_unavailable(response) {
        return Some(1);
    }
    if was_executed(response) {
        return None;
    }
    let known = response.errors.first()?.extensions.as_ref()?;
    let is_overloaded = known.get("code") == Some(&Value::from(OVERLOADED));
    match known.get(RETRY_AFTER) {
        Some(Value::Number(seconds)) if is_overloaded => seconds.as_u64(),
        _ => None,
    }
}

/// Turns an answer into an error without `data` if its only root field was refused because the server had
/// too much to do. Where another root field was executed, the answer stands.
///
/// `Why:` a payload's error is HTTP 200, which neither load balancers nor clients take for overload.
pub(crate) fn only_overloaded(response: Response, seconds: u64) -> Response {
    let Value::Object(fields) = &response.data else {
        return response;
    };
    let (Some(field), 1) = (fields.keys().next(), fields.len()) else {
        return response;
    };
    let message = "The server has too much to do. Try again shortly; a mutation with the same idempotency key.";
    let mut error = ServerError::new(message, None);
    error.path = vec![PathSegment::Field(field.to_string())];
    set_code(&mut error, OVERLOADED);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set(RETRY_AFTER, seconds);
    Response::from_errors(vec![error])
}

/// Whether nothing came of an answer because the database was busy or gone, or had no room.
///
/// `Why:` where any field has a value the answer stands: it may hold a password that is shown once.
fn is_unavailable(response: &Response) -> bool {
    let Value::Object(fields) = &response.data else {
        return false;
    };
    let is_empty = fields.values().all(|value| *value == Value::Null);
    is_empty
        && response.errors.iter().any(|error| {
            let code = error
                .extensions
                .as_ref()
                .and_then(|known| known.get("code"));
            [UNAVAILABLE, STORAGE_FULL]
                .iter()
                .any(|passing| code == Some(&Value::from(*passing)))
        })
}

/// Completes an answer.
pub(crate) fn finish(mut response: Response, request_id: &str, cost: Option<Cost>) -> Response {
    let executed = was_executed(&response);
    response.errors.truncate(MAX_ERRORS);
    for error in &mut response.errors {
        let code = error
            .extensions
            .as_ref()
            .and_then(|known| known.get("code"));
        if code.is_none() {
            let code = if executed || !error.path.is_empty() {
                "BAD_USER_INPUT"
            } else {
                "GRAPHQL_VALIDATION_FAILED"
            };
            set_code(error, code);
        }
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("requestId", request_id);
        shorten(&mut error.message);
    }
    let extensions = &mut response.extensions;
    extensions.insert("requestId".to_owned(), Value::from(request_id));
    if let Some(Cost { complexity, limit }) = cost {
        let cost = value!({ "complexity": complexity, "limit": limit });
        extensions.insert("cost".to_owned(), cost);
    }
    response
}

fn set_code(error: &mut ServerError, code: &str) {
    error.extensions.get_or_insert_default().set("code", code);
}

fn shorten(message: &mut String) {
    if message.len() > MAX_MESSAGE {
        let end = message.floor_char_boundary(MAX_MESSAGE);
        message.truncate(end);
        message.push('…');
    }
}

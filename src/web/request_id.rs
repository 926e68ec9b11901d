//! One id for each request: in the answer's header, in every error, in the log and in the audit
//! trail.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::types::secret::random_bytes;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id taken from a client.
const MAX_LENGTH: usize = 64;

/// The id of a request.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

/// Takes the client's id if there is one and it is well-formed, else makes one; everything is logged under it.
///
/// `Why:` anything else in a log line could forge other lines.
pub(super) async fn assign(mut request: Request, next: Next) -> Response {
    let mut given = request.headers().get_all(HEADER).iter();
    let id = match (given.next(), given.next()) {
        (Some(one), None) => one.to_str().ok(),
        _ => None,
    };
    let id = id
        .filter(|id| is_well_formed(id))
        .map_or_else(make, ToOwned::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id = %id);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn is_well_formed(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(allowed)
}

/// A new id.
pub(super) fn make() -> String {
    format!("{:032x}", u128::from_be_bytes(random_bytes::<16>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_could_forge_a_log_line_are_replaced() {
        for id in ["", "a b", "a\u{1b}[31m", "a\nb", &"a".repeat(65), "ä"] {
            assert!(!is_well_formed(id), "{id:?}");
        }
        assert!(is_well_formed("trace-01.a_b") && is_well_formed(&make()));
    }
}

//! Files that are part of the program, as HTTP responses.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::EmbeddedFile;

/// For answers that may show secrets or change with every request.
pub const NO_STORE: &str = "no-store";

/// For files that may change with the next release: kept, but asked for again by their ETag.
pub const REVALIDATE: &str = "no-cache";

/// For files whose path carries their version. `Units:` one year, in seconds.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A file of the program, or 304 when the browser has it already.
pub fn respond(file: EmbeddedFile, request: &HeaderMap, cache: &'static str) -> Response {
    let etag = format!(
        "\"{}\"",
        URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash())
    );
    let content_type = with_charset(file.metadata.mimetype());
    let fresh = request
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.extend(HeaderValue::try_from(etag).ok().map(|value| (ETAG, value)));
    headers.extend(
        HeaderValue::try_from(content_type)
            .ok()
            .map(|value| (CONTENT_TYPE, value)),
    );
    response
}

fn with_charset(mime: &str) -> String {
    match mime {
        "text/html" | "text/css" | "text/javascript" => format!("{mime}; charset=utf-8"),
        _ => mime.to_owned(),
    }
}

//! The operator's logo, read once at the start.

use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::Pages;
use super::overrides::PagesError;
use crate::web::pages::embedded::REVALIDATE;

/// `Units:` bytes. It goes along with every first page.
const MAX_BYTES: usize = 256 * 1024;
/// `Why:` an SVG may hold scripts and addresses of other servers; opened by itself it may do nothing.
const POLICY: &str = "default-src 'none'; style-src 'self'; sandbox; frame-ancestors 'none'";

/// A picture, and what it is.
pub(super) struct Logo {
    kind: &'static str,
    bytes: Vec<u8>,
}

impl Logo {
    /// Errors: it cannot be read, is too large, or is neither a PNG nor an SVG.
    pub(super) fn read(path: &Path) -> Result<Self, PagesError> {
        let broken = |problem: &str| Err(PagesError::of_file(path, &problem));
        let bytes = std::fs::read(path).map_err(|error| PagesError::of_file(path, &error))?;
        if bytes.len() > MAX_BYTES {
            return broken("a logo may have 256 KiB; make it smaller");
        }
        match kind(&bytes) {
            Some(kind) => Ok(Self { kind, bytes }),
            None => broken("is neither a PNG nor an SVG"),
        }
    }
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let is_markup = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<');
    (is_markup && text.contains("<svg")).then_some("image/svg+xml")
}

/// `GET /pages/logo`.
pub(super) async fn show(State(pages): State<Pages>) -> Response {
    let Some(logo) = &pages.paper.logo else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_TYPE, logo.kind),
        (CACHE_CONTROL, REVALIDATE),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, logo.bytes.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_what_is_in_them() {
        assert_eq!(kind(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        let svg = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
        assert_eq!(kind(svg.as_bytes()), Some("image/svg+xml"));
        for other in ["", "svg", "<html></html>", "GIF89a", "see <svg"] {
            assert_eq!(kind(other.as_bytes()), None, "{other}");
        }
    }
}

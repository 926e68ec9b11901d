//! What a request says its body is.

use axum::http::header::{CONTENT_TYPE, HeaderMap};

/// Whether it is a form as browsers send it. Two such headers are none.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(one), None) = (types.next(), types.next()) else {
        return false;
    };
    let kind = one.to_str().unwrap_or_default().split(';').next();
    kind.is_some_and(|kind| {
        kind.trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

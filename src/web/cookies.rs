//! Reading the cookies of a request.

use axum::http::header::{COOKIE, HeaderMap};
use cookie::Cookie;

use crate::types::secret::Secret;

/// The values under a name, in the order in which the browser sent them; what is malformed is left out.
pub(super) fn named<'a>(
    headers: &'a HeaderMap,
    name: &'a str,
) -> impl Iterator<Item = Secret> + 'a {
    let lines = headers.get_all(COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(move |cookie| cookie.name() == name)
        .map(|cookie| Secret::new(cookie.value().to_owned()))
}

//! Noting that the address of a link was opened, for the administrators who made it.

use axum::http::Method;
use axum::http::header::{HeaderMap, USER_AGENT};

use super::Pages;
use super::token_cookie::Token;
use crate::domain::one_time_links::{self, ClientClass, LinkPurpose};
use crate::platform::db::is_outage;

/// Notes when a reset link was first opened, and by what class of program; HEAD notes nothing.
///
/// `Why:` a failure is logged and no more. Whoever opened the link must get to the form all the same.
pub(super) async fn note(pages: &Pages, (method, headers): (&Method, &HeaderMap), token: &str) {
    let Some(token) = Token::parse(token).filter(|_| method == Method::GET) else {
        return;
    };
    let name = headers.get(USER_AGENT).and_then(|name| name.to_str().ok());
    let (purpose, class) = (LinkPurpose::PasswordReset, ClientClass::of(name));
    let noted = one_time_links::note_opened(&pages.app, purpose, token.secret(), class).await;
    if let Err(error) = noted
        && !is_outage(&error)
    {
        tracing::warn!(%error, "that a link was opened was not noted");
    }
}

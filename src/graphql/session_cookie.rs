//! The cookie that holds a session: how it is spelled, for the resolvers that set it and the interface that
//! reads it.

use async_graphql::Context;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::context::Reach as _;
use crate::platform::app::App;
use crate::types::clock::Timestamp;
use crate::types::secret::Secret;

/// Its name. Over https the prefix makes browsers refuse it from other hosts and paths.
pub(crate) fn name(app: &App) -> &'static str {
    if app.settings.server.is_https() {
        "__Host-keydesk_session"
    } else {
        "keydesk_session"
    }
}

/// `Source:` ASVS 3.3.1–3.3.4. Lax, so that a link from a mail opens a page as the person.
fn cookie(app: &App, value: &str, lifetime: Duration) -> String {
    Cookie::build((name(app), value))
        .path("/")
        .http_only(true)
        .secure(app.settings.server.is_https())
        .same_site(SameSite::Lax)
        .max_age(lifetime)
        .to_string()
}

/// The header that gives a browser a session.
pub(crate) fn held(app: &App, token: &Secret, until: Timestamp) -> String {
    let left = until
        .as_millis()
        .saturating_sub(app.clock.now().as_millis())
        / 1_000;
    cookie(app, token.expose(), Duration::seconds(left))
}

/// The header that takes it away.
pub(crate) fn gone(app: &App) -> String {
    cookie(app, "", Duration::ZERO)
}

/// Adds such a header to the answer.
pub(crate) fn set(ctx: &Context<'_>, cookie: String) {
    ctx.append_http_header("set-cookie", cookie);
}

/// Whether the answer can carry one; over a socket it cannot.
pub(crate) fn can_set(ctx: &Context<'_>) -> bool {
    ctx.is_http()
}

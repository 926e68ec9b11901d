//! The pages that a person uses: `/reset` for a new password, `/setup` for the first owner, and their
//! own account.
//!
//! A link is opened by mail scanners, previews and people alike, so opening it changes nothing: its
//! token moves from the address into a cookie, and only a form that a person sends uses it up. The
//! pages work without scripts, and load nothing from elsewhere. Every text is in `locales/`.

mod account;
mod change_password;
mod confirm;
mod faults;
mod forgot;
mod form;
mod language;
mod logo;
mod not_me;
mod opened;
mod overrides;
mod paper;
mod phrases;
mod refusals;
mod reset;
mod sessions;
mod setup;
mod sign_in;
mod signed_in;
mod source;
mod spoken_code;
mod token_cookie;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cookie::time::Duration;
use rust_embed::RustEmbed;

use self::overrides::PagesError;
use self::paper::Paper;
use self::token_cookie::TokenCookie;
use self::visit::Visit;
use super::embedded::{self, REVALIDATE};
use crate::platform::app::App;
use crate::types::colour::Shade;

#[derive(RustEmbed)]
#[folder = "assets/pages"]
struct Files;

/// What the pages need.
#[derive(Clone)]
struct Pages {
    app: App,
    paper: Arc<Paper>,
    /// Whether `/graphiql` is there to be pointed at.
    playground: bool,
}

/// The pages' routes.
///
/// Errors: a template, a list of texts or the logo is broken.
pub(in crate::web) fn router(app: &App, playground: bool) -> Result<Router, PagesError> {
    let pages = Pages {
        app: app.clone(),
        paper: Arc::new(Paper::try_new(app)?),
        playground,
    };
    Ok(Router::new()
        .route("/", get(home))
        .route("/reset", get(reset::show).post(reset::choose))
        .route(
            "/reset/code",
            get(spoken_code::show).post(spoken_code::take),
        )
        .route("/reset/{token}", get(reset::take))
        .route("/setup", get(setup::show).post(setup::create))
        .route("/setup/{token}", get(setup::take))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route(
            "/change-password",
            get(change_password::show).post(change_password::change),
        )
        .route("/forgot", get(forgot::show).post(forgot::request))
        .route("/forgot/code", get(forgot::show_code).post(forgot::verify))
        .route("/not-me", get(not_me::show).post(not_me::report))
        .route("/not-me/{token}", get(not_me::take))
        .route("/account", get(account::show).post(account::act))
        .route("/pages/page.css", get(style))
        .route("/pages/accent.css", get(accent))
        .route("/pages/page.js", get(script))
        .route("/pages/logo", get(logo::show))
        .with_state(pages))
}

/// Where mails lead who are to sign in: to the account of whoever is, else to the form.
async fn home(visit: Visit) -> Response {
    visit.to("sign-in")
}

async fn style(request: HeaderMap) -> Response {
    file("page.css", &request)
}

/// The operator's colours, over those of `page.css`.
async fn accent(State(pages): State<Pages>) -> Response {
    let colours = pages.app.settings.server.accent;
    let rule = |shade: Shade| {
        let (accent, on_accent) = (shade.accent, shade.on_accent);
        format!(":root {{ --accent: {accent}; --on-accent: {on_accent}; }}")
    };
    let (light, dark) = (rule(colours.light), rule(colours.dark));
    let css = format!("{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n");
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, REVALIDATE),
    ];
    (headers, css).into_response()
}

async fn script(request: HeaderMap) -> Response {
    file("page.js", &request)
}

fn file(name: &str, request: &HeaderMap) -> Response {
    match Files::get(name) {
        Some(file) => embedded::respond(file, request, REVALIDATE),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Pages {
    fn cookie(&self, name: &'static str, lifetime: Duration) -> TokenCookie {
        TokenCookie {
            name,
            is_https: self.app.settings.server.is_https(),
            lifetime,
        }
    }
}

//! The pages behind a link: `/reset` for a new password, `/setup` for the first owner.
//!
//! A link is opened by mail scanners, previews and people alike, so opening it changes nothing: its
//! token moves from the address into a cookie, and only a form that a person sends uses it up. The
//! pages need no script, no GraphQL and nothing from elsewhere. Every text is in `templates/`.

mod cookie;
mod form;
mod opened;
mod paper;
mod reset;
mod setup;

use std::sync::Arc;

use axum::Router;
use axum::http::header::HeaderMap;
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use minijinja::context;
use rust_embed::RustEmbed;

use self::cookie::{LinkCookie, Token};
use self::form::Refused;
use self::paper::Paper;
use super::embedded::{self, REVALIDATE};
use crate::actor::{Origin, Via};
use crate::app::App;
use crate::db;
use crate::error::Internal;
use crate::web::actor;

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
/// Errors: a template of the program does not parse.
pub(in crate::web) fn router(app: &App, playground: bool) -> Result<Router, minijinja::Error> {
    let pages = Pages {
        app: app.clone(),
        paper: Arc::new(Paper::try_new(&app.settings.server.site_name)?),
        playground,
    };
    Ok(Router::new()
        .route("/reset", get(reset::show).post(reset::choose))
        .route("/reset/{token}", get(reset::take))
        .route("/setup", get(setup::show).post(setup::create))
        .route("/setup/{token}", get(setup::take))
        .route("/pages/page.css", get(style))
        .with_state(pages))
}

async fn style(request: HeaderMap) -> Response {
    match Files::get("page.css") {
        Some(file) => embedded::respond(file, &request, REVALIDATE),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Pages {
    fn cookie(&self, name: &'static str) -> LinkCookie {
        LinkCookie {
            name,
            is_https: self.app.settings.server.is_https(),
        }
    }

    fn origin(&self, headers: &HeaderMap, extensions: &Extensions) -> Origin {
        actor::origin(&self.app, (headers, extensions), Via::Web)
    }

    /// The form's answer to what is no form of ours.
    fn refuse(&self, why: Refused) -> Response {
        let values = context! { why => why.name() };
        self.paper.page(why.status(), "refused.html", &values)
    }

    /// Logged once, here; whoever reads the page learns nothing but what to do.
    fn broken(&self, cause: &Internal) -> Response {
        tracing::error!(error = %cause, "a page could not be answered");
        if db::is_passing(cause) {
            self.refuse(Refused::Busy)
        } else {
            self.refuse(Refused::Broken)
        }
    }
}

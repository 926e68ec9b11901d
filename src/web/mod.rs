//! The HTTP door: what a browser or a portal talks to.
//!
//! axum and tower are used here and nowhere else.

mod actor;
mod graphql;
mod headers;
mod health;
pub mod pages;
mod refusal;
mod request_id;
mod serve;
mod socket;

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

pub use serve::{Drain, serve};
pub use socket::Pace;

use crate::app::App;
use crate::error::Internal;
use crate::graphql::{Endpoint, full_sdl};
use pages::mailbox::MailboxState;

/// Longest a request may take, from its first byte to its answer's.
///
/// `Source:` `docs/security.md`, deadlines.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What this process shows besides the API.
#[derive(Clone, Debug, Default)]
pub struct Shows {
    /// Whether `/graphiql` is there.
    pub playground: bool,
    /// Whether anyone may ask `/public/graphql` for its schema.
    pub public_schema: bool,
    /// The folder behind `/mailbox`, which only callers on this machine see.
    pub mailbox: Option<PathBuf>,
    /// How long sockets may do nothing.
    pub pace: Pace,
}

/// Every route with its layers.
pub fn router(app: &App, shows: Shows) -> Result<Router, Internal> {
    let full = Endpoint::full(app);
    let sockets = socket::Sockets {
        endpoint: full.clone(),
        pace: shows.pace,
    };
    let api = Router::new()
        .route("/graphql", post(graphql::answer).with_state(full))
        .route(
            "/public/graphql",
            post(graphql::answer).with_state(Endpoint::public(app, shows.public_schema)),
        )
        .route("/graphql/ws", any(socket::open).with_state(sockets))
        .method_not_allowed_fallback(graphql::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), actor::identify));
    let health = Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .with_state(app.clone());
    let mut routes = api.merge(health);
    if shows.playground {
        let examples = pages::examples::all();
        routes = routes.merge(pages::graphiql::router(examples, full_sdl()));
    }
    if let Some(folder) = shows.mailbox {
        let state = MailboxState::try_new(folder)
            .map_err(Internal::while_doing("reading the mailbox's templates"))?;
        routes = routes.merge(pages::mailbox::router(state));
    }
    Ok(routes
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(CatchPanicLayer::custom(headers::after_panic))
        .layer(from_fn(headers::secure))
        .layer(from_fn(request_id::assign)))
}

//! The HTTP interface: what a browser or a portal talks to.
//!
//! axum and tower are used here and nowhere else.

mod actor;
mod admission;
mod connection;
mod content;
mod cookies;
mod cors;
mod deadline;
mod descriptors;
mod graphql;
mod headers;
mod health;
mod introspect;
mod layers;
mod limits;
mod listener;
mod origin;
pub mod pages;
mod peer;
mod pool;
mod refusal;
mod request_id;
mod serve;
mod socket;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

pub use admission::Admission;
pub use limits::Limits;
pub use listener::listen;
pub use serve::{Drain, serve};
pub use socket::Pace;

use crate::domain::mail::Templates;
use crate::graphql::Endpoint;
use crate::platform::app::App;
use crate::types::error::Internal;
use pages::mailbox::MailboxState;

/// Every route, ready to be served.
pub type Routes = Router;

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
pub fn router(app: &App, templates: &Arc<Templates>, shows: Shows) -> Result<Router, Internal> {
    router_within(app, templates, shows, Limits::default())
}

/// The same with other limits than the program's own.
pub fn router_within(
    app: &App,
    templates: &Arc<Templates>,
    shows: Shows,
    limits: Limits,
) -> Result<Router, Internal> {
    let full = Endpoint::full(app, templates);
    let sdl = shows.playground.then(|| full.sdl());
    let sockets = socket::Sockets {
        endpoint: full.clone(),
        pace: shows.pace,
        permits: socket::Permits::new(app),
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
    let mut routes = api.merge(introspect::router(app));
    if let Some(sdl) = sdl {
        let examples = pages::examples::all();
        routes = routes.merge(pages::graphiql::router(examples, sdl));
    }
    if let Some(folder) = shows.mailbox {
        let state = MailboxState::try_new(folder)
            .map_err(Internal::while_doing("reading the mailbox's templates"))?;
        routes = routes.merge(pages::mailbox::router(state));
    }
    let person = pages::person_pages(app, shows.playground)
        .map_err(Internal::while_doing("reading what the pages are made of"))?;
    Ok(layers::around(app, (routes.merge(person), health), limits))
}

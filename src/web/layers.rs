//! What stands around every route, from the inside out.

mod bodies;
pub(super) mod client;
mod host;
mod overloaded;
mod places;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;

use super::headers::{self, Reached};
use super::limits::Limits;
use super::peer::Proxies;
use super::pool::Pool;
use super::{cors, deadline, request_id};
use crate::platform::app::App;

/// Puts the layers around the routes that work, and around those that tell how the process is.
pub(super) fn around(app: &App, (routes, health): (Router, Router), limits: Limits) -> Router {
    let server = &app.settings.server;
    let reached = if server.is_https() {
        Reached::Https
    } else {
        Reached::Plainly
    };
    let bodies = Pool::new(limits.bodies, server.network_share);
    let places = Pool::new(limits.in_work, server.network_share);
    let inner = routes
        .layer(from_fn_with_state(places, places::refuse_beyond))
        .layer(from_fn_with_state(bodies, bodies::read_whole))
        .layer(from_fn_with_state(Proxies::of(server), client::recognise))
        // Not refused under load: whoever watches the process would take it for dead and end it.
        .merge(health)
        .layer(from_fn_with_state(limits.request, deadline::enforce))
        .layer(from_fn(host::require))
        .layer(CatchPanicLayer::custom(headers::after_panic));
    // Outside the layers that refuse, or a page elsewhere could not read why.
    cors::permit(inner, &server.cors_origins)
        .layer(from_fn_with_state(reached, headers::secure))
        .layer(from_fn(request_id::assign))
}

#[cfg(test)]
mod tests;

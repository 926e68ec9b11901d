//! What stands around every route, from the inside out.

mod host;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use super::headers::{self, Reached};
use super::limits::Limits;
use super::{cors, deadline, overload, request_id};
use crate::app::App;

/// Puts the layers around the routes that work, and around those that tell how the process is.
pub(super) fn around(app: &App, (routes, health): (Router, Router), limits: Limits) -> Router {
    let server = &app.settings.server;
    let reached = if server.is_https() {
        Reached::Https
    } else {
        Reached::Plainly
    };
    let places = Arc::new(Semaphore::new(limits.in_work));
    let inner = routes
        .layer(from_fn_with_state(places, overload::refuse_beyond))
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

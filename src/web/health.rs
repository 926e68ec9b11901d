//! `/livez`: the process runs. `/readyz`: it can serve, that is, its database answers and has the
//! schema this release needs.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;

pub(super) async fn live() -> &'static str {
    "live\n"
}

pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.db.schema_state().await {
        Ok(state) if state.pending == 0 => (StatusCode::OK, "ready\n"),
        Ok(_) => (StatusCode::SERVICE_UNAVAILABLE, "migrations are pending\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
        }
    }
}

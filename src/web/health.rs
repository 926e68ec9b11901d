//! `/livez`: the process runs. `/readyz`: it can serve, that is, its database answers and has the
//! schema this release needs, and can be written to.

use axum::extract::State;
use axum::http::StatusCode;

use crate::access;
use crate::app::App;
use crate::db::StorageState;

pub(super) async fn live() -> &'static str {
    "live\n"
}

pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.db.schema_state().await {
        Ok(state) if state.pending == 0 => writable(&app).await,
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

/// `Why:` a write is tried only after one failed, so that asking costs nothing while all is well.
async fn writable(app: &App) -> (StatusCode, &'static str) {
    if app.db.storage() != StorageState::Writable
        && let Err(error) = access::try_writing(app).await
    {
        tracing::debug!(%error, "not writable");
    }
    match app.db.storage() {
        StorageState::Writable => (StatusCode::OK, "ready\n"),
        StorageState::Full => (StatusCode::SERVICE_UNAVAILABLE, "the storage is full\n"),
        StorageState::Failing => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the storage cannot be written\n",
        ),
    }
}

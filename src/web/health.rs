//! `/livez`: the process runs. `/readyz`: it can serve, that is, it is not about to stop, and its database
//! answers, has a schema on which this release can work, and can be written to.

use axum::extract::State;
use axum::http::StatusCode;

use crate::access;
use crate::app::App;
use crate::db::{SchemaFit, StorageState};

pub(super) async fn live() -> &'static str {
    "live\n"
}

pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    let refused = |words| (StatusCode::SERVICE_UNAVAILABLE, words);
    if app.leaving.is_cancelled() {
        return refused("stopping\n");
    }
    match app.db.schema_state().await {
        Ok(state) => match state.fit() {
            SchemaFit::Exact | SchemaFit::Newer => writable(&app).await,
            SchemaFit::Pending => refused("migrations are pending\n"),
            SchemaFit::TooNew => refused("the database needs a newer release of this program\n"),
        },
        Err(error) => {
            tracing::warn!(%error, "not ready");
            refused("the database does not answer\n")
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

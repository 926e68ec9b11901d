//! `/livez`: the process runs. `/readyz`: it can serve, that is, it is not about to stop, and its database
//! answers, has a schema on which this release can work, and can be written to.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use tokio::time::timeout;

use crate::domain::access;
use crate::platform::app::App;
use crate::platform::db::{SchemaFit, StorageState, is_outage};
use crate::types::error::Internal;

/// Whoever asks is answered within this time, however long the database takes.
const WITHIN: Duration = Duration::from_secs(4);

pub(super) async fn live() -> &'static str {
    "live\n"
}

pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.leaving.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    let problem = match timeout(WITHIN, problem(&app)).await {
        Ok(Ok(None)) => return (StatusCode::OK, "ready\n"),
        Ok(Ok(Some(problem))) => problem,
        Ok(Err(error)) => {
            if !is_outage(&error) {
                tracing::warn!(%error, "not ready");
            }
            "the database does not answer\n"
        }
        Err(_elapsed) => "the database does not answer\n",
    };
    (StatusCode::SERVICE_UNAVAILABLE, problem)
}

/// What is in the way of serving, while the database answers.
async fn problem(app: &App) -> Result<Option<&'static str>, Internal> {
    if app.db.is_read_only().await? {
        return Ok(Some("the database is read-only\n"));
    }
    Ok(match app.db.schema_state().await?.fit() {
        SchemaFit::Exact | SchemaFit::Newer => storage_problem(app).await,
        SchemaFit::Pending => Some("migrations are pending\n"),
        SchemaFit::TooNew => Some("the database needs a newer release of this program\n"),
    })
}

/// `Why:` a write is tried only after one failed, so that asking costs nothing while all is well.
async fn storage_problem(app: &App) -> Option<&'static str> {
    if app.db.storage() != StorageState::Writable
        && let Err(error) = access::try_writing(app).await
    {
        tracing::debug!(%error, "not writable");
    }
    match app.db.storage() {
        StorageState::Writable => None,
        StorageState::Full => Some("the storage is full\n"),
        StorageState::Failing => Some("the storage cannot be written\n"),
    }
}

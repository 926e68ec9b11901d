//! How the steps of the cleanup fared, whichever process did them: for `keydesk doctor`.

use super::store::cleanup as store;
use crate::platform::app::App;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// How one step fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepHealth {
    /// Which one.
    pub name: String,
    /// When it was begun the last time.
    pub last_run_at: Timestamp,
    /// When it last ended without a failure.
    pub last_success_at: Option<Timestamp>,
    /// How often it has failed since then.
    pub failures: i64,
    /// Rows that its last success deleted or changed.
    pub deleted: i64,
}

/// Writes down how a step fared: the rows it deleted or changed, or `None` when it failed.
pub async fn record(app: &App, step: &str, deleted: Option<u64>) -> Result<(), Internal> {
    store::record(app.db.write(), step, deleted, app.clock.now()).await
}

/// Every step that was ever run, by name.
pub async fn steps(app: &App) -> Result<Vec<StepHealth>, Internal> {
    store::steps(app.db.read()).await
}

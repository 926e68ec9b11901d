//! The heartbeat: writes that this process runs, and says in the log while the database is newer than the
//! program.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::domain::access::replicas;
use crate::platform::app::App;
use crate::platform::db::SchemaFit;
use crate::types::error::Internal;
use crate::types::ids::WorkerId;

/// How often it writes; a process counts as running for four times as long.
const EVERY: Duration = Duration::from_secs(15);
/// Every how many beats it looks at the schema: once a minute.
const LOOK_AT: u32 = 4;

/// Beats until `stop`; then the process counts as gone at once.
pub async fn run(app: App, stop: CancellationToken) {
    let id = WorkerId::new(app.clock.now());
    let label = label(&app);
    let mut beats = 0;
    while !stop.is_cancelled() {
        if let Err(error) = replicas::beat(&app, id, &label).await {
            tracing::warn!(%error, "it was not written down that this process runs");
        }
        if beats % LOOK_AT == 0
            && let Err(error) = look(&app).await
        {
            tracing::warn!(%error, "the schema could not be looked at");
        }
        beats += 1;
        let _stopped = stop.run_until_cancelled(sleep(EVERY)).await;
    }
    if let Err(error) = replicas::leave(&app, id).await {
        tracing::warn!(%error, "it was not written down that this process stopped");
    }
}

/// Says what an operator has to know of the schema. Nothing when program and schema are of one release.
pub async fn look(app: &App) -> Result<(), Internal> {
    let state = app.db.schema_state().await?;
    match state.fit() {
        SchemaFit::Exact | SchemaFit::Pending => {}
        SchemaFit::Newer => tracing::warn!(
            unknown = state.unknown,
            min_reader = state.min_reader,
            "the database is newer than this program, which goes on; upgrade it soon"
        ),
        SchemaFit::TooNew => tracing::error!(
            unknown = state.unknown,
            min_reader = state.min_reader,
            "the database is too new for this program, which is not ready any more; upgrade it"
        ),
    }
    Ok(())
}

/// `Why:` in a container every process has the number 1; there the machine's name tells them apart.
fn label(app: &App) -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let machine = machine.map_or_else(|_unknown| "?".to_owned(), |name| name.trim().to_owned());
    let address = app.settings.server.listen;
    format!("{machine}, process {}, {address}", std::process::id())
}

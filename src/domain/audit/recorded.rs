//! What was recorded lately, for those who follow the trail as it grows.

use super::{AuditEvent, EventFilter, store};
use crate::platform::app::App;
use crate::types::actor::{Actor, Permission, ReadError};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::AuditEventId;

/// Most ids in one statement; SQLite takes 32 766 values.
const AT_ONCE: usize = 1_000;

/// Which events were made since a moment and can be seen now, without a check of rights: ids alone,
/// for the change poller.
pub async fn recorded_since(app: &App, since: Timestamp) -> Result<Vec<AuditEventId>, Internal> {
    store::ids_from(app.db.read(), AuditEventId::earliest(since)).await
}

/// Those of the given events that meet the conditions, in the order of making.
pub async fn among(
    app: &App,
    actor: &Actor,
    ids: &[AuditEventId],
    filter: &EventFilter,
) -> Result<Vec<AuditEvent>, ReadError> {
    actor.require(Permission::AuditRead)?;
    let mut found = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        found.extend(store::matching(app.db.read(), ids, filter).await?);
    }
    Ok(found)
}

//! Exporting the trail: every column of every event of a range, in pages.

use super::row::Row;
use super::store;
use crate::platform::app::App;
use crate::types::actor::{Actor, ReadError};
use crate::types::clock::Timestamp;
use crate::types::ids::AuditEventId;

/// A range of time, and how far it has been read.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    after: (Timestamp, AuditEventId),
    until: Timestamp,
}

impl Range {
    /// From a moment on, until before another one; all there is where they are left out.
    pub fn new(from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        let from = from.unwrap_or(Timestamp::from_millis(i64::MIN));
        Self {
            after: (from, AuditEventId::from_uuid(uuid::Uuid::nil())),
            until: until.unwrap_or(Timestamp::from_millis(i64::MAX)),
        }
    }
}

/// The next page of the range, oldest first; none when it is at its end.
pub async fn export(app: &App, actor: &Actor, range: &mut Range) -> Result<Vec<Row>, ReadError> {
    actor.require_operator()?;
    let rows = store::recorded_after(app.db.read(), range.after, range.until).await?;
    if let Some(last) = rows.last() {
        range.after = (last.occurred_at, last.id);
    }
    Ok(rows)
}

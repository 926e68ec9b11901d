//! Sealing: committed events get their places in the chain, in the order in which they are found.
//!
//! `Why:` not in the transaction of the act. Writing an event would then wait for every other one. On
//! PostgreSQL an event may commit after one with a later id; so its place is where the sealing job found it.

use uuid::Uuid;

use super::chain::Place;
use super::record::Event;
use super::row::Row;
use super::{AuditAction, Change, Outcome, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::Actor;
use crate::types::error::Internal;

/// Events that are sealed in one transaction.
pub const AT_ONCE: usize = 512;
/// Rows written by one statement. `Why:` three sizes alone, so that a driver's cache of statements keeps
/// what it holds.
const SIZES: [usize; 3] = [128, 16, 1];

/// An event without a place.
pub(super) struct Unsealed {
    pub(super) id: Uuid,
    pub(super) mac: Option<Vec<u8>>,
}

/// Seals some of the events that wait. Gives how many; fewer than `AT_ONCE` when no more wait.
///
/// `Locks:` the caller lets one transaction at a time come here (`audit_sealing.rs`). Should two come all the same,
/// the unique sequence lets one of them fail as a whole.
pub async fn seal(txn: &Txn, app: &App) -> Result<usize, Internal> {
    let head = match store::head(txn).await? {
        Some(head) => head,
        None => begin(txn, app).await?,
    };
    let waiting = store::unsealed(txn, AT_ONCE as u64).await?;
    seal_these(txn, app, head, &waiting).await?;
    Ok(waiting.len())
}

async fn seal_these(
    txn: &Txn,
    app: &App,
    mut head: Place,
    mut waiting: &[Unsealed],
) -> Result<Place, Internal> {
    for size in SIZES {
        while let Some((some, rest)) = waiting.split_at_checked(size) {
            waiting = rest;
            let mut places = Vec::with_capacity(size);
            for event in some {
                head = head.next(&app.keys, event.mac.as_deref());
                places.push((event.id, head.clone()));
            }
            if store::place(txn, places).await? != size as u64 {
                return Err(Internal::new("sealing audit events", "sealed by another"));
            }
        }
    }
    Ok(head)
}

/// The place before the first event. Where there are events from before there were macs, the chain begins
/// with an event that says how many of them it takes in, and with them.
///
/// `SECURITY:` whoever can write to the database can take the whole chain away and so come here again.
/// The new beginning stands in the trail, and no longer fits any checkpoint.
async fn begin(txn: &Txn, app: &App) -> Result<Place, Internal> {
    let adopted = store::count_without_mac(txn).await?;
    let mut head = Place::beginning();
    if adopted == 0 {
        return Ok(head);
    }
    let event = Event {
        action: AuditAction::AuditChainStarted,
        user: None,
        target_label: None,
        changes: vec![Change::to("adopted", &adopted)],
        reason: None,
    };
    let done = (Outcome::Success, None);
    let marker = Row::new(&app.keys, app.clock.now(), &Actor::system(), event, done)?;
    let marker_waits = Unsealed {
        id: marker.id.uuid(),
        mac: marker.mac.clone(),
    };
    store::insert(txn, marker).await?;
    head = seal_these(txn, app, head, &[marker_waits]).await?;
    loop {
        let old = store::without_mac(txn, AT_ONCE as u64).await?;
        if old.is_empty() {
            return Ok(head);
        }
        let mut waiting = Vec::with_capacity(old.len());
        for row in old {
            let mac = row.expected_mac(&app.keys).to_vec();
            store::set_mac(txn, row.id, &mac).await?;
            let (id, mac) = (row.id.uuid(), Some(mac));
            waiting.push(Unsealed { id, mac });
        }
        head = seal_these(txn, app, head, &waiting).await?;
    }
}

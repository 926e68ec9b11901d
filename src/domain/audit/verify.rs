//! Verifying the chain: every row is as the server wrote it, and stands where the sealing job put it.

use std::fmt;

use super::chain::Place;
use super::checkpoint::{Checkpoint, CheckpointError};
use super::prune::Tombstone;
use super::row::Row;
use super::{AuditAction, Change, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::{Actor, Denied};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::AuditEventId;

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the oldest event there is.
    Oldest,
    /// At the event with this place.
    Sequence(i64),
    /// At this event.
    Event(AuditEventId),
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Sealed events that were read and found whole.
    pub events: u64,
    /// Events that wait to be sealed; their macs were looked at.
    pub unsealed: u64,
    /// The last place in the chain.
    pub head: Option<Place>,
    /// When the chain took in events from before it, and how many.
    pub adopted: Option<(Timestamp, String)>,
    /// What was removed from the beginning.
    pub pruned: Option<Tombstone>,
    /// How a checkpoint fits, where one was given.
    pub checkpoint: Option<Verdict>,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// How a checkpoint fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The chain still goes through it.
    Fits,
    /// What it speaks of was removed, as settings ask.
    Pruned,
    /// It does not; the fault says how.
    Broken,
}

/// Something that only a change past the server explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// At which place.
    pub sequence: Option<i64>,
    /// In which event.
    pub event: Option<AuditEventId>,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Events are missing, up to this place.
    Missing(i64),
    /// The mac does not fit the columns.
    Edited,
    /// There is no mac.
    Inserted,
    /// It was sealed at another place, or after another event.
    OutOfPlace,
    /// Its place is taken by another event.
    Twice,
    /// The chain ends before the checkpoint.
    TailCut,
    /// The chain has another hash where the checkpoint was made.
    OtherChain,
}

impl FaultKind {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing(_) => "MISSING",
            Self::Edited => "EDITED",
            Self::Inserted => "INSERTED",
            Self::OutOfPlace => "OUT_OF_PLACE",
            Self::Twice => "TWICE",
            Self::TailCut => "TAIL_CUT",
            Self::OtherChain => "OTHER_CHAIN",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(event) = self.event {
            write!(formatter, "event {event}")?;
        } else {
            formatter.write_str("the chain")?;
        }
        if let Some(sequence) = self.sequence {
            write!(formatter, " at sequence {sequence}")?;
        }
        match self.kind {
            FaultKind::Missing(until) if Some(until) == self.sequence => {
                formatter.write_str(": missing")
            }
            FaultKind::Missing(until) => write!(formatter, ": missing, and so is all to {until}"),
            FaultKind::Edited => formatter.write_str(": edited, or inserted with a copied mac"),
            FaultKind::Inserted => formatter.write_str(": inserted, it has no mac"),
            FaultKind::OutOfPlace => formatter.write_str(
                ": out of place; it was moved, or an event before it was removed or exchanged",
            ),
            FaultKind::Twice => formatter.write_str(": inserted, its place is taken"),
            FaultKind::TailCut => {
                formatter.write_str(": the tail was cut off; the checkpoint lies behind its end")
            }
            FaultKind::OtherChain => {
                formatter.write_str(": not the chain of which the checkpoint was made")
            }
        }
    }
}

/// Why nothing was verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not to this actor.
    #[error("{0}")]
    Denied(Denied),
    /// There is nothing to begin at.
    #[error("there is no sealed event to begin at; it may have been removed, or not be sealed yet")]
    UnknownStart,
    /// The checkpoint says nothing.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Broken.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Reads the trail as it is now, in pages, and stops at the first thing that is wrong.
pub async fn verify(
    app: &App,
    actor: &Actor,
    start: Start,
    checkpoint: Option<&Checkpoint>,
) -> Result<Report, VerifyError> {
    actor.require_operator().map_err(VerifyError::Denied)?;
    if let Some(checkpoint) = checkpoint {
        checkpoint.check(app)?;
    }
    let txn = app.db.begin_snapshot().await?;
    let mut walk = Walk {
        txn: &txn,
        app,
        report: Report::default(),
    };
    let before = walk.place_before(start).await?;
    if let Err(fault) = walk.all(before, checkpoint).await? {
        walk.report.fault = Some(fault);
    }
    Ok(walk.report)
}

/// What was found wrong; not an error of the walk.
type Found = Result<Result<(), Fault>, Internal>;

struct Walk<'a> {
    txn: &'a Txn,
    app: &'a App,
    report: Report,
}

impl Walk<'_> {
    /// The place before the first event to read. `None` for the oldest, whatever that is.
    async fn place_before(&mut self, start: Start) -> Result<Option<Place>, VerifyError> {
        let sequence = match start {
            Start::Oldest => return Ok(None),
            Start::Sequence(sequence) => sequence,
            Start::Event(id) => {
                let row = store::by_id(self.txn, id).await?;
                let sequence = row.and_then(|row| row.sequence);
                sequence.ok_or(VerifyError::UnknownStart)?
            }
        };
        if sequence == 1 {
            return Ok(None);
        }
        let before = store::place_at(self.txn, sequence.saturating_sub(1)).await?;
        before.ok_or(VerifyError::UnknownStart).map(Some)
    }

    async fn all(&mut self, before: Option<Place>, checkpoint: Option<&Checkpoint>) -> Found {
        if let Err(fault) = self.sealed(before).await? {
            return Ok(Err(fault));
        }
        if let Err(fault) = self.unsealed().await? {
            return Ok(Err(fault));
        }
        match checkpoint {
            Some(checkpoint) => self.compare(checkpoint).await,
            None => Ok(Ok(())),
        }
    }

    async fn sealed(&mut self, before: Option<Place>) -> Found {
        let first = before.as_ref().map_or(i64::MIN, |place| place.sequence + 1);
        let mut after = (first, AuditEventId::from_uuid(uuid::Uuid::nil()));
        let mut last = before;
        loop {
            let page = store::sealed_after(self.txn, after).await?;
            if page.is_empty() {
                self.report.head = last;
                return Ok(Ok(()));
            }
            for row in page {
                let Some(sequence) = row.sequence else {
                    continue;
                };
                after = (sequence, row.id);
                let before = match last.take() {
                    Some(last) => last,
                    None => match self.oldest(sequence).await? {
                        Ok(before) => before,
                        Err(fault) => return Ok(Err(fault)),
                    },
                };
                match self.look_at(&row, sequence, &before) {
                    Ok(place) => last = Some(place),
                    Err(fault) => return Ok(Err(fault)),
                }
            }
        }
    }

    /// The place before the oldest event: the beginning, or what was removed last.
    async fn oldest(&mut self, sequence: i64) -> Result<Result<Place, Fault>, Internal> {
        if sequence <= 1 {
            return Ok(Ok(Place::beginning()));
        }
        let tombstone = store::last_pruned(self.txn).await?;
        let whole = tombstone.filter(|row| row.is_whole(&self.app.keys));
        let fits = whole
            .and_then(|row| Tombstone::read(&row))
            .filter(|tombstone| tombstone.up_to.sequence == sequence - 1);
        let Some(tombstone) = fits else {
            return Ok(Err(Fault {
                kind: FaultKind::Missing(sequence - 1),
                sequence: Some(1),
                event: None,
            }));
        };
        let before = tombstone.up_to.clone();
        self.report.pruned = Some(tombstone);
        Ok(Ok(before))
    }

    fn look_at(&mut self, row: &Row, sequence: i64, before: &Place) -> Result<Place, Fault> {
        let fault = |kind| Fault {
            kind,
            sequence: Some(sequence),
            event: Some(row.id),
        };
        let keys = &self.app.keys;
        let place = before.next(keys, row.mac.as_deref());
        if sequence > place.sequence {
            return Err(Fault {
                kind: FaultKind::Missing(sequence - 1),
                sequence: Some(place.sequence),
                event: None,
            });
        }
        if sequence < place.sequence {
            return Err(fault(FaultKind::Twice));
        }
        mac_fault(row, self.app).map_or(Ok(()), |kind| Err(fault(kind)))?;
        if row.chain_hash.as_ref() != Some(&place.chain_hash) {
            return Err(fault(FaultKind::OutOfPlace));
        }
        if row.action == AuditAction::AuditChainStarted.name() {
            self.report.adopted = Some((row.occurred_at, adopted(row)));
        }
        self.report.events += 1;
        Ok(place)
    }

    async fn unsealed(&mut self) -> Found {
        let mut after = AuditEventId::from_uuid(uuid::Uuid::nil());
        // Before the first round of the sealing job, events without a mac are those from before there were macs.
        let has_begun = self.report.head.is_some();
        loop {
            let page = store::unsealed_after(self.txn, after).await?;
            if page.is_empty() {
                return Ok(Ok(()));
            }
            for row in page {
                after = row.id;
                let kind = mac_fault(&row, self.app);
                let kind = kind.filter(|kind| has_begun || *kind != FaultKind::Inserted);
                if let Some(kind) = kind {
                    return Ok(Err(Fault {
                        kind,
                        sequence: None,
                        event: Some(row.id),
                    }));
                }
                self.report.unsealed += 1;
            }
        }
    }

    async fn compare(&mut self, checkpoint: &Checkpoint) -> Found {
        let sequence = checkpoint.sequence;
        let pruned = self.report.pruned.as_ref().map(|pruned| &pruned.up_to);
        let place = match pruned {
            Some(place) if place.sequence == sequence => Some(place.clone()),
            _ => store::place_at(self.txn, sequence).await?,
        };
        let fault = |kind| {
            Ok(Err(Fault {
                kind,
                sequence: Some(sequence),
                event: None,
            }))
        };
        match place {
            Some(place) if checkpoint.is_of(&place) => {
                self.report.checkpoint = Some(Verdict::Fits);
                Ok(Ok(()))
            }
            Some(_) => {
                self.report.checkpoint = Some(Verdict::Broken);
                fault(FaultKind::OtherChain)
            }
            None if pruned.is_some_and(|place| place.sequence > sequence) => {
                self.report.checkpoint = Some(Verdict::Pruned);
                Ok(Ok(()))
            }
            None => {
                self.report.checkpoint = Some(Verdict::Broken);
                fault(FaultKind::TailCut)
            }
        }
    }
}

fn mac_fault(row: &Row, app: &App) -> Option<FaultKind> {
    match row.mac {
        None => Some(FaultKind::Inserted),
        Some(_) if row.is_whole(&app.keys) => None,
        Some(_) => Some(FaultKind::Edited),
    }
}

fn adopted(row: &Row) -> String {
    let changes: Vec<Change> = serde_json::from_str(&row.changes).unwrap_or_default();
    let count = changes.into_iter().find_map(|change| change.after);
    count.unwrap_or_default()
}

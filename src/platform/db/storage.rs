//! Whether there is room to write: a full disk and failing storage, told apart from everything else.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::types::error::Internal;

/// What the last write said about the storage below the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageState {
    /// It was written to.
    Writable,
    /// There is no room left. Reading goes on.
    Full,
    /// It cannot be written: an I/O error, or mounted read-only. Reading may go on.
    Failing,
}

impl StorageState {
    const fn number(self) -> u8 {
        match self {
            Self::Writable => 0,
            Self::Full => 1,
            Self::Failing => 2,
        }
    }

    const fn of(number: u8) -> Self {
        match number {
            1 => Self::Full,
            2 => Self::Failing,
            _ => Self::Writable,
        }
    }
}

/// The state, shared by everything that writes. One log line when an outage begins and one when it ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Storage(Arc<AtomicU8>);

impl Storage {
    pub(super) fn state(&self) -> StorageState {
        StorageState::of(self.0.load(Ordering::Acquire))
    }

    /// Learns from a statement that failed.
    pub(super) fn failed(&self, error: &DbErr) {
        if let Some(fault) = fault(error)
            && self.state() != fault
        {
            self.0.store(fault.number(), Ordering::Release);
            if fault == StorageState::Full {
                tracing::error!(
                    "the database's storage is full; nothing can be changed until there is room"
                );
            } else {
                tracing::error!(%error, "the database's storage cannot be written");
            }
        }
    }

    /// Learns from rows that were really written.
    pub(super) fn written(&self) {
        let before = self
            .0
            .swap(StorageState::Writable.number(), Ordering::AcqRel);
        if before != StorageState::Writable.number() {
            tracing::info!("the database's storage can be written again");
        }
    }
}

/// Whether a change was not made because the storage below the database is full.
pub fn is_storage_full(error: &Internal) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    cause.is_some_and(|cause| fault(cause) == Some(StorageState::Full))
}

/// What an error says about the storage, if it is about that.
///
/// `Source:` <https://www.sqlite.org/rescode.html>; PostgreSQL manual, appendix A.
pub(super) fn fault(error: &DbErr) -> Option<StorageState> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    let sqlx::Error::Database(error) = error.as_ref() else {
        return None;
    };
    let code = error.code()?;
    match code.as_ref() {
        "53100" => return Some(StorageState::Full),
        "58030" => return Some(StorageState::Failing),
        // Five characters are PostgreSQL's.
        other if other.len() == 5 => return None,
        _ => {}
    }
    // The low byte is the kind, whatever the extended code says.
    match code.parse::<u32>().ok()? & 0xff {
        // SQLITE_FULL
        13 => Some(StorageState::Full),
        // SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN
        8 | 10 | 14 => Some(StorageState::Failing),
        _ => None,
    }
}

//! What SQLite itself counts as a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Commits of the writing connection, counted by SQLite's commit hook.
///
/// `Why:` the driver counts how deep in transactions a connection is and can be wrong about it. Releasing a
/// savepoint within a transaction that was never ended looks like a commit there, and is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Commits(Arc<AtomicU64>);

impl Commits {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// For the hook, which runs just before the commit. One that then fails is an error of its own.
    pub(super) fn one_more(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

//! How many bytes a connection may send that belong to no request.
//!
//! `Why:` the HTTP/2 library answers each PING and each SETTINGS, one after the other and without end. A caller who
//! sends nothing else keeps a core busy and is never idle (CVE-2019-9512, CVE-2019-9515). So a connection that
//! has sent much more than its requests need is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// In the beginning, in bytes.
const AT_FIRST: i64 = 64 * 1024;
/// For each request, in bytes: its head and what is said while it is answered, or what lies unread of its body.
const PER_REQUEST: i64 = 64 * 1024;
/// More than any connection needs.
const UNBOUNDED: i64 = i64::MAX / 2;

/// What a connection may still send. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Arc<AtomicI64>);

impl Allowance {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(AT_FIRST)))
    }

    /// A request has begun.
    pub(super) fn request(&self) {
        self.add(PER_REQUEST);
    }

    /// So many bytes of a body have been read: these, and as many again for how they were cut in pieces.
    pub(super) fn body(&self, bytes: usize) {
        self.add(counted(bytes).saturating_mul(2));
    }

    /// So many bytes of an answer were handed on, and the caller may say that it has taken them.
    pub(super) fn answer(&self, bytes: usize) {
        self.add(counted(bytes) / 32);
    }

    /// From here on the connection speaks another protocol, with bounds of its own.
    pub(super) fn lift(&self) {
        self.0.store(UNBOUNDED, Ordering::Relaxed);
    }

    /// Counts bytes that came in. `false` when they were too many.
    pub(super) fn spend(&self, bytes: usize) -> bool {
        let bytes = counted(bytes);
        self.0.fetch_sub(bytes, Ordering::Relaxed) >= bytes
    }

    fn add(&self, bytes: i64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

fn counted(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

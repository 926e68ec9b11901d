//! How long a caller may take, and how many of them there may be at once.

use std::time::Duration;

/// Every bound of the listener. Tests shorten them; the program uses the default.
///
/// `Source:` `docs/decisions/0017-the-listener.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From an open connection, or the end of its last answer, to the end of the next request's headers.
    pub headers: Duration,
    /// From the end of the headers to the answer; the body must arrive within it too.
    pub request: Duration,
    /// From the end of the headers until the answer has been taken.
    pub answer: Duration,
    /// Connections of this process, upgraded ones too. Further ones wait in the system's queue.
    pub connections: u32,
    /// Bodies that are being received. Further requests with a body are refused at once.
    pub bodies: usize,
    /// Requests in work, their bodies received. Further ones are refused at once.
    pub in_work: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(10),
            request: Duration::from_secs(10),
            answer: Duration::from_mins(1),
            connections: 10_000,
            bodies: 512,
            in_work: 256,
        }
    }
}

//! What falls due on a socket by the passing of time.

use tokio::time::{Instant, sleep_until};

use super::super::Pace;
use super::super::messages::Close;

/// Something that has to be done now.
pub(super) enum Due {
    Close(Close),
    Ping,
    Check,
}

/// What the caller is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody knows who it is.
    Unknown,
    /// Nothing runs.
    Idle,
    /// Something runs.
    Busy,
}

/// The moments from which the waits of a socket are counted.
pub(super) struct Clockwork {
    pace: Pace,
    opened: Instant,
    heard: Instant,
    worked: Instant,
    pinged: Instant,
    checked: Instant,
}

impl Clockwork {
    pub(super) fn start(pace: Pace) -> Self {
        let now = Instant::now();
        Self {
            pace,
            opened: now,
            heard: now,
            worked: now,
            pinged: now,
            checked: now,
        }
    }

    /// The caller gave a sign of life.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// An operation ran until now.
    pub(super) fn worked(&mut self) {
        self.worked = Instant::now();
    }

    /// Waits for what is due first.
    pub(super) async fn next(&mut self, caller: Standing) -> Due {
        let pace = self.pace;
        let is_known = caller != Standing::Unknown;
        let (first, due) = [
            Some((self.heard + pace.silence, Due::Close(Close::SILENT))),
            (!is_known).then(|| (self.opened + pace.init, Due::Close(Close::INIT_TIMEOUT))),
            (caller == Standing::Idle).then(|| (self.worked + pace.idle, Due::Close(Close::IDLE))),
            Some((self.pinged + pace.ping, Due::Ping)),
            is_known.then(|| (self.checked + pace.check, Due::Check)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
        .unwrap_or((self.opened, Due::Ping));
        sleep_until(first).await;
        match due {
            Due::Ping => self.pinged = Instant::now(),
            Due::Check => self.checked = Instant::now(),
            Due::Close(_) => {}
        }
        due
    }
}

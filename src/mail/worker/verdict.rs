//! What becomes of a mail after a try. Pure but for `Verdict::write`.
//!
//! A mail is *uncertain* when an earlier try may have got through: its answer was lost, or its
//! worker died. An uncertain mail is never said to have failed or expired for want of further tries.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Internal;
use crate::mail::store::queue::{self, Claim, Due, End};
use crate::mail::{DeliveryStatus, SendError};

/// Waits after the first, second, third and every further try: five tries in about an hour.
const WAITS_SECONDS: [u64; 4] = [30, 2 * 60, 10 * 60, 45 * 60];

/// How long to wait after that many tries. `jitter` moves it by up to a fifth either way, so that
/// mails that failed together do not come back together.
pub fn backoff(attempt: u32, jitter: u8) -> Duration {
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let [.., longest] = WAITS_SECONDS;
    let seconds = WAITS_SECONDS.get(place).copied().unwrap_or(longest);
    Duration::from_millis(seconds * (800 + 400 * u64::from(jitter) / 255))
}

/// What to do with a mail that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Send it.
    Send,
    /// End it without sending.
    End(DeliveryStatus),
}

/// Decides before the claim; only a try that sends counts as one.
pub(super) fn plan(due: &Due, now: Timestamp, max_attempts: u32) -> Plan {
    let end = |otherwise| {
        Plan::End(if uncertain(due) {
            DeliveryStatus::Unknown
        } else {
            otherwise
        })
    };
    if now >= due.expires_at {
        end(DeliveryStatus::Expired)
    } else if due.attempts >= i64::from(max_attempts) {
        end(DeliveryStatus::Failed)
    } else {
        Plan::Send
    }
}

fn uncertain(due: &Due) -> bool {
    due.status != DeliveryStatus::Queued
}

/// What is written down.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// It is over; the secret goes.
    End(End),
    /// Once more at that time; the secret stays.
    Again(DeliveryStatus, Timestamp, String),
}

/// Decides after a try. `tries` are those made and those allowed.
pub(super) fn judge(
    due: &Due,
    tries: (i64, u32),
    outcome: Result<(), SendError>,
    (now, jitter): (Timestamp, u8),
) -> Verdict {
    let (made, allowed) = tries;
    let left = made < i64::from(allowed);
    let end = |status, last_error| {
        Verdict::End(End {
            status,
            at: now,
            last_error,
        })
    };
    // A mail that would come too late is looked at when it expires, so that its secret goes then.
    let wait = backoff(u32::try_from(made).unwrap_or(u32::MAX), jitter);
    let next = now.plus(wait).min(due.expires_at);
    match outcome {
        Ok(()) => end(DeliveryStatus::Sent, None),
        Err(SendError::Never(words)) => end(DeliveryStatus::Failed, Some(words)),
        Err(SendError::Later(words)) => match (uncertain(due), left) {
            (true, true) => Verdict::Again(DeliveryStatus::Unknown, next, words),
            (false, true) => Verdict::Again(DeliveryStatus::Queued, next, words),
            (true, false) => end(DeliveryStatus::Unknown, Some(words)),
            (false, false) => end(DeliveryStatus::Failed, Some(words)),
        },
        Err(SendError::Unknown(words)) if left && !uncertain(due) => {
            Verdict::Again(DeliveryStatus::Unknown, next, words)
        }
        Err(SendError::Unknown(words)) => end(DeliveryStatus::Unknown, Some(words)),
    }
}

impl Verdict {
    /// An end without a try keeps the words of the last one.
    pub(super) fn ended(due: &Due, status: DeliveryStatus, at: Timestamp) -> Self {
        Self::End(End {
            status,
            at,
            last_error: due.last_error.clone(),
        })
    }

    pub(super) fn status(&self) -> DeliveryStatus {
        match self {
            Self::End(end) => end.status,
            Self::Again(status, ..) => *status,
        }
    }

    /// `false` when the claim was lost in the meantime.
    pub(super) async fn write(&self, db: &Db, claim: Claim) -> Result<bool, Internal> {
        match self {
            Self::End(end) => queue::finish(db.write(), claim, end.clone()).await,
            Self::Again(status, at, words) => {
                queue::requeue(db.write(), claim, *status, *at, words.clone()).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_five_tries_take_about_an_hour() {
        let total = |jitter| {
            (1..5)
                .map(|attempt| backoff(attempt, jitter))
                .sum::<Duration>()
        };
        assert_eq!(total(0), Duration::from_mins(46));
        assert_eq!(total(255), Duration::from_mins(69));
        for attempt in 1..4 {
            assert!(backoff(attempt, 255) < backoff(attempt + 1, 0));
        }
        assert_eq!(backoff(20, 0), backoff(4, 0));
        assert_eq!(backoff(u32::MAX, 255), backoff(4, 255));
    }
}

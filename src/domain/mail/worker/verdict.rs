//! What becomes of a mail after a try. Pure.
//!
//! A mail is *uncertain* when an earlier try may have got through: its answer was lost, or its
//! worker died. An uncertain mail is never said to have failed or expired for want of further tries.

use std::time::Duration;

use crate::domain::mail::store::queue::{Claim, Due, Next, Release, Written};
use crate::domain::mail::{AttemptOutcome, DeliveryStatus, SendError};
use crate::types::clock::Timestamp;
use crate::types::look_alikes::turns_text;

/// Waits after the first, second, third and every further try: five tries in about an hour.
const WAITS_SECONDS: [u64; 4] = [30, 2 * 60, 10 * 60, 45 * 60];
/// After which a mail that found no room is looked at again.
const NO_ROOM_WAIT: Duration = Duration::from_secs(1);
/// `Units:` characters kept of what a server says.
const MAX_WORDS: usize = 500;

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
    } else if due.used_up >= i64::from(max_attempts) {
        end(DeliveryStatus::Failed)
    } else {
        Plan::Send
    }
}

fn uncertain(due: &Due) -> bool {
    due.status != DeliveryStatus::Queued
}

/// A try that was made.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub(super) started_at: Timestamp,
    pub(super) took: Duration,
    /// `None` when it was never written.
    pub(super) written: Option<Written>,
    pub(super) outcome: Result<String, SendError>,
}

/// When it is, and by how much waits are moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Timestamp,
    pub(super) jitter: u8,
}

/// Decides after a try; `allowed` is how many there are.
pub(super) fn judge(due: &Due, claim: &Claim, allowed: u32, tried: Tried, at: Moment) -> Release {
    let made = due.used_up + 1;
    let left = made < i64::from(allowed);
    // A mail that would come too late is looked at when it expires, so that its secret goes then.
    let wait = backoff(u32::try_from(made).unwrap_or(u32::MAX), at.jitter);
    let again = Next::At(at.now.plus(wait).min(due.expires_at));
    let over = Next::Over(at.now);
    let (status, next) = match &tried.outcome {
        Ok(_words) => (DeliveryStatus::Sent, over),
        Err(SendError::Never(_) | SendError::NoSuchUser(_)) => (DeliveryStatus::Failed, over),
        Err(SendError::Later(_)) => match (uncertain(due), left) {
            (true, true) => (DeliveryStatus::Unknown, again),
            (false, true) => (DeliveryStatus::Queued, again),
            (true, false) => (DeliveryStatus::Unknown, over),
            (false, false) => (DeliveryStatus::Failed, over),
        },
        Err(SendError::Unknown(_)) if left && !uncertain(due) => (DeliveryStatus::Unknown, again),
        Err(SendError::Unknown(_)) => (DeliveryStatus::Unknown, over),
    };
    let (outcome, words, last_error) = told(tried.outcome);
    let mut attempts = claim.attempts.clone();
    if let Some(attempt) = attempts.last_mut() {
        attempt.started_at_millis = tried.started_at.as_millis();
        attempt.took_millis = Some(u64::try_from(tried.took.as_millis()).unwrap_or(u64::MAX));
        attempt.outcome = Some(outcome);
        attempt.words = Some(words);
    }
    Release {
        status,
        last_error,
        tried: claim.tried,
        attempts,
        written: tried.written,
        next,
    }
}

/// The outcome, its words, and the same words when it went wrong.
fn told(outcome: Result<String, SendError>) -> (AttemptOutcome, String, Option<String>) {
    let outcome_name = match &outcome {
        Ok(_words) => AttemptOutcome::Taken,
        Err(SendError::Later(_)) => AttemptOutcome::Postponed,
        Err(SendError::Never(_) | SendError::NoSuchUser(_)) => AttemptOutcome::Refused,
        Err(SendError::Unknown(_)) => AttemptOutcome::Lost,
    };
    match outcome {
        Ok(words) => (outcome_name, shown(&words), None),
        Err(error) => {
            let words = shown(error.words());
            (outcome_name, words.clone(), Some(words))
        }
    }
}

/// `Why:` PostgreSQL takes no NUL, and a mail that cannot be written down goes out again.
fn shown(words: &str) -> String {
    // Nor may they turn the direction of writing where an administrator reads them.
    let turns = |c| turns_text(c) || matches!(c, '\u{2028}' | '\u{2029}');
    let visible = |c: char| if c.is_control() || turns(c) { ' ' } else { c };
    words.chars().map(visible).take(MAX_WORDS).collect()
}

/// An end without a try keeps the words of the last one.
pub(super) fn ended(due: &Due, status: DeliveryStatus, now: Timestamp) -> Release {
    Release {
        status,
        last_error: due.last_error.clone(),
        tried: due.tried,
        attempts: due.attempts.clone(),
        written: None,
        next: Next::Over(now),
    }
}

/// Puts back a mail that was claimed and then found no room; that was no try.
pub(super) fn put_back(due: &Due, now: Timestamp) -> Release {
    // A claim cannot be put back as `SENDING`: nobody would hold it.
    let status = match due.status {
        DeliveryStatus::Queued => DeliveryStatus::Queued,
        _ => DeliveryStatus::Unknown,
    };
    Release {
        status,
        last_error: due.last_error.clone(),
        tried: due.tried,
        attempts: due.attempts.clone(),
        written: None,
        next: Next::At(now.plus(NO_ROOM_WAIT)),
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

//! An outage of the database: one line in the log when it begins and one when it ends.
//!
//! `Why:` a line for each request that fails buries everything else, at a time when the log matters most.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::DbErr;

use super::passing::{Fault, fault};

/// An outage is over when something succeeds and nothing has failed for so long, so that the last broken
/// connections do not make a second one of it.
const SETTLED: Duration = Duration::from_secs(1);

/// What a success proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The server answers.
    Answered,
    /// It takes changes too.
    Writable,
}

/// Whether there is an outage now.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// So that a server without one pays for no lock.
    is_on: AtomicBool,
    now: Mutex<Option<Begun>>,
}

#[derive(Debug)]
struct Begun {
    at: Instant,
    last_failure: Instant,
    failures: u64,
    fault: Fault,
}

impl Outage {
    /// Learns from a failure that its caller is told of.
    pub(super) fn failed(&self, error: &DbErr) {
        if let Some(fault) = fault(error) {
            self.begin_or_count(fault, error);
        }
    }

    fn begin_or_count(&self, fault: Fault, error: &dyn Display) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let instant = Instant::now();
        let Some(begun) = now.as_mut() else {
            *now = Some(Begun {
                at: instant,
                last_failure: instant,
                failures: 1,
                fault,
            });
            self.is_on.store(true, Ordering::Release);
            drop(now);
            match fault {
                Fault::Unreachable => tracing::error!(
                    %error,
                    "database outage begins: the database does not answer; requests get 503 until it does"
                ),
                Fault::ReadOnly => tracing::error!(
                    %error,
                    "database outage begins: the database is read-only; changes get 503 until it is not"
                ),
            }
            return;
        };
        begun.last_failure = instant;
        begun.failures += 1;
        // A server that comes back as a standby is still no good.
        if fault == Fault::ReadOnly {
            begun.fault = fault;
        }
    }

    /// Learns from the server's own word on whether it takes changes.
    pub(super) fn heard(&self, is_read_only: bool) {
        if is_read_only {
            self.begin_or_count(
                Fault::ReadOnly,
                &"pg_is_in_recovery() or transaction_read_only",
            );
        } else {
            self.succeeded(Proof::Writable);
        }
    }

    /// Learns from a success.
    pub(super) fn succeeded(&self, proof: Proof) {
        if !self.is_on.load(Ordering::Acquire) {
            return;
        }
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = now.as_ref().is_some_and(|begun| {
            let is_proof = begun.fault == Fault::Unreachable || proof == Proof::Writable;
            is_proof && begun.last_failure.elapsed() >= SETTLED
        });
        if is_over && let Some(begun) = now.take() {
            self.is_on.store(false, Ordering::Release);
            drop(now);
            tracing::warn!(
                seconds = begun.at.elapsed().as_secs(),
                failures = begun.failures,
                "database outage ends: the database answers again"
            );
        }
    }
}

/// What a statement that succeeded proves. Only a statement that changes rows is refused by a server that is
/// read-only, even where it finds none.
pub(super) fn proof_of(sql: &str) -> Proof {
    let first = sql.trim_start().get(..6).unwrap_or_default();
    let is_change = ["INSERT", "UPDATE", "DELETE"];
    if is_change
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word))
    {
        Proof::Writable
    } else {
        Proof::Answered
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{RuntimeErr, sqlx};

    use super::*;

    fn gone() -> DbErr {
        DbErr::Conn(RuntimeErr::Internal("nobody listens".to_owned()))
    }

    fn is_on(outage: &Outage) -> bool {
        outage.is_on.load(Ordering::Acquire)
    }

    /// As if the last failure was long ago.
    fn settle(outage: &Outage) {
        if let Some(begun) = outage.now.lock().unwrap().as_mut() {
            begun.last_failure = begun.last_failure.checked_sub(SETTLED).unwrap();
        }
    }

    #[test]
    fn an_outage_begins_once_counts_and_ends_when_nothing_fails_any_more() {
        let outage = Outage::default();
        outage.failed(&gone());
        outage.failed(&gone());
        let counted = outage.now.lock().unwrap().as_ref().unwrap().failures;
        assert_eq!(counted, 2);
        outage.succeeded(Proof::Answered);
        assert!(is_on(&outage), "a failure just now");
        settle(&outage);
        outage.succeeded(Proof::Answered);
        assert!(!is_on(&outage));
    }

    #[test]
    fn a_read_that_succeeds_does_not_end_a_read_only_outage() {
        let outage = Outage::default();
        outage.failed(&gone());
        outage.now.lock().unwrap().as_mut().unwrap().fault = Fault::ReadOnly;
        settle(&outage);
        outage.succeeded(proof_of("SELECT 1"));
        assert!(is_on(&outage));
        outage.succeeded(proof_of("update users SET version = 1 WHERE false"));
        assert!(!is_on(&outage));
    }

    #[test]
    fn an_error_of_a_statement_is_no_outage() {
        let outage = Outage::default();
        let cause = RuntimeErr::SqlxError(sqlx::Error::RowNotFound.into());
        outage.failed(&DbErr::Query(cause));
        assert!(!is_on(&outage));
    }
}

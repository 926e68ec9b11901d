//! How failed sign-ins are counted, and how long the next try waits. Pure: the rows are in `store.rs`.

/// Failures after which the waits begin.
pub(super) const FREE_FAILURES: i64 = 4;
/// Failures in a row that stop the password until it is reset.
///
/// `Source:` NIST SP 800-63B-4 §3.2.2: no more than 100.
pub(super) const MOST_FAILURES: i64 = 100;
/// The first wait, which doubles with each further failure.
const FIRST_WAIT_MILLIS: i64 = 1_000;
/// The longest wait.
const LONGEST_WAIT_MILLIS: i64 = 15 * 60 * 1_000;
/// The end of a wait that only a reset or an administrator ends: 9999-12-31.
const NEVER_MILLIS: i64 = 253_402_214_400_000;

/// Failures of one source of tries, and until when its next one waits. `Units:` Unix milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) failures: i64,
    pub(super) locked_until: Option<i64>,
}

/// The failures of an account, as a try from one source sees them.
///
/// `Why:` a browser or network that has signed in before has a count of its own, so that strangers keep
/// nobody out; all of them draw on one budget, so that nobody gets more guesses by that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tries {
    /// Of all sources together.
    pub(super) total: i64,
    /// Of all that the account does not know.
    pub(super) strangers: Count,
    /// Of the one that tries, where the account knows it.
    pub(super) known: Option<Count>,
}

impl Count {
    fn is_waiting(self, now: i64) -> bool {
        self.locked_until.is_some_and(|end| end > now)
    }

    fn count(self, now: i64) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            locked_until: wait(self.failures, now).or(self.locked_until),
        }
    }

    fn give_back(self, before: Self, after: Self) -> Self {
        let counted = after.failures - before.failures;
        let is_its_wait =
            self.locked_until == after.locked_until && after.locked_until != before.locked_until;
        Self {
            failures: self.failures.saturating_sub(counted).max(0),
            locked_until: if is_its_wait {
                before.locked_until
            } else {
                self.locked_until
            },
        }
    }
}

impl Tries {
    /// The counts after one more failure. `None` while a wait is running or the password is stopped: then
    /// the try is neither judged nor counted.
    pub(super) fn count(self, now: i64) -> Option<Self> {
        let source = self.known.unwrap_or(self.strangers);
        if self.total >= MOST_FAILURES || source.is_waiting(now) {
            return None;
        }
        let mut after = Self {
            total: self.total.saturating_add(1),
            ..self
        };
        match self.known {
            Some(known) => after.known = Some(known.count(now)),
            None => after.strangers = self.strangers.count(now),
        }
        if after.total >= MOST_FAILURES {
            after.strangers.locked_until = Some(NEVER_MILLIS);
        }
        Some(after)
    }

    /// The counts without a try that was counted, from `before` to `after`, but never judged.
    pub(super) fn give_back(self, before: Self, after: Self) -> Self {
        let counted = after.total - before.total;
        let known = |tries: Self| tries.known.unwrap_or_default();
        Self {
            total: self.total.saturating_sub(counted).max(0),
            strangers: self.strangers.give_back(before.strangers, after.strangers),
            known: self
                .known
                .map(|present| present.give_back(known(before), known(after))),
        }
    }

    /// The counts after a sign-in: it forgives every source but those of which the next try waits now,
    /// which would have kept it from signing in, had it been one of them. `others_waiting` are the
    /// failures of known ones that wait.
    ///
    /// `Why:` a person who goes on signing in from a browser of theirs gives an attacker no more guesses.
    pub(super) fn succeed(self, now: i64, others_waiting: i64) -> Self {
        let strangers = if self.known.is_some() && self.strangers.is_waiting(now) {
            self.strangers
        } else {
            Count::default()
        };
        Self {
            total: strangers.failures.saturating_add(others_waiting),
            strangers,
            known: self.known.map(|_| Count::default()),
        }
    }
}

/// The end of the wait that follows a failure, by how many there were before it.
fn wait(failures: i64, now: i64) -> Option<i64> {
    if failures < FREE_FAILURES {
        return None;
    }
    let doubled = u32::try_from(failures - FREE_FAILURES).unwrap_or(u32::MAX);
    let millis = FIRST_WAIT_MILLIS.saturating_mul(2_i64.saturating_pow(doubled));
    Some(now.saturating_add(millis.min(LONGEST_WAIT_MILLIS)))
}

#[cfg(test)]
mod tests;

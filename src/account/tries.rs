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

/// The failures of an account, and until when the next try waits. `Units:` Unix milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tries {
    pub(super) failures: i64,
    pub(super) locked_until: Option<i64>,
}

impl Tries {
    /// The count after one more failure. `None` while a wait is running or the password is stopped: then
    /// the try is neither judged nor counted.
    pub(super) fn count(self, now: i64) -> Option<Self> {
        if self.locked_until.is_some_and(|end| end > now) {
            return None;
        }
        Some(Self {
            failures: self.failures.saturating_add(1),
            locked_until: wait(self.failures, now).or(self.locked_until),
        })
    }

    /// The count without a try that was counted, from `before` to `after`, but never judged.
    pub(super) fn give_back(self, before: Self, after: Self) -> Self {
        let is_its_wait =
            self.locked_until == after.locked_until && after.locked_until != before.locked_until;
        Self {
            failures: self.failures.saturating_sub(1).max(0),
            locked_until: if is_its_wait {
                before.locked_until
            } else {
                self.locked_until
            },
        }
    }
}

/// The end of the wait that follows a failure, by how many there were before it.
fn wait(failures: i64, now: i64) -> Option<i64> {
    if failures < FREE_FAILURES {
        return None;
    }
    if failures >= MOST_FAILURES - 1 {
        return Some(NEVER_MILLIS);
    }
    let doubled = u32::try_from(failures - FREE_FAILURES).unwrap_or(u32::MAX);
    let millis = FIRST_WAIT_MILLIS.saturating_mul(2_i64.saturating_pow(doubled));
    Some(now.saturating_add(millis.min(LONGEST_WAIT_MILLIS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_the_fifth_failure_to_a_quarter_of_an_hour() {
        let (mut tries, mut waits) = (Tries::default(), Vec::new());
        let mut now = 1_000;
        for _ in 0..MOST_FAILURES {
            tries = tries.count(now).unwrap();
            let end = tries.locked_until.unwrap_or(now).max(now);
            waits.push((end - now) / 1_000);
            now = end;
        }
        assert_eq!(waits[..8], [0, 0, 0, 0, 1, 2, 4, 8]);
        assert_eq!(waits[13..15], [512, 900]);
        assert_eq!(waits[98], 900);
        assert_eq!(tries.locked_until, Some(NEVER_MILLIS));
        assert_eq!(tries.count(now - 1), None);
    }

    #[test]
    fn what_is_given_back_leaves_no_trace_in_whichever_order() {
        let start = Tries {
            failures: 3,
            locked_until: None,
        };
        let one = start.count(5).unwrap();
        let two = one.count(5).unwrap();
        assert!(two.count(5).is_none());
        assert_eq!(two.give_back(one, two).give_back(start, one), start);
        assert_eq!(two.give_back(start, one).give_back(one, two), start);
        assert_eq!(Tries::default().give_back(one, two), Tries::default());
    }
}

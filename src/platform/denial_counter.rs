//! What this process saw again, counted here until it is written down, once a second.
//!
//! `Why:` whoever is refused a thousand times a second must not cost a thousand writes. The database still
//! says what is the first time, for every replica; only repeats wait here. A process that dies takes the
//! repeats of its last second with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::types::clock::Timestamp;

/// Windows that are known here at a time. Repeats of others are written at once.
const MOST: usize = 20_000;

/// Counts of one process. Clones share them.
#[derive(Clone, Default)]
pub struct DenialCounter(Arc<Mutex<HashMap<Window, Seen>>>);

/// A window that stands in the database, by its name and key there.
pub type Window = (&'static str, Vec<u8>);

#[derive(Clone, Copy)]
struct Seen {
    ends_at: Timestamp,
    count: i64,
    last_at: Timestamp,
}

/// What was counted in one window and is not written down yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// In which window.
    pub window: Window,
    /// How often.
    pub count: i64,
    /// The last time.
    pub last_at: Timestamp,
}

impl DenialCounter {
    /// Counts once more. `false` when no such window is known to be open.
    pub fn again(&self, window: &Window, now: Timestamp) -> bool {
        let mut known = self.known();
        let Some(seen) = known.get_mut(window).filter(|seen| now < seen.ends_at) else {
            return false;
        };
        seen.count += 1;
        seen.last_at = now;
        true
    }

    /// Knows from now on that a window is open in the database.
    pub fn open(&self, window: Window, ends_at: Timestamp) {
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(&window) {
            return;
        }
        let new = Seen {
            ends_at,
            count: 0,
            last_at: ends_at,
        };
        // What was counted in the one before and is not written yet goes with the new one.
        known.entry(window).or_insert(new).ends_at = ends_at;
    }

    /// Takes out what was counted, and forgets windows that are over.
    pub fn take(&self, now: Timestamp) -> Vec<Counted> {
        let mut known = self.known();
        let counted = known.iter_mut().filter(|(_, seen)| seen.count > 0);
        let taken = counted
            .map(|(window, seen)| Counted {
                window: window.clone(),
                count: std::mem::take(&mut seen.count),
                last_at: seen.last_at,
            })
            .collect();
        known.retain(|_, seen| now < seen.ends_at);
        taken
    }

    /// Puts back what could not be written.
    pub fn put_back(&self, counted: Vec<Counted>) {
        let mut known = self.known();
        for Counted {
            window,
            count,
            last_at,
        } in counted
        {
            let seen = known.entry(window).or_insert(Seen {
                ends_at: last_at,
                count: 0,
                last_at,
            });
            seen.count += count;
            seen.last_at = seen.last_at.max(last_at);
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Window, Seen>> {
        let lock = self.0.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    fn window() -> Window {
        ("name", vec![1])
    }

    #[test]
    fn repeats_are_counted_while_the_window_is_open() {
        let counter = DenialCounter::default();
        assert!(!counter.again(&window(), at(0)));
        counter.open(window(), at(10));
        assert!(counter.again(&window(), at(1)) && counter.again(&window(), at(2)));
        assert!(!counter.again(&window(), at(10)));
        let taken = counter.take(at(3));
        assert_eq!((taken[0].count, taken[0].last_at), (2, at(2)));
        assert_eq!(counter.take(at(3)), []);
        assert!(counter.again(&window(), at(4)));
    }

    #[test]
    fn what_could_not_be_written_is_written_later_though_the_window_is_over() {
        let counter = DenialCounter::default();
        counter.open(window(), at(10));
        counter.again(&window(), at(9));
        let taken = counter.take(at(11));
        counter.put_back(taken.clone());
        assert!(!counter.again(&window(), at(12)));
        assert_eq!(counter.take(at(12)), taken);
        assert_eq!(counter.take(at(12)), []);
    }

    #[test]
    fn there_are_only_so_many_windows() {
        let counter = DenialCounter::default();
        for number in 0..=MOST {
            counter.open(("name", number.to_be_bytes().to_vec()), at(10));
        }
        assert!(!counter.again(&("name", MOST.to_be_bytes().to_vec()), at(1)));
        counter.take(at(10));
        counter.open(window(), at(20));
        assert!(counter.again(&window(), at(11)));
    }
}

//! What this worker has learnt of how fast domains take their mail.
//!
//! A hint for choosing, and no limit: a worker that starts knows nothing, and what is shared stands in
//! the database.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// A mail that takes longer makes its domain slow.
pub(super) const SLOW: Duration = Duration::from_secs(3);
/// What was learnt is forgotten after so long, should there be no more mail to tell.
const REMEMBERED: Duration = Duration::from_mins(15);
/// Domains that are remembered before the old ones are looked for.
const MANY: usize = 4_096;

/// How each domain took its last mail.
#[derive(Default)]
pub(super) struct Pace(HashMap<String, Learnt>);

struct Learnt {
    is_slow: bool,
    at: Instant,
}

impl Pace {
    /// Learns from a mail that ended, or that is still on its way, after `took`.
    pub(super) fn learn(&mut self, domain: &str, took: Duration) {
        let learnt = Learnt {
            is_slow: took >= SLOW,
            at: Instant::now(),
        };
        if self.0.len() >= MANY {
            self.0.retain(|_, learnt| learnt.at.elapsed() < REMEMBERED);
        }
        if self.0.len() < MANY || self.0.contains_key(domain) {
            self.0.insert(domain.to_owned(), learnt);
        }
    }

    pub(super) fn is_slow(&self, domain: &str) -> bool {
        self.known(domain).is_some_and(|learnt| learnt.is_slow)
    }

    /// Slow domains.
    pub(super) fn slow(&self) -> impl Iterator<Item = &str> {
        let known = self.0.keys().map(String::as_str);
        known.filter(|domain| self.is_slow(domain))
    }

    /// How many mails may be on their way to a domain, of `most`: one while it is slow, half before it has
    /// taken any.
    pub(super) fn at_once(&self, domain: &str, most: u32) -> u32 {
        match self.known(domain) {
            Some(learnt) if learnt.is_slow => 1,
            Some(_) => most,
            None => most.div_ceil(2),
        }
    }

    fn known(&self, domain: &str) -> Option<&Learnt> {
        let learnt = self.0.get(domain);
        learnt.filter(|learnt| learnt.at.elapsed() < REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_gets_its_whole_share_once_it_took_a_mail_and_one_lane_while_it_is_slow() {
        let mut pace = Pace::default();
        assert_eq!((pace.at_once("a", 6), pace.at_once("a", 1)), (3, 1));
        pace.learn("a", Duration::from_millis(20));
        assert_eq!(pace.at_once("a", 6), 6);
        pace.learn("a", SLOW);
        assert_eq!((pace.at_once("a", 6), pace.is_slow("a")), (1, true));
        assert_eq!(pace.slow().collect::<Vec<_>>(), ["a"]);
        pace.learn("a", Duration::ZERO);
        assert_eq!((pace.at_once("a", 6), pace.is_slow("a")), (6, false));
    }

    #[test]
    fn what_is_learnt_does_not_grow_without_end() {
        let mut pace = Pace::default();
        for number in 0..2 * MANY {
            pace.learn(&number.to_string(), SLOW);
        }
        assert_eq!(pace.0.len(), MANY);
    }
}

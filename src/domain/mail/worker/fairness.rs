//! Which of the mails that are due go next, so that no domain keeps the others waiting.

use std::collections::HashMap;

use uuid::Uuid;

use super::pace::Pace;
use crate::domain::mail::store::queue::{self, Candidate};
use crate::platform::db::Db;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Mails that one look at the outbox brings.
const WINDOW: usize = 64;
/// Looks at most. Each but the last finds only mails to domains that are full, and leaves them out of
/// the next.
const LOOKS: usize = 6;

/// How many to choose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// In all.
    pub(super) mails: usize,
    /// Of one domain, those that are on their way already counted.
    pub(super) per_domain: u32,
    /// Of all slow domains together.
    pub(super) slow: usize,
}

/// Chooses among what is due, at first leaving out what goes to `closed` domains.
pub(super) async fn choose(
    db: &Db,
    now: Timestamp,
    room: Room,
    pace: &Pace,
    closed: Vec<String>,
) -> Result<Vec<Uuid>, Internal> {
    let mut busy = closed.clone();
    let mut left = room;
    let mut seen = queue::uncertain(db.read(), now, &busy, WINDOW as u64).await?;
    let mut chosen: Vec<Uuid> = Vec::new();
    let mut held = None;
    for _ in 0..LOOKS {
        let waiting = queue::waiting(db.read(), now, &busy, WINDOW as u64).await?;
        let was_all = waiting.len() < WINDOW;
        let is_new = |candidate: &Candidate| !chosen.contains(&candidate.id);
        seen.extend(waiting.into_iter().filter(is_new));
        if seen.is_empty() {
            break;
        }
        let held = match &mut held {
            Some(held) => held,
            None => held.insert(queue::held(db.read(), now).await?),
        };
        chosen.extend(in_turn(&seen, held, &mut left, pace));
        if was_all || left.mails == 0 {
            break;
        }
        seen.clear();
        let full = held
            .iter()
            .filter(|(domain, held)| **held >= pace.at_once(domain, room.per_domain));
        busy = closed.clone();
        busy.extend(full.map(|(domain, _)| domain.clone()));
        if left.slow == 0 {
            busy.extend(pace.slow().map(str::to_owned));
        }
    }
    Ok(chosen)
}

/// One of each domain, then the second of each, and so on; within a domain in the given order. Takes what
/// it chose from the room there is.
fn in_turn(
    seen: &[Candidate],
    held: &mut HashMap<String, u32>,
    room: &mut Room,
    pace: &Pace,
) -> Vec<Uuid> {
    let mut turns: HashMap<&str, u32> = HashMap::new();
    let mut ranked: Vec<(u32, &Candidate)> = seen
        .iter()
        .map(|candidate| {
            let before = held.get(&candidate.domain).copied().unwrap_or(0);
            let turn = turns.entry(&candidate.domain).or_insert(before);
            *turn += 1;
            (*turn, candidate)
        })
        .filter(|(turn, candidate)| *turn <= pace.at_once(&candidate.domain, room.per_domain))
        .collect();
    ranked.sort_by_key(|(turn, _)| *turn);
    let mut chosen = Vec::new();
    for (_, candidate) in ranked {
        let is_slow = pace.is_slow(&candidate.domain);
        if room.mails == 0 || (is_slow && room.slow == 0) {
            continue;
        }
        room.mails -= 1;
        room.slow -= usize::from(is_slow);
        *held.entry(candidate.domain.clone()).or_default() += 1;
        chosen.push(candidate.id);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::pace::SLOW;
    use super::*;

    fn mails(domains: &str) -> Vec<Candidate> {
        let candidate = |(place, domain): (usize, &str)| Candidate {
            id: Uuid::from_u128(place as u128),
            domain: domain.to_owned(),
        };
        domains.split(' ').enumerate().map(candidate).collect()
    }

    fn chosen(domains: &str, held: &[(&str, u32)], room: (usize, u32)) -> Vec<u128> {
        let mut pace = Pace::default();
        for domain in ["a", "b", "c"] {
            pace.learn(domain, Duration::ZERO);
        }
        for domain in ["x", "y", "z"] {
            pace.learn(domain, SLOW);
        }
        let mut held = held
            .iter()
            .map(|(domain, held)| ((*domain).to_owned(), *held))
            .collect();
        let (mails_at_once, per_domain) = room;
        let mut room = Room {
            mails: mails_at_once,
            per_domain,
            slow: 2,
        };
        let chosen = in_turn(&mails(domains), &mut held, &mut room, &pace);
        chosen.into_iter().map(|id| id.as_u128()).collect()
    }

    #[test]
    fn each_domain_has_its_turn_before_any_has_its_second() {
        assert_eq!(chosen("a a a a b c", &[], (4, 6)), [0, 4, 5, 1]);
    }

    #[test]
    fn a_domain_gets_no_more_than_its_share_whoever_holds_its_mails() {
        assert_eq!(chosen("a a a a b", &[("a", 1)], (8, 3)), [4, 0, 1]);
        assert_eq!(chosen("a a b", &[("a", 3)], (8, 3)), [2]);
    }

    #[test]
    fn slow_domains_get_one_each_and_a_share_together_and_new_ones_half() {
        assert_eq!(chosen("x x x a a", &[], (8, 6)), [0, 3, 4]);
        assert_eq!(chosen("x y z a", &[], (8, 6)), [0, 1, 3]);
        assert_eq!(chosen("x y a", &[("x", 1)], (8, 6)), [1, 2]);
        assert_eq!(chosen("n n n n n n", &[], (8, 6)), [0, 1, 2]);
    }
}

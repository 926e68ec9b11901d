//! Which of the mails that are due go next, so that no domain keeps the others waiting.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Internal;
use crate::mail::store::queue::{self, Candidate};

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
}

/// Chooses among what is due. Nothing goes to `stalled` domains.
pub(super) async fn choose(
    db: &Db,
    now: Timestamp,
    room: Room,
    stalled: &HashSet<String>,
) -> Result<Vec<Uuid>, Internal> {
    let mut busy: Vec<String> = stalled.iter().cloned().collect();
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
        let left = Room {
            mails: room.mails - chosen.len(),
            ..room
        };
        chosen.extend(in_turn(&seen, held, left));
        if was_all || chosen.len() >= room.mails {
            break;
        }
        seen.clear();
        let full = held.iter().filter(|(_, held)| **held >= room.per_domain);
        busy = stalled
            .iter()
            .chain(full.map(|(domain, _)| domain))
            .cloned()
            .collect();
    }
    Ok(chosen)
}

/// One of each domain, then the second of each, and so on; within a domain in the given order.
fn in_turn(seen: &[Candidate], held: &mut HashMap<String, u32>, room: Room) -> Vec<Uuid> {
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut ranked: Vec<(u32, &Candidate)> = seen
        .iter()
        .map(|candidate| {
            let before = held.get(&candidate.domain).copied().unwrap_or(0);
            let place = places.entry(&candidate.domain).or_insert(before);
            *place += 1;
            (*place, candidate)
        })
        .filter(|(place, _)| *place <= room.per_domain)
        .collect();
    ranked.sort_by_key(|(place, _)| *place);
    ranked.truncate(room.mails);
    for (_, candidate) in &ranked {
        *held.entry(candidate.domain.clone()).or_default() += 1;
    }
    ranked
        .into_iter()
        .map(|(_, candidate)| candidate.id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mails(domains: &str) -> Vec<Candidate> {
        let candidate = |(place, domain): (usize, &str)| Candidate {
            id: Uuid::from_u128(place as u128),
            domain: domain.to_owned(),
        };
        domains.split(' ').enumerate().map(candidate).collect()
    }

    fn chosen(domains: &str, held: &[(&str, u32)], room: (usize, u32)) -> Vec<u128> {
        let mut held = held
            .iter()
            .map(|(domain, held)| ((*domain).to_owned(), *held))
            .collect();
        let (mails_at_once, per_domain) = room;
        let room = Room {
            mails: mails_at_once,
            per_domain,
        };
        let chosen = in_turn(&mails(domains), &mut held, room);
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
}

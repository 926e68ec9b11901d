//! A number of places, and at most a share of them for the clients of one network.
//!
//! `Why:` a bound for all callers together is one that a single host can use up, and then it stops everybody
//! else (`docs/decisions/0061-a-share-for-each-network.md`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::types::network;

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The client's network has its share.
    Network,
    /// All are taken.
    Pool,
}

/// Places for everybody. Clones share them.
#[derive(Clone)]
pub(super) struct Pool {
    places: Arc<Semaphore>,
    shares: Shares,
}

/// A taken place, until it is dropped.
pub(super) struct Place {
    _place: OwnedSemaphorePermit,
    _share: Share,
}

impl Pool {
    /// So many places, of which one network gets the `network_share`th part; 0 switches that off.
    pub(super) fn new(places: usize, network_share: u32) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            shares: Shares::new(places, network_share),
        }
    }

    /// A place for this client. A client without an address counts for no network.
    pub(super) fn take(&self, client: Option<IpAddr>) -> Result<Place, Full> {
        let share = self.shares.take(client).ok_or(Full::Network)?;
        let place = Arc::clone(&self.places).try_acquire_owned();
        Ok(Place {
            _place: place.map_err(|_none| Full::Pool)?,
            _share: share,
        })
    }
}

/// How many of something the clients of each network have. Clones share the counts.
#[derive(Clone, Default)]
pub(super) struct Shares(Arc<Counts>);

#[derive(Default)]
struct Counts {
    /// For a single client; none when there is no such limit.
    each: Option<usize>,
    /// For the widest network, whatever its weight.
    most: usize,
    taken: Mutex<HashMap<String, usize>>,
}

/// One of them, until it is dropped.
pub(super) struct Share {
    counts: Arc<Counts>,
    networks: Vec<String>,
}

impl Shares {
    /// Shares of so many in all. A network wider than a client has as many times more as it stands for
    /// clients, but never more than half of all.
    pub(super) fn new(all: usize, network_share: u32) -> Self {
        let each = all.checked_div(network_share as usize);
        let each = each.map(|each| each.max(1));
        Self(Arc::new(Counts {
            each,
            most: (all / 2).max(each.unwrap_or(0)),
            taken: Mutex::default(),
        }))
    }

    /// One more for this client. `None` when one of its networks has its share.
    pub(super) fn take(&self, client: Option<IpAddr>) -> Option<Share> {
        let counts = &self.0;
        let mut share = Share {
            counts: Arc::clone(counts),
            networks: Vec::new(),
        };
        let (Some(each), Some(client)) = (counts.each, client) else {
            return Some(share);
        };
        let tiers = network::tiers(client);
        let mut taken = counts.taken();
        let has_room = tiers.iter().all(|tier| {
            let room = each.saturating_mul(tier.weight as usize).min(counts.most);
            taken.get(&tier.network).is_none_or(|taken| *taken < room)
        });
        if !has_room {
            return None;
        }
        for tier in tiers {
            *taken.entry(tier.network.clone()).or_insert(0) += 1;
            share.networks.push(tier.network);
        }
        drop(taken);
        Some(share)
    }
}

impl Counts {
    fn taken(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        // Nothing panics under the lock, so a poisoned one still guards sound counts.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.networks.is_empty() {
            return;
        }
        let mut taken = self.counts.taken();
        for network in &self.networks {
            if let Some(count) = taken.get_mut(network) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    taken.remove(network);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many this client gets of the pool.
    fn taken(shares: &Shares, addresses: &[&str]) -> Vec<Share> {
        let clients = addresses.iter().cycle().map(|text| Some(client(text)));
        let mut kept = Vec::new();
        let mut refused = 0;
        for client in clients {
            match shares.take(client) {
                Some(share) => {
                    kept.push(share);
                    refused = 0;
                }
                None => refused += 1,
            }
            if refused > addresses.len() {
                break;
            }
        }
        kept
    }

    #[test]
    fn a_client_gets_its_share_and_others_are_not_touched() {
        let shares = Shares::new(256, 8);
        let first = taken(&shares, &["127.1.2.3"]);
        assert_eq!(first.len(), 32);
        assert_eq!(taken(&shares, &["127.1.3.3"]).len(), 32);
        assert!(shares.take(Some(client("127.1.2.3"))).is_none());
        assert!(shares.take(None).is_some());
        drop(first);
        assert!(shares.take(Some(client("127.1.2.3"))).is_some());
        assert_eq!(shares.0.taken().len(), 0, "nothing is kept of who has gone");
    }

    #[test]
    fn wider_networks_get_more_and_never_more_than_half() {
        let all = (0..=255).map(|last| format!("127.1.2.{last}"));
        let all: Vec<String> = all.collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(taken(&Shares::new(256, 8), &all).len(), 128);
        assert_eq!(taken(&Shares::new(256, 64), &all).len(), 32);

        let within_56 = [
            "2001:db8:1:200::1",
            "2001:db8:1:201::1",
            "2001:db8:1:202::1",
        ];
        assert_eq!(taken(&Shares::new(256, 64), &within_56[..1]).len(), 4);
        assert_eq!(taken(&Shares::new(256, 64), &within_56).len(), 12);
        let more: Vec<String> = (0..200).map(|n| format!("2001:db8:1:{n:x}::1")).collect();
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        assert_eq!(taken(&Shares::new(256, 64), &more).len(), 16);
        let more: Vec<String> = (0..200).map(|n| format!("2001:db8:1:{n:x}00::1")).collect();
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        assert_eq!(taken(&Shares::new(256, 64), &more).len(), 64);
    }

    #[test]
    fn without_a_share_only_the_pool_counts() {
        let pool = Pool::new(3, 0);
        let mut places: Vec<_> = (0..3)
            .filter_map(|_| pool.take(Some(client("::1"))).ok())
            .collect();
        assert_eq!(places.len(), 3);
        assert_eq!(pool.take(Some(client("::1"))).err(), Some(Full::Pool));
        places.pop();
        assert!(pool.take(Some(client("::1"))).is_ok());
    }

    #[test]
    fn even_the_smallest_pool_has_a_place_for_each() {
        let pool = Pool::new(2, 8);
        let one = pool.take(Some(client("127.1.2.3")));
        assert!(one.is_ok());
        assert_eq!(
            pool.take(Some(client("127.1.2.3"))).err(),
            Some(Full::Network)
        );
        assert!(pool.take(Some(client("127.2.2.3"))).is_ok());
    }
}

//! Places of sockets: for callers who are known, for those who are not yet, and a share of each for one network.

use std::net::IpAddr;

use super::super::pool::{Share, Shares};
use crate::platform::app::App;
use crate::platform::pubsub::{PubSub, SEATS, Seat, UNAUTHENTICATED_SEATS};

/// The places of one process. Clones share them.
#[derive(Clone)]
pub(in crate::web) struct Permits {
    pubsub: PubSub,
    known: Shares,
    unknown: Shares,
}

/// The place of one socket, until it is dropped.
pub(super) struct Permit {
    /// Whether it is among those of callers who are known.
    pub(super) is_known: bool,
    _seat: Seat,
    _share: Share,
}

impl Permits {
    pub(in crate::web) fn new(app: &App) -> Self {
        let network_share = app.settings.server.network_share;
        Self {
            pubsub: app.pubsub.clone(),
            known: Shares::new(SEATS, network_share),
            unknown: Shares::new(UNAUTHENTICATED_SEATS, network_share),
        }
    }

    /// A place for a caller who is known. `None` when all are taken, or all of this client's network.
    pub(super) fn known(&self, client: Option<IpAddr>) -> Option<Permit> {
        Some(Permit {
            is_known: true,
            _share: self.known.take(client)?,
            _seat: self.pubsub.take_seat()?,
        })
    }

    /// The same for a caller who has still to say who they are.
    pub(super) fn unknown(&self, client: Option<IpAddr>) -> Option<Permit> {
        Some(Permit {
            is_known: false,
            _share: self.unknown.take(client)?,
            _seat: self.pubsub.take_unauthenticated_seat()?,
        })
    }
}

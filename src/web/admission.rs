//! Whom the listener lets in.

use super::limits::Limits;
use super::peer::Proxies;
use crate::platform::settings::ServerSettings;

/// Bounds of the listener, the share of one network, and the proxies that no such share holds for.
#[derive(Clone, Debug)]
pub struct Admission {
    pub(super) limits: Limits,
    pub(super) network_share: u32,
    pub(super) proxies: Proxies,
}

impl Admission {
    /// As settings say.
    pub fn new(limits: Limits, server: &ServerSettings) -> Self {
        Self {
            limits,
            network_share: server.network_share,
            proxies: Proxies::of(server),
        }
    }
}

impl From<Limits> for Admission {
    /// Without a share.
    fn from(limits: Limits) -> Self {
        Self {
            limits,
            network_share: 0,
            proxies: Proxies::default(),
        }
    }
}

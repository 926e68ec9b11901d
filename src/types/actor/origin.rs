//! Where an act came from.

use std::net::IpAddr;

use crate::types::network::{self, Tier};
use crate::types::secret::Secret;

/// Through which interface a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The GraphQL endpoint.
    GraphQl,
    /// A page of the server.
    Web,
    /// The command line.
    Cli,
    /// A worker of the server.
    Worker,
}

impl Via {
    /// The name in the audit trail.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GraphQl => "GRAPHQL",
            Self::Web => "WEB",
            Self::Cli => "CLI",
            Self::Worker => "WORKER",
        }
    }

    /// Reads a column's value. `Why:` an interface of a newer release was some interface, and not the command line.
    pub fn parse(name: &str) -> Self {
        let all = [Self::GraphQl, Self::Web, Self::Cli, Self::Worker];
        let found = all.into_iter().find(|via| via.name() == name);
        found.unwrap_or(Self::Web)
    }
}

/// Where an act came from, for the audit trail.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The interface.
    pub via: Via,
    /// As in the `x-request-id` header and in the log.
    pub request_id: Option<String>,
    /// The client's network address.
    pub ip_address: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The tokens by which accounts know the browser again, newest first.
    pub devices: Vec<Secret>,
}

impl Origin {
    /// The client's address. `None` without a request.
    pub fn address(&self) -> Option<IpAddr> {
        self.ip_address.as_deref()?.parse().ok()
    }

    /// The networks that limits count the client in, the narrowest first. Empty without a request.
    pub fn network_tiers(&self) -> Vec<Tier> {
        self.address().map(network::tiers).unwrap_or_default()
    }

    /// An act without a network request.
    pub const fn local(via: Via) -> Self {
        Self {
            via,
            request_id: None,
            ip_address: None,
            user_agent: None,
            devices: Vec::new(),
        }
    }
}

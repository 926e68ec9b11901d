//! The address of the caller behind proxies that the operator trusts (`server.trusted_proxies`).

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Once};

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

use crate::platform::settings::ServerSettings;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies in a row that are followed. `Why:` nobody has more, and a header may name thousands.
const MAX_HOPS: usize = 32;

/// The proxies that are trusted. Clones share the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies(Arc<[IpNet]>);

impl Proxies {
    /// Those of the settings.
    pub(super) fn of(server: &ServerSettings) -> Self {
        Self(server.trusted_proxies.as_slice().into())
    }

    /// Their addresses and ranges.
    pub(super) fn networks(&self) -> &[IpNet] {
        &self.0
    }

    /// Whether this peer is one of them.
    pub(super) fn contains(&self, peer: IpAddr) -> bool {
        is_trusted(peer.to_canonical(), &self.0)
    }
}

/// The caller's address: the peer's, or if that is a trusted proxy, the hop before it, and so on.
///
/// `Why:` from the right. What stands there the trusted proxy has written; what stands left of the first
/// stranger is that stranger's claim, and what stands left of a hop that cannot be read is nobody's.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    if !is_trusted(client, trusted) {
        return client;
    }
    let (style, name) = match (
        headers.contains_key(X_FORWARDED_FOR),
        headers.contains_key(FORWARDED),
    ) {
        (true, false) => (Style::Plain, X_FORWARDED_FOR),
        (false, true) => (Style::Pairs, FORWARDED),
        (false, false) => return client,
        (true, true) => {
            complain();
            return client;
        }
    };
    let lines = headers.get_all(name).iter().rev();
    for hop in lines.flat_map(|line| text(line).rsplit(',')).take(MAX_HOPS) {
        let Some(address) = style.read(hop.trim()) else {
            return client;
        };
        client = address;
        if !is_trusted(client, trusted) {
            return client;
        }
    }
    client
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// What is not text becomes an empty hop, which cannot be read.
fn text(line: &HeaderValue) -> &str {
    line.to_str().unwrap_or_default()
}

fn complain() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            "a trusted proxy sends both X-Forwarded-For and Forwarded; neither is used. Let it send one \
             and remove the other"
        );
    });
}

#[derive(Clone, Copy)]
enum Style {
    /// `X-Forwarded-For: 192.0.2.1, 2001:db8::1`.
    Plain,
    /// `Forwarded: for=192.0.2.1;proto=https, for="[2001:db8::1]:443"`. `Source:` RFC 7239, 4.
    Pairs,
}

impl Style {
    fn read(self, hop: &str) -> Option<IpAddr> {
        match self {
            Self::Plain => address(hop),
            Self::Pairs => address(node(hop)?),
        }
    }
}

/// The value of the one `for`.
fn node(hop: &str) -> Option<&str> {
    let mut nodes = hop
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("for"));
    let (Some((_, value)), None) = (nodes.next(), nodes.next()) else {
        return None;
    };
    match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"'),
        None => Some(value),
    }
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let alone = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = match alone {
        Some(six) => IpAddr::V6(six.parse().ok()?),
        None => match text.parse() {
            Ok(address) => address,
            Err(_not_alone) => text.parse::<SocketAddr>().ok()?.ip(),
        },
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests;

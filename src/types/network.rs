//! Client networks, as limits and counts tell clients apart: the tiers an address belongs to. Pure.
//!
//! `Why:` whoever has one IPv6 address has at least a /64 of them, often a /56, and for the asking a /48.
//! A limit on the narrowest alone is a limit on nobody.

use std::net::IpAddr;

/// A network of an address, and how many clients it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// In CIDR notation, such as `2001:db8:1:2::/64`.
    pub network: String,
    /// How many times the limit of a single client holds for all of this network.
    pub weight: u32,
}

/// Prefix lengths and weights, the narrowest first.
const IPV4: [(u8, u32); 2] = [(32, 1), (24, 8)];
/// The same for IPv6.
const IPV6: [(u8, u32); 3] = [(64, 1), (56, 4), (48, 16)];

/// The networks of an address, the narrowest first. IPv4 written as IPv6 (`::ffff:192.0.2.1`) is IPv4.
pub fn tiers(address: IpAddr) -> Vec<Tier> {
    let address = address.to_canonical();
    let lengths: &[(u8, u32)] = match address {
        IpAddr::V4(_) => &IPV4,
        IpAddr::V6(_) => &IPV6,
    };
    let tier = |(length, weight): &(u8, u32)| Tier {
        network: prefix(address, *length),
        weight: *weight,
    };
    lengths.iter().map(tier).collect()
}

/// The network of a single client: an IPv4 address, or the /64 of an IPv6 address.
pub fn client(address: IpAddr) -> String {
    let address = address.to_canonical();
    prefix(address, if address.is_ipv4() { 32 } else { 64 })
}

fn prefix(address: IpAddr, length: u8) -> String {
    let network = match address {
        IpAddr::V4(four) => {
            let kept = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            IpAddr::from((four.to_bits() & kept).to_be_bytes())
        }
        IpAddr::V6(six) => {
            let kept = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            IpAddr::from((six.to_bits() & kept).to_be_bytes())
        }
    };
    format!("{network}/{length}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> Vec<(String, u32)> {
        let tiers = tiers(address.parse().unwrap());
        tiers
            .into_iter()
            .map(|tier| (tier.network, tier.weight))
            .collect()
    }

    #[test]
    fn each_address_has_its_tiers_from_narrow_to_wide() {
        let six = [
            ("2001:db8:1:2ff::/64".to_owned(), 1),
            ("2001:db8:1:200::/56".to_owned(), 4),
            ("2001:db8:1::/48".to_owned(), 16),
        ];
        assert_eq!(shown("2001:db8:1:2ff:aaaa::1"), six);
        let four = [
            ("203.0.113.77/32".to_owned(), 1),
            ("203.0.113.0/24".to_owned(), 8),
        ];
        assert_eq!(shown("203.0.113.77"), four);
        assert_eq!(shown("::ffff:203.0.113.77"), four);
        assert_eq!(client("::ffff:203.0.113.77".parse().unwrap()), four[0].0);
        assert_eq!(client("2001:db8:1:2ff::9".parse().unwrap()), six[0].0);
    }
}

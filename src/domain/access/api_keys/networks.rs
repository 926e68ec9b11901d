//! From where a key may be used.

use std::net::IpAddr;

use ipnet::IpNet;

/// Ranges at most.
const MAX_NETWORKS: usize = 50;

/// Ranges of addresses; none means from anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    nets: Vec<IpNet>,
    /// Whether the column holds what does not read; then the key works from nowhere.
    is_damaged: bool,
}

impl Networks {
    /// Reads addresses and ranges such as `10.0.0.0/8`, `192.0.2.7` or `fd00::/8`.
    ///
    /// Errors: what is wrong with the first one that is refused.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        if texts.len() > MAX_NETWORKS {
            return Err(format!("At most {MAX_NETWORKS} networks."));
        }
        let mut nets: Vec<IpNet> = texts
            .iter()
            .map(|text| net(text))
            .collect::<Result<_, _>>()?;
        nets.sort_unstable();
        nets.dedup();
        Ok(Self {
            nets,
            is_damaged: false,
        })
    }

    /// Whether a caller at this address may use the key.
    ///
    /// `Why:` an address that is not known is in no range.
    pub fn hold(&self, address: Option<&str>) -> bool {
        if self.is_damaged {
            return false;
        }
        let address = address.and_then(|text| text.parse::<IpAddr>().ok());
        self.nets.is_empty()
            || address.is_some_and(|address| {
                let address = address.to_canonical();
                self.nets.iter().any(|net| net.contains(&address))
            })
    }

    /// In CIDR notation.
    pub fn names(&self) -> Vec<String> {
        self.nets.iter().map(ToString::to_string).collect()
    }

    pub(in crate::domain::access) fn to_column(&self) -> Option<String> {
        (!self.nets.is_empty()).then(|| self.names().join(","))
    }

    pub(in crate::domain::access) fn from_column(column: Option<&str>) -> Self {
        let Some(column) = column else {
            return Self::default();
        };
        let nets: Result<Vec<IpNet>, _> = column.split(',').map(str::parse).collect();
        let is_damaged = nets.is_err();
        Self {
            nets: nets.unwrap_or_default(),
            is_damaged,
        }
    }
}

fn net(text: &str) -> Result<IpNet, String> {
    let refused = |problem: &str| Err(format!("`{}` {problem}", text.escape_debug()));
    let text = text.trim();
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let Ok(net) = address.or_else(|_not_alone| text.parse::<IpNet>()) else {
        return refused("is neither an address nor a range such as 10.0.0.0/8 or fd00::/8.");
    };
    match net {
        _ if net.prefix_len() == 0 => refused("is everywhere; leave it out."),
        IpNet::V6(six) if six.addr().to_ipv4_mapped().is_some() => {
            refused("is an IPv4 address in IPv6; write it as IPv4.")
        }
        _ => Ok(net.trunc()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Result<Networks, String> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Networks::parse(&texts)
    }

    #[test]
    fn addresses_and_ranges_are_kept_in_one_form() {
        let kept = networks(&["10.1.2.3/8", "192.0.2.7", " fd00::1/8", "192.0.2.7/32"]).unwrap();
        assert_eq!(kept.names(), ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"]);
        let column = kept.to_column();
        assert_eq!(Networks::from_column(column.as_deref()), kept);
        assert_eq!(networks(&[]).unwrap().to_column(), None);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "0.0.0.0/0",
            "::/0",
            "::ffff:10.0.0.1",
            "1",
        ] {
            assert!(networks(&[text]).is_err(), "{text}");
        }
        assert!(networks(&["192.0.2.7"; 51]).is_err());
    }

    #[test]
    fn a_caller_is_inside_or_turned_away() {
        let kept = networks(&["10.0.0.0/8", "2001:db8::/32"]).unwrap();
        for inside in ["10.255.0.1", "::ffff:10.0.0.1", "2001:db8::7"] {
            assert!(kept.hold(Some(inside)), "{inside}");
        }
        for outside in [
            None,
            Some("11.0.0.1"),
            Some("2001:db9::"),
            Some("unknown"),
            Some(""),
        ] {
            assert!(!kept.hold(outside), "{outside:?}");
        }
        assert!(Networks::default().hold(None));
    }

    #[test]
    fn a_damaged_column_opens_nothing() {
        assert!(!Networks::from_column(Some("10.0.0.0/8,x")).hold(Some("10.0.0.1")));
        assert!(!Networks::from_column(Some("")).hold(Some("10.0.0.1")));
    }
}

//! IP networks.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A network: an address and how many of its leading bits count.
///
/// The other bits are zero. An IPv4-mapped IPv6 network is kept as the IPv4 one it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

impl Net {
    /// Reads `10.0.0.0/8`, `fe80::/10`, or a bare address. Host bits are cleared.
    pub fn parse(text: &str) -> Option<Net> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => {
                let plain = !bits.is_empty() && bits.bytes().all(|it| it.is_ascii_digit());
                (address, Some(bits.parse::<u8>().ok().filter(|_| plain)?))
            }
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        if bits > width {
            return None;
        }
        let net = match (address, address.to_canonical()) {
            (IpAddr::V6(_), mapped @ IpAddr::V4(_)) if bits >= 96 => {
                Net { address: mapped, bits: bits - 96 }
            }
            (it, _) => Net { address: it, bits },
        };
        Some(Net { address: mask(net.address, net.bits), ..net })
    }

    /// The address with host bits cleared.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// How many leading bits count.
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// Whether the text is an address of the network. An IPv4-mapped IPv6 address is the IPv4
    /// address it maps.
    pub fn contains(self, text: &str) -> bool {
        let Ok(address) = text.parse::<IpAddr>() else { return false };
        let address = address.to_canonical();
        let same = address.is_ipv4() == self.address.is_ipv4();
        if same {
            return mask(address, self.bits) == self.address;
        }
        // `::/0` and other short IPv6 prefixes cover the mapped addresses too.
        match (self.address, address) {
            (IpAddr::V6(net), IpAddr::V4(it)) => {
                mask(IpAddr::V6(it.to_ipv6_mapped()), self.bits) == IpAddr::V6(net)
            }
            _ => false,
        }
    }
}

fn mask(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(it) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((u32::from(it) & mask).into())
        }
        IpAddr::V6(it) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(it) & mask))
        }
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let net = Net::parse("10.1.2.3/8").unwrap();
        assert_eq!(net.to_string(), "10.0.0.0/8");
        assert!(net.contains("10.255.0.1") && net.contains("::ffff:10.0.0.1"));
        assert!(!net.contains("11.0.0.1") && !net.contains("10.0.0") && !net.contains("fe80::1"));
        assert!(Net::parse("fe80::/10").unwrap().contains("FE80::1"));
        assert!(Net::parse("0.0.0.0/0").unwrap().contains("1.2.3.4"));
        assert_eq!(Net::parse("10.0.0.0/33"), None);
    }
}

//! Lists of IP addresses and networks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Addresses and networks, such as `10.0.0.0/8, ::1, loopback, private`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList(Vec<Network>);

/// All addresses whose first bits are these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    /// The address, its other bits zero.
    address: IpAddr,
    /// How many bits count.
    bits: u8,
}

const LOOPBACK: &[Network] = &[v4([127, 0, 0, 0], 8), v6([0, 0, 0, 0, 0, 0, 0, 1], 128)];

/// RFC 1918 and RFC 4193.
const PRIVATE: &[Network] = &[
    v4([10, 0, 0, 0], 8),
    v4([172, 16, 0, 0], 12),
    v4([192, 168, 0, 0], 16),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
];

const fn v4([a, b, c, d]: [u8; 4], bits: u8) -> Network {
    Network {
        address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        bits,
    }
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], bits: u8) -> Network {
    Network {
        address: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)),
        bits,
    }
}

impl AddressList {
    /// Whether the address is in one of the networks. An IPv4 address in IPv6's clothes counts as
    /// what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        masked(address, self.bits) == Some(self.address)
    }
}

/// The address with all but its first bits zero; none if it has not so many.
fn masked(address: IpAddr, bits: u8) -> Option<IpAddr> {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(address) => {
            let unused = 32_u32.checked_sub(bits)?;
            let mask = u32::MAX.checked_shl(unused).unwrap_or(0);
            Some(Ipv4Addr::from_bits(address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let unused = 128_u32.checked_sub(bits)?;
            let mask = u128::MAX.checked_shl(unused).unwrap_or(0);
            Some(Ipv6Addr::from_bits(address.to_bits() & mask).into())
        }
    }
}

impl FromStr for AddressList {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut networks = Vec::new();
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
        {
            match entry {
                "loopback" => networks.extend(LOOPBACK),
                "private" => networks.extend(PRIVATE),
                entry => networks.push(entry.parse()?),
            }
        }
        Ok(Self(networks))
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| ())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        // 10.1.2.3/8 is rather a slip than a network.
        match masked(address, bits) {
            Some(network) if network == address => Ok(Self { address, bits }),
            _ => Err(()),
        }
    }
}

impl fmt::Display for AddressList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, network) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(formatter, "{comma}{}/{}", network.address, network.bits)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_its_networks_and_no_others() {
        let check = |list: &str, address: &str, expected: bool| {
            let list: AddressList = list.parse().unwrap();
            assert_eq!(
                list.contains(address.parse().unwrap()),
                expected,
                "{list} {address}"
            );
            let again: AddressList = list.to_string().parse().unwrap();
            assert_eq!(again, list);
        };
        check("", "127.0.0.1", false);
        check("192.0.2.7", "192.0.2.7", true);
        check("192.0.2.7", "192.0.2.8", false);
        check("10.0.0.0/8, ::1", "10.255.0.1", true);
        check("10.0.0.0/8,::1", "11.0.0.1", false);
        check("10.0.0.0/8", "::ffff:10.0.0.1", true);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("loopback", "127.3.3.3", true);
        check("loopback", "::1", true);
        check("private", "172.31.0.1", true);
        check("private", "172.32.0.1", false);
        check("private", "fd00::1", true);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "x",
            "10.0.0.0/33",
            "10.1.0.0/8",
            "::/129",
            "10.0.0.0/",
            "1.2.3",
            "localhost",
        ] {
            assert!(text.parse::<AddressList>().is_err(), "{text}");
        }
    }
}

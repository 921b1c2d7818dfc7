//! Which addresses messages are sent to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::config::AddressList;

/// Public addresses, and those that the operator allows.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    allowed: AddressList,
}

impl AddressPolicy {
    /// Public addresses and these.
    #[must_use]
    pub fn new(allowed: AddressList) -> Self {
        Self { allowed }
    }

    /// Whether messages are sent to this address over TLS.
    #[must_use]
    pub fn lets_through(&self, address: IpAddr) -> bool {
        self.is_listed(address) || is_public(address)
    }

    /// Whether the operator listed it. Only there messages travel without TLS.
    #[must_use]
    pub fn is_listed(&self, address: IpAddr) -> bool {
        self.allowed.contains(address)
    }

    /// Whether the operator listed any.
    #[must_use]
    pub fn lists_any(&self) -> bool {
        self.allowed != AddressList::default()
    }
}

/// Whether it is one of the internet at large. By the registries of special-purpose addresses
/// (RFC 6890 and what followed), and by what is known of clouds.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The first address of a network, and how many of its bits count.
type NetworkV4 = ([u8; 4], u32);
type NetworkV6 = ([u16; 8], u32);

const SPECIAL_V4: &[NetworkV4] = &[
    ([0, 0, 0, 0], 8),        // this network
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // shared by a provider's customers
    ([127, 0, 0, 0], 8),      // loopback
    ([168, 63, 129, 16], 32), // a cloud's own services, although the address is public
    ([169, 254, 0, 0], 16),   // link-local, and clouds' metadata
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 88, 99, 0], 24),   // relays of 6to4
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

/// All that is given out to the public. What carries an IPv4 address within (mapped, NAT64) is outside.
const GLOBAL_V6: NetworkV6 = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

const SPECIAL_V6: &[NetworkV6] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments, Teredo
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4: an IPv4 address within
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // answers for names of private addresses
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |&(network, bits): &NetworkV4| {
        let differing = address.to_bits() ^ Ipv4Addr::from(network).to_bits();
        differing.leading_zeros() >= bits
    };
    !SPECIAL_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_in = |&(network, bits): &NetworkV6| {
        let differing = address.to_bits() ^ Ipv6Addr::from(network).to_bits();
        differing.leading_zeros() >= bits
    };
    is_in(&GLOBAL_V6) && !SPECIAL_V6.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_at_large_are_public() {
        let check = |address: &str, expected: bool| {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        };
        for public in [
            "8.8.8.8",
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
        ] {
            check(public, true);
        }
        for public in ["2606:4700::1111", "2a00:1450::1", "2001:4860::8888"] {
            check(public, true);
        }
        for special in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "255.255.255.255",
        ] {
            check(special, false);
        }
        for special in [
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            check(special, false);
        }
    }

    #[test]
    fn what_the_operator_lists_is_let_through() {
        let policy = AddressPolicy::new("10.0.0.0/8,::1".parse().unwrap());
        let check = |address: &str, expected: bool| {
            let address = address.parse().unwrap();
            assert_eq!(policy.lets_through(address), expected, "{address}");
        };
        check("10.0.0.1", true);
        check("::1", true);
        check("8.8.8.8", true);
        check("127.0.0.1", false);
        assert!(!policy.is_listed("8.8.8.8".parse().unwrap()));
        assert!(policy.lists_any());
        assert!(!AddressPolicy::default().lists_any());
    }
}

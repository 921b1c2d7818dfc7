//! The URL of an endpoint.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use url::{Host, Url};

use super::address::AddressPolicy;

/// A URL that messages can be sent to. Its host is a name, or an address in its one proper form: the
/// parser reads `0x7f.1` and `2130706433` as what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

/// Why a URL is none that messages are sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is longer than the bound.
    #[error("must have at most {max} bytes")]
    TooLong {
        /// The bound.
        max: usize,
    },
    /// It is no URL.
    #[error("must be a URL such as https://shop.example/hooks")]
    NoUrl,
    /// It does not begin with `https://`, or with `http://` where that is allowed.
    #[error(
        "must begin with https://; plain http is for networks only that the operator lists in WEBHOOK_ALLOWED_NETWORKS"
    )]
    Scheme,
    /// It holds a user or a password.
    #[error("must not hold a user or password; messages are signed")]
    Credentials,
    /// It has a fragment, which no server sees.
    #[error("must not have a fragment")]
    Fragment,
    /// Its address is one that this host sends nothing to.
    #[error(
        "address not allowed: messages go to public addresses, and to networks that the operator lists in WEBHOOK_ALLOWED_NETWORKS"
    )]
    Address,
}

/// Longest URL in bytes.
const MAX_BYTES: usize = 2_000;

impl Target {
    /// Reads a URL. A name is not looked up: its addresses are checked each time that a message is sent.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn parse(text: &str, policy: &AddressPolicy) -> Result<Self, TargetError> {
        if text.len() > MAX_BYTES {
            return Err(TargetError::TooLong { max: MAX_BYTES });
        }
        let url = Url::parse(text).map_err(|_| TargetError::NoUrl)?;
        let target = Self(url);
        target.check(policy)?;
        Ok(target)
    }

    /// A URL that nobody has checked.
    #[cfg(test)]
    pub fn of_test(text: &str) -> Self {
        Self(text.parse().unwrap())
    }

    fn check(&self, policy: &AddressPolicy) -> Result<(), TargetError> {
        let is_plain = match self.0.scheme() {
            "https" => false,
            "http" if policy.lists_any() => true,
            "http" => return Err(TargetError::Scheme),
            _ => return Err(TargetError::NoUrl),
        };
        if !self.0.username().is_empty() || self.0.password().is_some() {
            return Err(TargetError::Credentials);
        }
        if self.0.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        match self.known_address() {
            Some(address) if is_plain && !policy.is_listed(address) => Err(TargetError::Address),
            Some(address) if !policy.lets_through(address) => Err(TargetError::Address),
            _ if self.0.host().is_none() => Err(TargetError::NoUrl),
            _ => Ok(()),
        }
    }

    /// The address that it names, without asking anybody.
    fn known_address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(name) => {
                // RFC 6761: it is loopback, whatever a server of names says.
                let name = name.strip_suffix('.').unwrap_or(name);
                let is_local = name == "localhost" || name.ends_with(".localhost");
                is_local.then_some(IpAddr::V4(Ipv4Addr::LOCALHOST))
            }
        }
    }

    /// Whether it is to be reached over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Its name or address.
    #[must_use]
    pub fn host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// Name and port, as the `Host` header has them.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Path and query.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        match self.0.query() {
            Some(query) => format!("{}?{query}", self.0.path()),
            None => self.0.path().to_owned(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, allowed: &str) -> Result<Target, TargetError> {
        Target::parse(text, &AddressPolicy::new(allowed.parse().unwrap()))
    }

    #[test]
    fn private_addresses_are_refused_in_all_notations() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "017700000001",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "127.0.0.1.",
            "①②⑦.0.0.1",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "0",
            "0.0.0.0",
            "10.0.0.1",
            "169.254.169.254",
            "0xa9fea9fe",
            "192.168.0.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fd00:ec2::254]",
            "[fe80::1]",
        ] {
            let url = format!("https://{host}/hooks");
            assert_eq!(parse(&url, ""), Err(TargetError::Address), "{url}");
        }
    }

    #[test]
    fn urls_are_checked() {
        let check = |url: &str, allowed: &str, expected: Result<(), TargetError>| {
            assert_eq!(parse(url, allowed).map(drop), expected, "{url}");
        };
        check("https://shop.example/hooks?key=1", "", Ok(()));
        check("https://8.8.8.8:8443/", "", Ok(()));
        check("http://shop.example/", "", Err(TargetError::Scheme));
        check("http://shop.example/", "10.0.0.0/8", Ok(()));
        check("http://10.0.0.1/", "10.0.0.0/8", Ok(()));
        check("http://8.8.8.8/", "10.0.0.0/8", Err(TargetError::Address));
        check("https://10.0.0.1/", "10.0.0.0/8", Ok(()));
        check(
            "https://127.0.0.1/",
            "10.0.0.0/8",
            Err(TargetError::Address),
        );
        check("http://localhost:1/", "loopback", Ok(()));
        check("ftp://shop.example/", "", Err(TargetError::NoUrl));
        check("file:///etc/passwd", "", Err(TargetError::NoUrl));
        check("gopher://127.0.0.1/", "", Err(TargetError::NoUrl));
        check("shop.example", "", Err(TargetError::NoUrl));
        check("", "", Err(TargetError::NoUrl));
        check("https://", "", Err(TargetError::NoUrl));
        check("https://a@shop.example/", "", Err(TargetError::Credentials));
        check(
            "https://:b@shop.example/",
            "",
            Err(TargetError::Credentials),
        );
        check("https://shop.example/#a", "", Err(TargetError::Fragment));
        let long = format!("https://shop.example/{}", "a".repeat(MAX_BYTES));
        check(&long, "", Err(TargetError::TooLong { max: MAX_BYTES }));
    }

    #[test]
    fn a_request_is_made_of_its_parts() {
        let target = parse("https://Shop.Example:8443/a b?c=d", "").unwrap();
        assert_eq!(target.authority(), "shop.example:8443");
        assert_eq!(target.path_and_query(), "/a%20b?c=d");
        assert_eq!((target.port(), target.is_tls()), (8443, true));
        let target = parse("https://shop.example", "").unwrap();
        assert_eq!(target.authority(), "shop.example");
        assert_eq!(
            (target.path_and_query().as_str(), target.port()),
            ("/", 443)
        );
    }
}

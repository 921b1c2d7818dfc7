//! Who is calling, as far as addresses tell.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Doorkeeper;
use crate::http::error::ApiError;
use crate::http::services::Shared;

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The connection on which a request came.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// The other end.
    pub peer: IpAddr,
    /// Whether it speaks TLS with this host.
    pub secure: bool,
}

/// The client behind the connection and the trusted proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Whether it speaks TLS, with this host or with a trusted proxy.
    pub secure: bool,
}

impl Client {
    fn of(connection: Connection, headers: &HeaderMap, doorkeeper: &Doorkeeper) -> Self {
        let mut address = connection.peer.to_canonical();
        let trusted = |address| doorkeeper.trusted_proxies.contains(address);
        if !trusted(address) {
            return Self {
                address,
                secure: connection.secure,
            };
        }
        // Each proxy appends whom it heard from. So the list is read from its end, and only as long
        // as a trusted one vouches for the entry: what stands before is the client's own invention.
        let entries = headers
            .get_all(&FORWARDED_FOR)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','));
        let entries: Vec<_> = entries.collect();
        for entry in entries.into_iter().rev() {
            let Some(named) = address_of(entry.trim()) else {
                break;
            };
            address = named;
            if !trusted(address) {
                break;
            }
        }
        let scheme = headers
            .get(&FORWARDED_PROTO)
            .and_then(|value| value.to_str().ok())
            .and_then(|list| list.split(',').next_back());
        let secure_outside =
            scheme.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
        Self {
            address,
            secure: connection.secure || secure_outside,
        }
    }
}

/// An address, with or without a port, as proxies write it.
fn address_of(entry: &str) -> Option<IpAddr> {
    let address = entry
        .parse::<IpAddr>()
        .or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()))
        .or_else(|_| entry.trim_matches(['[', ']']).parse());
    address.ok().map(|address| address.to_canonical())
}

/// Notes who the client is, and turns away whoever may not call.
pub async fn identify_client(
    State(services): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    // Without a connection the request was made inside this process.
    let connection = request
        .extensions()
        .get::<Connection>()
        .copied()
        .unwrap_or(Connection {
            peer: Ipv4Addr::LOCALHOST.into(),
            secure: false,
        });
    let client = Client::of(connection, request.headers(), &services.doorkeeper);
    let allowed = &services.doorkeeper.allowed;
    if allowed
        .as_ref()
        .is_some_and(|allowed| !allowed.contains(client.address))
    {
        return ApiError::AddressNotAllowed.into_response();
    }
    request.extensions_mut().insert(client);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&HeaderName, &str)]) -> Client {
        let doorkeeper = Doorkeeper {
            trusted_proxies: "10.0.0.0/8".parse().unwrap(),
            allowed: None,
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let connection = Connection {
            peer: peer.parse().unwrap(),
            secure: false,
        };
        Client::of(connection, &map, &doorkeeper)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let check = |peer: &str, forwarded: &str, expected: &str| {
            let found = client(peer, &[(&FORWARDED_FOR, forwarded)]);
            assert_eq!(found.address.to_string(), expected, "{peer} {forwarded}");
        };
        check("203.0.113.9", "192.0.2.1", "203.0.113.9");
        check("10.0.0.1", "192.0.2.1", "192.0.2.1");
        check("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1");
        check("10.0.0.1", "127.0.0.1, 192.0.2.1", "192.0.2.1");
        check("10.0.0.1", "192.0.2.1, 10.0.0.7", "192.0.2.1");
        check("10.0.0.1", "192.0.2.1:4711", "192.0.2.1");
        check("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1");
        check("10.0.0.1", "2001:db8::1", "2001:db8::1");
        check("10.0.0.1", "192.0.2.1, unknown", "10.0.0.1");
        check("10.0.0.1", "", "10.0.0.1");
    }

    #[test]
    fn several_headers_are_one_list() {
        let headers = [(&FORWARDED_FOR, "1.1.1.1"), (&FORWARDED_FOR, "192.0.2.1")];
        assert_eq!(
            client("10.0.0.1", &headers).address.to_string(),
            "192.0.2.1"
        );
    }

    #[test]
    fn https_outside_counts_only_from_a_trusted_proxy() {
        let headers = [(&FORWARDED_PROTO, "https")];
        assert!(client("10.0.0.1", &headers).secure);
        assert!(!client("203.0.113.9", &headers).secure);
        assert!(!client("10.0.0.1", &[(&FORWARDED_PROTO, "http")]).secure);
    }
}

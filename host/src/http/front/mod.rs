//! What meets a request before any route does, and an answer after it: connections, TLS, who the
//! client is, CORS and security headers.

mod bodies;
mod client;
mod cors;
mod headers;
mod limits;
pub mod listen;
mod time;
pub mod tls;

pub use bodies::read_small_body;
pub use client::{Client, Connection, identify_client};
pub use cors::cors_layer;
pub use headers::add_security_headers;
pub use limits::{Meter, class_of, limit_rate};
pub use time::limit_time;

/// Whom this host believes and lets in.
#[derive(Clone, Debug, Default)]
pub struct Doorkeeper {
    /// Peers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: crate::config::AddressList,
    /// Clients that may call; all if there is no list.
    pub allowed: Option<crate::config::AddressList>,
}

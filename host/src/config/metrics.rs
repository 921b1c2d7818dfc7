//! Where the operator's figures are to be read.

use std::net::{IpAddr, SocketAddr};

use super::settings::{parsed, switch};
use super::{ConfigError, Environment};

/// The port of `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Whether there is one.
    pub enabled: bool,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whether somebody chose it. A default that another program has must not stop the host.
    pub chosen: bool,
}

impl MetricsSettings {
    const DEFAULT_PORT: u16 = 9094;

    /// Reads the section; `flag` is `--metrics-port`, `host` the address of the API.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(
        flag: Option<u16>,
        host: IpAddr,
        environment: Environment<'_>,
    ) -> Result<Self, ConfigError> {
        let name = "PROMETHEUS_PORT";
        let given = match flag {
            Some(port) => Some(port),
            None => parsed(environment, name, "give a number from 0 to 65535")?,
        };
        let address = parsed(
            environment,
            "METRICS_HOST",
            "give an IP address such as 127.0.0.1",
        )?;
        Ok(Self {
            enabled: switch(environment, "METRICS_ENABLED")?.unwrap_or(true),
            listen: SocketAddr::new(address.unwrap_or(host), given.unwrap_or(Self::DEFAULT_PORT)),
            chosen: given.is_some(),
        })
    }
}

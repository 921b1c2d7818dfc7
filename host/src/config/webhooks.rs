//! Where messages to organizers' systems may go.

use super::settings::parsed;
use super::{AddressList, ConfigError, Environment};

/// Messages to organizers' systems.
#[derive(Clone, Debug, Default)]
pub struct WebhookSettings {
    /// Addresses that are not public, and get messages all the same.
    pub allowed_networks: AddressList,
}

impl WebhookSettings {
    /// Reads the section.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        let networks = parsed(
            environment,
            "WEBHOOK_ALLOWED_NETWORKS",
            "give IP addresses and networks, such as 10.0.0.0/8,::1, or the words loopback and private",
        )?;
        Ok(Self {
            allowed_networks: networks.unwrap_or_default(),
        })
    }
}

//! Everything that handlers use, built once by `cli/serve.rs`.

use std::sync::Arc;
use std::time::Duration;

use crate::access::{CallerLimits, TokenCheck};
use crate::artifacts::ArtifactStore;
use crate::batches::Batches;
use crate::clock::Clock;
use crate::config::{CorsOrigins, PriceUnit};
use crate::events::KnownEvents;
use crate::gates::Gatehouse;
use crate::issue::Issuer;
use crate::keys::Keys;
use crate::organizers::Organizers;
use crate::storage::Storage;
use crate::templates::Library;
use crate::webhooks::AddressPolicy;

use super::front::Doorkeeper;
use super::health::Health;

/// What handlers use.
pub struct Services {
    /// What the host remembers.
    pub storage: Arc<dyn Storage>,
    /// Organizers' keys.
    pub keys: Arc<Keys>,
    /// Events in memory.
    pub events: Arc<KnownEvents>,
    /// What gates are told.
    pub gates: Gatehouse,
    /// Templates.
    pub library: Arc<Library>,
    /// What batches made.
    pub artifacts: Arc<ArtifactStore>,
    /// Issuing and printing.
    pub issuer: Arc<Issuer>,
    /// Jobs.
    pub batches: Batches,
    /// Items of a batch that is sent as JSON.
    pub batch_max_size: u32,
    /// Organizers by slug.
    pub organizers: Organizers,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Checks bearer tokens.
    pub tokens: TokenCheck,
    /// Results of the last health check.
    pub health: Health,
    /// Address under which clients reach this host, without a slash at its end.
    pub public_url: String,
    /// In what prices are counted.
    pub price_unit: PriceUnit,
    /// Whom this host believes and lets in.
    pub doorkeeper: Doorkeeper,
    /// How often callers asked lately.
    pub rate_limits: CallerLimits,
    /// Pages of which origins may read answers.
    pub cors: CorsOrigins,
    /// Where messages to organizers' systems may go.
    pub webhook_addresses: AddressPolicy,
    /// Longest time for one request.
    pub request_timeout: Duration,
}

/// The state of the router.
pub type Shared = Arc<Services>;

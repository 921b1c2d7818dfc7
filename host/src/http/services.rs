//! Everything that handlers use, built once by `cli/serve.rs`.

use std::sync::Arc;

use crate::access::BearerKey;
use crate::clock::Clock;
use crate::config::PriceUnit;
use crate::events::KnownEvents;
use crate::gates::Gatehouse;
use crate::issue::Issuer;
use crate::keys::Keys;
use crate::organizers::Organizers;
use crate::storage::Storage;
use crate::templates::Library;

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
    /// Issuing and printing.
    pub issuer: Issuer,
    /// Organizers by slug.
    pub organizers: Organizers,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Checks bearer tokens.
    pub bearer: BearerKey,
    /// Results of the last health check.
    pub health: Health,
    /// Address under which clients reach this host, without a slash at its end.
    pub public_url: String,
    /// In what prices are counted.
    pub price_unit: PriceUnit,
}

/// The state of the router.
pub type Shared = Arc<Services>;

//! What can go wrong with keys.

use ticket_gate::KnowledgeError;
use ticket_token::KeyError;

use crate::storage::StorageError;

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too short, or of a format that is not known.
    #[error("it is not in a sealed format of this version")]
    Format,
    /// Sealed with another key.
    #[error("it was sealed with another key; give the key with which the data were stored")]
    OtherKey,
    /// Altered, or moved from another place.
    #[error("it was altered, or moved here from another place")]
    Altered,
}

/// Why keys are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no such organizer.
    #[error("there is no such organizer")]
    NoOrganizer,
    /// The organizer has no such key.
    #[error("the organizer has no such key")]
    NoKey,
    /// A sealed value does not open.
    #[error("{table}.{column} of organizer `{organizer}` does not open: {source}")]
    Open {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The organizer's slug.
        organizer: String,
        /// Why.
        source: OpenError,
    },
    /// A stored key is none.
    #[error("the stored signing key {id} is not usable")]
    Unusable {
        /// Its number in the host.
        id: u32,
        /// Why, where the bytes are at fault; else the private key is not that of the public one.
        source: Option<KeyError>,
    },
    /// Every ticket key was revoked.
    #[error("the organizer has no active ticket key; create one")]
    NoTicketKey,
    /// No delegation covers the bundle key now.
    #[error("no delegation covers the organizer's bundle key now; sign one with the root key")]
    NoDelegation,
    /// The root key is not here.
    #[error("the organizer's root key lives elsewhere; sign the delegation there")]
    RootElsewhere,
    /// A delegation was refused.
    #[error("the delegation is not acceptable")]
    Delegation(#[from] KnowledgeError),
    /// A delegation names something else.
    #[error("the delegation's {field} is not that of this organizer")]
    ForeignDelegation {
        /// Organizer or bundle key.
        field: &'static str,
    },
}

//! Organizers' secrets: signing keys and their states, encryption at rest, derived keys.
//!
//! One master key protects one data key per organizer, and that data key protects or derives
//! everything else of the organizer. Rotating the master key therefore seals one small row per
//! organizer again, and no ticket.

mod entropy;
mod founding;
mod master;
mod ring;
mod sealing;

pub use entropy::{Entropy, NoEntropy};
pub use founding::{FoundingError, found_organizer, next_signing_key};
pub use master::MasterKey;
pub use ring::{KeyRing, OrganizerKeys, RingError, TicketSigner};
pub use sealing::{DataKey, SealError};

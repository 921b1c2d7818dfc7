//! The sealer: makes the record of what was done tamper-evident, after the fact and all of it.
//!
//! An act writes its entry in its own transaction and knows nothing of chains, so that acts do not
//! wait for one another. [`Sealer`] comes after: it chains what was committed ([`chain`]), an
//! organizer and a batch at a time, and signs how far the chain has come ([`head`]) with a key that
//! does nothing else. [`verify`] reads everything again and says whether it still fits.
//!
//! What is shown: that no sealed entry was changed, left out, put in or moved by anyone who has the
//! database but not the master key. What is not: entries that are not sealed yet, for a few seconds;
//! and that the newest seals are still there, unless a head is kept elsewhere to compare with.

mod chain;
mod head;
mod sealer;
#[cfg(test)]
mod tests;
mod verify;

pub use chain::ChainHash;
pub use sealer::{SealError, Sealer};
pub use verify::{Fault, Verification, verify};

//! The ticket host.

pub mod keys;
pub mod storage;

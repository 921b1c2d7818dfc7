//! The ticket host.

pub mod storage;

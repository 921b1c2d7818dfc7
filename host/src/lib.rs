//! The ticket host.

pub mod templates;

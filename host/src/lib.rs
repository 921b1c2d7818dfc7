//! The ticket host.

//! Routes, extractors, JSON types and the error envelope. The only room that knows axum.

pub mod envelope;
pub mod error;
pub mod extract;

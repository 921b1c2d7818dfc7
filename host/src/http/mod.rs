//! Routes, extractors, JSON types and the error envelope. The only room that knows axum.

pub mod api_keys;
pub mod audit;
pub mod authorize;
mod complaints;
pub mod envelope;
pub mod error;
pub mod events;
pub mod extract;
mod failures;
pub mod front;
pub mod health;
pub mod idempotency;
mod jobs;
pub mod keys;
pub mod metrics;
mod objects;
pub mod openapi;
pub mod organizers;
pub mod router;
pub mod services;
pub mod templates;
pub mod tickets;
pub mod verifier;
pub mod webhooks;

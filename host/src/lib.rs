//! The ticket host: keeps events, issues signed tickets and prints them.
//!
//! Rooms, from the top floor down; a room may use any room below it, never one above or beside:
//! `cli`, `http` / `audit`, `batches`, `webhooks`, `retention` / `organizers`, `issue`, `artifacts`, `gates` / `events` / `access`, `templates`, `keys` / `storage`. Every
//! room may be given a section of `config` and count things by `telemetry` and time them by `traces`; `clock` is an argument
//! everywhere.

pub mod access;
pub mod artifacts;
pub mod audit;
pub mod batches;
pub mod cli;
pub mod clock;
pub mod config;
pub mod events;
pub mod gates;
pub mod http;
pub mod issue;
pub mod keys;
pub mod organizers;
pub mod retention;
pub mod storage;
pub mod telemetry;
pub mod templates;
pub mod traces;
pub mod webhooks;

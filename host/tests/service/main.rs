//! The built program, through HTTP only.

mod access;
mod administration;
mod audit;
mod authors;
mod backup;
mod batches;
#[path = "../sandbox_room/bomb.rs"]
mod bomb;
mod changes;
mod configuration;
mod dump;
mod erasure;
mod files_of_jobs;
mod front;
mod hostile;
mod isolation;
mod keys;
mod logo;
mod main_job;
mod malformed;
mod metrics;
mod moving;
mod openapi;
mod orders;
mod rates;
mod receiver;
mod replicas;
mod retention;
mod retries;
mod schema;
mod streams;
mod support;
mod survival;
mod tokens;
mod traces;
mod webhooks;

//! The built program, through HTTP only.

mod administration;
#[path = "../sandbox_room/bomb.rs"]
mod bomb;
mod changes;
mod hostile;
mod isolation;
mod keys;
mod logo;
mod main_job;
mod malformed;
mod orders;
mod retries;
mod support;
mod survival;

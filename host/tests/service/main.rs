//! The built program, through HTTP only.

mod isolation;
mod keys;
mod main_job;
mod malformed;
mod support;
mod survival;

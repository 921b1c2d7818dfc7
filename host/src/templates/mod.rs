//! Organizers' templates: upload, check, load, limit and call.
//!
//! The only room that knows wasmtime. A template is a stranger's program: it is compiled in a
//! process that can do nothing else ([`compile`]), runs with an empty linker in a fresh instance
//! per ticket ([`call`]), and its answer is an untrusted [`layout`] until [`compose`] has checked
//! it and has drawn the code.

pub mod bindings;
pub mod cache;
pub mod call;
pub mod compile;
//pub mod compose;
mod contrast;
pub mod digest;
pub mod engine;
pub mod layout;
pub mod limits;
pub mod manifest;
pub mod request;
pub mod values;

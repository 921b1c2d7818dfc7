//! The contract's versions, each in a module of its own; all give one host
//! [`Layout`](super::layout::Layout).
//!
//! wasmtime's generated types do not leave these modules.

mod reader;
pub mod v0;

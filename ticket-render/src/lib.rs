//! Pages of tickets: a display list ([`scene`]) and its three exporters.
//!
//! Nothing here reads a file, a clock or a random source: the same scene, assets and options give
//! the same bytes on any machine, and the crate compiles to WebAssembly.

pub mod codes;
pub mod fonts;
pub mod length;

//! Pages of tickets: a display list ([`scene`]) and its three exporters.
//!
//! Nothing here reads a file, a clock or a random source: the same scene, assets and options give
//! the same bytes on any machine, and the crate compiles to WebAssembly.

pub mod assets;
pub mod codes;
mod decimal;
mod deflate;
pub mod error;
pub mod fonts;
pub mod images;
pub mod length;
pub mod pdf;
pub mod png;
pub mod scene;
pub mod svg;
pub mod text;
mod transform;

/// Names the renderer in files and in ETags: whatever changes a byte of any output changes it.
pub const RENDERER_VERSION: &str = concat!("Guichet ", env!("CARGO_PKG_VERSION"), " r2");

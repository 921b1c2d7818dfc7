//! Matrix codes as bit matrices, before any paint.

mod mask;
mod placement;
pub mod qr;
mod row;
mod symbol;

pub use symbol::{ModuleRect, Symbol};

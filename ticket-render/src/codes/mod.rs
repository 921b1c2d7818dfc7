//! Matrix codes as bit matrices, before any paint.

mod mask;
mod picture;
mod placement;
pub mod qr;
mod row;
mod symbol;

pub use picture::{CodeStyle, MAX_PICTURE_PX, PictureError, code_png, code_svg};
pub use symbol::{ModuleRect, Symbol};

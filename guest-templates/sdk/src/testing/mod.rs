//! For the tests of templates: requests made of the manifest's samples, and a check of the mistakes
//! that the host refuses most often. The host checks all of it again, and more; it also measures text,
//! which this module cannot.

mod mistakes;
mod samples;
mod trials;
mod words;

pub use mistakes::mistakes;
pub use samples::{remove, required_only, sample_request, set, set_text};
pub use trials::trials;
pub use words::words;

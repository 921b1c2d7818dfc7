//! Organizers' templates: upload, check, load, limit and call.
//!
//! The only room that knows wasmtime. A template is a stranger's program: it is compiled in a
//! process that can do nothing else ([`compile`]), runs with an empty linker in a fresh instance
//! per ticket ([`call`]), and its answer is an untrusted [`layout`] until [`compose`] has checked
//! it and has drawn the code.

pub mod bindings;
mod breaker;
pub mod cache;
pub mod call;
mod check;
pub mod compile;
pub mod compose;
mod contrast;
pub mod digest;
pub mod engine;
pub mod layout;
pub mod library;
pub mod limits;
pub mod loaded;
pub mod manifest;
mod read_back;
pub mod ready;
pub mod report;
mod report_json;
pub mod request;
mod samples;
mod uploads;
pub mod values;
mod warnings;
pub mod workshop;

pub use call::{CallStats, TemplateFailure};
pub use compose::CodeText;
pub use library::{Candidates, Library, LibraryError, TemplateChoice, Upload, UploadedAsset};
pub use loaded::{LaidOut, LayOutError, LayoutOrder, LoadedTemplate};
pub use ready::ReadyTemplate;
pub use report::{Report, ReportState};
pub use report_json::report_json;
pub use workshop::{Workshop, WorkshopOptions};

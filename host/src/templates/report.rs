//! What was found out about a version, in words that tell its author what to do.

use super::call::CallStats;
use super::manifest::Manifest;

/// The verdict on an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether tickets may be printed with it.
    pub state: ReportState,
    /// Why not; empty when it is ready.
    pub problems: Vec<Finding>,
    /// What the author should look at.
    pub warnings: Vec<Finding>,
    /// How many warnings were left out.
    pub omitted_warnings: u64,
    /// What it used.
    pub figures: Figures,
    /// What it says of itself, once that is known.
    pub manifest: Option<Manifest>,
}

/// Whether a version may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportState {
    /// It may.
    Ready,
    /// It may not.
    Rejected,
    /// The host could not find out; nothing is wrong with the upload, which may be tried again.
    Undecided,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable name of what it is, such as `TEMPLATE_BAD_LAYOUT`.
    pub code: &'static str,
    /// Where: a trial's name and a place in the layout; may be empty.
    pub place: String,
    /// What is wrong, the bound, and what would be right.
    pub message: String,
}

/// What a version used while it was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Bytes uploaded.
    pub upload_bytes: u64,
    /// Bytes of compiled code.
    pub code_bytes: u64,
    /// Wall-clock milliseconds of compiling.
    pub compile_ms: u64,
    /// The call of `prepare`.
    pub prepare: CallStats,
    /// The largest of each figure over all calls of `layout`.
    pub largest_layout: CallStats,
    /// Each trial by its name.
    pub layouts: Vec<(&'static str, CallStats)>,
}

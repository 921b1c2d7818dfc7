//! What can go wrong with jobs.

use crate::artifacts::ArtifactError;
use crate::issue::{FormError, IssueError};
use crate::keys::KeysError;
use crate::storage::StorageError;

/// Why a job could not be taken in, looked at or worked on.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// Storage failed or refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The organizer's keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A ticket could not be issued or printed.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// What was kept of a job makes no sense.
    #[error("what was kept of a job makes no sense")]
    Kept(#[from] serde_json::Error),
    /// What was kept of an order makes no sense.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The job was never completed, and was removed.
    #[error("the job was removed before all of its items had come")]
    Removed,
    /// A job without items.
    #[error("the job has no items")]
    Empty,
    /// A repair names an item that did not fail.
    #[error("item {item} did not fail; only failed items can be repaired")]
    NotFailed {
        /// The item, counted through the job from 0.
        item: u64,
    },
    /// The object store failed, or an object is damaged.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A file of sorted tickets, or a list, could not be written.
    #[error("a file could not be written")]
    File(#[from] std::io::Error),
    /// The tickets cannot be bound or arranged so.
    #[error("{0}")]
    Sheets(String),
    /// A thread of this program broke.
    #[error("{0}")]
    Fault(&'static str),
}

impl BatchError {
    /// Whether trying the same again later may succeed.
    pub(super) fn is_passing(&self) -> bool {
        use crate::templates::{LibraryError, TemplateFailure};
        match self {
            Self::Storage(error) => passes(error),
            Self::Keys(KeysError::Storage(error)) => passes(error),
            Self::Issue(error) => match error {
                IssueError::Storage(error) | IssueError::Keys(KeysError::Storage(error)) => {
                    passes(error)
                }
                IssueError::Library(error) => match error {
                    LibraryError::Storage(error) => passes(error),
                    LibraryError::Turn(_)
                    | LibraryError::Template(TemplateFailure::Overloaded { .. }) => true,
                    LibraryError::NoTemplate { .. }
                    | LibraryError::NotReady { .. }
                    | LibraryError::Suspended { .. }
                    | LibraryError::Name
                    | LibraryError::TooLarge { .. }
                    | LibraryError::Undecided { .. }
                    | LibraryError::Values(_)
                    | LibraryError::Template(_)
                    | LibraryError::Load(_)
                    | LibraryError::Fault(_) => false,
                },
                IssueError::NoEvent
                | IssueError::UnknownType { .. }
                | IssueError::Price(_)
                | IssueError::Print(_)
                | IssueError::Keys(_)
                | IssueError::Fault(_) => false,
            },
            Self::Artifact(error) => error.is_passing(),
            Self::Fault(_) | Self::File(_) => true,
            Self::Sheets(_)
            | Self::Keys(_)
            | Self::Kept(_)
            | Self::Form(_)
            | Self::Removed
            | Self::Empty
            | Self::NotFailed { .. } => false,
        }
    }
}

/// A conflict is another's doing, who was faster: the next try sees what it did.
fn passes(error: &StorageError) -> bool {
    match error {
        StorageError::Unavailable(_) | StorageError::Conflict(_) => true,
        StorageError::Database(_) | StorageError::Corrupt { .. } => false,
    }
}

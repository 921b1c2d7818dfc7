//! What is told of an item that failed.

use metrics::counter;

use super::input::ItemFault;
use crate::issue::IssueError;
use crate::storage::Conflict;
use crate::storage::StorageError;
use crate::telemetry;
use crate::templates::{LibraryError, TemplateFailure};

/// Whose fault it is that an item failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// The item's own: the others may be right.
    Item,
    /// The template's: the others will fail as well.
    Template,
}

/// An error code, what to fix in words, and whose fault it is. `None`: it is no fault of the item, and may pass.
pub(super) fn fault_of(error: &IssueError) -> Option<(&'static str, String, Blame)> {
    let (code, blame) = match error {
        IssueError::NoEvent => ("EVENT_NOT_FOUND", Blame::Item),
        IssueError::UnknownType { .. } | IssueError::Price(_) => ("VALIDATION_ERROR", Blame::Item),
        IssueError::Library(error) => match error {
            LibraryError::NoTemplate { .. } => ("TEMPLATE_NOT_FOUND", Blame::Template),
            LibraryError::NotReady { .. } => ("TEMPLATE_NOT_READY", Blame::Template),
            LibraryError::Suspended { .. } => ("TEMPLATE_SUSPENDED", Blame::Template),
            LibraryError::Values(_) => {
                return Some(("VALIDATION_ERROR", values_message(error), Blame::Item));
            }
            LibraryError::Template(failure) => match failure {
                TemplateFailure::Refused { .. } => ("TEMPLATE_REFUSED", Blame::Template),
                TemplateFailure::Failed { .. } => ("TEMPLATE_FAILED", Blame::Template),
                TemplateFailure::Trapped { .. } => ("TEMPLATE_TRAPPED", Blame::Template),
                TemplateFailure::OutOfFuel { .. } => ("TEMPLATE_OUT_OF_FUEL", Blame::Template),
                TemplateFailure::OutOfMemory { .. } => ("TEMPLATE_OUT_OF_MEMORY", Blame::Template),
                TemplateFailure::BadLayout { .. } => ("TEMPLATE_BAD_LAYOUT", Blame::Template),
                TemplateFailure::Overloaded { .. } => return None,
            },
            LibraryError::Name
            | LibraryError::TooLarge { .. }
            | LibraryError::Undecided { .. }
            | LibraryError::Turn(_)
            | LibraryError::Storage(_)
            | LibraryError::Load(_)
            | LibraryError::Fault(_) => return None,
        },
        IssueError::Print(_) => ("RENDER_FAILED", Blame::Template),
        IssueError::Storage(StorageError::Conflict(conflict)) => match conflict {
            Conflict::TooManyTypes { .. } => ("TOO_MANY_TYPES", Blame::Item),
            Conflict::TypeNotDeclared => ("TYPE_NOT_DECLARED", Blame::Item),
            _ => return None,
        },
        IssueError::Keys(_) | IssueError::Storage(_) | IssueError::Fault(_) => return None,
    };
    Some((code, error.to_string(), blame))
}

/// Counts items that failed, once that is noted. `kind` is `batch` or `print`, as of requests that fail.
pub(super) fn count_faults(faults: &[ItemFault], kind: &'static str) {
    for fault in faults {
        counter!(telemetry::TICKET_ERRORS, "type" => kind, "error_code" => fault.code.clone())
            .increment(1);
    }
}

fn values_message(error: &LibraryError) -> String {
    let LibraryError::Values(problems) = error else {
        return error.to_string();
    };
    let problems: Vec<_> = problems
        .iter()
        .map(|problem| format!("{}: {problem}", crate::issue::order_path(problem)))
        .collect();
    problems.join("; ")
}

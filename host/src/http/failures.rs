//! Failures of the rooms below as answers. One exhaustive match for each kind.

use std::time::Duration;

use super::error::{ApiError, FieldProblem, Missing};
use crate::batches::BatchError;
use crate::gates::GateError;
use crate::issue::{IssueError, PrintError, order_path};
use crate::keys::KeysError;
use crate::storage::{Conflict, StorageError};
use crate::templates::{LibraryError, TemplateFailure};

/// When a client of an overloaded host may try again.
const SOON: Duration = Duration::from_secs(1);

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::NoEvent => Self::NotFound(Missing::Event),
            IssueError::UnknownType { .. } => Self::field("ticketType", error.to_string()),
            IssueError::Price(message) => Self::field("price", message),
            IssueError::Library(error) => error.into(),
            IssueError::Print(error) => error.into(),
            IssueError::Keys(error) => error.into(),
            IssueError::Storage(error) => error.into(),
            IssueError::Fault(message) => anyhow::Error::msg(message).into(),
        }
    }
}

impl From<PrintError> for ApiError {
    fn from(error: PrintError) -> Self {
        match error {
            PrintError::NoSuchPage { .. } => Self::NotFound(Missing::Page),
            PrintError::Render(ticket_render::error::RenderError::TooManyPixels { .. }) => {
                Self::field("dpi", error.to_string())
            }
            PrintError::Render(_) => anyhow::Error::from(error).into(),
        }
    }
}

impl From<BatchError> for ApiError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Storage(error) => error.into(),
            BatchError::Keys(error) => error.into(),
            BatchError::Issue(error) => error.into(),
            BatchError::Empty => Self::body("has no tickets"),
            BatchError::NotFailed { .. } => Self::field("items", error.to_string()),
            BatchError::Sheets(message) => Self::field("options.imposition", message),
            BatchError::Artifact(error) if error.is_passing() => {
                tracing::warn!(%error, "the object store is not available");
                Self::Overloaded { retry_after: SOON }
            }
            BatchError::Artifact(_)
            | BatchError::File(_)
            | BatchError::Kept(_)
            | BatchError::Form(_)
            | BatchError::Removed
            | BatchError::Fault(_) => anyhow::Error::from(error).into(),
        }
    }
}

impl From<GateError> for ApiError {
    fn from(error: GateError) -> Self {
        match error {
            GateError::Keys(error) => error.into(),
            GateError::Storage(error) => error.into(),
            GateError::NoEvent => Self::NotFound(Missing::Event),
            GateError::Publish(error) => anyhow::Error::from(error).into(),
        }
    }
}

impl From<KeysError> for ApiError {
    fn from(error: KeysError) -> Self {
        let code = match error {
            KeysError::Storage(error) => return error.into(),
            KeysError::NoTicketKey => "NO_TICKET_KEY",
            KeysError::NoDelegation => "NO_DELEGATION",
            KeysError::RootElsewhere => "ROOT_KEY_ELSEWHERE",
            KeysError::Delegation(_) | KeysError::ForeignDelegation { .. } => "BAD_DELEGATION",
            KeysError::NoOrganizer
            | KeysError::NoKey
            | KeysError::Open { .. }
            | KeysError::Unusable { .. } => return anyhow::Error::from(error).into(),
        };
        Self::Conflict {
            code,
            message: error.to_string(),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Conflict(conflict) => conflict.into(),
            StorageError::Unavailable(source) => {
                tracing::warn!(error = %source, "the database is not available");
                Self::Overloaded { retry_after: SOON }
            }
            StorageError::Database(_) | StorageError::Corrupt { .. } => {
                anyhow::Error::from(error).into()
            }
        }
    }
}

impl From<Conflict> for ApiError {
    fn from(conflict: Conflict) -> Self {
        let code = match conflict {
            Conflict::OrganizerExists => "ORGANIZER_EXISTS",
            Conflict::EventExists => "EVENT_EXISTS",
            Conflict::EventHasTickets => "EVENT_HAS_TICKETS",
            Conflict::TicketExists => "TICKET_EXISTS",
            Conflict::StaleRevision { .. } => "REVISION_CONFLICT",
            Conflict::Transition { .. } => "STATE_CONFLICT",
            Conflict::KeyNotActive => "KEY_NOT_ACTIVE",
            Conflict::KeyExists => "KEY_EXISTS",
            Conflict::NoNextKey => "NO_NEXT_KEY",
            Conflict::StaleDelegation { .. } => "STALE_DELEGATION",
            Conflict::NothingToRollBack => "NOTHING_TO_ROLL_BACK",
            Conflict::TypeNotDeclared => "TYPE_NOT_DECLARED",
            Conflict::ClaimLost => "IDEMPOTENCY_IN_PROGRESS",
            Conflict::QueueFull { .. } => {
                return Self::QueueFull {
                    message: conflict.to_string(),
                };
            }
            Conflict::TooManyTypes { .. } => "TOO_MANY_TYPES",
            Conflict::TooManyWebhooks { .. } => "TOO_MANY_WEBHOOKS",
            Conflict::SerialsExhausted { .. } => "SERIALS_EXHAUSTED",
            // These can only come from a fault of the host: it hands serials, ids and references out.
            Conflict::SerialTaken
            | Conflict::Reference
            | Conflict::LeaseLost
            | Conflict::AuditSealed => {
                return anyhow::Error::from(conflict).into();
            }
        };
        Self::Conflict {
            code,
            message: conflict.to_string(),
        }
    }
}

impl From<LibraryError> for ApiError {
    fn from(error: LibraryError) -> Self {
        match error {
            LibraryError::NoTemplate { .. } => Self::NotFound(Missing::Template),
            LibraryError::NotReady { .. } => Self::Conflict {
                code: "TEMPLATE_NOT_READY",
                message: error.to_string(),
            },
            LibraryError::Suspended { .. } => Self::Conflict {
                code: "TEMPLATE_SUSPENDED",
                message: error.to_string(),
            },
            LibraryError::Name => Self::field("name", error.to_string()),
            LibraryError::TooLarge { max_bytes } => Self::TooLarge {
                max_bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
            },
            LibraryError::Turn(_) => Self::Overloaded { retry_after: SOON },
            LibraryError::Undecided { .. } => {
                tracing::warn!(%error, "an upload could not be judged");
                Self::Overloaded { retry_after: SOON }
            }
            LibraryError::Values(problems) => Self::Validation(
                problems
                    .iter()
                    .map(|problem| FieldProblem::new(order_path(problem), problem.to_string()))
                    .collect(),
            ),
            LibraryError::Template(failure) => failure.into(),
            LibraryError::Storage(error) => error.into(),
            LibraryError::Load(_) | LibraryError::Fault(_) => anyhow::Error::from(error).into(),
        }
    }
}

impl From<TemplateFailure> for ApiError {
    fn from(failure: TemplateFailure) -> Self {
        let message = failure.to_string();
        let (code, details) = match failure {
            TemplateFailure::Refused { .. } => ("TEMPLATE_REFUSED", Vec::new()),
            TemplateFailure::Failed { .. } => ("TEMPLATE_FAILED", Vec::new()),
            TemplateFailure::Trapped { backtrace, .. } => {
                let frames = backtrace
                    .into_iter()
                    .enumerate()
                    .map(|(depth, frame)| FieldProblem::new(format!("backtrace[{depth}]"), frame));
                ("TEMPLATE_TRAPPED", frames.collect())
            }
            TemplateFailure::OutOfFuel { .. } => ("TEMPLATE_OUT_OF_FUEL", Vec::new()),
            TemplateFailure::OutOfMemory { .. } => ("TEMPLATE_OUT_OF_MEMORY", Vec::new()),
            TemplateFailure::BadLayout { problems } => {
                let problems = problems
                    .into_iter()
                    .map(|problem| FieldProblem::new(problem.place.to_string(), problem.message));
                ("TEMPLATE_BAD_LAYOUT", problems.collect())
            }
            TemplateFailure::Overloaded { reason } => {
                tracing::warn!(reason, "a template call was given up");
                return Self::Overloaded { retry_after: SOON };
            }
        };
        Self::Template {
            code,
            message,
            details,
        }
    }
}

//! What can go wrong with stored data.

use std::fmt;

use sqlx::postgres::PgDatabaseError;

use super::{postgres, sqlite};

/// Why a verb of [`Storage`](super::Storage) did nothing. Whatever the error, the verb left no trace:
/// each is atomic. The one exception is [`StorageError::Unavailable`] at the moment of a commit, when
/// it is not known whether the transaction survived; verbs that create are then safe to repeat,
/// for they are keyed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The data do not allow it; the caller may act on that.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The database does not answer, is locked, full, or shutting down. Trying again may help.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// The database refused a statement that should have held: a fault of this program.
    #[error("the database refused a statement")]
    Database(#[source] Cause),
    /// A row makes no sense, while the database works.
    #[error("{table}.{column} of row {id} makes no sense: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key, as text.
        id: String,
        /// What was expected.
        reason: String,
    },
}

/// The driver's own error. It may name the database's address: for the log, not for answers.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A conflict with data that are there already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The slug is taken.
    #[error("an organizer with this slug exists already")]
    OrganizerExists,
    /// The organizer has an event with this id.
    #[error("an event with this id exists already")]
    EventExists,
    /// Only an event without tickets can go.
    #[error("the event has tickets; revoke them instead of deleting it")]
    EventHasTickets,
    /// The organizer has a ticket with this caller's id.
    #[error("a ticket with this id exists already")]
    TicketExists,
    /// The serial carries a ticket already: its block was handed out twice.
    #[error("the serial carries a ticket already")]
    SerialTaken,
    /// Something that the row refers to (event, type, template version, key, blob) does not exist,
    /// or belongs to another organizer.
    #[error("the row refers to something that this organizer does not have")]
    Reference,
    /// Someone else changed it in between; read again, then decide.
    #[error("it was changed in between: it is at revision {current}")]
    StaleRevision {
        /// The revision that it has now.
        current: u32,
    },
    /// The state does not allow the step.
    #[error("{what} is {state}: it cannot be {step}")]
    Transition {
        /// The kind of thing.
        what: &'static str,
        /// Its state.
        state: &'static str,
        /// What was asked.
        step: &'static str,
    },
    /// The key may sign no more. Read the keys again and sign with the active one.
    #[error("the signing key is not active")]
    KeyNotActive,
    /// A key with this public half exists, or the purpose has a key in this state.
    #[error("the organizer has such a key already")]
    KeyExists,
    /// The organizer has no `next` key for the purpose.
    #[error("there is no next key to rotate to; create one first")]
    NoNextKey,
    /// A delegation with this or a later sequence exists.
    #[error("a delegation with sequence {newest} exists; a new one needs a larger sequence")]
    StaleDelegation {
        /// The largest sequence there is.
        newest: u64,
    },
    /// A seal of this number exists, or an entry is sealed already.
    #[error("the audit entries were sealed in between")]
    AuditSealed,
    /// The template has no earlier activation.
    #[error("there is no earlier activation to roll back to")]
    NothingToRollBack,
    /// The event is not open and has not declared the type.
    #[error("the event does not declare this ticket type")]
    TypeNotDeclared,
    /// Another request took the idempotency key over, as this one's lease had ended.
    #[error("another request with this Idempotency-Key took over")]
    ClaimLost,
    /// Another worker has the chunk, or its job is over.
    #[error("the lease on the chunk has ended")]
    LeaseLost,
    /// More items wait than this host takes on.
    #[error("more than {max} tickets wait in the queue; try again when some are done")]
    QueueFull {
        /// The bound.
        max: u64,
    },
    /// An event has 65,535 types at most.
    #[error("the event has {max} ticket types, which is the most")]
    TooManyTypes {
        /// The bound.
        max: u32,
    },
    /// The organizer has as many endpoints as one may have.
    #[error("the organizer has {max} webhooks, which is the most; delete one first")]
    TooManyWebhooks {
        /// The bound.
        max: u32,
    },
    /// An event has 2^32 serials.
    #[error("the event has only {left} serials left")]
    SerialsExhausted {
        /// How many are left.
        left: u64,
    },
}

impl StorageError {
    /// Whether trying the same again later may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    pub(super) fn corrupt(
        table: &'static str,
        column: &'static str,
        id: impl fmt::Display,
        reason: impl fmt::Display,
    ) -> Self {
        Self::Corrupt {
            table,
            column,
            id: id.to_string(),
            reason: reason.to_string(),
        }
    }
}

/// A refusal is an engine's to explain; what the driver reports of itself is the same for both.
impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let (conflict, is_passing) = match &error {
            sqlx::Error::Database(refusal) => match refusal.try_downcast_ref::<PgDatabaseError>() {
                Some(refusal) => (postgres::conflict(refusal), postgres::is_passing(refusal)),
                None => (sqlite::conflict(&**refusal), sqlite::is_passing(&**refusal)),
            },
            // A server that goes down in the middle of an answer may look like one that talks nonsense.
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => (None, true),
            _ => (None, false),
        };
        match conflict {
            Some(conflict) => Self::Conflict(conflict),
            None if is_passing => Self::Unavailable(error.into()),
            None => Self::Database(error.into()),
        }
    }
}

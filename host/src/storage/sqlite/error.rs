//! What the driver's errors mean.

use sqlx::error::ErrorKind;

use crate::storage::{Conflict, StorageError};

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) => {
                let conflict = match refusal.kind() {
                    ErrorKind::UniqueViolation => unique_conflict(refusal.message()),
                    ErrorKind::ForeignKeyViolation => Some(Conflict::Reference),
                    _ => None,
                };
                if let Some(conflict) = conflict {
                    return Self::Conflict(conflict);
                }
                if refusal.code().is_some_and(|code| is_passing(&code)) {
                    return Self::Unavailable(error.into());
                }
                Self::Database(error.into())
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.into()),
            _ => Self::Database(error.into()),
        }
    }
}

/// SQLite names the columns of the constraint that failed, in the order of its definition.
fn unique_conflict(message: &str) -> Option<Conflict> {
    let (_, columns) = message.split_once("UNIQUE constraint failed: ")?;
    match columns {
        "organizers.slug" => Some(Conflict::OrganizerExists),
        "events.organizer_id, events.caller_id" => Some(Conflict::EventExists),
        "caller_ticket_ids.organizer_id, caller_ticket_ids.caller_id" => {
            Some(Conflict::TicketExists)
        }
        "tickets.event_number, tickets.serial" => Some(Conflict::SerialTaken),
        "tickets.event_number, tickets.uuid" | "tickets.event_number, tickets.ticket_number" => {
            Some(Conflict::TicketNameTaken)
        }
        columns if columns.starts_with("signing_keys.") => Some(Conflict::KeyExists),
        _ => None,
    }
}

/// Whether waiting, space or a healthy disk would help: busy, locked, no memory, read-only,
/// interrupted, I/O error, full, cannot open. The code is an extended one; the kind is its low byte.
fn is_passing(code: &str) -> bool {
    const PASSING: [u32; 8] = [5, 6, 7, 8, 9, 10, 13, 14];
    code.parse::<u32>()
        .is_ok_and(|code| PASSING.contains(&(code & 0xff)))
}

//! What the database's refusals mean.

use sqlx::error::{DatabaseError, ErrorKind};

use crate::storage::Conflict;

/// The conflict that a refusal stands for, if it is one.
pub(in crate::storage) fn conflict(refusal: &dyn DatabaseError) -> Option<Conflict> {
    match refusal.kind() {
        ErrorKind::UniqueViolation => unique_conflict(refusal.message()),
        ErrorKind::ForeignKeyViolation => Some(Conflict::Reference),
        _ => None,
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
        "audit_seals.organizer_id, audit_seals.number" => Some(Conflict::AuditSealed),
        columns if columns.starts_with("signing_keys.") => Some(Conflict::KeyExists),
        _ => None,
    }
}

/// Whether waiting, space or a healthy disk would help: busy, locked, no memory, read-only,
/// interrupted, I/O error, full, cannot open. The code is an extended one; the kind is its low byte.
pub(in crate::storage) fn is_passing(refusal: &dyn DatabaseError) -> bool {
    const PASSING: [u32; 8] = [5, 6, 7, 8, 9, 10, 13, 14];
    refusal
        .code()
        .and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| PASSING.contains(&(code & 0xff)))
}

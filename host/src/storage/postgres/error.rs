//! What the database's refusals mean. By class, see "PostgreSQL Error Codes" in its manual.

use sqlx::error::{DatabaseError as _, ErrorKind};
use sqlx::postgres::PgDatabaseError;

use crate::storage::Conflict;
use crate::storage::rows::ticket_types::MAX_TYPES;

/// The conflict that a refusal stands for, if it is one.
pub(in crate::storage) fn conflict(refusal: &PgDatabaseError) -> Option<Conflict> {
    match refusal.kind() {
        ErrorKind::UniqueViolation => unique_conflict(refusal),
        ErrorKind::ForeignKeyViolation => Some(Conflict::Reference),
        ErrorKind::CheckViolation if refusal.constraint() == Some("ticket_types_number") => {
            Some(Conflict::TooManyTypes { max: MAX_TYPES })
        }
        _ => None,
    }
}

fn unique_conflict(refusal: &PgDatabaseError) -> Option<Conflict> {
    let (table, constraint) = (refusal.table()?, refusal.constraint()?);
    match (table, constraint) {
        ("organizers", "organizers_slug_key") => Some(Conflict::OrganizerExists),
        ("events", "events_organizer_id_caller_id_key") => Some(Conflict::EventExists),
        ("caller_ticket_ids", "caller_ticket_ids_pkey") => Some(Conflict::TicketExists),
        ("audit_seals", _) => Some(Conflict::AuditSealed),
        ("signing_keys", _) => Some(Conflict::KeyExists),
        // A partition is named, not the table, and an index of its own.
        (part, index) if part.starts_with("tickets_") && index.ends_with("_pkey") => {
            Some(Conflict::SerialTaken)
        }
        _ => None,
    }
}

/// Whether waiting, space or another server would help: the refusal says nothing about the statement.
pub(in crate::storage) fn is_passing(refusal: &PgDatabaseError) -> bool {
    /// Connection lost; no room, memory or connections left; the operator (also a timeout or a
    /// shutdown); the system below.
    const CLASSES: [&str; 4] = ["08", "53", "57", "58"];
    /// The server became a standby; we did nothing in a transaction for too long; another transaction was in the way; a lock was held too long; the
    /// password was changed.
    const CODES: [&str; 7] = [
        "25006", "25P03", "40001", "40P01", "55P03", "28000", "28P01",
    ];
    let code = refusal.code();
    let class = code.get(..2).unwrap_or_default();
    CLASSES.contains(&class) || CODES.contains(&code)
}

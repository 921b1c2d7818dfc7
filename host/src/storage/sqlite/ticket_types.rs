//! Ticket types: names and the numbers that stand for them in tokens.

use jiff::Timestamp;
use sqlx::{SqliteConnection, SqliteExecutor};
use ticket_token::{EventNumber, TicketType};

use crate::storage::rows::ticket_types::{MAX_TYPES, TypeRow};
use crate::storage::rows::us;
use crate::storage::{Conflict, NumberedType, OrganizerId, StorageError};

/// The number of a name, given now if it has none.
pub(super) async fn number(
    connection: &mut SqliteConnection,
    event: EventNumber,
    name: &str,
    at: Timestamp,
) -> Result<TicketType, StorageError> {
    if let Some(known) = find(&mut *connection, event, name).await? {
        return Ok(known.number);
    }
    let next: u32 = sqlx::query_scalar(
        "SELECT coalesce(max(number), 0) + 1 FROM ticket_types WHERE event_number = $1",
    )
    .bind(event.0)
    .fetch_one(&mut *connection)
    .await?;
    let Some(next) = u16::try_from(next).ok() else {
        return Err(Conflict::TooManyTypes { max: MAX_TYPES }.into());
    };
    sqlx::query(
        "INSERT INTO ticket_types (event_number, number, name, created_at_us)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(event.0)
    .bind(next)
    .bind(name)
    .bind(us(at))
    .execute(connection)
    .await?;
    Ok(TicketType(next))
}

/// As [`number`], where only an open event takes new names.
pub(super) async fn number_by_use(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    event: EventNumber,
    name: String,
    at: Timestamp,
) -> Result<Option<NumberedType>, StorageError> {
    let open: Option<bool> = sqlx::query_scalar(
        "SELECT r.open FROM events e
         JOIN event_revisions r ON r.event_number = e.number AND r.revision = e.revision
         WHERE e.organizer_id = $1 AND e.number = $2",
    )
    .bind(organizer.0)
    .bind(event.0)
    .fetch_optional(&mut *connection)
    .await?;
    match open {
        None => Ok(None),
        Some(false) => Err(Conflict::TypeNotDeclared.into()),
        Some(true) => {
            let number = number(connection, event, &name, at).await?;
            Ok(Some(NumberedType { number, name }))
        }
    }
}

async fn find(
    executor: impl SqliteExecutor<'_>,
    event: EventNumber,
    name: &str,
) -> Result<Option<NumberedType>, StorageError> {
    let row: Option<TypeRow> = sqlx::query_as(
        "SELECT number, name FROM ticket_types WHERE event_number = $1 AND name = $2",
    )
    .bind(event.0)
    .bind(name)
    .fetch_optional(executor)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// All types that have a number, by number.
pub(super) async fn list(
    executor: impl SqliteExecutor<'_>,
    organizer: OrganizerId,
    event: EventNumber,
) -> Result<Vec<NumberedType>, StorageError> {
    let rows: Vec<TypeRow> = sqlx::query_as(
        "SELECT t.number, t.name FROM ticket_types t
         JOIN events e ON e.number = t.event_number
         WHERE e.organizer_id = $1 AND e.number = $2 ORDER BY t.number",
    )
    .bind(organizer.0)
    .bind(event.0)
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

//! An event's counters: serials, bundles, and how many tickets there are.

use jiff::Timestamp;
use sqlx::{SqliteConnection, SqlitePool};
use ticket_token::EventNumber;

use crate::storage::rows::ticket_types::StatsRow;
use crate::storage::rows::{ALL_SERIALS, Place, us};
use crate::storage::{Conflict, EventStats, OrganizerId, SerialRange, StorageError};

pub(super) async fn reserve_serials(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    event: EventNumber,
    count: u32,
    holder: String,
    at: Timestamp,
) -> Result<Option<SerialRange>, StorageError> {
    let count = count.max(1);
    let first: Option<i64> = sqlx::query_scalar(
        "SELECT next_serial FROM events WHERE organizer_id = $1 AND number = $2",
    )
    .bind(organizer.0)
    .bind(event.0)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(first) = first else { return Ok(None) };

    let left = ALL_SERIALS.saturating_sub(first.unsigned_abs());
    if u64::from(count) > left {
        return Err(Conflict::SerialsExhausted { left }.into());
    }
    sqlx::query(
        "UPDATE events SET next_serial = next_serial + $2 WHERE number = $1;
         INSERT INTO serial_blocks (event_number, first_serial, serials, holder, reserved_at_us)
         VALUES ($1, $3, $2, $4, $5)",
    )
    .bind(event.0)
    .bind(count)
    .bind(first)
    .bind(holder)
    .bind(us(at))
    .execute(connection)
    .await?;
    let place = Place {
        table: "events",
        id: event.0,
    };
    Ok(Some(SerialRange {
        first: place.serial("next_serial", first)?,
        count,
    }))
}

pub(super) async fn next_bundle_sequence(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    event: EventNumber,
) -> Result<Option<u64>, StorageError> {
    let sequence: Option<i64> = sqlx::query_scalar(
        "UPDATE events SET bundle_sequence = bundle_sequence + 1
         WHERE organizer_id = $1 AND number = $2 RETURNING bundle_sequence",
    )
    .bind(organizer.0)
    .bind(event.0)
    .fetch_optional(connection)
    .await?;
    Ok(sequence.map(i64::unsigned_abs))
}

pub(super) async fn stats(
    readers: &SqlitePool,
    organizer: OrganizerId,
    event: EventNumber,
) -> Result<Option<EventStats>, StorageError> {
    let exists: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM events WHERE organizer_id = $1 AND number = $2)",
    )
    .bind(organizer.0)
    .bind(event.0)
    .fetch_one(readers)
    .await?;
    if !exists {
        return Ok(None);
    }
    let rows: Vec<StatsRow> = sqlx::query_as(
        "SELECT y.number, y.name,
                count(*) FILTER (WHERE t.state = 0) AS generated,
                count(*) FILTER (WHERE t.state = 1) AS revoked,
                count(*) FILTER (WHERE t.state = 2) AS suspended
         FROM events e
         JOIN tickets t ON t.event_number = e.number AND t.replaced_by IS NULL
         JOIN ticket_types y ON y.event_number = t.event_number AND y.number = t.type_number
         WHERE e.organizer_id = $1 AND e.number = $2
         GROUP BY t.type_number ORDER BY t.type_number",
    )
    .bind(organizer.0)
    .bind(event.0)
    .fetch_all(readers)
    .await?;
    let types = rows.into_iter().map(TryInto::try_into);
    Ok(Some(EventStats {
        types: types.collect::<Result<_, _>>()?,
    }))
}

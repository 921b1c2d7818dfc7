//! An event's counters: serials, bundles, and how many tickets there are.

use jiff::Timestamp;
use sqlx::PgPool;
use ticket_token::EventNumber;

use crate::storage::rows::ticket_types::StatsRow;
use crate::storage::rows::{ALL_SERIALS, Place, us};
use crate::storage::{Conflict, EventStats, OrganizerId, SerialRange, StorageError};

pub(super) async fn reserve_serials(
    pool: &PgPool,
    organizer: OrganizerId,
    event: EventNumber,
    count: u32,
    holder: &str,
    at: Timestamp,
) -> Result<Option<SerialRange>, StorageError> {
    let count = count.max(1);
    let first: Option<i64> = sqlx::query_scalar(
        "WITH reserved AS (
             UPDATE events SET next_serial = next_serial + $3
             WHERE organizer_id = $1 AND number = $2 AND next_serial + $3 <= $6
             RETURNING next_serial - $3 AS first)
         INSERT INTO serial_blocks (event_number, first_serial, serials, holder, reserved_at_us)
         SELECT $2, first, $3, $4, $5 FROM reserved RETURNING first_serial",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(event.0))
    .bind(i64::from(count))
    .bind(holder)
    .bind(us(at))
    .bind(i64::try_from(ALL_SERIALS).unwrap_or(i64::MAX))
    .fetch_optional(pool)
    .await?;
    let place = Place {
        table: "events",
        id: event.0,
    };
    if let Some(first) = first {
        return Ok(Some(SerialRange {
            first: place.serial("next_serial", first)?,
            count,
        }));
    }
    let next: Option<i64> = sqlx::query_scalar(
        "SELECT next_serial FROM events WHERE organizer_id = $1 AND number = $2",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(event.0))
    .fetch_optional(pool)
    .await?;
    let Some(next) = next else { return Ok(None) };
    let left = ALL_SERIALS.saturating_sub(next.unsigned_abs());
    Err(Conflict::SerialsExhausted { left }.into())
}

pub(super) async fn next_bundle_sequence(
    pool: &PgPool,
    organizer: OrganizerId,
    event: EventNumber,
) -> Result<Option<u64>, StorageError> {
    let sequence: Option<i64> = sqlx::query_scalar(
        "UPDATE events SET bundle_sequence = bundle_sequence + 1
         WHERE organizer_id = $1 AND number = $2 RETURNING bundle_sequence",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(event.0))
    .fetch_optional(pool)
    .await?;
    Ok(sequence.map(i64::unsigned_abs))
}

pub(super) async fn stats(
    pool: &PgPool,
    organizer: OrganizerId,
    event: EventNumber,
) -> Result<Option<EventStats>, StorageError> {
    let exists: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM events WHERE organizer_id = $1 AND number = $2)",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(event.0))
    .fetch_one(pool)
    .await?;
    if !exists {
        return Ok(None);
    }
    let rows: Vec<StatsRow> = sqlx::query_as(
        "SELECT y.number, y.name, counted.generated, counted.revoked, counted.suspended
         FROM (SELECT t.type_number,
                      count(*) FILTER (WHERE t.state = 0) AS generated,
                      count(*) FILTER (WHERE t.state = 1) AS revoked,
                      count(*) FILTER (WHERE t.state = 2) AS suspended
               FROM tickets t
               WHERE t.event_number = $1 AND t.replaced_by IS NULL
               GROUP BY t.type_number) counted
         JOIN ticket_types y ON y.event_number = $1 AND y.number = counted.type_number
         ORDER BY y.number",
    )
    .bind(i64::from(event.0))
    .fetch_all(pool)
    .await?;
    let types = rows.into_iter().map(TryInto::try_into);
    Ok(Some(EventStats {
        types: types.collect::<Result<_, _>>()?,
    }))
}

//! Many tickets chosen and revoked at once.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::audit::record;
use crate::storage::rows::audit::Note;
use crate::storage::rows::tickets::{SelectedRow, selected};
use crate::storage::rows::us;
use crate::storage::{Act, By, OrganizerId, StorageError, TicketKey, TicketSelection, TicketState};

pub(super) async fn select(
    pool: &PgPool,
    organizer: OrganizerId,
    selection: TicketSelection,
    after: Option<TicketKey>,
    limit: u32,
) -> Result<Vec<(TicketKey, TicketState)>, StorageError> {
    // One text for each way into the table, so that each finds its index.
    let query = match selection.order {
        Some(_) => {
            "SELECT event_number, serial, state FROM tickets
             WHERE organizer_id = $1 AND order_index = $4 AND replaced_by IS NULL
                   AND ($2::bigint IS NULL OR event_number = $2)
                   AND ($3::bigint IS NULL OR type_number = $3)
                   AND (event_number, serial) > ($5, $6)
             ORDER BY event_number, serial LIMIT $7"
        }
        None => {
            "SELECT event_number, serial, state FROM tickets
             WHERE organizer_id = $1 AND event_number = $2 AND replaced_by IS NULL
                   AND ($3::bigint IS NULL OR type_number = $3) AND $4::bytea IS NULL
                   AND (event_number, serial) > ($5, $6)
             ORDER BY event_number, serial LIMIT $7"
        }
    };
    let rows: Vec<SelectedRow> = sqlx::query_as(query)
        .bind(i64::from(organizer.0))
        .bind(selection.event.map(|event| i64::from(event.0)))
        .bind(selection.ticket_type.map(|number| i64::from(number.0)))
        .bind(selection.order.map(|index| index.0.to_vec()))
        .bind(after.map_or(-1, |key| i64::from(key.event.0)))
        .bind(after.map_or(-1, |key| i64::from(key.serial.0)))
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(selected).collect()
}

/// Revokes those of the tickets that are not revoked yet.
pub(super) async fn revoke(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    tickets: Vec<TicketKey>,
    reason: Option<String>,
    by: By,
) -> Result<u32, StorageError> {
    // Locked in their order, so that two who revoke the same tickets never wait for each other.
    let rows: Vec<SelectedRow> = sqlx::query_as(
        "SELECT t.event_number, t.serial, t.state FROM tickets t
         JOIN (SELECT DISTINCT * FROM unnest($2, $3) AS wanted (event_number, serial)) wanted
             ON t.event_number = wanted.event_number AND t.serial = wanted.serial
         WHERE t.organizer_id = $1 AND t.state <> $4 AND t.replaced_by IS NULL
         ORDER BY t.event_number, t.serial FOR NO KEY UPDATE OF t",
    )
    .bind(i64::from(organizer.0))
    .bind(column(&tickets, |key| i64::from(key.event.0)))
    .bind(column(&tickets, |key| i64::from(key.serial.0)))
    .bind(i64::from(TicketState::Revoked.number()))
    .fetch_all(&mut *connection)
    .await?;
    let revoked = rows
        .into_iter()
        .map(|row| selected(row).map(|(key, _)| key))
        .collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "UPDATE tickets t SET state = $3, state_reason = $4, state_at_us = $5
         FROM unnest($1, $2) AS wanted (event_number, serial)
         WHERE t.event_number = wanted.event_number AND t.serial = wanted.serial",
    )
    .bind(column(&revoked, |key| i64::from(key.event.0)))
    .bind(column(&revoked, |key| i64::from(key.serial.0)))
    .bind(i64::from(TicketState::Revoked.number()))
    .bind(reason)
    .bind(us(by.at))
    .execute(&mut *connection)
    .await?;
    // Those of one event share its counter and one line of the record.
    for of_event in revoked.chunk_by(|one, other| one.event == other.event) {
        let Some(first) = of_event.first() else {
            continue;
        };
        sqlx::query("UPDATE events SET status_sequence = status_sequence + 1 WHERE number = $1")
            .bind(i64::from(first.event.0))
            .execute(&mut *connection)
            .await?;
        let serials: Vec<u32> = of_event.iter().map(|key| key.serial.0).collect();
        let note = Note {
            act: Act::TicketsRevoked,
            subject: format!("event {}", first.event.0),
            details: json!({ "serials": serials }),
        };
        record(connection, organizer, &by, note).await?;
    }
    Ok(u32::try_from(revoked.len()).unwrap_or(u32::MAX))
}

/// One column of the places.
fn column(keys: &[TicketKey], value: impl Fn(&TicketKey) -> i64) -> Vec<i64> {
    keys.iter().map(value).collect()
}

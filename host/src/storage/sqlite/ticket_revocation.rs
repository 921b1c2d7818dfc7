//! Many tickets chosen and revoked at once.

use serde_json::json;
use sqlx::{SqliteConnection, SqlitePool};

use super::audit::record;
use crate::storage::rows::audit::Note;
use crate::storage::rows::tickets::{SelectedRow, selected};
use crate::storage::rows::us;
use crate::storage::{Act, By, OrganizerId, StorageError, TicketKey, TicketSelection, TicketState};

pub(super) async fn select(
    readers: &SqlitePool,
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
                   AND ($2 IS NULL OR event_number = $2) AND ($3 IS NULL OR type_number = $3)
                   AND (event_number, serial) > ($5, $6)
             ORDER BY event_number, serial LIMIT $7"
        }
        None => {
            "SELECT event_number, serial, state FROM tickets
             WHERE organizer_id = $1 AND event_number = $2 AND replaced_by IS NULL
                   AND ($3 IS NULL OR type_number = $3) AND $4 IS NULL
                   AND (event_number, serial) > ($5, $6)
             ORDER BY event_number, serial LIMIT $7"
        }
    };
    let rows: Vec<SelectedRow> = sqlx::query_as(query)
        .bind(organizer.0)
        .bind(selection.event.map(|event| event.0))
        .bind(selection.ticket_type.map(|number| number.0))
        .bind(selection.order.map(|index| index.0.to_vec()))
        .bind(after.map_or(-1, |key| i64::from(key.event.0)))
        .bind(after.map_or(-1, |key| i64::from(key.serial.0)))
        .bind(limit)
        .fetch_all(readers)
        .await?;
    rows.into_iter().map(selected).collect()
}

/// Revokes those of the tickets that are not revoked yet.
pub(super) async fn revoke(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    tickets: Vec<TicketKey>,
    reason: Option<String>,
    by: By,
) -> Result<u32, StorageError> {
    let mut revoked = Vec::new();
    for key in tickets {
        let changed = sqlx::query(
            "UPDATE tickets SET state = $4, state_reason = $5, state_at_us = $6
             WHERE event_number = $1 AND serial = $2 AND organizer_id = $3 AND state <> $4
                   AND replaced_by IS NULL",
        )
        .bind(key.event.0)
        .bind(key.serial.0)
        .bind(organizer.0)
        .bind(TicketState::Revoked.number())
        .bind(reason.as_deref())
        .bind(us(by.at))
        .execute(&mut *connection)
        .await?;
        if changed.rows_affected() > 0 {
            revoked.push(key);
        }
    }
    // Neighbours of one event share its counter and one line of the record.
    for of_event in revoked.chunk_by(|one, other| one.event == other.event) {
        let Some(first) = of_event.first() else {
            continue;
        };
        sqlx::query("UPDATE events SET status_sequence = status_sequence + 1 WHERE number = $1")
            .bind(first.event.0)
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

//! Events.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{SqliteConnection, SqliteExecutor};
use ticket_token::EventNumber;

use super::SqliteStorage;
use super::audit::record;
use super::{event_counters as counters, ticket_types};
use crate::storage::rows::audit::Note;
use crate::storage::rows::events::{EventRow, select_events, texts_text, types_text};
use crate::storage::rows::{Place, us};
use crate::storage::{
    Act, By, CallerId, Conflict, Event, EventData, EventFilter, EventRevision, EventStats,
    EventStorage, NewEvent, NumberedType, OrganizerId, Page, PageRequest, SerialRange,
    StorageError,
};

async fn find(
    executor: impl SqliteExecutor<'_>,
    organizer: OrganizerId,
    number: EventNumber,
) -> Result<Option<Event>, StorageError> {
    let row: Option<EventRow> = sqlx::query_as(select_events!(
        "e.revision",
        "e.organizer_id = $1 AND e.number = $2"
    ))
    .bind(organizer.0)
    .bind(number.0)
    .fetch_optional(executor)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// Makes an event.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    event: NewEvent,
    by: &By,
) -> Result<Event, StorageError> {
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO events (organizer_id, caller_id, revision, created_at_us)
         VALUES ($1, $2, 1, $3) RETURNING number",
    )
    .bind(organizer.0)
    .bind(event.id.as_str())
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let number = Place {
        table: "events",
        id: number,
    }
    .event_number("number", number)?;
    insert_revision(connection, number, 1, event.data, by).await?;
    note(connection, organizer, number, 1, by).await?;
    let made = find(connection, organizer, number).await?;
    made.ok_or_else(|| vanished(number))
}

async fn revise(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    number: EventNumber,
    expected: u32,
    data: EventData,
    by: By,
) -> Result<Option<Event>, StorageError> {
    let current: Option<u32> =
        sqlx::query_scalar("SELECT revision FROM events WHERE organizer_id = $1 AND number = $2")
            .bind(organizer.0)
            .bind(number.0)
            .fetch_optional(&mut *connection)
            .await?;
    let Some(current) = current else {
        return Ok(None);
    };
    if current != expected {
        return Err(Conflict::StaleRevision { current }.into());
    }
    let revision = current + 1;
    insert_revision(connection, number, revision, data, &by).await?;
    sqlx::query("UPDATE events SET revision = $2 WHERE number = $1")
        .bind(number.0)
        .bind(revision)
        .execute(&mut *connection)
        .await?;
    note(connection, organizer, number, revision, &by).await?;
    find(connection, organizer, number).await
}

async fn insert_revision(
    connection: &mut SqliteConnection,
    number: EventNumber,
    revision: u32,
    data: EventData,
    by: &By,
) -> Result<(), StorageError> {
    for declared in &data.ticket_types {
        ticket_types::number(connection, number, &declared.name, by.at).await?;
    }
    sqlx::query(
        "INSERT INTO event_revisions
             (event_number, revision, names, venue, description, organizer_name,
              starts_at_us, ends_at_us, doors_at_us, time_zone, locale, currency,
              ticket_types, defaults, policy, open, created_at_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(number.0)
    .bind(revision)
    .bind(texts_text(data.names))
    .bind(texts_text(data.venue))
    .bind(texts_text(data.description))
    .bind(data.organizer_name)
    .bind(data.starts_at.map(us))
    .bind(data.ends_at.map(us))
    .bind(data.doors_at.map(us))
    .bind(data.time_zone)
    .bind(data.locale)
    .bind(data.currency)
    .bind(types_text(data.ticket_types))
    .bind(data.defaults.to_string())
    .bind(data.policy.to_string())
    .bind(data.open)
    .bind(us(by.at))
    .execute(connection)
    .await?;
    Ok(())
}

async fn note(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    number: EventNumber,
    revision: u32,
    by: &By,
) -> Result<(), StorageError> {
    let note = Note {
        act: if revision == 1 {
            Act::EventCreated
        } else {
            Act::EventRevised
        },
        subject: format!("event {}", number.0),
        details: json!({ "revision": revision }),
    };
    record(connection, organizer, by, note).await
}

async fn delete(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    number: EventNumber,
    by: By,
) -> Result<bool, StorageError> {
    let has_tickets: Option<bool> = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tickets WHERE event_number = $2)
         FROM events WHERE organizer_id = $1 AND number = $2",
    )
    .bind(organizer.0)
    .bind(number.0)
    .fetch_optional(&mut *connection)
    .await?;
    match has_tickets {
        None => return Ok(false),
        Some(true) => return Err(Conflict::EventHasTickets.into()),
        Some(false) => {}
    }
    sqlx::query(
        "DELETE FROM serial_blocks WHERE event_number = $1;
         DELETE FROM ticket_types WHERE event_number = $1;
         DELETE FROM event_revisions WHERE event_number = $1",
    )
    .bind(number.0)
    .execute(&mut *connection)
    .await?;
    let caller_id: String =
        sqlx::query_scalar("DELETE FROM events WHERE number = $1 RETURNING caller_id")
            .bind(number.0)
            .fetch_one(&mut *connection)
            .await?;
    let note = Note {
        act: Act::EventDeleted,
        subject: format!("event {}", number.0),
        // Nothing else says from now on what it was.
        details: json!({ "id": caller_id }),
    };
    record(connection, organizer, &by, note).await?;
    Ok(true)
}

fn vanished(number: EventNumber) -> StorageError {
    StorageError::corrupt("events", "number", number.0, "written, and not there")
}

#[async_trait]
impl EventStorage for SqliteStorage {
    async fn create_event(
        &self,
        organizer: OrganizerId,
        event: NewEvent,
        by: By,
    ) -> Result<Event, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { insert(connection, organizer, event, &by).await })
            })
            .await
    }

    async fn revise_event(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
        expected: u32,
        data: EventData,
        by: By,
    ) -> Result<Option<Event>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(revise(connection, organizer, number, expected, data, by))
            })
            .await
    }

    async fn delete_event(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
        by: By,
    ) -> Result<bool, StorageError> {
        self.writer
            .write(move |connection| Box::pin(delete(connection, organizer, number, by)))
            .await
    }

    async fn event(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
    ) -> Result<Option<Event>, StorageError> {
        find(&self.readers, organizer, number).await
    }

    async fn event_organizer(
        &self,
        number: EventNumber,
    ) -> Result<Option<OrganizerId>, StorageError> {
        let found: Option<u32> =
            sqlx::query_scalar("SELECT organizer_id FROM events WHERE number = $1")
                .bind(number.0)
                .fetch_optional(&self.readers)
                .await?;
        Ok(found.map(OrganizerId))
    }

    async fn event_by_id(
        &self,
        organizer: OrganizerId,
        id: &CallerId,
    ) -> Result<Option<Event>, StorageError> {
        let row: Option<EventRow> = sqlx::query_as(select_events!(
            "e.revision",
            "e.organizer_id = $1 AND e.caller_id = $2"
        ))
        .bind(organizer.0)
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn event_revision(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
        revision: u32,
    ) -> Result<Option<EventRevision>, StorageError> {
        let row: Option<EventRow> = sqlx::query_as(select_events!(
            "$3",
            "e.organizer_id = $1 AND e.number = $2"
        ))
        .bind(organizer.0)
        .bind(number.0)
        .bind(revision)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Event::try_from(row).map(|event| event.current))
            .transpose()
    }

    async fn events(
        &self,
        organizer: OrganizerId,
        filter: EventFilter,
        page: PageRequest,
    ) -> Result<Page<Event>, StorageError> {
        // Both reads see one state of the database.
        let mut snapshot = self.readers.begin().await?;
        let total: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM events e
             JOIN event_revisions r ON r.event_number = e.number AND r.revision = e.revision
             WHERE e.organizer_id = $1 AND ($2 IS NULL OR r.starts_at_us >= $2)
                   AND ($3 IS NULL OR r.starts_at_us < $3)",
        )
        .bind(organizer.0)
        .bind(filter.starts_from.map(us))
        .bind(filter.starts_before.map(us))
        .fetch_one(&mut *snapshot)
        .await?;
        let rows: Vec<EventRow> = sqlx::query_as(select_events!(
            "e.revision",
            "e.organizer_id = $1 AND ($2 IS NULL OR r.starts_at_us >= $2)
                   AND ($3 IS NULL OR r.starts_at_us < $3)
             ORDER BY e.number DESC LIMIT $4 OFFSET $5"
        ))
        .bind(organizer.0)
        .bind(filter.starts_from.map(us))
        .bind(filter.starts_before.map(us))
        .bind(page.limit)
        .bind(i64::try_from(page.offset()).unwrap_or(i64::MAX))
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        Ok(Page {
            items: rows
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            total: total.unsigned_abs(),
        })
    }

    async fn ticket_types(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Vec<NumberedType>, StorageError> {
        ticket_types::list(&self.readers, organizer, event).await
    }

    async fn number_ticket_type(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        name: &str,
        at: Timestamp,
    ) -> Result<Option<NumberedType>, StorageError> {
        let name = name.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(ticket_types::number_by_use(
                    connection, organizer, event, name, at,
                ))
            })
            .await
    }

    async fn reserve_serials(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        count: u32,
        holder: &str,
        at: Timestamp,
    ) -> Result<Option<SerialRange>, StorageError> {
        let holder = holder.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(counters::reserve_serials(
                    connection, organizer, event, count, holder, at,
                ))
            })
            .await
    }

    async fn next_bundle_sequence(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Option<u64>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(counters::next_bundle_sequence(connection, organizer, event))
            })
            .await
    }

    async fn event_stats(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Option<EventStats>, StorageError> {
        counters::stats(&self.readers, organizer, event).await
    }
}

//! Events.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use ticket_token::EventNumber;

use super::audit::record;
use super::{PostgresStorage, snapshot};
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
    executor: impl PgExecutor<'_>,
    organizer: OrganizerId,
    number: EventNumber,
) -> Result<Option<Event>, StorageError> {
    let row: Option<EventRow> = sqlx::query_as(select_events!(
        "e.revision",
        "e.organizer_id = $1 AND e.number = $2"
    ))
    .bind(i64::from(organizer.0))
    .bind(i64::from(number.0))
    .fetch_optional(executor)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// Makes an event.
pub(super) async fn insert(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    event: NewEvent,
    by: &By,
) -> Result<Event, StorageError> {
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO events (organizer_id, caller_id, revision, created_at_us)
         VALUES ($1, $2, 1, $3) RETURNING number",
    )
    .bind(i64::from(organizer.0))
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

/// Keeps others from changing an event until the transaction ends, and says at which revision it is.
/// Who only refers to the event, or counts in it, is not kept from that.
pub(super) async fn lock(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    number: EventNumber,
) -> Result<Option<u32>, StorageError> {
    let revision: Option<i64> = sqlx::query_scalar(
        "SELECT revision FROM events WHERE organizer_id = $1 AND number = $2 FOR NO KEY UPDATE",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(number.0))
    .fetch_optional(connection)
    .await?;
    let place = Place {
        table: "events",
        id: number.0,
    };
    revision
        .map(|revision| place.convert("revision", revision))
        .transpose()
}

async fn revise(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    number: EventNumber,
    expected: u32,
    data: EventData,
    by: By,
) -> Result<Option<Event>, StorageError> {
    let Some(current) = lock(connection, organizer, number).await? else {
        return Ok(None);
    };
    if current != expected {
        return Err(Conflict::StaleRevision { current }.into());
    }
    let revision = current + 1;
    insert_revision(connection, number, revision, data, &by).await?;
    sqlx::query("UPDATE events SET revision = $2 WHERE number = $1")
        .bind(i64::from(number.0))
        .bind(i64::from(revision))
        .execute(&mut *connection)
        .await?;
    note(connection, organizer, number, revision, &by).await?;
    find(connection, organizer, number).await
}

async fn insert_revision(
    connection: &mut PgConnection,
    number: EventNumber,
    revision: u32,
    data: EventData,
    by: &By,
) -> Result<(), StorageError> {
    let names = data.ticket_types.iter().map(|declared| &*declared.name);
    ticket_types::number(connection, number, &names.collect::<Vec<_>>(), by.at).await?;
    sqlx::query(
        "INSERT INTO event_revisions
             (event_number, revision, names, venue, description, organizer_name,
              starts_at_us, ends_at_us, doors_at_us, time_zone, locale, currency,
              ticket_types, defaults, policy, open, created_at_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(i64::from(number.0))
    .bind(i64::from(revision))
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
    connection: &mut PgConnection,
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
    connection: &mut PgConnection,
    organizer: OrganizerId,
    number: EventNumber,
    by: By,
) -> Result<bool, StorageError> {
    match has_tickets(connection, organizer, number).await? {
        None => return Ok(false),
        Some(true) => return Err(Conflict::EventHasTickets.into()),
        Some(false) => {}
    }
    // Tickets do not refer to their event by a foreign key. Those on their way are waited for, and
    // later ones wait and find no event. It comes before the row: who changes a ticket's state takes
    // both in this order.
    sqlx::query("LOCK TABLE tickets IN SHARE MODE")
        .execute(&mut *connection)
        .await?;
    sqlx::query("SELECT FROM events WHERE number = $1 FOR UPDATE")
        .bind(i64::from(number.0))
        .execute(&mut *connection)
        .await?;
    match has_tickets(connection, organizer, number).await? {
        None => return Ok(false),
        Some(true) => return Err(Conflict::EventHasTickets.into()),
        Some(false) => {}
    }
    for delete in [
        "DELETE FROM serial_blocks WHERE event_number = $1",
        "DELETE FROM ticket_types WHERE event_number = $1",
        "DELETE FROM event_revisions WHERE event_number = $1",
    ] {
        sqlx::query(delete)
            .bind(i64::from(number.0))
            .execute(&mut *connection)
            .await?;
    }
    let caller_id: String =
        sqlx::query_scalar("DELETE FROM events WHERE number = $1 RETURNING caller_id")
            .bind(i64::from(number.0))
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

/// Whether the organizer's event has tickets; `None`: there is no such event.
async fn has_tickets(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    number: EventNumber,
) -> Result<Option<bool>, StorageError> {
    let found = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM tickets WHERE event_number = $2)
         FROM events WHERE organizer_id = $1 AND number = $2",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(number.0))
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

fn vanished(number: EventNumber) -> StorageError {
    StorageError::corrupt("events", "number", number.0, "written, and not there")
}

async fn list(
    pool: &PgPool,
    organizer: OrganizerId,
    filter: EventFilter,
    page: PageRequest,
) -> Result<Page<Event>, StorageError> {
    // Both reads see one state of the database.
    let mut snapshot = snapshot(pool).await?;
    let total: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM events e
         JOIN event_revisions r ON r.event_number = e.number AND r.revision = e.revision
         WHERE e.organizer_id = $1 AND ($2::bigint IS NULL OR r.starts_at_us >= $2)
               AND ($3::bigint IS NULL OR r.starts_at_us < $3)",
    )
    .bind(i64::from(organizer.0))
    .bind(filter.starts_from.map(us))
    .bind(filter.starts_before.map(us))
    .fetch_one(&mut *snapshot)
    .await?;
    let rows: Vec<EventRow> = sqlx::query_as(select_events!(
        "e.revision",
        "e.organizer_id = $1 AND ($2::bigint IS NULL OR r.starts_at_us >= $2)
               AND ($3::bigint IS NULL OR r.starts_at_us < $3)
         ORDER BY e.number DESC LIMIT $4 OFFSET $5"
    ))
    .bind(i64::from(organizer.0))
    .bind(filter.starts_from.map(us))
    .bind(filter.starts_before.map(us))
    .bind(i64::from(page.limit))
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

#[async_trait]
impl EventStorage for PostgresStorage {
    async fn create_event(
        &self,
        organizer: OrganizerId,
        event: NewEvent,
        by: By,
    ) -> Result<Event, StorageError> {
        self.write(move |connection| {
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
        self.write(move |connection| {
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
        self.write(move |connection| Box::pin(delete(connection, organizer, number, by)))
            .await
    }

    async fn event(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
    ) -> Result<Option<Event>, StorageError> {
        find(&self.pool, organizer, number).await
    }

    async fn event_organizer(
        &self,
        number: EventNumber,
    ) -> Result<Option<OrganizerId>, StorageError> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT organizer_id FROM events WHERE number = $1")
                .bind(i64::from(number.0))
                .fetch_optional(&self.pool)
                .await?;
        let place = Place {
            table: "events",
            id: number.0,
        };
        found.map(|id| place.organizer(id)).transpose()
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
        .bind(i64::from(organizer.0))
        .bind(id.as_str())
        .fetch_optional(&self.pool)
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
        .bind(i64::from(organizer.0))
        .bind(i64::from(number.0))
        .bind(i64::from(revision))
        .fetch_optional(&self.pool)
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
        let list = self
            .read_late(|pool| async move { list(&pool, organizer, filter, page).await.map(Some) });
        Ok(list.await?.unwrap_or_else(|| Page {
            items: Vec::new(),
            total: 0,
        }))
    }

    async fn ticket_types(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Vec<NumberedType>, StorageError> {
        ticket_types::list(&self.pool, organizer, event).await
    }

    async fn number_ticket_type(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        name: &str,
        at: Timestamp,
    ) -> Result<Option<NumberedType>, StorageError> {
        ticket_types::number_by_use(self, organizer, event, name, at).await
    }

    async fn reserve_serials(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        count: u32,
        holder: &str,
        at: Timestamp,
    ) -> Result<Option<SerialRange>, StorageError> {
        counters::reserve_serials(&self.pool, organizer, event, count, holder, at).await
    }

    async fn next_bundle_sequence(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Option<u64>, StorageError> {
        counters::next_bundle_sequence(&self.pool, organizer, event).await
    }

    async fn event_stats(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Option<EventStats>, StorageError> {
        self.read_late(|pool| async move { counters::stats(&pool, organizer, event).await })
            .await
    }
}

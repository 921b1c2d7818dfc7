//! Tickets: the verbs, and what reads them.

use async_trait::async_trait;
use sqlx::SqliteExecutor;
use ticket_token::EventNumber;

use super::{SqliteStorage, ticket_replacement, ticket_revocation, ticket_writes};
use crate::storage::rows::tickets::{StatusRow, TicketRow, select_tickets, status_entry};
use crate::storage::{
    BlindIndex, By, CallerId, FoundBy, NewRevision, NewTicket, OrganizerId, Page, PageRequest,
    StatusList, StorageError, StoredTicket, Successor, TicketFilter, TicketKey, TicketRevision,
    TicketSelection, TicketState, TicketStorage, Transition,
};

/// The ticket at this place.
pub(super) async fn find(
    executor: impl SqliteExecutor<'_>,
    organizer: OrganizerId,
    key: TicketKey,
) -> Result<Option<StoredTicket>, StorageError> {
    let row: Option<TicketRow> = sqlx::query_as(select_tickets!(
        "t.revision",
        "t.event_number = $1 AND t.serial = $2 AND t.organizer_id = $3"
    ))
    .bind(key.event.0)
    .bind(key.serial.0)
    .bind(organizer.0)
    .fetch_optional(executor)
    .await?;
    row.map(TryInto::try_into).transpose()
}

#[async_trait]
impl TicketStorage for SqliteStorage {
    async fn store_ticket(
        &self,
        organizer: OrganizerId,
        ticket: NewTicket,
        by: By,
    ) -> Result<StoredTicket, StorageError> {
        let key = ticket.key;
        let stored = self.store_tickets(organizer, vec![ticket], by).await?;
        let first = stored.into_iter().next();
        first.ok_or_else(|| {
            StorageError::corrupt("tickets", "serial", key, "written, and not there")
        })
    }

    async fn store_tickets(
        &self,
        organizer: OrganizerId,
        tickets: Vec<NewTicket>,
        by: By,
    ) -> Result<Vec<StoredTicket>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(ticket_writes::store(connection, organizer, tickets, by))
            })
            .await
    }

    async fn revise_ticket(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        expected: u32,
        revision: NewRevision,
        found_by: FoundBy,
        by: By,
    ) -> Result<Option<StoredTicket>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(ticket_writes::revise(
                    connection, organizer, key, expected, revision, found_by, by,
                ))
            })
            .await
    }

    async fn replace_ticket(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        expected: u32,
        successor: Successor,
        by: By,
    ) -> Result<Option<StoredTicket>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(ticket_replacement::replace(
                    connection, organizer, key, expected, successor, by,
                ))
            })
            .await
    }

    async fn change_ticket_state(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        transition: Transition,
        by: By,
    ) -> Result<Option<StoredTicket>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(ticket_writes::change_state(
                    connection, organizer, key, transition, by,
                ))
            })
            .await
    }

    async fn ticket(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
    ) -> Result<Option<StoredTicket>, StorageError> {
        find(&self.readers, organizer, key).await
    }

    async fn tickets_at(
        &self,
        organizer: OrganizerId,
        keys: Vec<TicketKey>,
    ) -> Result<Vec<StoredTicket>, StorageError> {
        let places: Vec<_> = keys.iter().map(|key| [key.event.0, key.serial.0]).collect();
        let rows: Vec<TicketRow> = sqlx::query_as(select_tickets!(
            "t.revision",
            "t.organizer_id = $1 AND (t.event_number, t.serial) IN
                 (SELECT value ->> 0, value ->> 1 FROM json_each($2))
             ORDER BY t.event_number, t.serial"
        ))
        .bind(organizer.0)
        .bind(serde_json::json!(places).to_string())
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn ticket_by_id(
        &self,
        organizer: OrganizerId,
        id: &CallerId,
    ) -> Result<Option<StoredTicket>, StorageError> {
        let row: Option<TicketRow> = sqlx::query_as(select_tickets!(
            "t.revision",
            "t.organizer_id = $1 AND (t.event_number, t.serial) =
                 (SELECT event_number, serial FROM caller_ticket_ids
                  WHERE organizer_id = $1 AND caller_id = $2)"
        ))
        .bind(organizer.0)
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn tickets_of_order(
        &self,
        organizer: OrganizerId,
        order: BlindIndex,
    ) -> Result<Vec<StoredTicket>, StorageError> {
        let rows: Vec<TicketRow> = sqlx::query_as(select_tickets!(
            "t.revision",
            "t.organizer_id = $1 AND t.order_index = $2 AND t.replaced_by IS NULL
             ORDER BY t.event_number, t.serial"
        ))
        .bind(organizer.0)
        .bind(order.0.as_slice())
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn select_tickets(
        &self,
        organizer: OrganizerId,
        selection: TicketSelection,
        after: Option<TicketKey>,
        limit: u32,
    ) -> Result<Vec<(TicketKey, TicketState)>, StorageError> {
        ticket_revocation::select(&self.readers, organizer, selection, after, limit).await
    }

    async fn revoke_tickets(
        &self,
        organizer: OrganizerId,
        tickets: Vec<TicketKey>,
        reason: Option<String>,
        by: By,
    ) -> Result<u32, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(ticket_revocation::revoke(
                    connection, organizer, tickets, reason, by,
                ))
            })
            .await
    }

    async fn ticket_revision(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        revision: u32,
    ) -> Result<Option<TicketRevision>, StorageError> {
        let row: Option<TicketRow> = sqlx::query_as(select_tickets!(
            "$4",
            "t.event_number = $1 AND t.serial = $2 AND t.organizer_id = $3"
        ))
        .bind(key.event.0)
        .bind(key.serial.0)
        .bind(organizer.0)
        .bind(revision)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| StoredTicket::try_from(row).map(|ticket| ticket.current))
            .transpose()
    }

    async fn tickets(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        filter: TicketFilter,
        page: PageRequest,
    ) -> Result<Option<Page<StoredTicket>>, StorageError> {
        // All reads see one state of the database.
        let mut snapshot = self.readers.begin().await?;
        let total: Option<i64> = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM tickets t
                     WHERE t.event_number = e.number AND t.replaced_by IS NULL
                           AND ($3 IS NULL OR t.state = $3)
                           AND ($4 IS NULL OR t.type_number = $4))
             FROM events e WHERE e.organizer_id = $1 AND e.number = $2",
        )
        .bind(organizer.0)
        .bind(event.0)
        .bind(filter.state.map(TicketState::number))
        .bind(filter.ticket_type.map(|number| number.0))
        .fetch_optional(&mut *snapshot)
        .await?;
        let Some(total) = total else { return Ok(None) };
        let rows: Vec<TicketRow> = sqlx::query_as(select_tickets!(
            "t.revision",
            "t.organizer_id = $1 AND t.event_number = $2 AND t.replaced_by IS NULL
                 AND ($3 IS NULL OR t.state = $3) AND ($4 IS NULL OR t.type_number = $4)
             ORDER BY t.serial LIMIT $5 OFFSET $6"
        ))
        .bind(organizer.0)
        .bind(event.0)
        .bind(filter.state.map(TicketState::number))
        .bind(filter.ticket_type.map(|number| number.0))
        .bind(page.limit)
        .bind(i64::try_from(page.offset()).unwrap_or(i64::MAX))
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        let items = rows.into_iter().map(TryInto::try_into);
        Ok(Some(Page {
            items: items.collect::<Result<_, _>>()?,
            total: total.unsigned_abs(),
        }))
    }

    async fn status_list(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Option<StatusList>, StorageError> {
        // Both reads see one state of the database.
        let mut snapshot = self.readers.begin().await?;
        let counters: Option<(i64, i64)> = sqlx::query_as(
            "SELECT status_sequence, next_serial FROM events
             WHERE organizer_id = $1 AND number = $2",
        )
        .bind(organizer.0)
        .bind(event.0)
        .fetch_optional(&mut *snapshot)
        .await?;
        let Some((sequence, length)) = counters else {
            return Ok(None);
        };
        let rows: Vec<StatusRow> = sqlx::query_as(
            "SELECT serial, state FROM tickets INDEXED BY tickets_not_valid
             WHERE event_number = $1 AND state <> 0 ORDER BY serial",
        )
        .bind(event.0)
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        let entries = rows.into_iter().map(|row| status_entry(event, row));
        Ok(Some(StatusList {
            sequence: sequence.unsigned_abs(),
            length: length.unsigned_abs(),
            entries: entries.collect::<Result<_, _>>()?,
        }))
    }
}

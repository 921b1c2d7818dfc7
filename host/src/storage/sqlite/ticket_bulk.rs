//! Many tickets at once: statements of many rows, which take a third of the time of single ones.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::signing_keys;
use crate::storage::rows::jobs::signing_keys;
use crate::storage::rows::us;
use crate::storage::{By, CallerId, IssuedChunk, NewTicket, OrganizerId, StorageError, TicketKey};

/// Rows of one statement; SQLite takes 32,766 values.
const ROWS: usize = 250;

/// Stores a chunk's tickets; the note of it is the caller's.
pub(super) async fn store(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    issued: &IssuedChunk,
    by: &By,
) -> Result<(), StorageError> {
    for (key, expires) in signing_keys(issued) {
        let expires = jiff::Timestamp::from_microsecond(expires).unwrap_or(by.at);
        signing_keys::claim(connection, organizer, key, expires).await?;
    }
    for tickets in issued.tickets.chunks(ROWS) {
        name(connection, organizer, tickets).await?;
        place(connection, organizer, tickets, by).await?;
        describe(connection, organizer, tickets, by).await?;
    }
    Ok(())
}

async fn name(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    tickets: &[NewTicket],
) -> Result<(), StorageError> {
    let named: Vec<(&CallerId, TicketKey)> = tickets
        .iter()
        .filter_map(|ticket| Some((ticket.id.as_ref()?, ticket.key)))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    QueryBuilder::<Sqlite>::new(
        "INSERT INTO caller_ticket_ids (organizer_id, caller_id, event_number, serial) ",
    )
    .push_values(named, |mut row, (id, key)| {
        row.push_bind(organizer.0)
            .push_bind(id.as_str())
            .push_bind(key.event.0)
            .push_bind(key.serial.0);
    })
    .build()
    .execute(connection)
    .await?;
    Ok(())
}

async fn place(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    tickets: &[NewTicket],
    by: &By,
) -> Result<(), StorageError> {
    QueryBuilder::<Sqlite>::new(
        "INSERT INTO tickets
             (event_number, serial, organizer_id, type_number, state, state_at_us, revision, uuid,
              ticket_number, caller_id, order_index, email_index, expires_at_us, created_at_us) ",
    )
    .push_values(tickets, |mut row, ticket| {
        row.push_bind(ticket.key.event.0)
            .push_bind(ticket.key.serial.0)
            .push_bind(organizer.0)
            .push_bind(ticket.ticket_type.0)
            .push("0")
            .push_bind(us(by.at))
            .push("1")
            .push_bind(ticket.uuid.as_bytes().as_slice())
            .push_bind(ticket.ticket_number.as_str())
            .push_bind(ticket.id.as_ref().map(|id| id.as_str()))
            .push_bind(ticket.order.as_ref().map(|index| index.0.as_slice()))
            .push_bind(ticket.email.as_ref().map(|index| index.0.as_slice()))
            .push_bind(us(ticket.expires_at))
            .push_bind(us(by.at));
    })
    .build()
    .execute(connection)
    .await?;
    Ok(())
}

async fn describe(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    tickets: &[NewTicket],
    by: &By,
) -> Result<(), StorageError> {
    QueryBuilder::<Sqlite>::new(
        "INSERT INTO ticket_revisions
             (event_number, serial, revision, organizer_id, event_revision, template_version_id,
              signing_key_id, token, sealed_values, issued_at_us) ",
    )
    .push_values(tickets, |mut row, ticket| {
        row.push_bind(ticket.key.event.0)
            .push_bind(ticket.key.serial.0)
            .push("1")
            .push_bind(organizer.0)
            .push_bind(ticket.first.event_revision)
            .push_bind(ticket.first.template_version.0)
            .push_bind(ticket.first.signing_key.map(|key| key.0))
            .push_bind(ticket.first.token.as_slice())
            .push_bind(ticket.first.values.0.as_slice())
            .push_bind(us(by.at));
    })
    .build()
    .execute(connection)
    .await?;
    Ok(())
}

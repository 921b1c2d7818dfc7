//! Many tickets at once, through COPY in its binary format (see "COPY" in PostgreSQL's manual): a third of
//! the time that statements take.

use sqlx::PgConnection;

use crate::storage::rows::jobs::signing_keys;
use crate::storage::rows::us;
use crate::storage::{By, Conflict, IssuedChunk, NewTicket, OrganizerId, StorageError};

/// Stores a chunk's tickets, all or none; the note of it is the caller's. As for single tickets, what they
/// refer to is looked for once, and their keys are claimed.
pub(super) async fn store(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    issued: &IssuedChunk,
    by: &By,
) -> Result<(), StorageError> {
    let tickets = &issued.tickets;
    refuse_unknown(connection, organizer, tickets).await?;
    claim_keys(connection, organizer, issued).await?;
    name(connection, organizer, tickets).await?;
    copy(
        connection,
        "COPY tickets (event_number, serial, organizer_id, type_number, state, state_at_us, revision,
                       uuid, ticket_number, caller_id, order_index, email_index, expires_at_us,
                       created_at_us) FROM STDIN (FORMAT binary)",
        tickets.iter().map(|ticket| ticket_tuple(organizer, ticket, by)),
    )
    .await?;
    copy(
        connection,
        "COPY ticket_revisions (event_number, serial, revision, organizer_id, event_revision,
                                template_version_id, signing_key_id, token, sealed_values,
                                issued_at_us) FROM STDIN (FORMAT binary)",
        tickets
            .iter()
            .map(|ticket| revision_tuple(organizer, ticket, by)),
    )
    .await
}

async fn refuse_unknown(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    tickets: &[NewTicket],
) -> Result<(), StorageError> {
    let mut references: Vec<_> = tickets
        .iter()
        .map(|ticket| {
            (
                i64::from(ticket.key.event.0),
                i64::from(ticket.ticket_type.0),
                i64::from(ticket.first.event_revision),
                i64::from(ticket.first.template_version.0),
            )
        })
        .collect();
    references.sort_unstable();
    references.dedup();
    let column = |value: fn(&(i64, i64, i64, i64)) -> i64| {
        references.iter().map(value).collect::<Vec<i64>>()
    };
    // Who deletes an event locks the table of tickets first, and finds those that are written here.
    sqlx::query("LOCK TABLE tickets IN ROW EXCLUSIVE MODE")
        .execute(&mut *connection)
        .await?;
    let unknown: i64 = sqlx::query_scalar(
        "SELECT count(*)
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
              AS i (event_number, type_number, event_revision, template_version_id)
         LEFT JOIN events e ON e.organizer_id = $1 AND e.number = i.event_number
         LEFT JOIN ticket_types y ON y.event_number = i.event_number AND y.number = i.type_number
         LEFT JOIN event_revisions r
             ON r.event_number = i.event_number AND r.revision = i.event_revision
         LEFT JOIN template_versions v ON v.organizer_id = $1 AND v.id = i.template_version_id
         WHERE e.number IS NULL OR y.number IS NULL OR r.revision IS NULL OR v.id IS NULL",
    )
    .bind(i64::from(organizer.0))
    .bind(column(|row| row.0))
    .bind(column(|row| row.1))
    .bind(column(|row| row.2))
    .bind(column(|row| row.3))
    .fetch_one(connection)
    .await?;
    if unknown > 0 {
        return Err(Conflict::Reference.into());
    }
    Ok(())
}

async fn claim_keys(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    issued: &IssuedChunk,
) -> Result<(), StorageError> {
    for (key, expires) in signing_keys(issued) {
        let claimed = sqlx::query(
            "UPDATE signing_key_claims SET last_expiry_us = greatest(last_expiry_us, $3)
             WHERE organizer_id = $1 AND signing_key_id = $2 AND slot = pg_backend_pid() % 64",
        )
        .bind(i64::from(organizer.0))
        .bind(i64::from(key.0))
        .bind(expires)
        .execute(&mut *connection)
        .await?;
        if claimed.rows_affected() != 1 {
            return Err(Conflict::KeyNotActive.into());
        }
    }
    Ok(())
}

/// Callers' ids, in their order, so that two chunks never wait for each other.
async fn name(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    tickets: &[NewTicket],
) -> Result<(), StorageError> {
    let named = || {
        tickets
            .iter()
            .filter_map(|ticket| Some((ticket.id.as_ref()?, ticket.key)))
    };
    if named().next().is_none() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO caller_ticket_ids (organizer_id, caller_id, event_number, serial)
         SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS i (caller_id, event, serial)
         ORDER BY 2",
    )
    .bind(i64::from(organizer.0))
    .bind(named().map(|(id, _)| id.as_str()).collect::<Vec<_>>())
    .bind(named().map(|(_, key)| i64::from(key.event.0)).collect::<Vec<_>>())
    .bind(named().map(|(_, key)| i64::from(key.serial.0)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// What COPY reads: a header, tuples, a trailer.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const FLAGS_AND_EXTENSION: [u8; 8] = [0; 8];
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// Bytes that are sent at a time.
const SENT_AT_ONCE: usize = 256 << 10;

async fn copy(
    connection: &mut PgConnection,
    statement: &str,
    tuples: impl Iterator<Item = Tuple>,
) -> Result<(), StorageError> {
    let mut sink = connection.copy_in_raw(statement).await?;
    let mut bytes = Vec::with_capacity(SENT_AT_ONCE + 4096);
    bytes.extend_from_slice(SIGNATURE);
    bytes.extend_from_slice(&FLAGS_AND_EXTENSION);
    for tuple in tuples {
        bytes.extend_from_slice(&tuple.fields.to_be_bytes());
        bytes.extend_from_slice(&tuple.bytes);
        if bytes.len() >= SENT_AT_ONCE {
            sink.send(bytes.as_slice()).await?;
            bytes.clear();
        }
    }
    bytes.extend_from_slice(&TRAILER);
    sink.send(bytes.as_slice()).await?;
    sink.finish().await?;
    Ok(())
}

/// A row: each field with its length before it, -1 for NULL.
#[derive(Default)]
struct Tuple {
    fields: i16,
    bytes: Vec<u8>,
}

impl Tuple {
    fn integer(self, value: impl Into<i64>) -> Self {
        self.bytes(Some(&value.into().to_be_bytes()))
    }

    fn bytes(mut self, value: Option<&[u8]>) -> Self {
        self.fields += 1;
        let length = value.map_or(-1, |value| i32::try_from(value.len()).unwrap_or(i32::MAX));
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self
    }
}

fn ticket_tuple(organizer: OrganizerId, ticket: &NewTicket, by: &By) -> Tuple {
    const GENERATED: i64 = 0;
    const FIRST_REVISION: i64 = 1;
    Tuple {
        bytes: Vec::with_capacity(256),
        ..Tuple::default()
    }
    .integer(ticket.key.event.0)
    .integer(ticket.key.serial.0)
    .integer(organizer.0)
    .integer(ticket.ticket_type.0)
    .integer(GENERATED)
    .integer(us(by.at))
    .integer(FIRST_REVISION)
    .bytes(Some(ticket.uuid.as_bytes()))
    .bytes(Some(ticket.ticket_number.as_bytes()))
    .bytes(ticket.id.as_ref().map(|id| id.as_str().as_bytes()))
    .bytes(ticket.order.as_ref().map(|index| index.0.as_slice()))
    .bytes(ticket.email.as_ref().map(|index| index.0.as_slice()))
    .integer(us(ticket.expires_at))
    .integer(us(by.at))
}

fn revision_tuple(organizer: OrganizerId, ticket: &NewTicket, by: &By) -> Tuple {
    const FIRST_REVISION: i64 = 1;
    let key = ticket
        .first
        .signing_key
        .map(|key| i64::from(key.0).to_be_bytes());
    Tuple {
        bytes: Vec::with_capacity(512),
        ..Tuple::default()
    }
    .integer(ticket.key.event.0)
    .integer(ticket.key.serial.0)
    .integer(FIRST_REVISION)
    .integer(organizer.0)
    .integer(ticket.first.event_revision)
    .integer(ticket.first.template_version.0)
    .bytes(key.as_ref().map(<[u8; 8]>::as_slice))
    .bytes(Some(&ticket.first.token))
    .bytes(Some(&ticket.first.values.0))
    .integer(us(by.at))
}

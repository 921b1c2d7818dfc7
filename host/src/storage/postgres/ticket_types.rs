//! Ticket types: names and the numbers that stand for them in tokens.

use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use ticket_token::EventNumber;

use super::events::lock;
use super::{PostgresStorage, is_storable};
use crate::storage::rows::ticket_types::TypeRow;
use crate::storage::rows::{Place, us};
use crate::storage::{Conflict, NumberedType, OrganizerId, StorageError};

/// Gives numbers to those of the names that have none, in this order. The event is locked, or its
/// transaction made it, so that no number is given twice.
pub(super) async fn number(
    connection: &mut PgConnection,
    event: EventNumber,
    names: &[&str],
    at: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO ticket_types (event_number, number, name, created_at_us)
         SELECT $1, highest.number + row_number() OVER (ORDER BY new.place), new.name, $3
         FROM (SELECT name, min(place) AS place
               FROM unnest($2) WITH ORDINALITY AS named (name, place) GROUP BY name) new,
              (SELECT coalesce(max(number), 0) AS number
               FROM ticket_types WHERE event_number = $1) highest
         WHERE NOT EXISTS (SELECT FROM ticket_types known
                           WHERE known.event_number = $1 AND known.name = new.name)",
    )
    .bind(i64::from(event.0))
    .bind(names)
    .bind(us(at))
    .execute(connection)
    .await?;
    Ok(())
}

/// The number of a name in an open event, given now if it has none.
pub(super) async fn number_by_use(
    storage: &PostgresStorage,
    organizer: OrganizerId,
    event: EventNumber,
    name: &str,
    at: Timestamp,
) -> Result<Option<NumberedType>, StorageError> {
    let mut connection = storage.pool.acquire().await?;
    match find(&mut connection, organizer, event, name).await? {
        None => return Ok(None),
        Some(found) => match found.decide()? {
            Some(known) => return Ok(Some(known)),
            None => drop(connection),
        },
    }
    let name = name.to_owned();
    storage
        .write(move |connection| {
            Box::pin(async move {
                lock(connection, organizer, event).await?;
                // Others may have closed the event, or numbered the name, before the lock was ours.
                match find(connection, organizer, event, &name).await? {
                    None => return Ok(None),
                    Some(found) => match found.decide()? {
                        Some(known) => return Ok(Some(known)),
                        None => number(connection, event, &[&name], at).await?,
                    },
                }
                let found = find(connection, organizer, event, &name).await?;
                Ok(found.and_then(|found| found.known))
            })
        })
        .await
}

/// What is known of a name in an event.
struct Found {
    open: bool,
    known: Option<NumberedType>,
}

impl Found {
    /// The number that stands, or `None` where one may be given now.
    fn decide(self) -> Result<Option<NumberedType>, Conflict> {
        if self.open {
            Ok(self.known)
        } else {
            Err(Conflict::TypeNotDeclared)
        }
    }
}

async fn find(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    event: EventNumber,
    name: &str,
) -> Result<Option<Found>, StorageError> {
    // What cannot be stored is known by no event.
    let searched = is_storable(name).then_some(name);
    let found: Option<(bool, Option<i64>)> = sqlx::query_as(
        "SELECT r.open, t.number FROM events e
         JOIN event_revisions r ON r.event_number = e.number AND r.revision = e.revision
         LEFT JOIN ticket_types t ON t.event_number = e.number AND t.name = $3
         WHERE e.organizer_id = $1 AND e.number = $2",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(event.0))
    .bind(searched)
    .fetch_optional(connection)
    .await?;
    let Some((open, number)) = found else {
        return Ok(None);
    };
    let place = Place {
        table: "ticket_types",
        id: format_args!("{}/{name}", event.0),
    };
    let known = number.map(|number| {
        Ok::<_, StorageError>(NumberedType {
            number: place.ticket_type("number", number)?,
            name: name.to_owned(),
        })
    });
    Ok(Some(Found {
        open,
        known: known.transpose()?,
    }))
}

/// All types that have a number, by number.
pub(super) async fn list(
    pool: &PgPool,
    organizer: OrganizerId,
    event: EventNumber,
) -> Result<Vec<NumberedType>, StorageError> {
    let rows: Vec<TypeRow> = sqlx::query_as(
        "SELECT t.number, t.name FROM ticket_types t
         JOIN events e ON e.number = t.event_number
         WHERE e.organizer_id = $1 AND e.number = $2 ORDER BY t.number",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(event.0))
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

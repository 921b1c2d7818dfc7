//! From rows to records, for both engines: their columns have the same names, and each row names
//! what makes no sense in it. Only the statements are an engine's own, and those that only read and
//! are the same text in both stand here as well.

pub(super) mod api_keys;
pub(super) mod audit;
pub(super) mod erasure;
pub(super) mod events;
pub(super) mod idempotency;
pub(super) mod jobs;
pub(super) mod organizers;
pub(super) mod signing_keys;
pub(super) mod templates;
pub(super) mod ticket_types;
pub(super) mod tickets;
pub(super) mod webhooks;

use std::fmt;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use ticket_token::{EventNumber, Serial, TicketType};

use super::{BlindIndex, CallerId, Digest, OrganizerId, StorageError};

/// Declares a row's struct, whose fields are the columns of the same names. (The driver's derive
/// would build a second SQLite into a procedural macro.)
macro_rules! row {
    (struct $name:ident { $($field:ident: $kind:ty,)* }) => {
        pub(in crate::storage) struct $name { $(pub(in crate::storage) $field: $kind,)* }

        $crate::storage::rows::row!(read by sqlx::sqlite::SqliteRow: $name { $($field,)* });
        $crate::storage::rows::row!(read by sqlx::postgres::PgRow: $name { $($field,)* });
    };
    (read by $row:ty: $name:ident { $($field:ident,)* }) => {
        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> Result<Self, sqlx::Error> {
                use sqlx::Row as _;
                Ok(Self { $($field: row.try_get(stringify!($field))?,)* })
            }
        }
    };
}
pub(super) use row;

/// An event has no more serials: a token has four bytes for one.
pub(super) const ALL_SERIALS: u64 = 1 << 32;

/// A row, for messages.
pub(super) struct Place<I> {
    pub(super) table: &'static str,
    pub(super) id: I,
}

impl<I: fmt::Display> Place<I> {
    pub(super) fn corrupt(&self, column: &'static str, reason: impl fmt::Display) -> StorageError {
        StorageError::corrupt(self.table, column, &self.id, reason)
    }

    /// A value that a conversion refuses.
    pub(super) fn convert<T, V>(&self, column: &'static str, value: V) -> Result<T, StorageError>
    where
        T: TryFrom<V, Error: fmt::Display>,
    {
        T::try_from(value).map_err(|error| self.corrupt(column, error))
    }

    /// A value out of a closed set of names.
    pub(super) fn name<T>(
        &self,
        column: &'static str,
        name: &str,
        from_code: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StorageError> {
        from_code(name).ok_or_else(|| self.corrupt(column, format_args!("unknown name `{name}`")))
    }

    pub(super) fn time(&self, column: &'static str, us: i64) -> Result<Timestamp, StorageError> {
        Timestamp::from_microsecond(us).map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn time_or_none(
        &self,
        column: &'static str,
        us: Option<i64>,
    ) -> Result<Option<Timestamp>, StorageError> {
        us.map(|us| self.time(column, us)).transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(
        &self,
        column: &'static str,
        text: &str,
    ) -> Result<T, StorageError> {
        serde_json::from_str(text).map_err(|error| self.corrupt(column, error))
    }

    pub(super) fn bytes<const N: usize>(
        &self,
        column: &'static str,
        bytes: &[u8],
    ) -> Result<[u8; N], StorageError> {
        bytes
            .try_into()
            .map_err(|_| self.corrupt(column, format_args!("{} bytes, not {N}", bytes.len())))
    }

    pub(super) fn digest(
        &self,
        column: &'static str,
        bytes: &[u8],
    ) -> Result<Digest, StorageError> {
        self.bytes(column, bytes).map(Digest)
    }

    pub(super) fn blind_index(
        &self,
        column: &'static str,
        bytes: &[u8],
    ) -> Result<BlindIndex, StorageError> {
        self.bytes(column, bytes).map(BlindIndex)
    }

    pub(super) fn organizer(&self, id: i64) -> Result<OrganizerId, StorageError> {
        self.convert("organizer_id", id).map(OrganizerId)
    }

    pub(super) fn event_number(
        &self,
        column: &'static str,
        number: i64,
    ) -> Result<EventNumber, StorageError> {
        self.convert(column, number).map(EventNumber)
    }

    pub(super) fn serial(&self, column: &'static str, serial: i64) -> Result<Serial, StorageError> {
        self.convert(column, serial).map(Serial)
    }

    pub(super) fn ticket_type(
        &self,
        column: &'static str,
        number: i64,
    ) -> Result<TicketType, StorageError> {
        self.convert(column, number).map(TicketType)
    }

    pub(super) fn caller_id(&self, text: &str) -> Result<CallerId, StorageError> {
        self.convert("caller_id", text)
    }
}

/// Microseconds since 1970, rounded towards the past, as times are stored.
pub(super) fn us(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A time as the database gives it back.
pub(super) fn stored_time(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(us(time)).unwrap_or(time)
}

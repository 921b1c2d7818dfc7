//! The tables of both databases, and what is done to the receiving ones around the rows.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use super::TransferError;

/// A table that both databases have.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
}

/// A column that both databases have.
pub(super) struct Column {
    name: String,
    pub(super) kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Integer,
    Boolean,
    Text,
    Bytes,
}

impl Kind {
    fn of_type(name: &str) -> Option<Self> {
        match name {
            "bigint" | "integer" => Some(Self::Integer),
            "boolean" => Some(Self::Boolean),
            "text" => Some(Self::Text),
            "bytea" => Some(Self::Bytes),
            _ => None,
        }
    }
}

impl Table {
    pub(super) fn quoted(&self) -> String {
        quoted(&self.name)
    }

    /// Its columns as a query of PostgreSQL gives them to [`cells`](super::cells).
    pub(super) fn columns_read(&self) -> String {
        let names: Vec<_> = self
            .columns
            .iter()
            .map(|column| match column.kind {
                Kind::Integer => format!("{}::bigint", quoted(&column.name)),
                Kind::Boolean | Kind::Text | Kind::Bytes => quoted(&column.name),
            })
            .collect();
        names.join(", ")
    }

    /// Its columns, for statements of both databases.
    pub(super) fn columns(&self) -> String {
        let names: Vec<_> = self
            .columns
            .iter()
            .map(|column| quoted(&column.name))
            .collect();
        names.join(", ")
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// All tables of the receiving database but those that count the migrations, and what is not kept.
const TABLES: &str = "
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
          AND c.relpersistence = 'p' AND NOT c.relispartition AND c.relname <> '_sqlx_migrations'
    ORDER BY c.relname";

/// The tables of the embedded database, which the other has with the same columns.
pub(super) async fn common(
    source: &mut SqliteConnection,
    target: &mut PgConnection,
) -> Result<Vec<Table>, TransferError> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
               AND name NOT LIKE '\\_%' ESCAPE '\\'
         ORDER BY name",
    )
    .fetch_all(&mut *source)
    .await
    .map_err(|error| TransferError::Source(error.into()))?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        let sent: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info($1) ORDER BY name")
                .bind(&name)
                .fetch_all(&mut *source)
                .await
                .map_err(|error| TransferError::Source(error.into()))?;
        let received: Vec<(String, String)> = sqlx::query_as(
            "SELECT column_name::text, data_type::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1
             ORDER BY column_name COLLATE \"C\"",
        )
        .bind(&name)
        .fetch_all(&mut *target)
        .await?;
        tables.push(Table {
            columns: columns(&name, &sent, received)?,
            name,
        });
    }
    Ok(tables)
}

/// The tables of an embedded database by itself; those whose names begin with `_` count something else.
pub(super) async fn embedded(connection: &mut SqliteConnection) -> Result<Vec<Table>, sqlx::Error> {
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT t.name, c.name, c.type
         FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
               AND t.name NOT LIKE '\\_%' ESCAPE '\\'
         ORDER BY t.name, c.name",
    )
    .fetch_all(connection)
    .await?;
    let mut tables: Vec<Table> = Vec::new();
    for (table, name, kind) in columns {
        let kind = match kind.as_str() {
            "TEXT" => Kind::Text,
            "BLOB" => Kind::Bytes,
            _ => Kind::Integer,
        };
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(Column { name, kind }),
            _ => tables.push(Table {
                name: table,
                columns: vec![Column { name, kind }],
            }),
        }
    }
    Ok(tables)
}

/// Lets the embedded database number new rows after all that the server ever numbered, as far as it
/// remembers numbers that are gone.
pub(super) async fn take_numbering(
    source: &mut PgConnection,
    target: &mut SqliteConnection,
) -> Result<(), sqlx::Error> {
    let remembering: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'",
    )
    .fetch_all(&mut *target)
    .await?;
    for table in remembering {
        let sequence: Option<String> = sqlx::query_scalar(
            "SELECT pg_get_serial_sequence(quote_ident(table_name), column_name)
             FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'",
        )
        .bind(&table)
        .fetch_one(&mut *source)
        .await?;
        let Some(sequence) = sequence else { continue };
        let given: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"
        )))
        .fetch_one(&mut *source)
        .await?;
        set_numbering(target, &table, given).await?;
    }
    Ok(())
}

/// Lets new rows of the table be numbered above `given`, at least.
pub(super) async fn set_numbering(
    target: &mut SqliteConnection,
    table: &str,
    given: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sqlite_sequence (name, seq)
         SELECT $1, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1);
         UPDATE sqlite_sequence SET seq = max(seq, $2) WHERE name = $1",
    )
    .bind(table)
    .bind(given)
    .execute(target)
    .await?;
    Ok(())
}

fn columns(
    table: &str,
    sent: &[String],
    received: Vec<(String, String)>,
) -> Result<Vec<Column>, TransferError> {
    let differs = |difference| TransferError::Tables {
        table: table.to_owned(),
        difference,
    };
    if !sent.iter().eq(received.iter().map(|(name, _)| name)) {
        let received: Vec<_> = received.into_iter().map(|(name, _)| name).collect();
        return Err(differs(format!(
            "{} here, {} there",
            sent.join(", "),
            received.join(", ")
        )));
    }
    let columns = received.into_iter().map(|(name, kind)| {
        let kind = Kind::of_type(&kind)
            .ok_or_else(|| differs(format!("the column {name} is of the type {kind}")))?;
        Ok(Column { name, kind })
    });
    columns.collect()
}

/// Keeps everybody else away from all tables until the transaction ends, and finds no rows in them.
pub(super) async fn lock_empty(target: &mut PgConnection) -> Result<(), TransferError> {
    let names: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *target).await?;
    for table in names {
        let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", quoted(&table));
        sqlx::raw_sql(AssertSqlSafe(lock))
            .execute(&mut *target)
            .await?;
        let look = format!("SELECT EXISTS (SELECT FROM {})", quoted(&table));
        if sqlx::query_scalar(AssertSqlSafe(look))
            .fetch_one(&mut *target)
            .await?
        {
            return Err(TransferError::NotEmpty { table });
        }
    }
    Ok(())
}

/// A foreign key that is not there for a while.
pub(super) struct ForeignKey {
    table: String,
    name: String,
    definition: String,
}

pub(super) async fn drop_foreign_keys(
    target: &mut PgConnection,
) -> Result<Vec<ForeignKey>, TransferError> {
    // Those of partitions follow those of their tables.
    let found: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         WHERE c.relnamespace = current_schema()::regnamespace AND k.contype = 'f'
               AND k.conparentid = 0
         ORDER BY c.relname, k.conname",
    )
    .fetch_all(&mut *target)
    .await?;
    let mut foreign_keys = Vec::with_capacity(found.len());
    for (table, name, definition) in found {
        let key = ForeignKey {
            table: quoted(&table),
            name: quoted(&name),
            definition,
        };
        let drop = format!("ALTER TABLE {} DROP CONSTRAINT {}", key.table, key.name);
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut *target)
            .await?;
        foreign_keys.push(key);
    }
    Ok(foreign_keys)
}

pub(super) async fn restore_foreign_keys(
    target: &mut PgConnection,
    foreign_keys: &[ForeignKey],
) -> Result<(), TransferError> {
    for key in foreign_keys {
        let add = format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {}",
            key.table, key.name, key.definition
        );
        sqlx::raw_sql(AssertSqlSafe(add))
            .execute(&mut *target)
            .await?;
    }
    Ok(())
}

/// Lets new rows be numbered after all that the embedded database ever numbered. Where a number is never
/// given twice, that may be more than there are rows of: some were deleted.
pub(super) async fn continue_numbering(
    source: &mut SqliteConnection,
    target: &mut PgConnection,
) -> Result<(), TransferError> {
    let given: BTreeMap<String, i64> = sqlx::query_as("SELECT name, seq FROM sqlite_sequence")
        .fetch_all(source)
        .await
        .map_err(|error| TransferError::Source(error.into()))?
        .into_iter()
        .collect();
    let numbered: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema = current_schema() AND is_identity = 'YES'",
    )
    .fetch_all(&mut *target)
    .await?;
    for (table, column) in numbered {
        let given = given.get(&table);
        let (table, quoted_column) = (quoted(&table), quoted(&column));
        // Without any there is nothing to go on from.
        let set = format!(
            "SELECT setval(pg_get_serial_sequence($1, $2), greatest(max({quoted_column}), $3))
             FROM {table} HAVING greatest(max({quoted_column}), $3) > 0"
        );
        sqlx::query(AssertSqlSafe(set))
            .bind(&table)
            .bind(&column)
            .bind(given)
            .execute(&mut *target)
            .await?;
    }
    Ok(())
}

//! Archives of databases that are in use: each is one state of all tables.

use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Sqlite, SqliteConnection};

use super::archive::{
    ArchiveError, Contents, Workspace, content_of, note_contents, open_file, parent, put_in_place,
};
use super::cells::{self, Cell};
use super::line::Line;
use super::tables::{self, Table};
use super::{Content, TransferError};
use crate::storage::{postgres, sqlite};

/// Makes the archive `to` of the embedded database in `folder`. A host may write to it meanwhile.
///
/// # Errors
/// [`ArchiveError`]; there is no archive then.
pub async fn of_sqlite(folder: &Path, to: &Path, now: Timestamp) -> Result<Contents, ArchiveError> {
    refuse_existing(to)?;
    let workspace = Workspace::make(parent(to), "backup")?;
    let mut source = sqlite::connect(folder)
        .await
        .map_err(TransferError::Source)?;
    make_private(&workspace.database())?;
    // Reads one state, and copies no page that is free: what was erased is not in it.
    sqlx::query("VACUUM INTO $1")
        .bind(workspace.database().display().to_string())
        .execute(&mut source)
        .await?;
    let _ = source.close().await;
    finish(&workspace, to, now).await
}

/// Makes the archive `to` of the PostgreSQL database that `url` names.
///
/// # Errors
/// [`ArchiveError`]; there is no archive then.
pub async fn of_postgres(
    url: &str,
    patience: Duration,
    to: &Path,
    now: Timestamp,
) -> Result<Contents, ArchiveError> {
    refuse_existing(to)?;
    let workspace = Workspace::make(parent(to), "backup")?;
    let mut source = postgres::connect_up_to_date(url, patience)
        .await
        .map_err(TransferError::from)?;
    let mut target = sqlite::connect(workspace.path()).await?;
    copy_all(&mut source, &mut target).await?;
    let _ = source.close().await;
    // The journal is moved into the file.
    sqlx::query("PRAGMA journal_mode = DELETE")
        .execute(&mut target)
        .await?;
    target.close().await?;
    finish(&workspace, to, now).await
}

fn refuse_existing(to: &Path) -> Result<(), ArchiveError> {
    match to.exists() {
        true => Err(ArchiveError::Exists {
            path: to.to_owned(),
        }),
        false => Ok(()),
    }
}

/// SQLite writes into a file that is empty, and leaves its mode as it is.
fn make_private(path: &Path) -> Result<(), ArchiveError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(super::archive::at(path))
}

async fn finish(
    workspace: &Workspace,
    to: &Path,
    now: Timestamp,
) -> Result<Contents, ArchiveError> {
    let mut archive = open_file(&workspace.database()).await?;
    let mut whole = archive.begin().await?;
    let contents = note_contents(&mut whole, now).await?;
    whole.commit().await?;
    archive.close().await?;
    put_in_place(&workspace.database(), to)?;
    Ok(contents)
}

async fn copy_all(
    source: &mut PgConnection,
    target: &mut SqliteConnection,
) -> Result<(), ArchiveError> {
    // Tables refer to each other in circles; that each reference leads somewhere is looked at in the end.
    sqlx::query("PRAGMA foreign_keys = OFF")
        .execute(&mut *target)
        .await?;
    // The snapshot begins with the first query.
    let mut source = source
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .await?;
    let mut target = target.begin().await?;
    for table in tables::common(&mut target, &mut source).await? {
        let sent = send(&table, &mut source, &mut target).await?;
        if sent != content_of(&table, &mut target).await? {
            return Err(TransferError::Differs { table: table.name }.into());
        }
    }
    take_claims(&mut source, &mut target).await?;
    tables::take_numbering(&mut source, &mut target).await?;
    let lost: Option<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
        .fetch_optional(&mut *target)
        .await?;
    if let Some((table,)) = lost {
        return Err(TransferError::Differs { table }.into());
    }
    target.commit().await?;
    source.rollback().await?;
    Ok(())
}

/// Only the server keeps how long what an active key signed holds in a table of its own.
async fn take_claims(
    source: &mut PgConnection,
    target: &mut SqliteConnection,
) -> Result<(), ArchiveError> {
    let claims: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT signing_key_id, max(last_expiry_us) FROM signing_key_claims
         WHERE last_expiry_us IS NOT NULL GROUP BY signing_key_id",
    )
    .fetch_all(source)
    .await?;
    for (key, last_expiry_us) in claims {
        sqlx::query(
            "UPDATE signing_keys SET last_expiry_us = max(coalesce(last_expiry_us, $2), $2)
             WHERE id = $1",
        )
        .bind(key)
        .bind(last_expiry_us)
        .execute(&mut *target)
        .await?;
    }
    Ok(())
}

async fn send(
    table: &Table,
    source: &mut PgConnection,
    target: &mut SqliteConnection,
) -> Result<Content, TransferError> {
    let read = |source| TransferError::Read {
        table: table.name.clone(),
        source,
    };
    let write = |source| TransferError::Write {
        table: table.name.clone(),
        source,
    };
    let query = format!("SELECT {} FROM {}", table.columns_read(), table.quoted());
    let places: Vec<_> = (1..=table.columns.len())
        .map(|place| format!("${place}"))
        .collect();
    let insert = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table.quoted(),
        table.columns(),
        places.join(", ")
    );
    let mut content = Content::default();
    let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(source);
    while let Some(row) = rows.try_next().await.map_err(read)? {
        let cells = cells::of_postgres(table, &row).map_err(read)?;
        content.add(Line::of_cells(&cells).bytes());
        let mut stored = sqlx::query::<Sqlite>(AssertSqlSafe(insert.as_str()));
        for cell in cells {
            stored = match cell {
                Cell::Null => stored.bind(None::<i64>),
                Cell::Integer(value) => stored.bind(value),
                Cell::Boolean(value) => stored.bind(value),
                Cell::Text(value) => stored.bind(value.to_owned()),
                Cell::Bytes(value) => stored.bind(value.to_vec()),
            };
        }
        stored.execute(&mut *target).await.map_err(write)?;
    }
    Ok(content)
}

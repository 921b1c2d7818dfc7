//! The tables, step by step. The other engine has the same numbers and names.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgConnection, SqlSafeStr as _};

use super::OpenError;

macro_rules! migration_text {
    ($file:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../migrations/postgres/",
            $file
        ))
    };
}

const MIGRATIONS: [(i64, &str, &str); 11] = [
    (1, "organizers", migration_text!("0001_organizers.sql")),
    (2, "templates", migration_text!("0002_templates.sql")),
    (3, "events", migration_text!("0003_events.sql")),
    (4, "tickets", migration_text!("0004_tickets.sql")),
    (5, "idempotency", migration_text!("0005_idempotency.sql")),
    (6, "api_keys", migration_text!("0006_api_keys.sql")),
    (7, "audit_seals", migration_text!("0007_audit_seals.sql")),
    (8, "webhooks", migration_text!("0008_webhooks.sql")),
    (9, "erasure", migration_text!("0009_erasure.sql")),
    (10, "rate_buckets", migration_text!("0010_rate_buckets.sql")),
    (11, "jobs", migration_text!("0011_jobs.sql")),
];

/// Brings the tables up to date, each step in a transaction of its own, all under an advisory lock of
/// the database: hosts that start at once wait for the first.
pub(super) async fn run(connection: &mut PgConnection) -> Result<(), OpenError> {
    let migrations = MIGRATIONS.map(|(version, name, text)| {
        let text = text.into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, text, false)
    });
    Migrator::with_migrations(migrations.into())
        .run_direct(None, connection, false)
        .await
        .map_err(OpenError::Tables)
}

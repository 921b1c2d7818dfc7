//! Organizers.

use async_trait::async_trait;
use serde_json::json;
use sqlx::{SqliteConnection, SqliteExecutor};

use super::audit::record;
use super::{SqliteStorage, events, signing_keys};
use crate::storage::rows::audit::Note;
use crate::storage::rows::organizers::{DEFAULT_EVENT, OrganizerRow};
use crate::storage::rows::us;
use crate::storage::{
    Act, By, CallerId, Conflict, KeyPurpose, KeyState, NewDelegation, NewEvent, NewOrganizer,
    Organizer, OrganizerId, OrganizerStorage, Sealed, Slug, StorageError, TemplateId,
};

async fn find(
    executor: impl SqliteExecutor<'_>,
    id: OrganizerId,
) -> Result<Option<Organizer>, StorageError> {
    let row: Option<OrganizerRow> = sqlx::query_as("SELECT * FROM organizers WHERE id = $1")
        .bind(id.0)
        .fetch_optional(executor)
        .await?;
    row.map(TryInto::try_into).transpose()
}

async fn create(
    connection: &mut SqliteConnection,
    organizer: NewOrganizer,
    by: By,
) -> Result<Organizer, StorageError> {
    let row: OrganizerRow = sqlx::query_as(
        "INSERT INTO organizers (slug, name, settings, sealed_data_key, created_at_us)
         VALUES ($1, $2, $3, $4, $5) RETURNING *",
    )
    .bind(organizer.slug.as_str())
    .bind(organizer.name)
    .bind(organizer.settings.to_string())
    .bind(organizer.data_key.0)
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let made = Organizer::try_from(row)?;

    let note = Note {
        act: Act::OrganizerCreated,
        subject: format!("organizer {}", made.slug),
        details: json!({}),
    };
    record(connection, made.id, &by, note).await?;
    let mut bundle_key = None;
    for key in organizer.signing_keys {
        let purpose = key.purpose;
        let stored = signing_keys::insert(connection, made.id, key, KeyState::Active, &by).await?;
        if purpose == KeyPurpose::Bundle {
            bundle_key = Some(stored.id);
        }
    }
    if let Some(first) = organizer.delegation {
        let delegation = NewDelegation {
            sequence: first.sequence,
            bundle_key: bundle_key.ok_or(Conflict::Reference)?,
            bytes: first.bytes,
            not_before: first.not_before,
            expires_at: first.expires_at,
        };
        signing_keys::delegate(connection, made.id, delegation, &by).await?;
    }
    let default_event = NewEvent {
        id: CallerId::try_from(DEFAULT_EVENT)
            .map_err(|error| StorageError::Database(error.into()))?,
        data: organizer.default_event,
    };
    events::insert(connection, made.id, default_event, &by).await?;
    Ok(made)
}

#[async_trait]
impl OrganizerStorage for SqliteStorage {
    async fn create_organizer(
        &self,
        organizer: NewOrganizer,
        by: By,
    ) -> Result<Organizer, StorageError> {
        self.writer
            .write(move |connection| Box::pin(create(connection, organizer, by)))
            .await
    }

    async fn organizer(&self, id: OrganizerId) -> Result<Option<Organizer>, StorageError> {
        find(&self.readers, id).await
    }

    async fn organizer_by_slug(&self, slug: &Slug) -> Result<Option<Organizer>, StorageError> {
        let row: Option<OrganizerRow> = sqlx::query_as("SELECT * FROM organizers WHERE slug = $1")
            .bind(slug.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn organizers(&self) -> Result<Vec<Organizer>, StorageError> {
        let rows: Vec<OrganizerRow> = sqlx::query_as("SELECT * FROM organizers ORDER BY slug")
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn change_organizer(
        &self,
        id: OrganizerId,
        name: String,
        settings: serde_json::Value,
        by: By,
    ) -> Result<Option<Organizer>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let row: Option<OrganizerRow> = sqlx::query_as(
                        "UPDATE organizers SET name = $2, settings = $3 WHERE id = $1 RETURNING *",
                    )
                    .bind(id.0)
                    .bind(name)
                    .bind(settings.to_string())
                    .fetch_optional(&mut *connection)
                    .await?;
                    let details = json!({ "changed": ["name", "settings"] });
                    note_change(connection, row, details, &by).await
                })
            })
            .await
    }

    async fn set_default_template(
        &self,
        id: OrganizerId,
        template: TemplateId,
        by: By,
    ) -> Result<Option<Organizer>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let row: Option<OrganizerRow> = sqlx::query_as(
                        "UPDATE organizers SET default_template_id = $2 WHERE id = $1 RETURNING *",
                    )
                    .bind(id.0)
                    .bind(template.0)
                    .fetch_optional(&mut *connection)
                    .await?;
                    let details = json!({ "defaultTemplate": template.0 });
                    note_change(connection, row, details, &by).await
                })
            })
            .await
    }

    async fn replace_data_key(
        &self,
        id: OrganizerId,
        old: Sealed,
        new: Sealed,
    ) -> Result<bool, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let replaced = sqlx::query(
                        "UPDATE organizers SET sealed_data_key = $3
                         WHERE id = $1 AND sealed_data_key = $2",
                    )
                    .bind(id.0)
                    .bind(old.0)
                    .bind(new.0)
                    .execute(connection)
                    .await?;
                    Ok(replaced.rows_affected() == 1)
                })
            })
            .await
    }
}

async fn note_change(
    connection: &mut SqliteConnection,
    row: Option<OrganizerRow>,
    details: serde_json::Value,
    by: &By,
) -> Result<Option<Organizer>, StorageError> {
    let Some(row) = row else { return Ok(None) };
    let organizer = Organizer::try_from(row)?;
    let note = Note {
        act: Act::OrganizerChanged,
        subject: format!("organizer {}", organizer.slug),
        details,
    };
    record(connection, organizer.id, by, note).await?;
    Ok(Some(organizer))
}

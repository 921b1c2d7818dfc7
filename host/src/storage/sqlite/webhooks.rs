//! Endpoints that are told what was done.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::SqliteStorage;
use super::audit::record;
use crate::storage::rows::audit::Note;
use crate::storage::rows::us;
use crate::storage::rows::webhooks::{WebhookRow, events_text};
use crate::storage::{
    Act, By, Conflict, DisabledBecause, NewWebhook, OrganizerId, StorageError, Switch, Webhook,
    WebhookEdit, WebhookId, WebhookStorage,
};

async fn create(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    webhook: NewWebhook,
    most: u32,
    by: By,
) -> Result<Webhook, StorageError> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM webhooks WHERE organizer_id = $1")
        .bind(organizer.0)
        .fetch_one(&mut *connection)
        .await?;
    if count >= i64::from(most) {
        return Err(Conflict::TooManyWebhooks { max: most }.into());
    }
    let row: WebhookRow = sqlx::query_as(
        "INSERT INTO webhooks (organizer_id, url, events, description, nonce, secret_generation,
                               told_seal, told_entry, not_before_entry, created_at_us)
         VALUES ($1, $2, $3, $4, $5, 1, 0, 0, 0, $6) RETURNING *",
    )
    .bind(organizer.0)
    .bind(webhook.url)
    .bind(events_text(webhook.events.as_ref()))
    .bind(webhook.description)
    .bind(webhook.nonce.as_slice())
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let made = Webhook::try_from(row)?;
    let details = json!({ "events": made.events });
    note(connection, Act::WebhookCreated, &made, details, &by).await?;
    begin_here(connection, &made).await
}

/// Lets an endpoint be told what is written behind the newest entry, which is the one of this very
/// transaction.
async fn begin_here(
    connection: &mut SqliteConnection,
    webhook: &Webhook,
) -> Result<Webhook, StorageError> {
    let row: WebhookRow = sqlx::query_as(
        "UPDATE webhooks
         SET told_seal = coalesce((SELECT max(number) FROM audit_seals
                                   WHERE organizer_id = $1), 0),
             told_entry = (SELECT max(id) FROM audit WHERE organizer_id = $1),
             not_before_entry = (SELECT max(id) FROM audit WHERE organizer_id = $1)
         WHERE id = $2 RETURNING *",
    )
    .bind(webhook.organizer.0)
    .bind(webhook.id.0)
    .fetch_one(connection)
    .await?;
    row.try_into()
}

pub(super) async fn find(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    id: WebhookId,
) -> Result<Option<Webhook>, StorageError> {
    let row: Option<WebhookRow> =
        sqlx::query_as("SELECT * FROM webhooks WHERE organizer_id = $1 AND id = $2")
            .bind(organizer.0)
            .bind(id.0)
            .fetch_optional(connection)
            .await?;
    row.map(TryInto::try_into).transpose()
}

async fn change(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    id: WebhookId,
    edit: WebhookEdit,
    by: By,
) -> Result<Option<Webhook>, StorageError> {
    let Some(known) = find(connection, organizer, id).await? else {
        return Ok(None);
    };
    let events = edit.events.unwrap_or(known.events);
    let row: WebhookRow = sqlx::query_as(
        "UPDATE webhooks SET url = $3, events = $4, description = $5
         WHERE organizer_id = $1 AND id = $2 RETURNING *",
    )
    .bind(organizer.0)
    .bind(id.0)
    .bind(edit.url.unwrap_or(known.url))
    .bind(events_text(events.as_ref()))
    .bind(edit.description.unwrap_or(known.description))
    .fetch_one(&mut *connection)
    .await?;
    let mut changed = Webhook::try_from(row)?;
    let turned = match (edit.switch, changed.disabled) {
        (Some(Switch::Off), None) => {
            changed = disable(connection, &changed, DisabledBecause::Asked, by.at).await?;
            Some(Switch::Off)
        }
        (Some(Switch::On), Some(_)) => Some(Switch::On),
        _ => None,
    };
    let is_enabled = changed.disabled.is_none() || turned == Some(Switch::On);
    let details = json!({ "events": changed.events, "enabled": is_enabled });
    note(connection, Act::WebhookChanged, &changed, details, &by).await?;
    if turned == Some(Switch::On) {
        changed = enable(connection, &changed).await?;
    }
    Ok(Some(changed))
}

async fn enable(
    connection: &mut SqliteConnection,
    webhook: &Webhook,
) -> Result<Webhook, StorageError> {
    sqlx::query(
        "UPDATE webhooks
         SET disabled_at_us = NULL, disabled_because = NULL, failing_since_us = NULL
         WHERE id = $1",
    )
    .bind(webhook.id.0)
    .execute(&mut *connection)
    .await?;
    begin_here(connection, webhook).await
}

/// Stops sending; what waits is cancelled.
pub(super) async fn disable(
    connection: &mut SqliteConnection,
    webhook: &Webhook,
    because: DisabledBecause,
    at: Timestamp,
) -> Result<Webhook, StorageError> {
    let row: WebhookRow = sqlx::query_as(
        "UPDATE webhooks SET disabled_at_us = $2, disabled_because = $3
         WHERE id = $1 RETURNING *",
    )
    .bind(webhook.id.0)
    .bind(us(at))
    .bind(because.code())
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE webhook_deliveries SET state = 'cancelled', finished_at_us = $2
         WHERE webhook_id = $1 AND state = 'pending'",
    )
    .bind(webhook.id.0)
    .bind(us(at))
    .execute(connection)
    .await?;
    row.try_into()
}

async fn rotate(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    id: WebhookId,
    old_until: Timestamp,
    by: By,
) -> Result<Option<Webhook>, StorageError> {
    let row: Option<WebhookRow> = sqlx::query_as(
        "UPDATE webhooks
         SET secret_generation = secret_generation + 1, old_secret_until_us = $3
         WHERE organizer_id = $1 AND id = $2 RETURNING *",
    )
    .bind(organizer.0)
    .bind(id.0)
    .bind(us(old_until))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let rotated = Webhook::try_from(row)?;
    let details = json!({ "generation": rotated.secret.generation });
    note(
        connection,
        Act::WebhookSecretRotated,
        &rotated,
        details,
        &by,
    )
    .await?;
    Ok(Some(rotated))
}

async fn delete(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    id: WebhookId,
    by: By,
) -> Result<bool, StorageError> {
    let Some(known) = find(connection, organizer, id).await? else {
        return Ok(false);
    };
    sqlx::query("DELETE FROM webhooks WHERE id = $1")
        .bind(id.0)
        .execute(&mut *connection)
        .await?;
    note(connection, Act::WebhookDeleted, &known, json!({}), &by).await?;
    Ok(true)
}

pub(super) async fn note(
    connection: &mut SqliteConnection,
    act: Act,
    webhook: &Webhook,
    details: Value,
    by: &By,
) -> Result<(), StorageError> {
    let note = Note {
        act,
        subject: format!("webhook {}", webhook.id),
        details,
    };
    record(connection, webhook.organizer, by, note).await
}

#[async_trait]
impl WebhookStorage for SqliteStorage {
    async fn create_webhook(
        &self,
        organizer: OrganizerId,
        webhook: NewWebhook,
        most: u32,
        by: By,
    ) -> Result<Webhook, StorageError> {
        self.writer
            .write(move |connection| Box::pin(create(connection, organizer, webhook, most, by)))
            .await
    }

    async fn webhooks(&self, organizer: OrganizerId) -> Result<Vec<Webhook>, StorageError> {
        let rows: Vec<WebhookRow> =
            sqlx::query_as("SELECT * FROM webhooks WHERE organizer_id = $1 ORDER BY id")
                .bind(organizer.0)
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn webhook(
        &self,
        organizer: OrganizerId,
        id: WebhookId,
    ) -> Result<Option<Webhook>, StorageError> {
        find(&mut *self.readers.acquire().await?, organizer, id).await
    }

    async fn change_webhook(
        &self,
        organizer: OrganizerId,
        id: WebhookId,
        edit: WebhookEdit,
        by: By,
    ) -> Result<Option<Webhook>, StorageError> {
        self.writer
            .write(move |connection| Box::pin(change(connection, organizer, id, edit, by)))
            .await
    }

    async fn rotate_webhook_secret(
        &self,
        organizer: OrganizerId,
        id: WebhookId,
        old_until: Timestamp,
        by: By,
    ) -> Result<Option<Webhook>, StorageError> {
        self.writer
            .write(move |connection| Box::pin(rotate(connection, organizer, id, old_until, by)))
            .await
    }

    async fn delete_webhook(
        &self,
        organizer: OrganizerId,
        id: WebhookId,
        by: By,
    ) -> Result<bool, StorageError> {
        self.writer
            .write(move |connection| Box::pin(delete(connection, organizer, id, by)))
            .await
    }
}

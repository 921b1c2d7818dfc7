//! Messages to endpoints, and what became of them.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use sqlx::SqliteConnection;

use super::SqliteStorage;
use super::webhooks::{disable, find, note};
use crate::storage::rows::audit::{RecordedRow, count};
use crate::storage::rows::us;
use crate::storage::rows::webhooks::{AttemptRow, DeliveryRow, WebhookRow, logged, result_columns};
use crate::storage::{
    Act, AfterAttempt, By, Conflict, DeliveryId, DeliveryState, DisabledBecause, FinishedAttempt,
    LoggedDelivery, NewMessage, OrganizerId, Page, PageRequest, RecordedEntry, SealedPlace,
    StorageError, Webhook, WebhookDelivery, WebhookDeliveryStorage, WebhookId,
};

async fn queue(
    connection: &mut SqliteConnection,
    webhook: &Webhook,
    message: &NewMessage,
    at: Timestamp,
) -> Result<WebhookDelivery, StorageError> {
    let row: DeliveryRow = sqlx::query_as(
        "INSERT INTO webhook_deliveries (organizer_id, webhook_id, message_id, event_type, body,
                                         state, next_attempt_us, created_at_us)
         VALUES ($1, $2, $3, $4, $5, 'pending', $6, $6) RETURNING *",
    )
    .bind(webhook.organizer.0)
    .bind(webhook.id.0)
    .bind(message.message_id.as_str())
    .bind(message.event_type.as_str())
    .bind(message.body.as_str())
    .bind(us(at))
    .fetch_one(connection)
    .await?;
    row.try_into()
}

async fn tell(
    connection: &mut SqliteConnection,
    webhook: Webhook,
    to: SealedPlace,
    messages: Vec<NewMessage>,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let moved = sqlx::query(
        "UPDATE webhooks SET told_seal = $4, told_entry = $5
         WHERE id = $1 AND told_seal = $2 AND told_entry = $3 AND disabled_at_us IS NULL",
    )
    .bind(webhook.id.0)
    .bind(count(webhook.told.seal))
    .bind(webhook.told.entry)
    .bind(count(to.seal))
    .bind(to.entry)
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    for message in &messages {
        queue(connection, &webhook, message, at).await?;
    }
    Ok(true)
}

/// The endpoint, if messages can be queued for it.
async fn enabled(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    id: WebhookId,
    step: &'static str,
) -> Result<Option<Webhook>, StorageError> {
    let found = find(connection, organizer, id).await?;
    match found {
        Some(webhook) if webhook.disabled.is_some() => Err(Conflict::Transition {
            what: "the webhook",
            state: "disabled",
            step,
        }
        .into()),
        found => Ok(found),
    }
}

async fn test(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    id: WebhookId,
    message: NewMessage,
    by: By,
) -> Result<Option<WebhookDelivery>, StorageError> {
    let Some(webhook) = enabled(connection, organizer, id, "tested").await? else {
        return Ok(None);
    };
    let queued = queue(connection, &webhook, &message, by.at).await?;
    let details = json!({ "delivery": queued.id.0 });
    note(connection, Act::WebhookTested, &webhook, details, &by).await?;
    Ok(Some(queued))
}

async fn replay(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    id: WebhookId,
    delivery: DeliveryId,
    by: By,
) -> Result<Option<WebhookDelivery>, StorageError> {
    let row: Option<DeliveryRow> = sqlx::query_as(
        "SELECT * FROM webhook_deliveries
         WHERE organizer_id = $1 AND webhook_id = $2 AND id = $3",
    )
    .bind(organizer.0)
    .bind(id.0)
    .bind(delivery.0)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let Some(webhook) = enabled(connection, organizer, id, "sent to").await? else {
        return Ok(None);
    };
    let message = WebhookDelivery::try_from(row)?.message;
    let queued = queue(connection, &webhook, &message, by.at).await?;
    let details = json!({ "delivery": queued.id.0, "replays": delivery.0 });
    note(connection, Act::WebhookReplayed, &webhook, details, &by).await?;
    Ok(Some(queued))
}

async fn finish(
    connection: &mut SqliteConnection,
    finished: FinishedAttempt,
) -> Result<bool, StorageError> {
    let attempt = &finished.attempt;
    let end = attempt
        .at
        .checked_add(attempt.duration)
        .unwrap_or(attempt.at);
    let (state, next) = match finished.then {
        AfterAttempt::Delivered => (DeliveryState::Delivered, None),
        AfterAttempt::TryAgain { at } => (DeliveryState::Pending, Some(us(at))),
        AfterAttempt::GiveUp | AfterAttempt::EndpointGone => (DeliveryState::Failed, None),
    };
    let moved = sqlx::query(
        "UPDATE webhook_deliveries
         SET state = $3, next_attempt_us = coalesce($4, next_attempt_us), finished_at_us = $5
         WHERE id = $1 AND attempts = $2 AND state = 'pending'
               AND NOT EXISTS (SELECT 1 FROM webhook_attempts
                               WHERE delivery_id = $1 AND number = $2)",
    )
    .bind(finished.delivery.0)
    .bind(attempt.number)
    .bind(state.code())
    .bind(next)
    .bind(next.is_none().then(|| us(end)))
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    let (status, failure) = result_columns(attempt.result);
    sqlx::query(
        "INSERT INTO webhook_attempts (delivery_id, number, at_us, duration_us, status, failure)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(finished.delivery.0)
    .bind(attempt.number)
    .bind(us(attempt.at))
    .bind(i64::try_from(attempt.duration.as_micros()).unwrap_or(i64::MAX))
    .bind(status)
    .bind(failure)
    .execute(&mut *connection)
    .await?;
    let failing = (finished.then != AfterAttempt::Delivered).then(|| us(attempt.at));
    // The first failure stays, the first success ends it.
    let row: WebhookRow = sqlx::query_as(
        "UPDATE webhooks
         SET failing_since_us = CASE WHEN $2 IS NULL THEN NULL
                                     ELSE coalesce(failing_since_us, $2) END
         WHERE id = $1 RETURNING *",
    )
    .bind(finished.webhook.0)
    .bind(failing)
    .fetch_one(&mut *connection)
    .await?;
    let webhook = Webhook::try_from(row)?;
    let is_hopeless = webhook
        .failing_since
        .is_some_and(|since| since <= finished.hopeless_since);
    let because = match finished.then {
        _ if webhook.disabled.is_some() => None,
        AfterAttempt::EndpointGone => Some(DisabledBecause::Gone),
        _ if is_hopeless => Some(DisabledBecause::Failing),
        _ => None,
    };
    if let Some(because) = because {
        disable(connection, &webhook, because, end).await?;
        let details = json!({ "because": because.code() });
        let by = By::new("host", end);
        note(connection, Act::WebhookDisabled, &webhook, details, &by).await?;
    }
    Ok(true)
}

async fn attempts_of(
    connection: &mut SqliteConnection,
    deliveries: &[DeliveryRow],
) -> Result<Vec<AttemptRow>, StorageError> {
    let ids: Vec<i64> = deliveries.iter().map(|row| row.id).collect();
    Ok(sqlx::query_as(
        "SELECT * FROM webhook_attempts
         WHERE delivery_id IN (SELECT value FROM json_each($1)) ORDER BY delivery_id, number",
    )
    .bind(json!(ids).to_string())
    .fetch_all(connection)
    .await?)
}

#[async_trait]
impl WebhookDeliveryStorage for SqliteStorage {
    async fn webhooks_to_tell(&self) -> Result<Vec<Webhook>, StorageError> {
        let rows: Vec<WebhookRow> = sqlx::query_as(
            "SELECT * FROM webhooks w
             WHERE w.disabled_at_us IS NULL AND EXISTS (
                 SELECT 1 FROM audit a
                 WHERE a.organizer_id = w.organizer_id AND a.seal_number IS NOT NULL
                       AND (a.seal_number, a.id) > (w.told_seal, w.told_entry))
             ORDER BY w.id",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn sealed_audit_behind(
        &self,
        organizer: OrganizerId,
        place: SealedPlace,
        limit: u32,
    ) -> Result<Vec<RecordedEntry>, StorageError> {
        let rows: Vec<RecordedRow> = sqlx::query_as(
            "SELECT id, at_us, actor, act, subject, details, seal_number FROM audit
             WHERE organizer_id = $1 AND seal_number IS NOT NULL AND (seal_number, id) > ($2, $3)
             ORDER BY seal_number, id LIMIT $4",
        )
        .bind(organizer.0)
        .bind(count(place.seal))
        .bind(place.entry)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn tell_webhook(
        &self,
        webhook: &Webhook,
        to: SealedPlace,
        messages: Vec<NewMessage>,
        at: Timestamp,
    ) -> Result<bool, StorageError> {
        let webhook = webhook.clone();
        self.writer
            .write(move |connection| Box::pin(tell(connection, webhook, to, messages, at)))
            .await
    }

    async fn test_webhook(
        &self,
        organizer: OrganizerId,
        webhook: WebhookId,
        message: NewMessage,
        by: By,
    ) -> Result<Option<WebhookDelivery>, StorageError> {
        self.writer
            .write(move |connection| Box::pin(test(connection, organizer, webhook, message, by)))
            .await
    }

    async fn replay_webhook_delivery(
        &self,
        organizer: OrganizerId,
        webhook: WebhookId,
        delivery: DeliveryId,
        by: By,
    ) -> Result<Option<WebhookDelivery>, StorageError> {
        self.writer
            .write(move |connection| Box::pin(replay(connection, organizer, webhook, delivery, by)))
            .await
    }

    async fn webhook_deliveries(
        &self,
        organizer: OrganizerId,
        webhook: WebhookId,
        state: Option<DeliveryState>,
        page: PageRequest,
    ) -> Result<Page<LoggedDelivery>, StorageError> {
        let mut snapshot = self.readers.begin().await?;
        let total: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM webhook_deliveries
             WHERE organizer_id = $1 AND webhook_id = $2 AND ($3 IS NULL OR state = $3)",
        )
        .bind(organizer.0)
        .bind(webhook.0)
        .bind(state.map(DeliveryState::code))
        .fetch_one(&mut *snapshot)
        .await?;
        let rows: Vec<DeliveryRow> = sqlx::query_as(
            "SELECT * FROM webhook_deliveries
             WHERE organizer_id = $1 AND webhook_id = $2 AND ($3 IS NULL OR state = $3)
             ORDER BY id DESC LIMIT $4 OFFSET $5",
        )
        .bind(organizer.0)
        .bind(webhook.0)
        .bind(state.map(DeliveryState::code))
        .bind(page.limit)
        .bind(count(page.offset()))
        .fetch_all(&mut *snapshot)
        .await?;
        let attempts = attempts_of(&mut snapshot, &rows).await?;
        snapshot.commit().await?;
        Ok(Page {
            items: logged(rows, attempts)?,
            total: total.unsigned_abs(),
        })
    }

    async fn webhook_delivery(
        &self,
        organizer: OrganizerId,
        webhook: WebhookId,
        delivery: DeliveryId,
    ) -> Result<Option<LoggedDelivery>, StorageError> {
        let mut snapshot = self.readers.begin().await?;
        let rows: Vec<DeliveryRow> = sqlx::query_as(
            "SELECT * FROM webhook_deliveries
             WHERE organizer_id = $1 AND webhook_id = $2 AND id = $3",
        )
        .bind(organizer.0)
        .bind(webhook.0)
        .bind(delivery.0)
        .fetch_all(&mut *snapshot)
        .await?;
        let attempts = attempts_of(&mut snapshot, &rows).await?;
        snapshot.commit().await?;
        Ok(logged(rows, attempts)?.pop())
    }

    async fn webhooks_with_due_deliveries(
        &self,
        now: Timestamp,
    ) -> Result<Vec<Webhook>, StorageError> {
        let rows: Vec<WebhookRow> = sqlx::query_as(
            "SELECT * FROM webhooks w
             WHERE w.disabled_at_us IS NULL AND EXISTS (
                 SELECT 1 FROM webhook_deliveries d
                 WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_attempt_us <= $1)
             ORDER BY w.id",
        )
        .bind(us(now))
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn claim_webhook_deliveries(
        &self,
        webhook: WebhookId,
        now: Timestamp,
        leased_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<WebhookDelivery>, StorageError> {
        let rows: Vec<DeliveryRow> = self
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(
                        "UPDATE webhook_deliveries
                         SET attempts = attempts + 1, next_attempt_us = $3
                         WHERE id IN (SELECT id FROM webhook_deliveries
                                      WHERE webhook_id = $1 AND state = 'pending'
                                            AND next_attempt_us <= $2
                                      ORDER BY next_attempt_us LIMIT $4)
                         RETURNING *",
                    )
                    .bind(webhook.0)
                    .bind(us(now))
                    .bind(us(leased_until))
                    .bind(limit)
                    .fetch_all(connection)
                    .await?)
                })
            })
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn finish_webhook_attempt(
        &self,
        finished: FinishedAttempt,
    ) -> Result<bool, StorageError> {
        self.writer
            .write(move |connection| Box::pin(finish(connection, finished)))
            .await
    }

    async fn count_pending_webhook_deliveries(&self) -> Result<u64, StorageError> {
        let pending: i64 =
            sqlx::query_scalar("SELECT count(*) FROM webhook_deliveries WHERE state = 'pending'")
                .fetch_one(&self.readers)
                .await?;
        Ok(pending.unsigned_abs())
    }

    async fn remove_webhook_deliveries(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let removed = sqlx::query(
                        "DELETE FROM webhook_deliveries
                         WHERE id IN (SELECT id FROM webhook_deliveries WHERE created_at_us < $1
                                      ORDER BY created_at_us LIMIT $2)",
                    )
                    .bind(us(before))
                    .bind(limit)
                    .execute(connection)
                    .await?;
                    Ok(removed.rows_affected())
                })
            })
            .await
    }
}

//! Rows of endpoints and of messages to them.

use std::time::Duration;

use super::{Place, row};
use crate::storage::{
    AttemptFailure, AttemptResult, DeliveryId, DeliveryState, Disabled, DisabledBecause,
    LoggedDelivery, NewMessage, SealedPlace, SecretSource, StorageError, Webhook, WebhookAttempt,
    WebhookDelivery, WebhookId,
};

row! {
    struct WebhookRow {
        id: i64,
        organizer_id: i64,
        url: String,
        events: Option<String>,
        description: Option<String>,
        nonce: Vec<u8>,
        secret_generation: i64,
        old_secret_until_us: Option<i64>,
        disabled_at_us: Option<i64>,
        disabled_because: Option<String>,
        failing_since_us: Option<i64>,
        told_seal: i64,
        told_entry: i64,
        not_before_entry: i64,
        created_at_us: i64,
    }
}

impl TryFrom<WebhookRow> for Webhook {
    type Error = StorageError;

    fn try_from(row: WebhookRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "webhooks",
            id: row.id,
        };
        let events = row.events.map(|text| place.json("events", &text));
        let disabled = match (row.disabled_at_us, row.disabled_because) {
            (Some(at), Some(because)) => Some(Disabled {
                at: place.time("disabled_at_us", at)?,
                because: place.name("disabled_because", &because, DisabledBecause::from_code)?,
            }),
            _ => None,
        };
        Ok(Self {
            id: WebhookId(row.id),
            organizer: place.organizer(row.organizer_id)?,
            url: row.url,
            events: events.transpose()?,
            description: row.description,
            secret: SecretSource {
                nonce: place.bytes("nonce", &row.nonce)?,
                generation: place.convert("secret_generation", row.secret_generation)?,
                old_until: place.time_or_none("old_secret_until_us", row.old_secret_until_us)?,
            },
            disabled,
            failing_since: place.time_or_none("failing_since_us", row.failing_since_us)?,
            told: SealedPlace {
                seal: place.convert("told_seal", row.told_seal)?,
                entry: row.told_entry,
            },
            not_before_entry: row.not_before_entry,
            created_at: place.time("created_at_us", row.created_at_us)?,
        })
    }
}

/// Types of messages as the column keeps them.
pub(in crate::storage) fn events_text(events: Option<&Vec<String>>) -> Option<String> {
    events.map(|events| serde_json::json!(events).to_string())
}

row! {
    struct DeliveryRow {
        id: i64,
        webhook_id: i64,
        message_id: String,
        event_type: String,
        body: String,
        state: String,
        attempts: i64,
        next_attempt_us: i64,
        created_at_us: i64,
        finished_at_us: Option<i64>,
    }
}

impl TryFrom<DeliveryRow> for WebhookDelivery {
    type Error = StorageError;

    fn try_from(row: DeliveryRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "webhook_deliveries",
            id: row.id,
        };
        Ok(Self {
            id: DeliveryId(row.id),
            webhook: WebhookId(row.webhook_id),
            message: NewMessage {
                message_id: row.message_id,
                event_type: row.event_type,
                body: row.body,
            },
            state: place.name("state", &row.state, DeliveryState::from_code)?,
            attempts: place.convert("attempts", row.attempts)?,
            next_attempt: place.time("next_attempt_us", row.next_attempt_us)?,
            created_at: place.time("created_at_us", row.created_at_us)?,
            finished_at: place.time_or_none("finished_at_us", row.finished_at_us)?,
        })
    }
}

row! {
    struct AttemptRow {
        delivery_id: i64,
        number: i64,
        at_us: i64,
        duration_us: i64,
        status: Option<i64>,
        failure: Option<String>,
    }
}

impl TryFrom<AttemptRow> for WebhookAttempt {
    type Error = StorageError;

    fn try_from(row: AttemptRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "webhook_attempts",
            id: row.delivery_id,
        };
        let result = match (row.status, row.failure) {
            (Some(status), _) => AttemptResult::Answered(place.convert("status", status)?),
            (None, Some(failure)) => {
                AttemptResult::Failed(place.name("failure", &failure, AttemptFailure::from_code)?)
            }
            (None, None) => return Err(place.corrupt("status", "neither status nor failure")),
        };
        Ok(Self {
            number: place.convert("number", row.number)?,
            at: place.time("at_us", row.at_us)?,
            duration: Duration::from_micros(place.convert("duration_us", row.duration_us)?),
            result,
        })
    }
}

/// The two columns of a result.
pub(in crate::storage) fn result_columns(
    result: AttemptResult,
) -> (Option<i64>, Option<&'static str>) {
    match result {
        AttemptResult::Answered(status) => (Some(status.into()), None),
        AttemptResult::Failed(failure) => (None, Some(failure.code())),
    }
}

/// Puts attempts, by delivery and number, to their deliveries.
pub(in crate::storage) fn logged(
    deliveries: Vec<DeliveryRow>,
    attempts: Vec<AttemptRow>,
) -> Result<Vec<LoggedDelivery>, StorageError> {
    let mut logged = Vec::with_capacity(deliveries.len());
    for row in deliveries {
        logged.push(LoggedDelivery {
            delivery: row.try_into()?,
            attempts: Vec::new(),
        });
    }
    for row in attempts {
        let id = DeliveryId(row.delivery_id);
        if let Some(of) = logged.iter_mut().find(|logged| logged.delivery.id == id) {
            of.attempts.push(row.try_into()?);
        }
    }
    Ok(logged)
}

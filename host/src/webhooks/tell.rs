//! From the sealed record to queued messages.

use jiff::Timestamp;

use super::message::{MessageMaker, is_told};
use crate::storage::{Act, SealedPlace, Storage, StorageError, Webhook};

/// Entries in one step. Bounds the transaction that queues them.
const STEP_ENTRIES: u32 = 200;

/// Queues what endpoints have not been told, one step for each, and answers whether there may be more.
///
/// # Errors
/// The first endpoint's that could not be told; the others were tried all the same.
pub async fn tell_all(storage: &dyn Storage, now: Timestamp) -> Result<bool, StorageError> {
    let mut first_error = None;
    let mut is_more = false;
    for webhook in storage.webhooks_to_tell().await? {
        match tell_step(storage, &webhook, now).await {
            Ok(entries) => is_more |= entries >= STEP_ENTRIES as usize,
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    first_error.map_or(Ok(is_more), Err)
}

/// One step; the next is made when all others had theirs. Answers how many entries it took.
async fn tell_step(
    storage: &dyn Storage,
    webhook: &Webhook,
    now: Timestamp,
) -> Result<usize, StorageError> {
    let recorded = storage
        .sealed_audit_behind(webhook.organizer, webhook.told, STEP_ENTRIES)
        .await?;
    let mut maker = MessageMaker::new(storage, webhook.organizer);
    let mut messages = Vec::new();
    let mut told = webhook.told;
    for entry in &recorded {
        if is_wanted(webhook, entry.entry.id, entry.entry.act) {
            messages.push(maker.message_of(&entry.entry).await?);
        }
        told = SealedPlace {
            seal: entry.seal.unwrap_or(told.seal),
            entry: entry.entry.id,
        };
    }
    // Whether it was we or another replica does not matter.
    storage.tell_webhook(webhook, told, messages, now).await?;
    Ok(recorded.len())
}

fn is_wanted(webhook: &Webhook, entry: i64, act: Act) -> bool {
    let wants = |events: &Vec<String>| events.iter().any(|event| event == act.code());
    entry > webhook.not_before_entry && is_told(act) && webhook.events.as_ref().is_none_or(wants)
}

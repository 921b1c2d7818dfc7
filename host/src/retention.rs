//! What is kept for a time only: what tickets say of their holders, and requests that may be repeated.

use std::time::Duration;

use jiff::SignedDuration;

use crate::clock::Clock;
use crate::issue::{IssueError, Issuer};
use crate::storage::{By, Storage};

/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(3_600);
/// An event that is over is looked through again after this time: a ticket may be issued late.
const CHECKED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Events of one step.
const EVENTS: u32 = 100;
/// Who does it, for the record.
const ACTOR: &str = "host:retention";

/// Goes round for ever. Each replica may: what one erased, the others find erased, and say nothing of it.
pub async fn keep(
    storage: &dyn Storage,
    issuer: &Issuer,
    clock: &dyn Clock,
    holders: Option<SignedDuration>,
) {
    loop {
        if let Err(error) = storage.remove_old_requests(clock.now()).await {
            tracing::warn!(%error, "requests that are over are kept for another hour");
        }
        if let Some(kept_for) = holders
            && let Err(error) = erase_holders(storage, issuer, clock, kept_for).await
        {
            tracing::warn!(%error, "what tickets say of their holders is kept for another hour");
        }
        // Also what an erasure in between could not.
        if let Err(error) = storage.purge_overwritten().await {
            tracing::warn!(%error, "the journal is cleared in another hour");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Erases the holders of events that ended longer ago than they are kept for.
async fn erase_holders(
    storage: &dyn Storage,
    issuer: &Issuer,
    clock: &dyn Clock,
    kept_for: SignedDuration,
) -> Result<(), IssueError> {
    loop {
        let now = clock.now();
        let over_since = now.saturating_sub(kept_for).unwrap_or(now);
        let checked_since = now.saturating_sub(CHECKED_FOR).unwrap_or(now);
        let events = storage
            .events_with_holders(over_since, checked_since, EVENTS)
            .await?;
        if events.is_empty() {
            return Ok(());
        }
        for (organizer, event) in events {
            let by = By::new(ACTOR, clock.now());
            let tickets = issuer.erase_holders_of_event(organizer, event, &by).await?;
            storage
                .note_holders_checked(organizer, event, by.at)
                .await?;
            if tickets > 0 {
                tracing::info!(event = event.0, tickets, "holders were erased");
            }
        }
    }
}

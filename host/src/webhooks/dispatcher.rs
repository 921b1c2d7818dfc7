//! Sends what is due.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use metrics::{counter, gauge, histogram};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::post::{Envelope, Poster, Reply};
use super::schedule::{next_attempt, wish_of};
use super::secret::{WebhookSecret, signatures};
use super::tell::tell_all;
use crate::clock::Clock;
use crate::keys::{Keys, system_randomness};
use crate::storage::{
    AfterAttempt, AttemptFailure, AttemptResult, FinishedAttempt, Storage, StorageError, Webhook,
    WebhookAttempt, WebhookDelivery, WebhookId,
};
use crate::telemetry;

/// Between two looks at the record and the queue.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the record is read at a time while much was done, so that what is queued is sent meanwhile.
const TELL_TIME: Duration = Duration::from_millis(500);
/// Deliveries that are tried at once by this process.
const AT_ONCE: usize = 256;
/// Of them, those to one endpoint: a slow one keeps no more than these places.
const AT_ONCE_EACH: usize = 8;
/// To one that failed last time: it may be dead, or have too much to do already.
const AT_ONCE_FAILING: usize = 1;
/// Longer than an attempt may take. Whoever holds a delivery longer is dead.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// An endpoint that fails for so long, without one success, is disabled.
const HOPELESS_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);
/// How long the log of a delivery is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Between two looks at what is old.
const CLEAN_EVERY: Duration = Duration::from_secs(600);
/// Rows of one cleaning transaction.
const CLEAN_ROWS: u32 = 1_000;
/// How long attempts under way may take once the host was asked to stop. One that is broken off is made
/// again by the next start: the endpoint knows the message by its id.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// Tells endpoints what was done. Each replica may have one: they share the work.
pub struct Dispatcher {
    storage: Arc<dyn Storage>,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    poster: Poster,
}

/// Attempts under way.
#[derive(Default)]
struct Flights {
    tasks: JoinSet<WebhookId>,
    to: HashMap<WebhookId, usize>,
    /// Whose turn it was last.
    last: Option<WebhookId>,
}

impl Flights {
    fn to(&self, webhook: WebhookId) -> usize {
        self.to.get(&webhook).copied().unwrap_or(0)
    }

    /// Puts those first whose turn was longest ago, so that busy endpoints with small numbers leave room
    /// for the others. They come by number.
    fn in_turn(&self, mut webhooks: Vec<Webhook>) -> Vec<Webhook> {
        let behind = webhooks.partition_point(|webhook| Some(webhook.id) <= self.last);
        webhooks.rotate_left(behind);
        webhooks
    }

    /// Waits for one to end, and takes note of all that have.
    async fn land(&mut self) {
        let mut landed = self.tasks.join_next().await;
        while let Some(ended) = landed {
            match ended {
                Ok(webhook) => self.forget(webhook),
                // It is not known whose it was: its place is free again when all have landed.
                Err(error) => tracing::error!(%error, "a webhook attempt broke"),
            }
            landed = self.tasks.try_join_next();
        }
        if self.tasks.is_empty() {
            self.to.clear();
        }
    }

    fn forget(&mut self, webhook: WebhookId) {
        if let Some(count) = self.to.get_mut(&webhook) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.to.remove(&webhook);
            }
        }
    }
}

impl Dispatcher {
    /// A dispatcher.
    pub fn new(
        storage: Arc<dyn Storage>,
        keys: Arc<Keys>,
        clock: Arc<dyn Clock>,
        poster: Poster,
    ) -> Self {
        Self {
            storage,
            keys,
            clock,
            poster,
        }
    }

    /// Tells and sends until `stop` says so, then waits a little for what is under way.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut flights = Flights::default();
        let mut tick = interval(PAUSE);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut cleaned: Option<Instant> = None;
        loop {
            tokio::select! {
                () = asked_to(&mut stop) => break,
                () = flights.land(), if !flights.tasks.is_empty() => {}
                _ = tick.tick() => {
                    self.report(self.look().await);
                    if cleaned.is_none_or(|at| at.elapsed() >= CLEAN_EVERY) {
                        self.report(self.clean().await);
                        cleaned = Some(Instant::now());
                    }
                }
            }
            self.report(self.launch(&mut flights).await);
        }
        let landing = async {
            while !flights.tasks.is_empty() {
                flights.land().await;
            }
        };
        if timeout(DRAIN_LIMIT, landing).await.is_err() {
            tracing::info!("webhook attempts were broken off; they are made again");
        }
    }

    fn report(&self, done: Result<(), StorageError>) {
        if let Err(error) = done {
            tracing::warn!(%error, "webhook messages wait");
        }
    }

    /// Queues what is new, and measures the queue.
    async fn look(&self) -> Result<(), StorageError> {
        let begun = Instant::now();
        let mut told = tell_all(&*self.storage, self.clock.now()).await;
        while matches!(told, Ok(true)) && begun.elapsed() < TELL_TIME {
            told = tell_all(&*self.storage, self.clock.now()).await;
        }
        let pending = self.storage.count_pending_webhook_deliveries().await?;
        gauge!(telemetry::QUEUE_SIZE, "queue_name" => "webhooks").set(pending as f64);
        told.map(drop)
    }

    async fn clean(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        let before = now.saturating_sub(KEPT).unwrap_or(now);
        loop {
            let removed = self
                .storage
                .remove_webhook_deliveries(before, CLEAN_ROWS)
                .await?;
            if removed < CLEAN_ROWS.into() {
                return Ok(());
            }
        }
    }

    /// Begins what is due, as far as there is room.
    async fn launch(self: &Arc<Self>, flights: &mut Flights) -> Result<(), StorageError> {
        let mut room = AT_ONCE.saturating_sub(flights.tasks.len());
        if room == 0 {
            return Ok(());
        }
        let now = self.clock.now();
        let due = self.storage.webhooks_with_due_deliveries(now).await?;
        for webhook in flights.in_turn(due) {
            let most = match webhook.failing_since {
                None => AT_ONCE_EACH,
                Some(_) => AT_ONCE_FAILING,
            };
            let free = most.saturating_sub(flights.to(webhook.id)).min(room);
            if free == 0 {
                continue;
            }
            let claimed = self
                .storage
                .claim_webhook_deliveries(
                    webhook.id,
                    now,
                    now.saturating_add(LEASE).unwrap_or(now),
                    u32::try_from(free).unwrap_or(u32::MAX),
                )
                .await?;
            room = room.saturating_sub(claimed.len());
            flights.last = Some(webhook.id);
            for delivery in claimed {
                *flights.to.entry(webhook.id).or_default() += 1;
                let (dispatcher, webhook) = (Arc::clone(self), webhook.clone());
                flights.tasks.spawn(async move {
                    dispatcher.attempt(&webhook, delivery).await;
                    webhook.id
                });
            }
        }
        Ok(())
    }

    /// One attempt, and the note of it.
    async fn attempt(&self, webhook: &Webhook, delivery: WebhookDelivery) {
        let begun = Instant::now();
        let at = self.clock.now();
        let reply = self.send(webhook, &delivery, at).await;
        let duration = begun.elapsed();
        let now = self.clock.now();
        let then = follow(&reply, delivery.attempts, now);
        count(then, duration);
        let result = match &reply {
            Ok(reply) => AttemptResult::Answered(reply.status),
            Err(failure) => AttemptResult::Failed(*failure),
        };
        let finished = FinishedAttempt {
            webhook: webhook.id,
            delivery: delivery.id,
            attempt: WebhookAttempt {
                number: delivery.attempts,
                at,
                duration,
                result,
            },
            then,
            hopeless_since: now.saturating_sub(HOPELESS_AFTER).unwrap_or(now),
        };
        if let Err(error) = self.storage.finish_webhook_attempt(finished).await {
            // Its lease ends, and it is tried again.
            tracing::warn!(%error, delivery = %delivery.id, "a webhook attempt was not noted");
        }
    }

    async fn send(
        &self,
        webhook: &Webhook,
        delivery: &WebhookDelivery,
        now: Timestamp,
    ) -> Result<Reply, AttemptFailure> {
        let ring = self.keys.ring(webhook.organizer, now).await;
        let ring = ring.map_err(|error| {
            tracing::warn!(%error, webhook = %webhook.id, "a webhook message could not be signed");
            AttemptFailure::NotSigned
        })?;
        let message = &delivery.message;
        let secrets = WebhookSecret::in_force(&ring, webhook, now);
        let timestamp = now.as_second();
        let signatures = signatures(&secrets, &message.message_id, timestamp, &message.body);
        let envelope = Envelope {
            message_id: &message.message_id,
            timestamp,
            signatures: &signatures,
            body: &message.body,
        };
        self.poster.post(&webhook.url, &envelope).await
    }
}

async fn asked_to(stop: &mut watch::Receiver<bool>) {
    // An error: nobody is left who could ask, which is as good a reason.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What follows from an answer, or from none. A redirect is a failure like any other: where it leads
/// nobody has checked.
fn follow(reply: &Result<Reply, AttemptFailure>, attempt: u32, now: Timestamp) -> AfterAttempt {
    const GONE: u16 = 410;
    let wish = match reply {
        Ok(reply) if (200..300).contains(&reply.status) => return AfterAttempt::Delivered,
        Ok(reply) if reply.status == GONE => return AfterAttempt::EndpointGone,
        Ok(reply) => reply
            .retry_after
            .as_deref()
            .and_then(|header| wish_of(header, now)),
        Err(_) => None,
    };
    match next_attempt(attempt, now, wish, &mut system_randomness()) {
        Some(at) => AfterAttempt::TryAgain { at },
        None => AfterAttempt::GiveUp,
    }
}

fn count(then: AfterAttempt, duration: Duration) {
    let outcome = match then {
        AfterAttempt::Delivered => "delivered",
        AfterAttempt::TryAgain { .. } => "retried",
        AfterAttempt::GiveUp => "given_up",
        AfterAttempt::EndpointGone => "gone",
    };
    counter!(telemetry::WEBHOOK_ATTEMPTS, "outcome" => outcome).increment(1);
    histogram!(telemetry::WEBHOOK_SECONDS, "outcome" => outcome).record(duration);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_decide_what_follows() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let reply = |status, retry_after: Option<&str>| {
            Ok(Reply {
                status,
                retry_after: retry_after.map(str::to_owned),
            })
        };
        for status in [200, 204, 299] {
            let then = follow(&reply(status, None), 10, now);
            assert_eq!(then, AfterAttempt::Delivered, "{status}");
        }
        for status in [100, 199, 301, 302, 307, 308, 400, 404, 429, 500, 503] {
            let then = follow(&reply(status, None), 1, now);
            assert!(matches!(then, AfterAttempt::TryAgain { .. }), "{status}");
            let last = follow(&reply(status, None), 10, now);
            assert_eq!(last, AfterAttempt::GiveUp, "{status}");
        }
        let gone = follow(&reply(410, None), 1, now);
        assert_eq!(gone, AfterAttempt::EndpointGone);
        let later = now + SignedDuration::from_secs(600);
        let asked = follow(&reply(503, Some("600")), 1, now);
        assert_eq!(asked, AfterAttempt::TryAgain { at: later });
    }
}

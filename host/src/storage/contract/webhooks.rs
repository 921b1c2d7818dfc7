//! Endpoints and messages to them.

use std::time::Duration;

use super::conflict;
use super::samples::{at, by, organizer, stage};
use crate::storage::{
    Act, AfterAttempt, AttemptFailure, AttemptResult, Conflict, DeliveryId, DeliveryState,
    DisabledBecause, FinishedAttempt, NewAuditSeal, NewMessage, NewWebhook, OrganizerId,
    PageRequest, SealedPlace, SigningKeyId, Storage, Switch, Webhook, WebhookAttempt,
    WebhookDelivery, WebhookEdit, WebhookId,
};

const FIRST_PAGE: PageRequest = PageRequest { page: 1, limit: 10 };
const MOST: u32 = 3;

fn new_webhook() -> NewWebhook {
    NewWebhook {
        url: "https://shop.example/hooks".to_owned(),
        events: Some(vec!["ticket.issued".to_owned()]),
        description: Some("the shop".to_owned()),
        nonce: [7; 16],
    }
}

async fn webhook(storage: &dyn Storage, organizer: OrganizerId) -> Webhook {
    let made = storage.create_webhook(organizer, new_webhook(), MOST, by(10));
    made.await.unwrap()
}

fn message(id: &str) -> NewMessage {
    NewMessage {
        message_id: id.to_owned(),
        event_type: "ticket.issued".to_owned(),
        body: format!("{{\"id\":\"{id}\"}}"),
    }
}

/// Seals what waits.
async fn seal(storage: &dyn Storage, organizer: OrganizerId, key: SigningKeyId) {
    let newest = storage.newest_audit_seal(organizer).await.unwrap();
    let (number, entries) = newest.map_or((1, 0), |seal| (seal.number + 1, seal.entries));
    let waiting = storage.unsealed_audit(organizer, 1000).await.unwrap();
    let seal = NewAuditSeal {
        number,
        entries: entries + waiting.len() as u64,
        hash: [1; 32],
        key,
        signed: vec![1],
        sealed: waiting.iter().map(|entry| entry.id).collect(),
    };
    storage
        .store_audit_seal(organizer, seal, at(15))
        .await
        .unwrap();
}

async fn last_act(storage: &dyn Storage, organizer: OrganizerId) -> (Act, String) {
    let entries = storage.audit_entries(organizer, 0, 1000).await.unwrap();
    let last = entries.last().unwrap();
    (last.act, last.subject.clone())
}

pub(crate) async fn an_endpoint_is_its_organizers_own(storage: &dyn Storage) {
    let ours = organizer(storage, "ours").await.id;
    let theirs = organizer(storage, "theirs").await.id;
    let made = webhook(storage, ours).await;
    assert_eq!((made.organizer, made.created_at), (ours, at(10)));
    assert_eq!(made.events, new_webhook().events);
    assert_eq!((made.secret.generation, made.secret.old_until), (1, None));
    let subject = format!("webhook {}", made.id);
    assert_eq!(
        last_act(storage, ours).await,
        (Act::WebhookCreated, subject.clone())
    );
    let found = storage.webhook(ours, made.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&made));
    assert_eq!(
        storage.webhooks(ours).await.unwrap(),
        std::slice::from_ref(&made)
    );

    assert_eq!(storage.webhooks(theirs).await.unwrap(), []);
    assert_eq!(storage.webhook(theirs, made.id).await.unwrap(), None);
    let edit = WebhookEdit::default();
    let foreign = storage.change_webhook(theirs, made.id, edit, by(11)).await;
    assert_eq!(foreign.unwrap(), None);
    let foreign = storage.rotate_webhook_secret(theirs, made.id, at(99), by(11));
    assert_eq!(foreign.await.unwrap(), None);
    let foreign = storage.test_webhook(theirs, made.id, message("m"), by(11));
    assert_eq!(foreign.await.unwrap(), None);
    assert!(
        !storage
            .delete_webhook(theirs, made.id, by(11))
            .await
            .unwrap()
    );

    let rotated = storage.rotate_webhook_secret(ours, made.id, at(99), by(12));
    let rotated = rotated.await.unwrap().unwrap();
    assert_eq!(
        (rotated.secret.generation, rotated.secret.old_until),
        (2, Some(at(99)))
    );
    let edit = WebhookEdit {
        url: Some("https://other.example/".to_owned()),
        events: Some(None),
        ..WebhookEdit::default()
    };
    let changed = storage.change_webhook(ours, made.id, edit, by(13)).await;
    let changed = changed.unwrap().unwrap();
    assert_eq!(changed.url, "https://other.example/");
    assert_eq!(
        (changed.events, changed.description),
        (None, made.description)
    );
    assert_eq!(changed.secret, rotated.secret);

    for _ in 1..MOST {
        webhook(storage, ours).await;
    }
    let more = storage.create_webhook(ours, new_webhook(), MOST, by(14));
    assert_eq!(
        conflict(more.await),
        Conflict::TooManyWebhooks { max: MOST }
    );
    assert!(storage.delete_webhook(ours, made.id, by(15)).await.unwrap());
    assert_eq!(
        last_act(storage, ours).await,
        (Act::WebhookDeleted, subject)
    );
    assert!(!storage.delete_webhook(ours, made.id, by(16)).await.unwrap());
    let next = webhook(storage, ours).await;
    assert!(next.id > made.id, "no number is given twice");
}

pub(crate) async fn an_endpoint_is_told_what_is_sealed_after_it_was_made(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let (ours, key) = (stage.organizer, stage.ticket_key);
    seal(storage, ours, key).await;
    storage
        .store_ticket(ours, stage.ticket(1), by(9))
        .await
        .unwrap();
    // Written before the endpoint was made, and sealed after.
    let made = webhook(storage, ours).await;
    assert_eq!(storage.webhooks_to_tell().await.unwrap(), []);
    for serial in 2..4 {
        storage
            .store_ticket(ours, stage.ticket(serial), by(20))
            .await
            .unwrap();
    }
    assert_eq!(storage.webhooks_to_tell().await.unwrap(), []);
    seal(storage, ours, key).await;
    assert_eq!(
        storage.webhooks_to_tell().await.unwrap(),
        std::slice::from_ref(&made)
    );

    let behind = |place, limit| storage.sealed_audit_behind(ours, place, limit);
    let all = behind(made.told, 100).await.unwrap();
    let new: Vec<_> = all
        .iter()
        .filter(|recorded| recorded.entry.id > made.not_before_entry)
        .map(|recorded| recorded.entry.subject.as_str())
        .collect();
    let subject = |serial| format!("ticket {}/{serial}", stage.event.0);
    assert_eq!(new, [subject(2), subject(3)]);
    let place = |index: usize| SealedPlace {
        seal: all[index].seal.unwrap(),
        entry: all[index].entry.id,
    };
    assert_eq!(behind(place(0), 1).await.unwrap(), all[1..2]);

    // In two steps, in the middle of a seal.
    let last = all.len() - 1;
    let told = storage.tell_webhook(&made, place(last - 1), vec![message("a")], at(30));
    assert!(told.await.unwrap());
    let again = storage.tell_webhook(&made, place(last - 1), vec![message("a")], at(30));
    assert!(!again.await.unwrap(), "another was first");
    let halfway = storage.webhooks_to_tell().await.unwrap();
    assert_eq!(halfway[0].told, place(last - 1));
    let rest = behind(halfway[0].told, 100).await.unwrap();
    assert_eq!(rest, all[last..]);
    let told = storage.tell_webhook(&halfway[0], place(last), vec![message("b")], at(31));
    assert!(told.await.unwrap());
    assert_eq!(storage.webhooks_to_tell().await.unwrap(), []);
    assert_eq!(storage.count_pending_webhook_deliveries().await.unwrap(), 2);

    // One that was off begins anew.
    let turn = |switch| {
        let edit = WebhookEdit {
            switch: Some(switch),
            ..WebhookEdit::default()
        };
        storage.change_webhook(ours, made.id, edit, by(40))
    };
    let off = turn(Switch::Off).await.unwrap().unwrap();
    assert_eq!(off.disabled.unwrap().because, DisabledBecause::Asked);
    assert_eq!(storage.count_pending_webhook_deliveries().await.unwrap(), 0);
    assert_eq!(
        turn(Switch::Off).await.unwrap().unwrap().disabled,
        off.disabled
    );
    storage
        .store_ticket(ours, stage.ticket(9), by(41))
        .await
        .unwrap();
    seal(storage, ours, key).await;
    assert_eq!(storage.webhooks_to_tell().await.unwrap(), []);
    let to = place(last);
    let none = storage.tell_webhook(&off, to, vec![message("c")], at(42));
    assert!(!none.await.unwrap());
    let on = turn(Switch::On).await.unwrap().unwrap();
    assert_eq!(on.disabled, None);
    seal(storage, ours, key).await;
    for waiting in storage.webhooks_to_tell().await.unwrap() {
        let entries = behind(waiting.told, 100).await.unwrap();
        let old = |id: i64| id <= waiting.not_before_entry;
        assert!(entries.iter().all(|recorded| old(recorded.entry.id)));
    }
}

struct Queue<'a> {
    storage: &'a dyn Storage,
    organizer: OrganizerId,
    webhook: WebhookId,
}

impl Queue<'_> {
    async fn put(&self, id: &str) -> WebhookDelivery {
        let queued = self
            .storage
            .test_webhook(self.organizer, self.webhook, message(id), by(20));
        queued.await.unwrap().unwrap()
    }

    async fn claim(&self, now: i64, limit: u32) -> Vec<WebhookDelivery> {
        let claimed =
            self.storage
                .claim_webhook_deliveries(self.webhook, at(now), at(now + 60), limit);
        claimed.await.unwrap()
    }

    async fn finish(
        &self,
        delivery: &WebhookDelivery,
        now: i64,
        result: AttemptResult,
        then: AfterAttempt,
    ) -> bool {
        let finished = FinishedAttempt {
            webhook: self.webhook,
            delivery: delivery.id,
            attempt: WebhookAttempt {
                number: delivery.attempts,
                at: at(now),
                duration: Duration::from_micros(1_500),
                result,
            },
            then,
            hopeless_since: at(now - 100),
        };
        self.storage.finish_webhook_attempt(finished).await.unwrap()
    }

    async fn webhook(&self) -> Webhook {
        let found = self.storage.webhook(self.organizer, self.webhook).await;
        found.unwrap().unwrap()
    }

    async fn state(&self, id: DeliveryId) -> DeliveryState {
        let found = self
            .storage
            .webhook_delivery(self.organizer, self.webhook, id);
        found.await.unwrap().unwrap().delivery.state
    }
}

pub(crate) async fn a_delivery_is_tried_by_one_at_a_time(storage: &dyn Storage) {
    let ours = organizer(storage, "ours").await.id;
    let theirs = organizer(storage, "theirs").await.id;
    let made = webhook(storage, ours).await;
    let queue = Queue {
        storage,
        organizer: ours,
        webhook: made.id,
    };
    let first = queue.put("one").await;
    assert_eq!(
        (first.message.clone(), first.state, first.attempts),
        (message("one"), DeliveryState::Pending, 0)
    );
    queue.put("two").await;
    assert_eq!(
        storage.webhooks_with_due_deliveries(at(19)).await.unwrap(),
        []
    );
    assert_eq!(
        storage.webhooks_with_due_deliveries(at(20)).await.unwrap(),
        std::slice::from_ref(&made)
    );
    let claimed = queue.claim(20, 1).await;
    assert_eq!((claimed.len(), claimed[0].attempts), (1, 1));
    let others = queue.claim(20, 10).await;
    assert_eq!(others.len(), 1);
    assert_ne!(others[0].id, claimed[0].id);
    assert_eq!(queue.claim(21, 10).await, []);

    // Whoever had it is thought dead, and its word no longer counts.
    let taken = queue.claim(80, 10).await;
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|delivery| delivery.attempts == 2));
    let ok = AttemptResult::Answered(204);
    assert!(
        !queue
            .finish(&claimed[0], 81, ok, AfterAttempt::Delivered)
            .await
    );
    let one = taken.iter().find(|taken| taken.id == first.id).unwrap();
    let failed = AttemptResult::Failed(AttemptFailure::TimedOut);
    let later = AfterAttempt::TryAgain { at: at(500) };
    assert!(queue.finish(one, 82, failed, later).await);
    assert_eq!(queue.webhook().await.failing_since, Some(at(82)));
    assert!(!queue.finish(one, 82, failed, later).await, "noted once");
    assert_eq!(queue.claim(499, 9).await.len(), 1, "the other one");
    let again = queue.claim(500, 10).await;
    let one = again.iter().find(|taken| taken.id == first.id).unwrap();
    assert_eq!(one.attempts, 3);
    assert!(queue.finish(one, 501, ok, AfterAttempt::Delivered).await);
    assert_eq!(queue.webhook().await.failing_since, None);

    let logged = storage.webhook_delivery(ours, made.id, first.id).await;
    let logged = logged.unwrap().unwrap();
    assert_eq!(logged.delivery.state, DeliveryState::Delivered);
    let numbers: Vec<_> = logged
        .attempts
        .iter()
        .map(|attempt| attempt.number)
        .collect();
    assert_eq!(numbers, [2, 3]);
    assert_eq!(logged.attempts[0].result, failed);
    assert_eq!(logged.attempts[1].duration, Duration::from_micros(1_500));
    let list = |organizer, state| storage.webhook_deliveries(organizer, made.id, state, FIRST_PAGE);
    let all = list(ours, None).await.unwrap();
    assert_eq!((all.total, &all.items[1]), (2, &logged));
    let delivered = list(ours, Some(DeliveryState::Delivered)).await.unwrap();
    assert_eq!(delivered.items, [logged]);
    assert_eq!(list(theirs, None).await.unwrap().total, 0);
    let foreign = storage.webhook_delivery(theirs, made.id, first.id).await;
    assert_eq!(foreign.unwrap(), None);

    let foreign = storage.replay_webhook_delivery(theirs, made.id, first.id, by(600));
    assert_eq!(foreign.await.unwrap(), None);
    let replayed = storage.replay_webhook_delivery(ours, made.id, first.id, by(600));
    let replayed = replayed.await.unwrap().unwrap();
    assert_eq!((replayed.message, replayed.attempts), (first.message, 0));
    assert!(replayed.id > first.id);

    assert_eq!(
        storage.remove_webhook_deliveries(at(20), 10).await.unwrap(),
        0
    );
    assert_eq!(
        storage.remove_webhook_deliveries(at(21), 1).await.unwrap(),
        1
    );
    assert_eq!(
        storage
            .remove_webhook_deliveries(at(601), 10)
            .await
            .unwrap(),
        2
    );
}

pub(crate) async fn dead_endpoints_are_disabled(storage: &dyn Storage) {
    let ours = organizer(storage, "ours").await.id;
    let gone = webhook(storage, ours).await;
    let queue = Queue {
        storage,
        organizer: ours,
        webhook: gone.id,
    };
    let (first, second) = (queue.put("one").await, queue.put("two").await);
    let claimed = queue.claim(30, 1).await;
    let answer = AttemptResult::Answered(410);
    assert!(
        queue
            .finish(&claimed[0], 30, answer, AfterAttempt::EndpointGone)
            .await
    );
    let disabled = queue.webhook().await.disabled.unwrap();
    assert_eq!(disabled.because, DisabledBecause::Gone);
    let subject = format!("webhook {}", gone.id);
    assert_eq!(
        last_act(storage, ours).await,
        (Act::WebhookDisabled, subject)
    );
    let states = [queue.state(first.id).await, queue.state(second.id).await];
    assert!(states.contains(&DeliveryState::Failed), "{states:?}");
    assert!(states.contains(&DeliveryState::Cancelled), "{states:?}");
    let refused = storage.test_webhook(ours, gone.id, message("x"), by(31));
    assert!(matches!(
        conflict(refused.await),
        Conflict::Transition { .. }
    ));
    let refused = storage.replay_webhook_delivery(ours, gone.id, first.id, by(31));
    assert!(matches!(
        conflict(refused.await),
        Conflict::Transition { .. }
    ));

    let failing = webhook(storage, ours).await;
    let queue = Queue {
        storage,
        organizer: ours,
        webhook: failing.id,
    };
    queue.put("one").await;
    let answer = AttemptResult::Answered(500);
    for (now, is_disabled) in [(100, false), (190, false), (200, true)] {
        let claimed = queue.claim(now, 1).await;
        let then = AfterAttempt::TryAgain { at: at(now + 1) };
        assert!(queue.finish(&claimed[0], now, answer, then).await);
        let disabled = queue.webhook().await.disabled;
        assert_eq!(disabled.is_some(), is_disabled, "{now}");
    }
    let disabled = queue.webhook().await.disabled.unwrap();
    assert_eq!(disabled.because, DisabledBecause::Failing);
}

pub(crate) async fn a_delivery_wanted_by_many_goes_to_one(storage: &dyn Storage) {
    let ours = organizer(storage, "ours").await.id;
    let made = webhook(storage, ours).await;
    let queue = Queue {
        storage,
        organizer: ours,
        webhook: made.id,
    };
    for number in 0..20 {
        queue.put(&number.to_string()).await;
    }
    let claims = (0..8).map(|_| queue.claim(30, 4));
    let claimed = futures_util::future::join_all(claims).await;
    let mut ids: Vec<_> = claimed.iter().flatten().map(|claimed| claimed.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "none twice");
    assert!(count >= 4);
}

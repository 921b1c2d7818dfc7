//! What tickets say of their holders goes, and the tickets stay.

use ticket_token::Serial;

use super::conflict;
use super::samples::{Stage, at, by, id, stage};
use crate::storage::{
    Act, BlindIndex, ClaimRequest, Claimed, Conflict, Digest, ErasedRevision, Erasure, Forgotten,
    FoundBy, NamelessToken, NewTicket, Sealed, Storage, TicketKey,
};

const EARLIER: BlindIndex = BlindIndex([1; 16]);
const LATER: BlindIndex = BlindIndex([2; 16]);

fn erased(revision: u32) -> ErasedRevision {
    ErasedRevision {
        revision,
        seen_values: Sealed(b"sealed values".to_vec()),
        values: Sealed(format!("erased {revision}").into_bytes()),
        token: None,
    }
}

fn erasure(key: TicketKey, seen_revision: u32) -> Erasure {
    Erasure {
        key,
        seen_revision,
        seen_replaced_by: None,
        revisions: (1..=seen_revision).map(erased).collect(),
        next: Some(Sealed(b"erased and newest".to_vec())),
        newest_is_erased: true,
        forgotten: Forgotten::All,
    }
}

async fn found(storage: &dyn Storage, stage: &Stage, email: BlindIndex) -> Vec<TicketKey> {
    let found = storage.tickets_of_email(stage.organizer, email, None, 10);
    found.await.unwrap()
}

/// A ticket that had one address, and has another.
async fn ticket_of_two(storage: &dyn Storage, stage: &Stage, serial: u32) -> TicketKey {
    let new = NewTicket {
        order: Some(BlindIndex([7; 16])),
        email: Some(EARLIER),
        ..stage.ticket_with_id(serial, &format!("T-{serial}"))
    };
    let key = new.key;
    storage
        .store_ticket(stage.organizer, new, by(10))
        .await
        .unwrap();
    let found_by = FoundBy {
        order: Some(BlindIndex([7; 16])),
        email: Some(LATER),
    };
    let revision = stage.revision(&format!("token {serial}"));
    storage
        .revise_ticket(stage.organizer, key, 1, revision, found_by, by(11))
        .await
        .unwrap()
        .unwrap();
    key
}

pub(crate) async fn an_erasure_reaches_every_revision(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    let key = ticket_of_two(storage, &stage, 1).await;
    let other = ticket_of_two(storage, &stage, 2).await;
    assert_eq!(found(storage, &stage, EARLIER).await, [key, other]);
    assert_eq!(found(storage, &stage, LATER).await, [key, other]);
    let paged = storage.tickets_of_email(organizer, EARLIER, Some(key), 10);
    assert_eq!(paged.await.unwrap(), [other]);

    let nameless = NamelessToken {
        token: b"a token without a name".to_vec(),
        signing_key: stage.ticket_key,
        expires_at: at(3_000_000),
    };
    let mut whole = erasure(key, 2);
    whole.revisions[1].token = Some(nameless.clone());
    let count = storage.erase_holders(organizer, vec![whole], by(20)).await;
    assert_eq!(count.unwrap(), 1);

    assert_eq!(found(storage, &stage, EARLIER).await, [other]);
    assert_eq!(found(storage, &stage, LATER).await, [other]);
    let ticket = storage.ticket_by_id(organizer, &id("T-1")).await.unwrap();
    let ticket = ticket.unwrap();
    // What finds the order, and the ticket itself, stays.
    assert_eq!(ticket.order, Some(BlindIndex([7; 16])));
    assert_eq!(ticket.current.revision, 3);
    assert_eq!(ticket.current.values.0, b"erased and newest");
    assert_eq!(ticket.current.token_at_rest, nameless.token);
    // It was not issued again: its pages show the same day.
    assert_eq!(ticket.current.issued_at, at(11));
    let revisions = storage.ticket_revisions(organizer, key).await.unwrap();
    let said: Vec<_> = revisions.iter().map(|said| said.values.0.clone()).collect();
    assert_eq!(
        said,
        [&b"erased 1"[..], b"erased 2", b"erased and newest"].map(<[u8]>::to_vec)
    );
    assert_eq!(revisions[0].token_at_rest, b"token 1");
    let keys = storage.signing_keys(organizer).await.unwrap();
    let signed = keys.iter().find(|row| row.id == stage.ticket_key).unwrap();
    assert_eq!(signed.last_expiry, Some(at(3_000_000)));

    let entries = storage.audit_entries(organizer, 0, 100).await.unwrap();
    let entry = entries.last().unwrap();
    assert_eq!(entry.act, Act::TicketErased);
    assert_eq!(entry.subject, format!("ticket {key}"));
    assert_eq!(entry.details["revisions"], 2);
    storage.purge_overwritten().await.unwrap();
}

pub(crate) async fn an_erasure_is_of_what_was_seen(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    let key = ticket_of_two(storage, &stage, 1).await;
    let fresh = ticket_of_two(storage, &stage, 2).await;
    let erase = |erasures: Vec<Erasure>| storage.erase_holders(organizer, erasures, by(20));

    // One that changed takes the others along: it is one act.
    let result = erase(vec![erasure(fresh, 2), erasure(key, 1)]).await;
    assert_eq!(conflict(result), Conflict::StaleRevision { current: 2 });
    let replaced = Erasure {
        seen_replaced_by: Some(Serial(9)),
        ..erasure(key, 2)
    };
    let result = erase(vec![replaced]).await;
    assert_eq!(conflict(result), Conflict::StaleRevision { current: 2 });
    let mut erased_meanwhile = erasure(key, 2);
    erased_meanwhile.revisions[0].seen_values = Sealed(b"other values".to_vec());
    let result = erase(vec![erased_meanwhile]).await;
    assert_eq!(conflict(result), Conflict::StaleRevision { current: 2 });
    let retired = storage.signing_keys(organizer).await.unwrap();
    let mut foreign_key = erasure(key, 2);
    foreign_key.revisions[0].token = Some(NamelessToken {
        token: vec![1],
        signing_key: retired[0].id,
        expires_at: at(0),
    });
    let result = erase(vec![foreign_key]).await;
    assert_eq!(conflict(result), Conflict::KeyNotActive);
    assert_eq!(found(storage, &stage, LATER).await, [key, fresh]);

    // Whoever read the ticket before cannot write back what it said.
    assert_eq!(erase(vec![erasure(key, 2)]).await.unwrap(), 1);
    let late = storage.revise_ticket(
        organizer,
        key,
        2,
        stage.revision("token 1"),
        FoundBy::default(),
        by(21),
    );
    assert_eq!(conflict(late.await), Conflict::StaleRevision { current: 3 });

    // Another organizer has no such ticket.
    let stranger = super::samples::stage(storage, "other").await.organizer;
    let result = storage.erase_holders(stranger, vec![erasure(fresh, 2)], by(22));
    assert_eq!(result.await.unwrap(), 0);
    let none = storage.tickets_of_email(stranger, LATER, None, 10).await;
    assert_eq!(none.unwrap(), []);
    let none = storage.ticket_revisions(stranger, fresh).await;
    assert_eq!(none.unwrap(), []);
    assert_eq!(found(storage, &stage, LATER).await, [fresh]);
}

pub(crate) async fn one_of_two_holders_is_erased(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let key = ticket_of_two(storage, &stage, 1).await;
    let first_only = Erasure {
        revisions: vec![erased(1)],
        next: None,
        newest_is_erased: false,
        forgotten: Forgotten::Address(EARLIER),
        ..erasure(key, 2)
    };
    let count = storage.erase_holders(stage.organizer, vec![first_only], by(20));
    assert_eq!(count.await.unwrap(), 1);
    assert_eq!(found(storage, &stage, EARLIER).await, []);
    assert_eq!(found(storage, &stage, LATER).await, [key]);
    let revisions = storage.ticket_revisions(stage.organizer, key);
    let revisions = revisions.await.unwrap();
    assert_eq!(revisions.len(), 2);
    assert_eq!(revisions[0].values.0, b"erased 1");
    assert_eq!(revisions[1].values.0, b"sealed values");
}

pub(crate) async fn events_that_are_over_are_looked_through(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    for serial in 1..=3 {
        let new = stage.ticket(serial);
        storage.store_ticket(organizer, new, by(10)).await.unwrap();
    }
    // The sample event ends at 90,000 s; the built-in one has the same times here.
    let over = async |over_since, checked_since| {
        let events = storage.events_with_holders(at(over_since), at(checked_since), 10);
        let events = events.await.unwrap();
        events
            .into_iter()
            .filter(|(_, event)| *event == stage.event)
            .count()
    };
    assert_eq!(over(90_000, 100_000).await, 0);
    assert_eq!(over(90_001, 100_000).await, 1);
    let places = async |after: Option<Serial>, limit| {
        let found = storage.tickets_with_holders(organizer, stage.event, after, limit);
        let found = found.await.unwrap();
        found.iter().map(|key| key.serial.0).collect::<Vec<_>>()
    };
    assert_eq!(places(None, 2).await, [1, 2]);
    assert_eq!(places(Some(Serial(2)), 2).await, [3]);
    // Two who do it at once: what is erased is left alone, and only said once.
    let nothing_left = Erasure {
        revisions: Vec::new(),
        next: None,
        ..erasure(stage.key(2), 1)
    };
    let entries = async || {
        let entries = storage.audit_entries(organizer, 0, 1000).await;
        entries.unwrap().len()
    };
    let before = entries().await;
    let both = vec![erasure(stage.key(1), 1), nothing_left];
    let count = storage.erase_holders(organizer, both, by(20)).await;
    assert_eq!(count.unwrap(), 1);
    assert_eq!(entries().await, before + 1);
    assert_eq!(places(None, 10).await, [3]);

    storage
        .note_holders_checked(organizer, stage.event, at(100_000))
        .await
        .unwrap();
    assert_eq!(over(90_001, 100_000).await, 0);
    assert_eq!(over(90_001, 100_001).await, 1);
    // A ticket that says something of somebody again is found again.
    let revision = stage.revision("token 1");
    let revised = storage.revise_ticket(
        organizer,
        stage.key(1),
        2,
        revision,
        FoundBy::default(),
        by(30),
    );
    revised.await.unwrap().unwrap();
    assert_eq!(places(None, 10).await, [1, 3]);
}

pub(crate) async fn requests_are_forgotten_in_time(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let claim = async |key: u8, now: i64| {
        let request = ClaimRequest {
            key: Digest([key; 32]),
            request: Digest([9; 32]),
            at: at(now),
            leased_until: at(now + 10),
            kept_until: at(now + 100),
        };
        storage
            .claim_request(stage.organizer, request)
            .await
            .unwrap()
    };
    assert!(matches!(claim(1, 0).await, Claimed::Begun(_)));
    assert!(matches!(claim(2, 50).await, Claimed::Begun(_)));
    assert_eq!(storage.remove_old_requests(at(99)).await.unwrap(), 0);
    assert_eq!(storage.remove_old_requests(at(100)).await.unwrap(), 1);
    assert!(matches!(claim(2, 51).await, Claimed::Running { .. }));
}

//! Requests that are sent twice.

use serde_json::json;

use super::conflict;
use super::samples::{Stage, at, by, stage};
use crate::storage::{
    Act, By, Claim, ClaimRequest, Claimed, Conflict, Digest, Done, OrganizerId, Storage, Transition,
};

const LEASE: i64 = 30;
const DAY: i64 = 86_400;

async fn claim(
    storage: &dyn Storage,
    organizer: OrganizerId,
    key: &str,
    body: &str,
    seconds: i64,
) -> Claimed {
    let request = ClaimRequest {
        key: Digest::of(key.as_bytes()),
        request: Digest::of(body.as_bytes()),
        at: at(seconds),
        leased_until: at(seconds + LEASE),
        kept_until: at(seconds + DAY),
    };
    storage.claim_request(organizer, request).await.unwrap()
}

async fn begun(storage: &dyn Storage, stage: &Stage, key: &str, seconds: i64) -> Claim {
    match claim(storage, stage.organizer, key, "body", seconds).await {
        Claimed::Begun(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn under(claim: Claim, seconds: i64) -> By {
    By {
        claim: Some(claim),
        ..by(seconds)
    }
}

pub(crate) async fn a_key_is_claimed_by_one_request_at_a_time(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    let first = begun(storage, &stage, "k", 10).await;
    assert_eq!(
        claim(storage, organizer, "k", "body", 11).await,
        Claimed::Running { until: at(40) }
    );
    assert_eq!(
        claim(storage, organizer, "k", "another body", 11).await,
        Claimed::OtherRequest
    );
    // Nothing was done: the key is as if never used.
    storage.release_request(first).await.unwrap();
    let again = claim(storage, organizer, "k", "another body", 12).await;
    assert!(matches!(again, Claimed::Begun(_)), "{again:?}");
}

pub(crate) async fn an_act_and_its_key_commit_together(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    let held = begun(storage, &stage, "k", 10).await;
    let tickets = vec![stage.ticket_with_id(1, "T-1"), stage.ticket(2)];
    storage
        .store_tickets(organizer, tickets, under(held, 10))
        .await
        .unwrap();
    // The host died before it answered, or gave the key back in haste: the act is known.
    storage.release_request(held).await.unwrap();
    let done = Done {
        act: Act::TicketIssued,
        subject: String::new(),
        details: json!({ "tickets": [[stage.event.0, 1], [stage.event.0, 2]] }),
    };
    let found = claim(storage, organizer, "k", "body", 11).await;
    assert_eq!(found, Claimed::Done(vec![done]));
    let other = claim(storage, organizer, "k", "another body", 11).await;
    assert_eq!(other, Claimed::OtherRequest);
    // After a day the key is new again.
    begun(storage, &stage, "k", 10 + DAY).await;

    // An act that fails leaves its key as it was.
    let held = begun(storage, &stage, "l", 20).await;
    let taken = storage
        .store_ticket(organizer, stage.ticket_with_id(3, "T-1"), under(held, 20))
        .await;
    assert_eq!(conflict(taken), Conflict::TicketExists);
    let found = claim(storage, organizer, "l", "body", 21).await;
    assert_eq!(found, Claimed::Running { until: at(50) });
}

pub(crate) async fn who_lost_its_claim_commits_nothing(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    storage
        .store_ticket(organizer, stage.ticket(1), by(9))
        .await
        .unwrap();
    let slow = begun(storage, &stage, "k", 10).await;
    let quick = begun(storage, &stage, "k", 10 + LEASE).await;
    let lost = storage
        .store_ticket(organizer, stage.ticket(2), under(slow, 50))
        .await;
    assert_eq!(conflict(lost), Conflict::ClaimLost);
    let revoke = || Transition::Revoke { reason: None };
    let lost = storage
        .change_ticket_state(organizer, stage.key(1), revoke(), under(slow, 50))
        .await;
    assert_eq!(conflict(lost), Conflict::ClaimLost);
    assert_eq!(storage.ticket(organizer, stage.key(2)).await.unwrap(), None);

    // Nor can it give back what it no longer has.
    storage.release_request(slow).await.unwrap();
    let done = Done {
        act: Act::TicketsRevoked,
        subject: "tickets".to_owned(),
        details: json!({ "revoked": 3 }),
    };
    storage.finish_request(quick, done.clone()).await.unwrap();
    let found = claim(storage, organizer, "k", "body", 60).await;
    assert_eq!(found, Claimed::Done(vec![done.clone()]));
    let lost = storage.finish_request(slow, done).await;
    assert_eq!(conflict(lost), Conflict::ClaimLost);

    // Another organizer's key of this name is another.
    let other = super::samples::organizer(storage, "other").await.id;
    let own = claim(storage, other, "k", "its body", 61).await;
    assert!(matches!(own, Claimed::Begun(_)), "{own:?}");
}

pub(crate) async fn a_key_wanted_by_many_goes_to_one(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let claims = (0..16).map(|_| claim(storage, stage.organizer, "k", "body", 10));
    let claims = futures_util::future::join_all(claims).await;
    let begun = claims
        .iter()
        .filter(|claimed| matches!(claimed, Claimed::Begun(_)));
    assert_eq!(begun.count(), 1, "{claims:?}");
}

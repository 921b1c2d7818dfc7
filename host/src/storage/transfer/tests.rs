use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _};

use super::{Moved, TransferError, to_postgres};
use crate::storage::contract::samples::{at, by, event, organizer, signing_key, stage};
use crate::storage::postgres::tests::{Database, PATIENCE};
use crate::storage::sqlite::{self, SqliteStorage};
use crate::storage::{
    AfterAttempt, AttemptResult, EventFilter, EventStorage as _, FinishedAttempt, KeyPurpose,
    NewMessage, NewWebhook, OrganizerId, OrganizerStorage as _, PageRequest,
    SigningKeyStorage as _, Storage, TemplateStorage as _, TicketFilter, TicketStorage as _,
    Transition, WebhookAttempt,
};

const ALL: PageRequest = PageRequest {
    page: 1,
    limit: 1000,
};

async fn open(folder: &Path) -> SqliteStorage {
    SqliteStorage::open(folder, 2).await.unwrap()
}

/// Moves, and says how many rows each table has that has any.
async fn rows(folder: &Path, database: &Database) -> Result<BTreeMap<String, u64>, TransferError> {
    let moved = to_postgres(folder, &database.url(), PATIENCE).await?;
    let moved = moved.into_iter().filter(|Moved { rows, .. }| *rows > 0);
    Ok(moved.map(|Moved { table, rows }| (table, rows)).collect())
}

#[tokio::test]
async fn everything_is_there_and_numbering_goes_on() {
    let Some(database) = Database::make().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let old = open(folder.path()).await;
    let demo = stage(&old, "demo").await;
    let other = stage(&old, "other").await;
    let next = signing_key(KeyPurpose::Ticket, 200);
    old.create_signing_key(demo.organizer, next, by(5))
        .await
        .unwrap();
    let odd = b"\0\x01\\\n\t\r\x0b\x0c\x08'\"\xff".to_vec();
    let blob = old.store_blob(odd.clone(), at(6)).await.unwrap();
    for serial in 0..20 {
        let ticket = demo.ticket_with_id(serial, &format!("T-{serial}"));
        old.store_ticket(demo.organizer, ticket, by(10))
            .await
            .unwrap();
    }
    let reason = "one\nline \\ and\ta second \\N żółty 🎫".to_owned();
    let revoke = Transition::Revoke {
        reason: Some(reason),
    };
    old.change_ticket_state(demo.organizer, demo.key(3), revoke, by(11))
        .await
        .unwrap();
    old.store_ticket(other.organizer, other.ticket(0), by(12))
        .await
        .unwrap();

    tell_an_endpoint(&old, demo.organizer).await;

    // The last number belongs to an event that is gone.
    let gone = event(&old, demo.organizer, "gone", &[]).await.number;
    let deleted = old.delete_event(demo.organizer, gone, by(13)).await;
    assert!(deleted.unwrap());

    let rows = rows(folder.path(), &database).await.unwrap();
    assert_eq!(rows.get("tickets"), Some(&21));
    assert_eq!(rows.get("caller_ticket_ids"), Some(&20));
    assert_eq!(rows.get("webhook_deliveries"), Some(&2));
    assert_eq!(rows.get("webhook_attempts"), Some(&1));
    let new = database.open().await;
    assert_same(&old, &new, &[demo.organizer, other.organizer]).await;
    assert_eq!(new.blob(blob).await.unwrap(), Some(odd));

    // It goes on as the old one would have: keys sign, numbers follow, ids are known.
    new.store_ticket(demo.organizer, demo.ticket_with_id(20, "T-20"), by(20))
        .await
        .unwrap();
    let taken = new
        .store_ticket(demo.organizer, demo.ticket_with_id(21, "T-1"), by(20))
        .await;
    assert!(taken.is_err());
    let largest_id = |organizers: &[crate::storage::Organizer]| {
        organizers.iter().map(|known| known.id.0).max().unwrap()
    };
    let largest = largest_id(&old.organizers().await.unwrap());
    let third = organizer(&new, "third").await;
    assert_eq!(third.id.0, largest + 1);
    let latest = event(&new, demo.organizer, "later", &[]).await.number;
    assert!(latest > gone);
    old.close().await;
    new.close().await;
    database.remove().await;
}

/// Messages in several states, one of them tried.
async fn tell_an_endpoint(old: &dyn Storage, organizer: OrganizerId) {
    let new = NewWebhook {
        url: "https://shop.example/".to_owned(),
        events: None,
        description: None,
        nonce: [9; 16],
    };
    let webhook = old.create_webhook(organizer, new, 5, by(14)).await.unwrap();
    for id in ["one", "two"] {
        let message = NewMessage {
            message_id: id.to_owned(),
            event_type: "webhook.test".to_owned(),
            body: "{}".to_owned(),
        };
        old.test_webhook(organizer, webhook.id, message, by(15))
            .await
            .unwrap();
    }
    let claimed = old
        .claim_webhook_deliveries(webhook.id, at(16), at(46), 1)
        .await
        .unwrap();
    let finished = FinishedAttempt {
        webhook: webhook.id,
        delivery: claimed[0].id,
        attempt: WebhookAttempt {
            number: 1,
            at: at(16),
            duration: Duration::from_millis(7),
            result: AttemptResult::Answered(200),
        },
        then: AfterAttempt::Delivered,
        hopeless_since: at(0),
    };
    assert!(old.finish_webhook_attempt(finished).await.unwrap());
}

/// Everything that can be asked for is answered the same.
async fn assert_same(
    old: &dyn Storage,
    new: &dyn Storage,
    organizers: &[crate::storage::OrganizerId],
) {
    assert_eq!(
        old.organizers().await.unwrap(),
        new.organizers().await.unwrap()
    );
    for &organizer in organizers {
        assert_eq!(
            old.signing_keys(organizer).await.unwrap(),
            new.signing_keys(organizer).await.unwrap()
        );
        assert_eq!(
            old.newest_delegation(organizer).await.unwrap(),
            new.newest_delegation(organizer).await.unwrap()
        );
        assert_eq!(
            old.templates(organizer).await.unwrap(),
            new.templates(organizer).await.unwrap()
        );
        assert_eq!(
            old.audit_entries(organizer, 0, 1000).await.unwrap(),
            new.audit_entries(organizer, 0, 1000).await.unwrap()
        );
        let webhooks = old.webhooks(organizer).await.unwrap();
        assert_eq!(webhooks, new.webhooks(organizer).await.unwrap());
        for webhook in webhooks {
            assert_eq!(
                old.webhook_deliveries(organizer, webhook.id, None, ALL)
                    .await
                    .unwrap(),
                new.webhook_deliveries(organizer, webhook.id, None, ALL)
                    .await
                    .unwrap()
            );
        }
        let filter = EventFilter::default();
        let events = old.events(organizer, filter, ALL).await.unwrap();
        let filter = EventFilter::default();
        assert_eq!(events, new.events(organizer, filter, ALL).await.unwrap());
        for event in events.items {
            let number = event.number;
            assert_eq!(
                old.ticket_types(organizer, number).await.unwrap(),
                new.ticket_types(organizer, number).await.unwrap()
            );
            let filter = TicketFilter::default();
            let tickets = old.tickets(organizer, number, filter, ALL).await.unwrap();
            let filter = TicketFilter::default();
            assert_eq!(
                tickets,
                new.tickets(organizer, number, filter, ALL).await.unwrap()
            );
        }
    }
}

#[tokio::test]
async fn a_database_in_use_is_left_alone() {
    let Some(database) = Database::make().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let old = open(folder.path()).await;
    stage(&old, "demo").await;
    old.close().await;
    let new = database.open().await;
    let resident = organizer(&new, "resident").await;
    let refused = rows(folder.path(), &database).await;
    assert!(
        matches!(&refused, Err(TransferError::NotEmpty { .. })),
        "{refused:?}"
    );
    assert_eq!(new.organizers().await.unwrap(), [resident]);
    new.close().await;
    database.remove().await;
}

/// A row that the other side refuses, at the very end: nothing of the rest stays, and what was taken
/// away meanwhile is back.
#[tokio::test]
async fn it_arrives_whole_or_not_at_all() {
    let Some(database) = Database::make().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let old = open(folder.path()).await;
    let demo = stage(&old, "demo").await;
    old.store_ticket(demo.organizer, demo.ticket(1), by(10))
        .await
        .unwrap();
    old.close().await;
    let mut broken = sqlite::connect(folder.path()).await.unwrap();
    sqlx::raw_sql("UPDATE tickets SET state_reason = 'a' || char(0) || 'b'")
        .execute(&mut broken)
        .await
        .unwrap();
    let refused = rows(folder.path(), &database).await;
    assert!(
        matches!(&refused, Err(TransferError::Write { table, .. }) if table == "tickets"),
        "{refused:?}"
    );
    let mut operator = database.connect().await;
    let keys = "SELECT count(*) FROM pg_constraint
                WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(keys))
        .fetch_one(&mut operator)
        .await
        .unwrap();
    assert!(count > 0);

    sqlx::raw_sql("UPDATE tickets SET state_reason = 'mended'")
        .execute(&mut broken)
        .await
        .unwrap();
    broken.close().await.unwrap();
    rows(folder.path(), &database).await.unwrap();
    let after: i64 = sqlx::query_scalar(AssertSqlSafe(keys))
        .fetch_one(&mut operator)
        .await
        .unwrap();
    assert_eq!(after, count);
    drop(operator);
    database.remove().await;
}

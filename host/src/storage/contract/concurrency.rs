use std::collections::HashSet;

use futures_util::future::join_all;

use super::samples::{at, by, event, id, organizer, stage};
use crate::storage::{Conflict, PageRequest, SerialSupply, Storage, StorageError, TicketFilter};

pub(crate) async fn an_id_wanted_by_many_goes_to_one(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let stores = (0..32).map(|serial| {
        let ticket = stage.ticket_with_id(serial, "wanted");
        storage.store_ticket(stage.organizer, ticket, by(10))
    });
    let mut winners = Vec::new();
    for result in join_all(stores).await {
        match result {
            Ok(ticket) => winners.push(ticket),
            Err(StorageError::Conflict(Conflict::TicketExists)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(winners.len(), 1);
    let found = storage
        .ticket_by_id(stage.organizer, &id("wanted"))
        .await
        .unwrap();
    assert_eq!(found, winners.pop());
}

pub(crate) async fn writers_at_once_lose_nothing(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let stage = &stage;
    let writers = (0..16).map(|writer| async move {
        for step in 0..25 {
            let serial = writer * 25 + step;
            let ticket = stage.ticket_with_id(serial, &format!("T-{serial}"));
            storage
                .store_ticket(stage.organizer, ticket, by(10))
                .await
                .unwrap();
            // What is acknowledged is readable at once.
            let key = stage.key(serial);
            assert!(
                storage
                    .ticket(stage.organizer, key)
                    .await
                    .unwrap()
                    .is_some()
            );
        }
    });
    join_all(writers).await;
    let page = PageRequest {
        page: 1,
        limit: 1000,
    };
    let found = storage
        .tickets(stage.organizer, stage.event, TicketFilter::default(), page)
        .await;
    let found = found.unwrap().unwrap();
    assert_eq!((found.items.len(), found.total), (400, 400));
}

pub(crate) async fn a_failing_verb_does_not_hurt_its_neighbours(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    // Every third fails in the middle of its work: its first row is good, its second is not.
    let stores = (0..60).map(|step| {
        let serial = step * 2;
        let mut second = stage.ticket(serial + 1);
        if step % 3 == 0 {
            second.first.event_revision = 99;
        }
        storage.store_tickets(stage.organizer, vec![stage.ticket(serial), second], by(10))
    });
    for (step, result) in join_all(stores).await.into_iter().enumerate() {
        match result {
            Ok(_) => assert_ne!(step % 3, 0),
            Err(StorageError::Conflict(Conflict::Reference)) => assert_eq!(step % 3, 0),
            Err(error) => panic!("{error}"),
        }
    }
    let page = PageRequest {
        page: 1,
        limit: 1000,
    };
    let found = storage
        .tickets(stage.organizer, stage.event, TicketFilter::default(), page)
        .await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.total, 80);
    assert!(
        found
            .items
            .iter()
            .all(|ticket| ticket.key.serial.0 / 2 % 3 != 0)
    );
}

pub(crate) async fn a_supply_never_gives_a_serial_twice(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let number = event(storage, organizer, "concert", &[]).await.number;
    let replicas = [
        SerialSupply::new("replica-1"),
        SerialSupply::new("replica-2"),
    ];
    let takes = (0..200).map(|step| {
        let supply = &replicas[step % 2];
        supply.take(storage, organizer, number, 1 + step as u32 % 5, at(4))
    });
    let mut seen = HashSet::new();
    let mut taken = 0;
    for serials in join_all(takes).await {
        for serial in serials.unwrap().unwrap() {
            taken += 1;
            assert!(seen.insert(serial), "{serial:?}");
        }
    }
    assert_eq!(taken, 600);
    let event = storage.event(organizer, number).await.unwrap().unwrap();
    assert!(
        event.next_serial >= 600 && event.next_serial <= 1200,
        "{}",
        event.next_serial
    );
}

pub(crate) async fn a_caller_that_goes_away_hurts_nobody(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    for serial in 0..20 {
        let store = storage.store_ticket(stage.organizer, stage.ticket(serial), by(10));
        // Polled once, so that the verb is under way, then dropped.
        let mut store = std::pin::pin!(store);
        let _ = futures_util::poll!(store.as_mut());
    }
    let last = storage
        .store_ticket(stage.organizer, stage.ticket(20), by(10))
        .await;
    last.unwrap();
    storage.check_health().await.unwrap();
}

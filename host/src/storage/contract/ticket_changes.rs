//! One ticket in the place of another, and many at once.

use ticket_token::{Serial, TicketType};

use super::conflict;
use super::samples::{Stage, at, by, event, id, stage};
use crate::storage::{
    BlindIndex, Conflict, FoundBy, NewTicket, PageRequest, Storage, Successor, TicketFilter,
    TicketKey, TicketSelection, TicketState, Transition,
};

fn successor(stage: &Stage, serial: u32) -> Successor {
    Successor {
        serial: Serial(serial),
        ticket_number: format!("S{serial:09}"),
        ticket_type: TicketType(2),
        found_by: FoundBy {
            order: Some(BlindIndex([9; 16])),
            email: None,
        },
        expires_at: at(2_000_000),
        revision: stage.revision(&format!("token {serial}")),
        reason: "replaced".to_owned(),
    }
}

pub(crate) async fn a_successor_takes_the_ticket_over(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    let first = NewTicket {
        order: Some(BlindIndex([1; 16])),
        ..stage.ticket_with_id(1, "T-1")
    };
    let first = storage
        .store_ticket(organizer, first, by(10))
        .await
        .unwrap();
    let suspend = Transition::Suspend { reason: None };
    storage
        .change_ticket_state(organizer, stage.key(1), suspend, by(11))
        .await
        .unwrap();

    let replace = |key, expected, successor| {
        storage.replace_ticket(organizer, key, expected, successor, by(20))
    };
    let taken = storage
        .store_ticket(organizer, stage.ticket(2), by(12))
        .await;
    taken.unwrap();
    let result = replace(stage.key(1), 1, successor(&stage, 2)).await;
    assert_eq!(conflict(result), Conflict::SerialTaken);
    let result = replace(stage.key(1), 7, successor(&stage, 3)).await;
    assert_eq!(conflict(result), Conflict::StaleRevision { current: 1 });
    let result = replace(stage.key(8), 1, successor(&stage, 3)).await;
    assert_eq!(result.unwrap(), None);

    let second = replace(stage.key(1), 1, successor(&stage, 3)).await;
    let second = second.unwrap().unwrap();
    assert_eq!(second.key, stage.key(3));
    assert_eq!(second.current.revision, 2);
    assert_eq!(
        (second.uuid, &second.id, second.created_at),
        (first.uuid, &first.id, first.created_at)
    );
    // It is suspended as the first was, and gates learn that the first no longer holds.
    assert_eq!(second.state, TicketState::Suspended);
    let old = storage
        .ticket(organizer, stage.key(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(old.state, TicketState::Revoked);
    assert_eq!(old.replaced_by, Some(Serial(3)));
    let list = storage.status_list(organizer, stage.event).await.unwrap();
    let expected = [
        (Serial(1), TicketState::Revoked),
        (Serial(3), TicketState::Suspended),
    ];
    assert_eq!(list.unwrap().entries, expected);

    // The caller's id leads to it; orders and lists show it alone.
    let found = storage.ticket_by_id(organizer, &id("T-1")).await.unwrap();
    assert_eq!(found.as_ref(), Some(&second));
    let of_order = |byte| storage.tickets_of_order(organizer, BlindIndex([byte; 16]));
    assert_eq!(of_order(1).await.unwrap(), []);
    assert_eq!(of_order(9).await.unwrap(), [second]);
    let page = PageRequest { page: 1, limit: 9 };
    let listed = storage
        .tickets(organizer, stage.event, TicketFilter::default(), page)
        .await;
    assert_eq!(listed.unwrap().unwrap().total, 2);
    let revision = storage.ticket_revision(organizer, stage.key(1), 1).await;
    assert_eq!(revision.unwrap(), Some(first.current));

    // Neither the replaced nor a revoked ticket changes again.
    let result = replace(stage.key(1), 1, successor(&stage, 4)).await;
    assert_eq!(conflict(result), Conflict::StaleRevision { current: 1 });
    let revoke = Transition::Revoke { reason: None };
    storage
        .change_ticket_state(organizer, stage.key(3), revoke, by(21))
        .await
        .unwrap();
    let result = replace(stage.key(3), 2, successor(&stage, 4)).await;
    assert!(matches!(conflict(result), Conflict::Transition { .. }));
}

pub(crate) async fn many_tickets_are_revoked_in_one_act(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    let order = BlindIndex([5; 16]);
    let tickets = (0..6).map(|serial| NewTicket {
        ticket_type: TicketType(if serial % 2 == 0 { 1 } else { 2 }),
        order: (serial < 4).then_some(order),
        ..stage.ticket(serial)
    });
    storage
        .store_tickets(organizer, tickets.collect(), by(10))
        .await
        .unwrap();
    let select = async |selection, after, limit| {
        let found = storage
            .select_tickets(organizer, selection, after, limit)
            .await;
        let serials = found.unwrap().into_iter().map(|(key, _)| key.serial.0);
        serials.collect::<Vec<_>>()
    };
    let all = TicketSelection {
        event: Some(stage.event),
        ticket_type: None,
        order: None,
    };
    let of_type = TicketSelection {
        ticket_type: Some(TicketType(2)),
        ..all
    };
    let of_order = TicketSelection {
        event: None,
        ticket_type: None,
        order: Some(order),
    };
    assert_eq!(select(all, None, 4).await, [0, 1, 2, 3]);
    assert_eq!(select(all, Some(stage.key(3)), 4).await, [4, 5]);
    assert_eq!(select(of_type, None, 9).await, [1, 3, 5]);
    assert_eq!(select(of_order, None, 9).await, [0, 1, 2, 3]);
    let both = TicketSelection {
        order: Some(order),
        ..of_type
    };
    assert_eq!(select(both, None, 9).await, [1, 3]);

    let keys = |serials: &[u32]| -> Vec<TicketKey> {
        serials.iter().map(|serial| stage.key(*serial)).collect()
    };
    let reason = || Some("cancelled".to_owned());
    let revoke =
        |serials: &[u32]| storage.revoke_tickets(organizer, keys(serials), reason(), by(20));
    assert_eq!(revoke(&[1, 3, 77]).await.unwrap(), 2);
    assert_eq!(revoke(&[3, 5]).await.unwrap(), 1);
    assert_eq!(revoke(&[1, 3, 5]).await.unwrap(), 0);
    let revoked = storage
        .ticket(organizer, stage.key(3))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(revoked.state_reason.as_deref(), Some("cancelled"));
    let list = storage
        .status_list(organizer, stage.event)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((list.sequence, list.entries.len()), (2, 3));
    let found = storage
        .select_tickets(organizer, of_type, None, 9)
        .await
        .unwrap();
    assert!(
        found
            .iter()
            .all(|(_, state)| *state == TicketState::Revoked)
    );
}

pub(crate) async fn only_an_event_without_tickets_goes(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let organizer = stage.organizer;
    storage
        .store_ticket(organizer, stage.ticket(1), by(10))
        .await
        .unwrap();
    let result = storage.delete_event(organizer, stage.event, by(11)).await;
    assert_eq!(conflict(result), Conflict::EventHasTickets);

    let made = event(storage, organizer, "fair", &["day"]).await;
    storage
        .reserve_serials(organizer, made.number, 16, "test", at(3))
        .await
        .unwrap();
    let delete = || storage.delete_event(organizer, made.number, by(12));
    assert!(delete().await.unwrap());
    assert!(!delete().await.unwrap());
    let found = storage.event_by_id(organizer, &id("fair")).await;
    assert_eq!(found.unwrap(), None);
    // Its id is free again, its number is not.
    let again = event(storage, organizer, "fair", &[]).await;
    assert!(again.number > made.number);
}

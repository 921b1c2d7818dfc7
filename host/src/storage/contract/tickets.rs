use ticket_token::{Serial, TicketType};

use super::conflict;
use super::samples::{at, by, id, organizer, ready_version, stage};
use crate::storage::{
    Act, BlindIndex, Conflict, FoundBy, NewTicket, PageRequest, Sealed, Storage, TicketFilter,
    TicketKey, TicketState, Transition, TypeStats,
};

fn revoke() -> Transition {
    Transition::Revoke {
        reason: Some("refund".to_owned()),
    }
}

fn suspend() -> Transition {
    Transition::Suspend { reason: None }
}

pub(crate) async fn a_ticket_reads_as_it_was_written(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let new = NewTicket {
        order: Some(BlindIndex([1; 16])),
        email: Some(BlindIndex([2; 16])),
        ..stage.ticket_with_id(42, "T-1")
    };
    let stored = storage
        .store_ticket(stage.organizer, new.clone(), by(10))
        .await
        .unwrap();
    assert_eq!(stored.key, new.key);
    assert_eq!(stored.id, Some(id("T-1")));
    assert_eq!(stored.state, TicketState::Generated);
    assert_eq!(stored.order, new.order);
    assert_eq!(
        (stored.created_at, stored.expires_at),
        (at(10), at(1_000_000))
    );
    assert_eq!(stored.current.revision, 1);
    assert_eq!(stored.current.token_at_rest, new.first.token);
    assert_eq!(stored.current.values, new.first.values);

    let organizer = stage.organizer;
    assert_eq!(
        storage.ticket(organizer, new.key).await.unwrap(),
        Some(stored.clone())
    );
    assert_eq!(
        storage.ticket_by_id(organizer, &id("T-1")).await.unwrap(),
        Some(stored)
    );
    assert_eq!(
        storage.ticket(organizer, stage.key(43)).await.unwrap(),
        None
    );
    assert_eq!(
        storage.ticket_by_id(organizer, &id("T-2")).await.unwrap(),
        None
    );
}

pub(crate) async fn every_conflict_has_its_name(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let other = organizer(storage, "other").await.id;
    let foreign_version = ready_version(storage, other, "classic").await.id;
    let first = stage.ticket_with_id(1, "T-1");
    storage
        .store_ticket(stage.organizer, first.clone(), by(10))
        .await
        .unwrap();

    let check = async |ticket: NewTicket, expected: Conflict| {
        let key = ticket.key;
        let found = conflict(storage.store_ticket(stage.organizer, ticket, by(11)).await);
        assert_eq!(found, expected);
        if key != first.key {
            assert_eq!(storage.ticket(stage.organizer, key).await.unwrap(), None);
        }
    };
    check(stage.ticket_with_id(2, "T-1"), Conflict::TicketExists).await;
    let same_serial = NewTicket {
        key: first.key,
        ..stage.ticket_with_id(2, "T-2")
    };
    check(same_serial, Conflict::SerialTaken).await;
    assert_eq!(
        storage
            .ticket_by_id(stage.organizer, &id("T-2"))
            .await
            .unwrap(),
        None
    );
    let unknown_type = NewTicket {
        ticket_type: TicketType(9),
        ..stage.ticket(2)
    };
    check(unknown_type, Conflict::Reference).await;
    let mut unknown_revision = stage.ticket(2);
    unknown_revision.first.event_revision = 2;
    check(unknown_revision, Conflict::Reference).await;
    let mut foreign_template = stage.ticket(2);
    foreign_template.first.template_version = foreign_version;
    check(foreign_template, Conflict::Reference).await;

    let mut server_token = stage.ticket(2);
    server_token.first.signing_key = None;
    storage
        .store_ticket(stage.organizer, server_token, by(12))
        .await
        .unwrap();
}

pub(crate) async fn one_bad_ticket_leaves_no_trace_of_the_others(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    storage
        .store_ticket(stage.organizer, stage.ticket_with_id(0, "T-0"), by(10))
        .await
        .unwrap();
    let before = storage
        .audit_entries(stage.organizer, 0, 1000)
        .await
        .unwrap();

    let tickets = vec![
        stage.ticket_with_id(1, "T-1"),
        stage.ticket_with_id(2, "T-0"),
        stage.ticket_with_id(3, "T-3"),
    ];
    let result = storage
        .store_tickets(stage.organizer, tickets, by(11))
        .await;
    assert_eq!(conflict(result), Conflict::TicketExists);
    for serial in 1..4 {
        let found = storage
            .ticket(stage.organizer, stage.key(serial))
            .await
            .unwrap();
        assert_eq!(found, None);
    }
    assert_eq!(
        storage
            .ticket_by_id(stage.organizer, &id("T-1"))
            .await
            .unwrap(),
        None
    );
    let after = storage
        .audit_entries(stage.organizer, 0, 1000)
        .await
        .unwrap();
    assert_eq!(before, after);

    let tickets = vec![stage.ticket_with_id(1, "T-1"), stage.ticket(2)];
    let stored = storage
        .store_tickets(stage.organizer, tickets, by(12))
        .await
        .unwrap();
    let keys: Vec<_> = stored.iter().map(|ticket| ticket.key).collect();
    assert_eq!(keys, [stage.key(1), stage.key(2)]);
    assert_eq!(
        storage
            .store_tickets(stage.organizer, vec![], by(13))
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn a_tickets_revisions_stay_readable(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let stored = storage
        .store_ticket(stage.organizer, stage.ticket(1), by(10))
        .await
        .unwrap();
    let revise = |expected, values: &str| {
        let mut revision = stage.revision("token 1");
        revision.values = Sealed(values.as_bytes().to_vec());
        storage.revise_ticket(
            stage.organizer,
            stage.key(1),
            expected,
            revision,
            FoundBy::default(),
            by(20),
        )
    };
    let revised = revise(1, "new name").await.unwrap().unwrap();
    assert_eq!(revised.current.revision, 2);
    assert_eq!(revised.current.issued_at, at(20));
    assert_eq!(revised.created_at, at(10));
    assert_eq!(
        conflict(revise(1, "lost").await),
        Conflict::StaleRevision { current: 2 }
    );

    let revision = |number| storage.ticket_revision(stage.organizer, stage.key(1), number);
    assert_eq!(revision(1).await.unwrap(), Some(stored.current));
    assert_eq!(revision(2).await.unwrap(), Some(revised.current));
    assert_eq!(revision(3).await.unwrap(), None);
    let unknown = stage.revision("token");
    let none = storage
        .revise_ticket(
            stage.organizer,
            stage.key(9),
            1,
            unknown,
            FoundBy::default(),
            by(20),
        )
        .await;
    assert_eq!(none.unwrap(), None);

    // A token that stays needs no key; a new one needs an active key.
    storage
        .revoke_signing_key(stage.organizer, stage.ticket_key, by(21))
        .await
        .unwrap();
    revise(2, "newer name").await.unwrap().unwrap();
    let signed = stage.revision("another token");
    let signed = storage
        .revise_ticket(
            stage.organizer,
            stage.key(1),
            3,
            signed,
            FoundBy::default(),
            by(22),
        )
        .await;
    assert_eq!(conflict(signed), Conflict::KeyNotActive);
}

pub(crate) async fn states_change_only_as_allowed(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    for serial in 0..4 {
        storage
            .store_ticket(stage.organizer, stage.ticket(serial), by(10))
            .await
            .unwrap();
    }
    let change = |serial, transition, seconds| {
        let key = stage.key(serial);
        storage.change_ticket_state(stage.organizer, key, transition, by(seconds))
    };
    let suspended = change(1, suspend(), 20).await.unwrap().unwrap();
    assert_eq!(
        (suspended.state, suspended.state_at),
        (TicketState::Suspended, at(20))
    );
    let revoked = change(2, revoke(), 21).await.unwrap().unwrap();
    assert_eq!(revoked.state_reason.as_deref(), Some("refund"));
    assert_eq!(
        storage.ticket(stage.organizer, stage.key(2)).await.unwrap(),
        Some(revoked.clone())
    );

    let list = storage
        .status_list(stage.organizer, stage.event)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((list.sequence, list.length), (2, 100_000));
    let expected = [
        (Serial(1), TicketState::Suspended),
        (Serial(2), TicketState::Revoked),
    ];
    assert_eq!(list.entries, expected);

    // Doing it again changes nothing, not even the list's sequence or the reason.
    let again = Transition::Revoke { reason: None };
    assert_eq!(change(2, again, 22).await.unwrap(), Some(revoked));
    let refused = conflict(change(2, Transition::Reinstate, 23).await);
    assert!(
        matches!(
            refused,
            Conflict::Transition {
                state: "revoked",
                ..
            }
        ),
        "{refused}"
    );
    let reinstated = change(1, Transition::Reinstate, 24).await.unwrap().unwrap();
    assert_eq!(reinstated.state, TicketState::Generated);
    assert_eq!(change(9, revoke(), 25).await.unwrap(), None);

    let list = storage
        .status_list(stage.organizer, stage.event)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(list.sequence, 3);
    assert_eq!(list.entries, [(Serial(2), TicketState::Revoked)]);
    let event = storage
        .event(stage.organizer, stage.event)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(event.status_sequence, 3);
}

pub(crate) async fn lists_filter_and_count(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let tickets = (0..10).map(|serial| NewTicket {
        ticket_type: TicketType(if serial % 3 == 0 { 2 } else { 1 }),
        ..stage.ticket(serial)
    });
    storage
        .store_tickets(stage.organizer, tickets.collect(), by(10))
        .await
        .unwrap();
    for serial in [3, 4] {
        let key = stage.key(serial);
        storage
            .change_ticket_state(stage.organizer, key, revoke(), by(11))
            .await
            .unwrap();
    }

    let list = async |filter, page, limit| {
        let page = PageRequest { page, limit };
        let found = storage
            .tickets(stage.organizer, stage.event, filter, page)
            .await;
        let found = found.unwrap().unwrap();
        let serials: Vec<_> = found
            .items
            .iter()
            .map(|ticket| ticket.key.serial.0)
            .collect();
        (serials, found.total)
    };
    let all = TicketFilter::default();
    assert_eq!(list(all, 1, 4).await, (vec![0, 1, 2, 3], 10));
    assert_eq!(list(all, 3, 4).await, (vec![8, 9], 10));
    let vip = TicketFilter {
        ticket_type: Some(TicketType(2)),
        ..all
    };
    assert_eq!(list(vip, 1, 9).await, (vec![0, 3, 6, 9], 4));
    let revoked = TicketFilter {
        state: Some(TicketState::Revoked),
        ..all
    };
    assert_eq!(list(revoked, 1, 9).await, (vec![3, 4], 2));
    let both = TicketFilter {
        state: Some(TicketState::Generated),
        ..vip
    };
    assert_eq!(list(both, 1, 2).await, (vec![0, 6], 3));

    let stats = storage
        .event_stats(stage.organizer, stage.event)
        .await
        .unwrap()
        .unwrap();
    let figures = |stats: &TypeStats| {
        (
            stats.ticket_type.name.clone(),
            stats.generated,
            stats.revoked,
            stats.suspended,
        )
    };
    let figures: Vec<_> = stats.types.iter().map(figures).collect();
    assert_eq!(
        figures,
        [
            ("standard".to_owned(), 5, 1, 0),
            ("vip".to_owned(), 3, 1, 0)
        ]
    );
}

pub(crate) async fn an_order_finds_its_tickets(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let order = BlindIndex([5; 16]);
    for serial in 0..4 {
        let ticket = NewTicket {
            order: (serial % 2 == 0).then_some(order),
            ..stage.ticket(serial)
        };
        storage
            .store_ticket(stage.organizer, ticket, by(10))
            .await
            .unwrap();
    }
    let found = storage
        .tickets_of_order(stage.organizer, order)
        .await
        .unwrap();
    let serials: Vec<_> = found.iter().map(|ticket| ticket.key.serial.0).collect();
    assert_eq!(serials, [0, 2]);
    assert_eq!(
        storage
            .tickets_of_order(stage.organizer, BlindIndex([6; 16]))
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn acts_are_on_record(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    storage
        .store_ticket(stage.organizer, stage.ticket(1), by(10))
        .await
        .unwrap();
    let key = stage.key(1);
    storage
        .change_ticket_state(stage.organizer, key, suspend(), by(11))
        .await
        .unwrap();
    storage
        .change_ticket_state(stage.organizer, key, suspend(), by(12))
        .await
        .unwrap();
    storage
        .change_ticket_state(stage.organizer, key, revoke(), by(13))
        .await
        .unwrap();

    let entries = storage
        .audit_entries(stage.organizer, 0, 1000)
        .await
        .unwrap();
    let acts: Vec<_> = entries.iter().map(|entry| entry.act).collect();
    let expected = [
        Act::OrganizerCreated,
        Act::KeyCreated,
        Act::KeyCreated,
        Act::KeyCreated,
        Act::KeyCreated,
        Act::DelegationStored,
        Act::EventCreated,
        Act::EventCreated,
        Act::TemplateUploaded,
        Act::TicketIssued,
        Act::TicketSuspended,
        Act::TicketRevoked,
    ];
    assert_eq!(acts, expected);
    let last = &entries[11];
    assert_eq!((last.at, last.actor.as_str()), (at(13), "user:test"));
    assert_eq!(last.subject, format!("ticket {}/1", stage.event.0));

    let first_page = storage.audit_entries(stage.organizer, 0, 6).await.unwrap();
    let after = first_page.last().unwrap().id;
    let second_page = storage
        .audit_entries(stage.organizer, after, 6)
        .await
        .unwrap();
    assert_eq!([first_page, second_page].concat(), entries);
}

pub(crate) async fn another_organizer_finds_nothing(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let new = NewTicket {
        order: Some(BlindIndex([1; 16])),
        ..stage.ticket_with_id(0, "T-1")
    };
    storage
        .store_ticket(stage.organizer, new.clone(), by(10))
        .await
        .unwrap();
    let version = storage
        .template_version(stage.organizer, stage.template_version)
        .await;
    let template = version.unwrap().unwrap().template;
    let other = organizer(storage, "other").await.id;
    let (event, key) = (stage.event, new.key);
    let page = PageRequest { page: 1, limit: 9 };

    assert_eq!(storage.event(other, event).await.unwrap(), None);
    assert_eq!(
        storage.event_by_id(other, &id("concert")).await.unwrap(),
        None
    );
    assert_eq!(storage.event_revision(other, event, 1).await.unwrap(), None);
    assert_eq!(storage.event_stats(other, event).await.unwrap(), None);
    assert_eq!(storage.ticket_types(other, event).await.unwrap(), []);
    assert_eq!(
        storage
            .number_ticket_type(other, event, "x", at(11))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        storage
            .reserve_serials(other, event, 1, "x", at(11))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        storage.next_bundle_sequence(other, event).await.unwrap(),
        None
    );
    assert_eq!(storage.status_list(other, event).await.unwrap(), None);
    let tickets = storage
        .tickets(other, event, TicketFilter::default(), page)
        .await;
    assert_eq!(tickets.unwrap(), None);
    assert_eq!(storage.ticket(other, key).await.unwrap(), None);
    assert_eq!(storage.ticket_by_id(other, &id("T-1")).await.unwrap(), None);
    assert_eq!(
        storage
            .tickets_of_order(other, BlindIndex([1; 16]))
            .await
            .unwrap(),
        []
    );
    assert_eq!(storage.ticket_revision(other, key, 1).await.unwrap(), None);
    let changed = storage
        .change_ticket_state(other, key, revoke(), by(11))
        .await;
    assert_eq!(changed.unwrap(), None);
    let revoked = storage.revoke_tickets(other, vec![key], None, by(11)).await;
    assert_eq!(revoked.unwrap(), 0);
    assert!(!storage.delete_event(other, event, by(11)).await.unwrap());
    let revised = storage
        .revise_ticket(
            other,
            key,
            1,
            stage.revision("t"),
            FoundBy::default(),
            by(11),
        )
        .await;
    assert_eq!(revised.unwrap(), None);
    assert_eq!(storage.templates(other).await.unwrap(), []);
    assert_eq!(storage.template(other, "classic").await.unwrap(), None);
    assert_eq!(storage.template_by_id(other, template).await.unwrap(), None);
    assert_eq!(
        storage.template_versions(other, template).await.unwrap(),
        []
    );
    let version = storage
        .template_version(other, stage.template_version)
        .await;
    assert_eq!(version.unwrap(), None);
    let by_number = storage.template_version_by_number(other, template, 1).await;
    assert_eq!(by_number.unwrap(), None);
    let active = storage
        .activate_template_version(other, stage.template_version, by(11))
        .await;
    assert_eq!(active.unwrap(), None);
    assert_eq!(
        storage
            .roll_back_template(other, template, by(11))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        storage
            .set_canary(other, template, None, by(11))
            .await
            .unwrap(),
        None
    );
    let key = storage
        .revoke_signing_key(other, stage.ticket_key, by(11))
        .await;
    assert_eq!(key.unwrap(), None);
    // And it cannot put a ticket into an event that it does not have.
    let foreign = TicketKey {
        event,
        serial: Serial(5),
    };
    let foreign = NewTicket {
        key: foreign,
        ..stage.ticket(5)
    };
    let stored = storage.store_ticket(other, foreign.clone(), by(11)).await;
    assert_eq!(conflict(stored), Conflict::Reference);
    let mut unsigned = foreign;
    unsigned.first.signing_key = None;
    let stored = storage.store_ticket(other, unsigned, by(11)).await;
    assert_eq!(conflict(stored), Conflict::Reference);
}

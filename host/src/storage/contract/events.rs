use ticket_token::{EventNumber, Serial, TicketType};

use super::conflict;
use super::samples::{at, by, event, event_data, id, organizer};
use crate::storage::{Conflict, EventFilter, NewEvent, NumberedType, PageRequest, Storage};

fn numbered(number: u16, name: &str) -> NumberedType {
    NumberedType {
        number: TicketType(number),
        name: name.to_owned(),
    }
}

pub(crate) async fn an_event_reads_as_it_was_written(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let made = event(storage, organizer, "concert", &["standard", "vip"]).await;
    assert_eq!(made.organizer, organizer);
    assert_eq!(made.id, id("concert"));
    assert_eq!(made.current.revision, 1);
    assert_eq!(
        made.current.data,
        event_data("concert", &["standard", "vip"])
    );
    assert_eq!(
        (made.next_serial, made.bundle_sequence, made.status_sequence),
        (0, 0, 0)
    );
    assert_eq!(
        storage.event(organizer, made.number).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(
        storage.event_by_id(organizer, &made.id).await.unwrap(),
        Some(made.clone())
    );
    let unknown = EventNumber(made.number.0 + 1);
    assert_eq!(storage.event(organizer, unknown).await.unwrap(), None);
    let stats = storage
        .event_stats(organizer, made.number)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stats.types, []);
}

pub(crate) async fn event_ids_are_taken_once_for_each_organizer(storage: &dyn Storage) {
    let one = organizer(storage, "one").await.id;
    let other = organizer(storage, "other").await.id;
    let first = event(storage, one, "concert", &[]).await;
    let second = event(storage, other, "concert", &[]).await;
    assert_ne!(first.number, second.number);
    let again = NewEvent {
        id: id("concert"),
        data: event_data("again", &["standard"]),
    };
    assert_eq!(
        conflict(storage.create_event(one, again, by(2)).await),
        Conflict::EventExists
    );
    assert_eq!(storage.ticket_types(one, first.number).await.unwrap(), []);
}

pub(crate) async fn an_events_revisions_stay_readable(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let made = event(storage, organizer, "concert", &["standard"]).await;
    let revise = |expected, name| {
        let data = event_data(name, &["standard"]);
        storage.revise_event(organizer, made.number, expected, data, by(5))
    };
    let revised = revise(1, "later").await.unwrap().unwrap();
    assert_eq!(revised.current.revision, 2);
    assert_eq!(revised.current.created_at, at(5));
    assert_eq!(revised.created_at, made.created_at);
    assert_eq!(
        conflict(revise(1, "lost").await),
        Conflict::StaleRevision { current: 2 }
    );

    let revision = |number| storage.event_revision(organizer, made.number, number);
    assert_eq!(revision(1).await.unwrap(), Some(made.current.clone()));
    assert_eq!(revision(2).await.unwrap(), Some(revised.current));
    assert_eq!(revision(3).await.unwrap(), None);
    let unknown = EventNumber(made.number.0 + 1);
    let none = storage
        .revise_event(organizer, unknown, 1, event_data("x", &[]), by(6))
        .await;
    assert_eq!(none.unwrap(), None);
}

pub(crate) async fn types_keep_their_numbers(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let made = event(storage, organizer, "concert", &["standard", "vip"]).await;
    let data = event_data("concert", &["balcony", "vip"]);
    storage
        .revise_event(organizer, made.number, 1, data, by(5))
        .await
        .unwrap();
    let types = storage.ticket_types(organizer, made.number).await.unwrap();
    let expected = [
        numbered(1, "standard"),
        numbered(2, "vip"),
        numbered(3, "balcony"),
    ];
    assert_eq!(types, expected);
}

pub(crate) async fn only_open_events_number_types_by_use(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let open = event(storage, organizer, "open", &[]).await.number;
    let closed = event(storage, organizer, "closed", &["standard"])
        .await
        .number;
    let number = |event, name| storage.number_ticket_type(organizer, event, name, at(4));
    assert_eq!(
        number(open, "early bird").await.unwrap(),
        Some(numbered(1, "early bird"))
    );
    assert_eq!(number(open, "vip").await.unwrap(), Some(numbered(2, "vip")));
    assert_eq!(
        number(open, "early bird").await.unwrap(),
        Some(numbered(1, "early bird"))
    );
    assert_eq!(
        conflict(number(closed, "vip").await),
        Conflict::TypeNotDeclared
    );
    assert_eq!(
        number(EventNumber(closed.0 + 1), "vip").await.unwrap(),
        None
    );
}

pub(crate) async fn events_are_listed_in_pages(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let mut ids = vec!["default".to_owned()];
    for index in 0..5 {
        let name = format!("event-{index}");
        event(storage, organizer, &name, &[]).await;
        ids.push(name);
    }
    ids.reverse();
    let list = async |filter: EventFilter, page, limit| {
        let page = PageRequest { page, limit };
        let found = storage.events(organizer, filter, page).await.unwrap();
        let ids = found
            .items
            .iter()
            .map(|event| event.id.to_string())
            .collect::<Vec<_>>();
        (ids, found.total)
    };
    let all = EventFilter::default();
    assert_eq!(list(all, 1, 4).await, (ids[..4].to_vec(), 6));
    assert_eq!(list(all, 2, 4).await, (ids[4..].to_vec(), 6));
    assert_eq!(list(all, 3, 4).await, (vec![], 6));
    let later = EventFilter {
        starts_from: Some(at(86_401)),
        starts_before: None,
    };
    assert_eq!(list(later, 1, 4).await, (vec![], 0));
    let then = EventFilter {
        starts_from: Some(at(86_400)),
        starts_before: Some(at(86_401)),
    };
    assert_eq!(list(then, 1, 1).await.1, 6);
}

pub(crate) async fn serials_are_reserved_once(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let number = event(storage, organizer, "concert", &[]).await.number;
    let reserve = |count| storage.reserve_serials(organizer, number, count, "replica-1", at(4));
    let first = reserve(10).await.unwrap().unwrap();
    assert_eq!((first.first, first.count), (Serial(0), 10));
    let second = reserve(1).await.unwrap().unwrap();
    assert_eq!((second.first, second.count), (Serial(10), 1));
    assert_eq!(
        storage
            .event(organizer, number)
            .await
            .unwrap()
            .unwrap()
            .next_serial,
        11
    );
    let unknown = EventNumber(number.0 + 1);
    let none = storage
        .reserve_serials(organizer, unknown, 1, "replica-1", at(4))
        .await;
    assert_eq!(none.unwrap(), None);
}

pub(crate) async fn serials_end_at_the_last(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let number = event(storage, organizer, "concert", &[]).await.number;
    let reserve = |count| storage.reserve_serials(organizer, number, count, "replica-1", at(4));
    reserve(u32::MAX).await.unwrap();
    assert_eq!(
        conflict(reserve(2).await),
        Conflict::SerialsExhausted { left: 1 }
    );
    let last = reserve(1).await.unwrap().unwrap();
    assert_eq!(last.serials().collect::<Vec<_>>(), [Serial(u32::MAX)]);
    assert_eq!(
        conflict(reserve(1).await),
        Conflict::SerialsExhausted { left: 0 }
    );
    assert_eq!(
        storage
            .event(organizer, number)
            .await
            .unwrap()
            .unwrap()
            .next_serial,
        1 << 32
    );
}

pub(crate) async fn bundles_are_numbered(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let number = event(storage, organizer, "concert", &[]).await.number;
    for expected in 1..4 {
        let next = storage
            .next_bundle_sequence(organizer, number)
            .await
            .unwrap();
        assert_eq!(next, Some(expected));
    }
    let unknown = EventNumber(number.0 + 1);
    assert_eq!(
        storage
            .next_bundle_sequence(organizer, unknown)
            .await
            .unwrap(),
        None
    );
}

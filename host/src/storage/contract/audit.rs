use super::conflict;
use super::samples::{at, by, organizer, stage};
use crate::storage::{
    Act, AuditFilter, ChainLink, Conflict, NewAuditSeal, PageRequest, SigningKeyId, Storage,
};

fn seal(number: u64, entries: u64, key: SigningKeyId, sealed: Vec<i64>) -> NewAuditSeal {
    NewAuditSeal {
        number,
        entries,
        hash: [u8::try_from(number).unwrap(); 32],
        key,
        signed: vec![1, 2, 3],
        sealed,
    }
}

pub(crate) async fn seals_cover_what_no_earlier_one_covers(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let other = organizer(storage, "other").await.id;
    let organizer = stage.organizer;
    let waiting = storage.organizers_with_unsealed_audit().await.unwrap();
    assert_eq!(waiting, [organizer, other]);
    assert_eq!(storage.newest_audit_seal(organizer).await.unwrap(), None);

    let all = storage.unsealed_audit(organizer, 1000).await.unwrap();
    let count = all.len() as u64;
    assert!(count > 3, "{count}");
    assert_eq!(
        storage.audit_entries(organizer, 0, 1000).await.unwrap(),
        all
    );
    assert_eq!(
        storage.unsealed_audit(organizer, 2).await.unwrap(),
        all[..2]
    );
    let ids: Vec<i64> = all.iter().map(|entry| entry.id).collect();
    let key = stage.ticket_key;
    storage
        .store_audit_seal(organizer, seal(1, 2, key, ids[..2].to_vec()), at(20))
        .await
        .unwrap();
    let refused = async |seal: NewAuditSeal| {
        conflict(storage.store_audit_seal(organizer, seal, at(21)).await)
    };
    let rest = ids[2..].to_vec();
    let taken = seal(1, count, key, rest.clone());
    assert_eq!(refused(taken).await, Conflict::AuditSealed);
    let sealed_before = seal(2, count + 1, key, ids[1..].to_vec());
    assert_eq!(refused(sealed_before).await, Conflict::AuditSealed);
    let foreign = storage.unsealed_audit(other, 1).await.unwrap()[0].id;
    assert_eq!(
        refused(seal(2, 3, key, vec![foreign])).await,
        Conflict::AuditSealed
    );
    assert_eq!(
        storage.count_unsealed_audit(organizer).await.unwrap(),
        count - 2
    );
    storage
        .store_audit_seal(organizer, seal(2, count, key, rest), at(22))
        .await
        .unwrap();

    assert_eq!(storage.sealed_audit(organizer, 1).await.unwrap(), all[..2]);
    assert_eq!(storage.sealed_audit(organizer, 2).await.unwrap(), all[2..]);
    assert_eq!(storage.sealed_audit(other, 1).await.unwrap(), []);
    let seals = storage.audit_seals(organizer, 0, 10).await.unwrap();
    assert_eq!(
        seals.iter().map(|seal| seal.number).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(
        storage.audit_seals(organizer, 1, 10).await.unwrap(),
        seals[1..]
    );
    assert_eq!(
        storage.audit_seals(organizer, 0, 1).await.unwrap(),
        seals[..1]
    );
    let newest = storage.newest_audit_seal(organizer).await.unwrap().unwrap();
    assert_eq!((&newest, newest.sealed_at), (&seals[1], at(22)));
    assert_eq!((newest.entries, newest.hash), (count, [2; 32]));

    // What is done afterwards waits again.
    storage
        .store_ticket(organizer, stage.ticket(1), by(30))
        .await
        .unwrap();
    assert_eq!(storage.count_unsealed_audit(organizer).await.unwrap(), 1);
}

pub(crate) async fn the_record_is_read_in_pages(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let other = organizer(storage, "other").await.id;
    let organizer = stage.organizer;
    let all = storage.unsealed_audit(organizer, 1000).await.unwrap();
    let count = all.len() as u64;
    let ids: Vec<i64> = all.iter().map(|entry| entry.id).collect();
    let key = stage.ticket_key;
    for (number, entries, sealed) in [(1, 2, ids[..2].to_vec()), (2, count, ids[2..].to_vec())] {
        storage
            .store_audit_seal(organizer, seal(number, entries, key, sealed), at(20))
            .await
            .unwrap();
    }
    for serial in 1..3 {
        storage
            .store_ticket(organizer, stage.ticket(serial), by(30 + i64::from(serial)))
            .await
            .unwrap();
    }
    let ask = async |filter, page, limit| {
        let request = PageRequest { page, limit };
        let page = storage.audit_page(organizer, filter, request).await;
        page.unwrap()
    };
    let everything = AuditFilter::default();
    let first = ask(everything, 1, 3).await;
    assert_eq!(first.total, count + 2);
    let waiting = &first.items[..2];
    assert!(waiting.iter().all(|item| item.link.is_none()));
    assert_eq!(
        waiting[0].entry.subject,
        format!("ticket {}/2", stage.event.0)
    );
    let last = ChainLink {
        seal: 2,
        position: count,
    };
    assert_eq!(
        (&first.items[2].entry, first.items[2].link),
        (all.last().unwrap(), Some(last))
    );
    let whole = ask(everything, 1, 1000).await;
    let mut positions: Vec<_> = whole
        .items
        .iter()
        .filter_map(|item| item.link.map(|link| link.position))
        .collect();
    positions.reverse();
    assert_eq!(positions, (1..=count).collect::<Vec<_>>());
    assert_eq!(ask(everything, 2, 3).await.items, whole.items[3..6]);

    let issued = AuditFilter {
        act: Some(Act::TicketIssued),
        ..everything
    };
    assert_eq!(ask(issued, 1, 10).await.items, whole.items[..2]);
    let lately = AuditFilter {
        from: Some(at(31)),
        until: Some(at(32)),
        ..everything
    };
    assert_eq!(ask(lately, 1, 10).await.items, whole.items[1..2]);
    let foreign = storage
        .audit_page(other, issued, PageRequest { page: 1, limit: 9 })
        .await;
    assert_eq!(foreign.unwrap().total, 0);
}

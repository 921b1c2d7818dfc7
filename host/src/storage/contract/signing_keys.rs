use super::conflict;
use super::samples::{at, by, organizer, signing_key, stage};
use crate::storage::{
    Conflict, KeyPurpose, KeyState, NewDelegation, OrganizerId, Rotation, SigningKeyId,
    SigningKeyRow, Storage,
};

async fn ticket_keys(storage: &dyn Storage, organizer: OrganizerId) -> Vec<SigningKeyRow> {
    let mut keys = storage.signing_keys(organizer).await.unwrap();
    keys.retain(|key| key.purpose == KeyPurpose::Ticket);
    keys
}

fn rotation(verify_until: Option<i64>) -> Rotation {
    Rotation {
        purpose: KeyPurpose::Ticket,
        verify_until: verify_until.map(at),
    }
}

pub(crate) async fn keys_move_from_next_to_active_to_retired(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let rotated = storage
        .rotate_signing_key(organizer, rotation(None), by(10))
        .await;
    assert_eq!(conflict(rotated), Conflict::NoNextKey);
    let keys = ticket_keys(storage, organizer).await;
    assert_eq!(
        keys[0].state,
        KeyState::Active,
        "a refused rotation retires nothing"
    );

    let next = signing_key(KeyPurpose::Ticket, 200);
    let next = storage
        .create_signing_key(organizer, next, by(11))
        .await
        .unwrap();
    assert_eq!(next.state, KeyState::Next);
    let third = signing_key(KeyPurpose::Ticket, 201);
    let third = storage.create_signing_key(organizer, third, by(11)).await;
    assert_eq!(conflict(third), Conflict::KeyExists);

    let active = storage
        .rotate_signing_key(organizer, rotation(None), by(12))
        .await
        .unwrap();
    assert_eq!((active.id, active.state), (next.id, KeyState::Active));
    let keys = ticket_keys(storage, organizer).await;
    assert_eq!(keys[0].state, KeyState::Retired);
    assert_eq!(keys[0].sign_until, Some(at(12)));
    assert_eq!(keys[0].verify_until, None);
    assert_eq!(keys[1], active);
}

pub(crate) async fn a_retired_key_verifies_as_long_as_its_last_ticket(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    storage
        .store_ticket(stage.organizer, stage.ticket(0), by(20))
        .await
        .unwrap();
    let mut earlier = stage.ticket(1);
    earlier.expires_at = at(5);
    storage
        .store_ticket(stage.organizer, earlier, by(20))
        .await
        .unwrap();

    let next = signing_key(KeyPurpose::Ticket, 200);
    storage
        .create_signing_key(stage.organizer, next, by(21))
        .await
        .unwrap();
    storage
        .rotate_signing_key(stage.organizer, rotation(Some(500)), by(22))
        .await
        .unwrap();
    let old = ticket_keys(storage, stage.organizer).await.swap_remove(0);
    assert_eq!(old.last_expiry, Some(at(1_000_000)));
    assert_eq!(old.verify_until, Some(at(1_000_000)));

    let late = storage
        .store_ticket(stage.organizer, stage.ticket(2), by(23))
        .await;
    assert_eq!(conflict(late), Conflict::KeyNotActive);
    assert_eq!(
        storage.ticket(stage.organizer, stage.key(2)).await.unwrap(),
        None
    );

    // The second key signed nothing, so it ends when it is told to.
    let next = signing_key(KeyPurpose::Ticket, 201);
    storage
        .create_signing_key(stage.organizer, next, by(24))
        .await
        .unwrap();
    storage
        .rotate_signing_key(stage.organizer, rotation(Some(600)), by(25))
        .await
        .unwrap();
    let unused = ticket_keys(storage, stage.organizer).await.swap_remove(1);
    assert_eq!(unused.verify_until, Some(at(600)));
}

pub(crate) async fn a_revoked_key_stays_revoked(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let revoke = |at| storage.revoke_signing_key(stage.organizer, stage.ticket_key, by(at));
    let revoked = revoke(30).await.unwrap().unwrap();
    assert_eq!(
        (revoked.state, revoked.state_at),
        (KeyState::Revoked, at(30))
    );
    assert_eq!(revoke(31).await.unwrap(), Some(revoked));
    let unknown = SigningKeyId(stage.ticket_key.0 + 100);
    let none = storage
        .revoke_signing_key(stage.organizer, unknown, by(31))
        .await;
    assert_eq!(none.unwrap(), None);

    let ticket = storage
        .store_ticket(stage.organizer, stage.ticket(0), by(32))
        .await;
    assert_eq!(conflict(ticket), Conflict::KeyNotActive);
    // Nothing signs now, so a new key does at once.
    let key = signing_key(KeyPurpose::Ticket, 200);
    let key = storage
        .create_signing_key(stage.organizer, key, by(33))
        .await
        .unwrap();
    assert_eq!(key.state, KeyState::Active);
}

pub(crate) async fn delegations_only_go_forward(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let keys = storage.signing_keys(organizer).await.unwrap();
    let bundle_key = keys
        .iter()
        .find(|key| key.purpose == KeyPurpose::Bundle)
        .unwrap()
        .id;
    let delegation = |sequence| NewDelegation {
        sequence,
        bundle_key,
        bytes: vec![1, 2, 3],
        not_before: at(0),
        expires_at: at(1000),
    };
    let first = storage.newest_delegation(organizer).await.unwrap().unwrap();
    assert_eq!((first.sequence, first.bundle_key), (1, bundle_key));
    let store = |sequence| storage.store_delegation(organizer, delegation(sequence), by(40));
    store(7).await.unwrap();
    assert_eq!(
        conflict(store(7).await),
        Conflict::StaleDelegation { newest: 7 }
    );
    assert_eq!(
        conflict(store(3).await),
        Conflict::StaleDelegation { newest: 7 }
    );
    let newest = store(8).await.unwrap();
    assert_eq!(
        storage.newest_delegation(organizer).await.unwrap(),
        Some(newest)
    );
}

//! API keys.

use super::samples::{at, by, organizer};
use crate::storage::{Digest, NewApiKey, Storage};

fn new_key(secret: &str) -> NewApiKey {
    NewApiKey {
        name: "till".to_owned(),
        hint: "gk_abc".to_owned(),
        secret: Digest::of(secret.as_bytes()),
        nonce: [7; 16],
        permissions: vec!["tickets.create".to_owned(), "tickets.read".to_owned()],
        expires_at: Some(at(1_000)),
    }
}

pub(crate) async fn an_api_key_is_found_by_its_secret_alone(storage: &dyn Storage) {
    let ours = organizer(storage, "ours").await.id;
    let theirs = organizer(storage, "theirs").await.id;
    let made = storage.create_api_key(ours, new_key("one"), by(10)).await;
    let made = made.unwrap();
    assert_eq!(made.organizer, ours);
    assert_eq!(made.permissions, new_key("one").permissions);
    assert_eq!((made.created_at, made.last_used), (at(10), None));
    let find = |secret: &str| storage.api_key_by_secret(Digest::of(secret.as_bytes()));
    assert_eq!(find("one").await.unwrap(), Some(made.clone()));
    assert_eq!(find("two").await.unwrap(), None);
    let listed = storage.api_keys(ours).await.unwrap();
    assert_eq!(listed.as_slice(), std::slice::from_ref(&made));
    assert_eq!(storage.api_keys(theirs).await.unwrap(), []);

    for seconds in [50, 40] {
        storage
            .note_api_key_use(made.id, at(seconds))
            .await
            .unwrap();
    }
    let used = find("one").await.unwrap().unwrap();
    assert_eq!(used.last_used, Some(at(50)), "it only goes forward");

    let foreign = storage.revoke_api_key(theirs, made.id, by(60)).await;
    assert_eq!(foreign.unwrap(), None);
    let revoke = |seconds| storage.revoke_api_key(ours, made.id, by(seconds));
    let revoked = revoke(60).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(at(60)));
    assert_eq!(revoke(61).await.unwrap(), Some(revoked));
}

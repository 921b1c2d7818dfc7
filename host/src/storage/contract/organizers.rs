use serde_json::json;

use super::conflict;
use super::samples::{at, by, compiling_version, id, new_organizer, organizer};
use crate::storage::{Conflict, KeyPurpose, KeyState, OrganizerId, Sealed, Slug, Storage};

pub(crate) async fn a_new_organizer_has_keys_and_an_event(storage: &dyn Storage) {
    let made = organizer(storage, "demo").await;
    assert_eq!(made.slug.as_str(), "demo");
    assert_eq!(made.settings, json!({ "accent": "#aa0000" }));
    assert_eq!(made.created_at, at(0));
    assert_eq!(
        storage.organizer(made.id).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(
        storage.organizer_by_slug(&made.slug).await.unwrap(),
        Some(made.clone())
    );

    let keys = storage.signing_keys(made.id).await.unwrap();
    assert_eq!(
        keys.iter().map(|key| key.purpose).collect::<Vec<_>>(),
        KeyPurpose::ALL
    );
    assert!(keys.iter().all(|key| key.state == KeyState::Active));

    let event = storage
        .event_by_id(made.id, &id("default"))
        .await
        .unwrap()
        .unwrap();
    assert!(event.current.data.open);
}

pub(crate) async fn a_slug_is_taken_once(storage: &dyn Storage) {
    let first = organizer(storage, "demo").await;
    let second = storage.create_organizer(new_organizer("demo"), by(5)).await;
    assert_eq!(conflict(second), Conflict::OrganizerExists);
    assert_eq!(storage.organizers().await.unwrap(), [first]);
    let unknown = Slug::try_from("other").unwrap();
    assert_eq!(storage.organizer_by_slug(&unknown).await.unwrap(), None);
}

pub(crate) async fn an_organizer_changes(storage: &dyn Storage) {
    let made = organizer(storage, "demo").await;
    let changed = storage
        .change_organizer(made.id, "Démo".to_owned(), json!({}), by(6))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (changed.name.as_str(), &changed.settings),
        ("Démo", &json!({}))
    );
    assert_eq!(storage.organizer(made.id).await.unwrap(), Some(changed));
    let unknown = OrganizerId(made.id.0 + 1);
    let none = storage
        .change_organizer(unknown, String::new(), json!({}), by(6))
        .await;
    assert_eq!(none.unwrap(), None);
}

pub(crate) async fn a_data_key_is_replaced_only_if_it_is_the_known_one(storage: &dyn Storage) {
    let made = organizer(storage, "demo").await;
    let (old, new) = (made.data_key.clone(), Sealed(b"sealed anew".to_vec()));
    let replace = |old: &Sealed| storage.replace_data_key(made.id, old.clone(), new.clone());
    assert!(!replace(&new).await.unwrap());
    assert!(replace(&old).await.unwrap());
    assert!(!replace(&old).await.unwrap());
    assert_eq!(
        storage.organizer(made.id).await.unwrap().unwrap().data_key,
        new
    );
}

pub(crate) async fn the_default_template_is_the_organizers_own(storage: &dyn Storage) {
    let (one, other) = (
        organizer(storage, "one").await,
        organizer(storage, "other").await,
    );
    let template = compiling_version(storage, one.id, "classic").await.template;
    let set = storage
        .set_default_template(one.id, template, by(7))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(set.default_template, Some(template));
    let foreign = storage
        .set_default_template(other.id, template, by(7))
        .await;
    assert_eq!(conflict(foreign), Conflict::Reference);
}

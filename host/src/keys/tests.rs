use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::json;
use ticket_gate::Delegation as Signed;
use ticket_token::{
    Claims, EventNumber, Extra, Serial, SigningKey, TicketType, UnixTime, VerifyingKey, parse, sign,
};

use super::*;
use crate::storage::contract::samples::{at, by, event_data, id, ready_version};
use crate::storage::sqlite::SqliteStorage;
use crate::storage::{
    Conflict, EventStorage as _, KeyPurpose, KeyState, NewRevision, NewTicket, Organizer,
    OrganizerStorage as _, Rotation, Sealed, SigningKeyStorage as _, Slug, StorageError, TicketKey,
    TicketStorage as _,
};

const MASTER: [u8; 32] = [7; 32];

fn randomness() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([3; 32])
}

fn slug(text: &str) -> Slug {
    Slug::try_from(text).unwrap()
}

struct Stage {
    folder: tempfile::TempDir,
    storage: Arc<SqliteStorage>,
    keys: Keys,
    randomness: ChaCha20Rng,
}

async fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(SqliteStorage::open(folder.path(), 2).await.unwrap());
    let secret = MacSecret::new(b"qr secret".to_vec());
    let keys = Keys::new(storage.clone(), MasterKey::of_secret(&MASTER), secret);
    Stage {
        folder,
        storage,
        keys,
        randomness: randomness(),
    }
}

fn year() -> Validity {
    Validity {
        not_before: at(0),
        expires_at: at(365 * 86_400),
    }
}

impl Stage {
    async fn organizer(&mut self, name: &str, root: RootKey) -> Organizer {
        let newcomer = Newcomer {
            slug: slug(name),
            name: name.to_owned(),
            settings: json!({}),
            default_event: event_data("Default", &["standard"]),
            root,
        };
        self.keys
            .create_organizer(newcomer, &mut self.randomness, by(0))
            .await
            .unwrap()
    }
}

fn claims() -> Claims {
    Claims {
        expires: UnixTime(1_900_000_000),
        event: EventNumber(1),
        serial: Serial(1),
        ticket_type: TicketType(1),
        extra: Extra::None,
    }
}

#[tokio::test]
async fn a_new_organizer_can_sign_at_once() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await;
    let ring = stage.keys.ring(organizer.id, at(1)).await.unwrap();

    let signer = ring.ticket_signer().unwrap();
    let token = parse(sign(&claims(), &signer.key).cose()).unwrap();
    let named: Vec<_> = ring.ticket_keys_named(token.key_id).collect();
    assert_eq!(named.len(), 1);
    assert!(token.verify(&named[0].key));

    let bundle = ring.bundle_signer_at(at(1)).unwrap();
    let root = VerifyingKey::new(ring.root_key().unwrap());
    let signed = Signed::open(&bundle.delegation.bytes, &root).unwrap();
    assert_eq!(signed.organizer, "demo");
    assert_eq!(signed.bundle_key, bundle.key.public_key());
    assert_eq!(signed.sequence, bundle.delegation.sequence);
    assert!(signed.covers(unix_time(at(1))));
    for outside in [at(-1), at(365 * 86_400)] {
        let refused = ring.bundle_signer_at(outside);
        assert!(matches!(refused, Err(KeysError::NoDelegation)));
    }
}

#[tokio::test]
async fn rotation_keeps_old_tickets_and_stops_old_keys() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await.id;
    let old_ring = stage.keys.ring(organizer, at(1)).await.unwrap();
    let old = old_ring.ticket_signer().unwrap();
    let token = sign(&claims(), &old.key);

    let next = stage
        .keys
        .create_next(organizer, KeyPurpose::Ticket, &mut stage.randomness, by(2));
    let next = next.await.unwrap();
    assert_eq!(next.state, KeyState::Next);
    let ring = stage.keys.ring(organizer, at(3)).await.unwrap();
    assert_eq!(ring.ticket_signer().unwrap().id, old.id);
    assert_eq!(
        ring.ticket_keys().len(),
        2,
        "scanners learn it ahead of its use"
    );

    let rotation = Rotation {
        purpose: KeyPurpose::Ticket,
        verify_until: None,
    };
    stage.keys.rotate(organizer, rotation, by(4)).await.unwrap();
    let ring = stage.keys.ring(organizer, at(4)).await.unwrap();
    assert_eq!(ring.ticket_signer().unwrap().id, next.id);
    let token = parse(token.cose()).unwrap();
    let holds = |key: &VerifyingTicketKey| token.verify(&key.key);
    assert!(ring.ticket_keys_named(token.key_id).any(holds));

    // Who still has the old ring in memory is told so by the storage.
    let event = stage
        .storage
        .event_by_id(organizer, &id("default"))
        .await
        .unwrap()
        .unwrap();
    let version = ready_version(&*stage.storage, organizer, "classic").await;
    let late = NewTicket {
        key: TicketKey {
            event: event.number,
            serial: Serial(0),
        },
        uuid: uuid::Uuid::nil(),
        ticket_number: "N".to_owned(),
        id: None,
        ticket_type: TicketType(1),
        order: None,
        email: None,
        expires_at: at(100),
        first: NewRevision {
            event_revision: 1,
            template_version: version.id,
            signing_key: Some(old.id),
            token: vec![1],
            values: Sealed(vec![1]),
        },
    };
    let refused = stage.storage.store_ticket(organizer, late, by(5)).await;
    assert!(matches!(
        refused,
        Err(StorageError::Conflict(Conflict::KeyNotActive))
    ));
}

#[tokio::test]
async fn a_bundle_key_speaks_when_it_is_delegated() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await.id;
    let ring = stage.keys.ring(organizer, at(1)).await.unwrap();
    let old = ring.bundle_signer_at(at(1)).unwrap().id;

    stage
        .keys
        .create_next(organizer, KeyPurpose::Bundle, &mut stage.randomness, by(2))
        .await
        .unwrap();
    let rotation = Rotation {
        purpose: KeyPurpose::Bundle,
        verify_until: None,
    };
    let new = stage
        .keys
        .rotate(organizer, rotation, by(3))
        .await
        .unwrap()
        .id;
    let ring = stage.keys.ring(organizer, at(3)).await.unwrap();
    assert_eq!(ring.bundle_signer_at(at(3)).unwrap().id, old);

    let delegation = stage.keys.delegate(organizer, year(), by(4)).await.unwrap();
    assert_eq!((delegation.sequence, delegation.bundle_key), (2, new));
    let ring = stage.keys.ring(organizer, at(4)).await.unwrap();
    assert_eq!(ring.bundle_signer_at(at(4)).unwrap().id, new);

    stage
        .keys
        .revoke(organizer, new, by(5))
        .await
        .unwrap()
        .unwrap();
    let ring = stage.keys.ring(organizer, at(5)).await.unwrap();
    assert!(matches!(
        ring.bundle_signer_at(at(5)),
        Err(KeysError::NoDelegation)
    ));
}

#[tokio::test]
async fn a_delegation_is_renewed_when_half_of_it_is_over() {
    let mut stage = stage().await;
    let organizer = stage
        .organizer("demo", RootKey::Here(Validity::of_delegation(at(0))))
        .await
        .id;
    let half = 365 * 86_400 / 2;
    let sequence = async |now: Timestamp| {
        let ring = stage.keys.publishing_ring(organizer, now).await.unwrap();
        ring.bundle_signer_at(now).unwrap().delegation.sequence
    };
    assert_eq!(sequence(at(half - 1)).await, 1);
    assert_eq!(sequence(at(half)).await, 2);
    assert_eq!(sequence(at(half + 1)).await, 2);

    // A new bundle key speaks as soon as something is published.
    stage
        .keys
        .create_next(
            organizer,
            KeyPurpose::Bundle,
            &mut stage.randomness,
            by(half + 2),
        )
        .await
        .unwrap();
    let rotation = Rotation {
        purpose: KeyPurpose::Bundle,
        verify_until: None,
    };
    let now = at(half + 3);
    let new = stage
        .keys
        .rotate(organizer, rotation, by(half + 3))
        .await
        .unwrap()
        .id;
    let ring = stage.keys.publishing_ring(organizer, now).await.unwrap();
    assert_eq!(ring.bundle_signer_at(now).unwrap().id, new);

    let root = SigningKey::from_seed(&[9; 32]).unwrap();
    let elsewhere = stage
        .organizer("far", RootKey::Elsewhere(root.public_key()))
        .await
        .id;
    let ring = stage.keys.publishing_ring(elsewhere, now).await.unwrap();
    assert!(ring.bundle_signer_at(now).is_err());
}

#[tokio::test]
async fn a_root_key_may_live_elsewhere() {
    let mut stage = stage().await;
    let root = SigningKey::from_seed(&[9; 32]).unwrap();
    let organizer = stage
        .organizer("demo", RootKey::Elsewhere(root.public_key()))
        .await
        .id;
    let ring = stage.keys.ring(organizer, at(1)).await.unwrap();
    assert_eq!(ring.root_key(), Some(&root.public_key()));
    assert!(matches!(
        ring.bundle_signer_at(at(1)),
        Err(KeysError::NoDelegation)
    ));
    let here = stage.keys.delegate(organizer, year(), by(2)).await;
    assert!(matches!(here, Err(KeysError::RootElsewhere)), "{here:?}");

    let rows = stage.storage.signing_keys(organizer).await.unwrap();
    let bundle = rows
        .iter()
        .find(|row| row.purpose == KeyPurpose::Bundle)
        .unwrap();
    let delegation = |organizer: &str, key: ticket_token::PublicKey| Signed {
        organizer: organizer.to_owned(),
        bundle_key: key,
        not_before: unix_time(at(0)),
        expires: unix_time(at(1000)),
        sequence: 5,
    };
    let bundle_key = ticket_token::PublicKey::from_bytes(&bundle.public_key).unwrap();
    let by_root = |signed: Signed| ticket_gate::sign_delegation(&signed, &root).unwrap();
    let accept = |bytes| stage.keys.accept_delegation(organizer, bytes, by(3));

    let stranger = SigningKey::from_seed(&[8; 32]).unwrap();
    let forged = ticket_gate::sign_delegation(&delegation("demo", bundle_key), &stranger).unwrap();
    assert!(matches!(
        accept(forged).await,
        Err(KeysError::Delegation(_))
    ));
    let foreign = by_root(delegation("other", bundle_key));
    let foreign = accept(foreign).await;
    assert!(matches!(
        foreign,
        Err(KeysError::ForeignDelegation { field: "organizer" })
    ));
    let wrong_key = by_root(delegation("demo", stranger.public_key()));
    let wrong_key = accept(wrong_key).await;
    assert!(matches!(
        wrong_key,
        Err(KeysError::ForeignDelegation {
            field: "bundle key"
        })
    ));

    let good = by_root(delegation("demo", bundle_key));
    let stored = accept(good.clone()).await.unwrap();
    assert_eq!((stored.sequence, stored.expires_at), (5, at(1000)));
    let ring = stage.keys.ring(organizer, at(4)).await.unwrap();
    assert_eq!(ring.bundle_signer_at(at(4)).unwrap().id, bundle.id);
    let again = accept(good).await;
    let stale = Conflict::StaleDelegation { newest: 5 };
    assert!(
        matches!(again, Err(KeysError::Storage(StorageError::Conflict(found))) if found == stale)
    );
}

#[tokio::test]
async fn rings_are_kept_and_renewed() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await.id;
    let ring = async |now: Timestamp| stage.keys.ring(organizer, now).await.unwrap();
    let first = ring(at(1)).await;
    assert!(Arc::ptr_eq(&first, &ring(at(11)).await));
    assert!(!Arc::ptr_eq(&first, &ring(at(12)).await));
    let kept = ring(at(12)).await;
    stage.keys.forget(organizer);
    assert!(!Arc::ptr_eq(&kept, &ring(at(12)).await));
    let unknown = crate::storage::OrganizerId(organizer.0 + 1);
    let none = stage.keys.ring(unknown, at(1)).await;
    assert!(matches!(none, Err(KeysError::NoOrganizer)));
}

#[tokio::test]
async fn a_new_master_key_changes_nothing_else() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await.id;
    stage.organizer("other", RootKey::Here(year())).await;
    let old = stage.keys.ring(organizer, at(1)).await.unwrap();
    let ticket = TicketKey {
        event: EventNumber(1),
        serial: Serial(1),
    };
    let values = old.seal_values(ticket, 1, b"Anna", &mut stage.randomness);
    let (head, file_key) = old.begin_file(b"list.csv", &mut stage.randomness);
    let mut chunk = Vec::new();
    file_key.seal(ChunkPlace::Last(0), b"Anna", &mut chunk);
    let with = |master: MasterKey| {
        let secret = MacSecret::new(b"qr secret".to_vec());
        Keys::new(stage.storage.clone(), master, secret)
    };
    let new_master = || MasterKey::of_secret(&[8; 32]);
    let both = with(new_master().in_place_of(&MASTER));

    // Interrupted after the first of two: who knows both keys opens all, who knows one does not.
    let organizers = stage.storage.organizers().await.unwrap();
    let seal = async |organizer: &Organizer| {
        let sealed = both.seal_anew(organizer, &mut randomness()).await;
        sealed.unwrap()
    };
    assert!(seal(&organizers[0]).await);
    both.check_master().await.unwrap();
    for one in [with(new_master()), with(MasterKey::of_secret(&MASTER))] {
        let error = one.check_master().await.unwrap_err();
        let source = OpenError::OtherKey;
        assert!(
            matches!(&error, KeysError::Open { source: found, .. } if *found == source),
            "{error}"
        );
    }
    // A second run that read the rows before the first wrote them changes nothing any more.
    assert!(!seal(&organizers[0]).await);
    let organizers = stage.storage.organizers().await.unwrap();
    assert!(!seal(&organizers[0]).await);
    assert!(seal(&organizers[1]).await);
    let keys = with(new_master());
    keys.check_master().await.unwrap();
    let new = keys.ring(organizer, at(2)).await.unwrap();
    assert_eq!(
        new.open_values(ticket, 1, &values).unwrap().as_slice(),
        b"Anna"
    );
    let mut plain = Vec::new();
    let file_key = new.open_file(b"list.csv", &head).unwrap();
    file_key
        .open(ChunkPlace::Last(0), &chunk, &mut plain)
        .unwrap();
    assert_eq!(plain, b"Anna");
    assert_eq!(
        new.ticket_signer().unwrap().id,
        old.ticket_signer().unwrap().id
    );
    let index = |ring: &KeyRing| ring.blind_index(IndexKind::Order, "O-1");
    assert_eq!(index(&new), index(&old));
}

#[tokio::test]
async fn sealed_values_open_only_in_their_place() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await.id;
    let other = stage.organizer("other", RootKey::Here(year())).await.id;
    let ring = stage.keys.ring(organizer, at(1)).await.unwrap();
    let other = stage.keys.ring(other, at(1)).await.unwrap();
    let ticket = |event, serial| TicketKey {
        event: EventNumber(event),
        serial: Serial(serial),
    };
    let sealed = ring.seal_values(ticket(1, 2), 3, b"Anna", &mut stage.randomness);
    assert_eq!(sealed.0.len(), 4 + 45);

    let why = |ring: &KeyRing, ticket, revision, sealed: &Sealed| match ring
        .open_values(ticket, revision, sealed)
    {
        Ok(values) => Ok(values.to_vec()),
        Err(KeysError::Open { source, .. }) => Err(source),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(why(&ring, ticket(1, 2), 3, &sealed), Ok(b"Anna".to_vec()));
    assert_eq!(
        why(&ring, ticket(1, 3), 3, &sealed),
        Err(OpenError::Altered)
    );
    assert_eq!(
        why(&ring, ticket(2, 2), 3, &sealed),
        Err(OpenError::Altered)
    );
    assert_eq!(
        why(&ring, ticket(1, 2), 4, &sealed),
        Err(OpenError::Altered)
    );
    assert_eq!(
        why(&other, ticket(1, 2), 3, &sealed),
        Err(OpenError::OtherKey)
    );
    for index in 0..sealed.0.len() {
        let mut altered = sealed.clone();
        altered.0[index] ^= 1;
        assert!(
            why(&ring, ticket(1, 2), 3, &altered).is_err(),
            "byte {index}"
        );
        let cut = Sealed(sealed.0[..index].to_vec());
        assert!(why(&ring, ticket(1, 2), 3, &cut).is_err(), "cut at {index}");
    }
}

#[tokio::test]
async fn every_use_has_a_key_of_its_own() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await.id;
    let other = stage.organizer("other", RootKey::Here(year())).await.id;
    let ring = stage.keys.ring(organizer, at(1)).await.unwrap();
    let other = stage.keys.ring(other, at(1)).await.unwrap();

    let index = |kind, text| ring.blind_index(kind, text);
    assert_eq!(
        index(IndexKind::Email, " Anna@Example.org "),
        index(IndexKind::Email, "anna@example.org")
    );
    assert_ne!(
        index(IndexKind::Order, "A-1"),
        index(IndexKind::Order, "a-1")
    );
    assert_ne!(index(IndexKind::Order, "x"), index(IndexKind::Email, "x"));
    assert_ne!(
        index(IndexKind::Order, "x"),
        other.blind_index(IndexKind::Order, "x")
    );

    let tag = ring.capability_hash().tag(&[b"a", b"b"]);
    assert!(ring.capability_hash().verify(&[b"ab"], &tag));
    assert!(ring.capability_hash().verify(&[b"ab"], &tag[..16]));
    assert!(!ring.capability_hash().verify(&[b"ab"], &tag[..15]));
    assert!(!ring.capability_hash().verify(&[b"ac"], &tag));
    assert_ne!(ring.ticket_id_hash().tag(&[b"ab"]), tag);
    assert_ne!(other.capability_hash().tag(&[b"ab"]), tag);
    let number_key = ring.ticket_number_key(EventNumber(1));
    assert!(number_key != ring.ticket_number_key(EventNumber(2)));
    assert!(number_key != other.ticket_number_key(EventNumber(1)));
}

#[tokio::test]
async fn nothing_secret_or_personal_stands_in_the_files_or_in_debug_output() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await.id;
    let ring = stage.keys.ring(organizer, at(1)).await.unwrap();
    let event = stage
        .storage
        .event_by_id(organizer, &id("default"))
        .await
        .unwrap()
        .unwrap();
    let version = ready_version(&*stage.storage, organizer, "classic").await;
    let key = TicketKey {
        event: event.number,
        serial: Serial(0),
    };
    let values = "Żaneta Müller-Papadopoúlou, zaneta@example.org";
    let signer = ring.ticket_signer().unwrap();
    let ticket = NewTicket {
        key,
        uuid: uuid::Uuid::nil(),
        ticket_number: "N".to_owned(),
        id: Some(id("T-1")),
        ticket_type: TicketType(1),
        order: Some(ring.blind_index(IndexKind::Order, "ORDER-4711")),
        email: Some(ring.blind_index(IndexKind::Email, "zaneta@example.org")),
        expires_at: at(100),
        first: NewRevision {
            event_revision: 1,
            template_version: version.id,
            signing_key: Some(signer.id),
            token: sign(&claims(), &signer.key).cose().to_vec(),
            values: ring.seal_values(key, 1, values.as_bytes(), &mut stage.randomness),
        },
    };
    stage
        .storage
        .store_ticket(organizer, ticket, by(2))
        .await
        .unwrap();
    let stored = stage.storage.ticket(organizer, key).await.unwrap().unwrap();
    let opened = ring.open_values(key, 1, &stored.current.values).unwrap();
    assert_eq!(opened.as_slice(), values.as_bytes());

    // The keys that the others hang on.
    let row = stage.storage.organizer(organizer).await.unwrap().unwrap();
    let data_key = stage
        .keys
        .master
        .open_data_key(&row.slug, &row.data_key)
        .unwrap();
    let mut secrets: Vec<Vec<u8>> = vec![MASTER.to_vec(), data_key.bytes().to_vec()];
    secrets.extend(["Żaneta", "Müller", "zaneta", "example.org", "4711"].map(|text| text.into()));
    let files = std::fs::read_dir(stage.folder.path()).unwrap();
    let mut read = 0;
    for file in files {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        read += bytes.len();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{}", String::from_utf8_lossy(secret));
        }
        // What is not secret is there, so the search does find things.
        if bytes.len() > 100_000 {
            assert!(bytes.windows(3).any(|window| window == b"T-1"));
        }
    }
    assert!(read > 100_000);

    let shown = format!(
        "{ring:?} {:?} {:?} {stored:?}",
        stage.keys, stage.keys.master
    );
    assert!(!shown.contains("[7, 7, 7"), "{shown}");
    assert!(shown.contains("Sealed("), "{shown}");
}

#[test]
fn times_outside_the_token_are_moved_to_its_ends() {
    assert_eq!(unix_time(at(0)), UnixTime(1_790_000_000));
    assert_eq!(unix_time(Timestamp::MIN), UnixTime(0));
    assert_eq!(unix_time(Timestamp::MAX), UnixTime(u32::MAX));
    let fraction = at(0) + SignedDuration::from_millis(999);
    assert_eq!(unix_time(fraction), UnixTime(1_790_000_000));
}

#[tokio::test]
async fn a_token_that_says_a_name_is_stored_encrypted() {
    let mut stage = stage().await;
    let organizer = stage.organizer("demo", RootKey::Here(year())).await.id;
    let ring = stage.keys.ring(organizer, at(1)).await.unwrap();
    let ticket = |serial| TicketKey {
        event: EventNumber(1),
        serial: Serial(serial),
    };
    let token = b"\xD2 a token of Anna";
    let sealed = ring.seal_token(ticket(1), token, &mut stage.randomness);
    assert!(!sealed.windows(4).any(|bytes| bytes == b"Anna"));
    let opened = ring.open_token(ticket(1), &sealed).unwrap();
    assert_eq!(opened.as_slice(), token);
    assert!(ring.open_token(ticket(2), &sealed).is_err());
    // One that says none is stored as it is.
    let plain = ring.open_token(ticket(1), token).unwrap();
    assert_eq!(plain.as_slice(), token);
}

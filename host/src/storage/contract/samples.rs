//! Sample data. Fixed times, no randomness.

use jiff::Timestamp;
use serde_json::json;
use ticket_token::{EventNumber, KeyId, Serial, TicketType};
use uuid::Uuid;

use crate::storage::{
    By, CallerId, DeclaredType, Digest, Event, EventData, FirstDelegation, KeyPurpose, NewEvent,
    NewOrganizer, NewRevision, NewSigningKey, NewTemplateVersion, NewTicket, Organizer,
    OrganizerId, Sealed, SigningKeyId, Slug, Storage, TemplateVersion, TemplateVersionId, Texts,
    TicketKey, VersionOutcome,
};

/// Seconds after a fixed moment.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub(crate) fn by(seconds: i64) -> By {
    By::new("user:test", at(seconds))
}

pub(crate) fn id(text: &str) -> CallerId {
    CallerId::try_from(text).unwrap()
}

pub(crate) fn texts(text: &str) -> Texts {
    Texts::from([("en".to_owned(), text.to_owned())])
}

pub(crate) fn signing_key(purpose: KeyPurpose, byte: u8) -> NewSigningKey {
    NewSigningKey {
        purpose,
        key_id: KeyId([byte; 4]),
        public_key: [byte; 32],
        seed: Some(Sealed(vec![byte; 48])),
    }
}

pub(crate) fn event_data(name: &str, types: &[&str]) -> EventData {
    EventData {
        names: texts(name),
        venue: texts("Żółty Pałac"),
        description: Texts::new(),
        organizer_name: Some("Náš spolek".to_owned()),
        starts_at: Some(at(86_400)),
        ends_at: Some(at(90_000)),
        doors_at: None,
        time_zone: "Europe/Prague".to_owned(),
        locale: "cs".to_owned(),
        currency: Some("CZK".to_owned()),
        ticket_types: types.iter().map(|name| declared(name)).collect(),
        defaults: json!({ "template": "classic" }),
        policy: json!({ "stale": "ask" }),
        open: types.is_empty(),
    }
}

fn declared(name: &str) -> DeclaredType {
    DeclaredType {
        name: name.to_owned(),
        names: texts(name),
        rules: json!({ "entries": 1 }),
    }
}

pub(crate) fn new_organizer(slug: &str) -> NewOrganizer {
    // Keys differ between organizers, as they do in life.
    let seed = slug
        .bytes()
        .fold(1u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    let key = |purpose, step| signing_key(purpose, seed.wrapping_add(step));
    NewOrganizer {
        slug: Slug::try_from(slug).unwrap(),
        name: slug.to_uppercase(),
        settings: json!({ "accent": "#aa0000" }),
        data_key: Sealed(b"sealed data key".to_vec()),
        signing_keys: vec![
            key(KeyPurpose::Root, 0),
            key(KeyPurpose::Bundle, 1),
            key(KeyPurpose::Ticket, 2),
            key(KeyPurpose::Audit, 3),
        ],
        delegation: Some(FirstDelegation {
            sequence: 1,
            bytes: vec![1, 2, 3],
            not_before: at(0),
            expires_at: at(1000),
        }),
        default_event: event_data("Default", &[]),
    }
}

pub(crate) async fn organizer(storage: &dyn Storage, slug: &str) -> Organizer {
    storage
        .create_organizer(new_organizer(slug), by(0))
        .await
        .unwrap()
}

pub(crate) async fn event(
    storage: &dyn Storage,
    organizer: OrganizerId,
    name: &str,
    types: &[&str],
) -> Event {
    let new = NewEvent {
        id: id(name),
        data: event_data(name, types),
    };
    storage.create_event(organizer, new, by(1)).await.unwrap()
}

pub(crate) async fn compiling_version(
    storage: &dyn Storage,
    organizer: OrganizerId,
    name: &str,
) -> TemplateVersion {
    let component = storage
        .store_blob(b"component".to_vec(), at(2))
        .await
        .unwrap();
    let settings = storage.store_blob(Vec::new(), at(2)).await.unwrap();
    let new = NewTemplateVersion {
        name: name.to_owned(),
        component,
        settings,
        assets: Vec::new(),
    };
    storage
        .create_template_version(organizer, new, by(2))
        .await
        .unwrap()
}

pub(crate) async fn ready_version(
    storage: &dyn Storage,
    organizer: OrganizerId,
    name: &str,
) -> TemplateVersion {
    let version = compiling_version(storage, organizer, name).await;
    let outcome = VersionOutcome::Ready {
        manifest: json!({ "name": name }),
        prepared: None,
        report: json!({ "warnings": [] }),
    };
    let finished = storage
        .finish_template_version(organizer, version.id, outcome)
        .await;
    finished.unwrap().unwrap()
}

/// An organizer with all that a ticket needs.
pub(crate) struct Stage {
    pub(crate) organizer: OrganizerId,
    pub(crate) event: EventNumber,
    pub(crate) template_version: TemplateVersionId,
    pub(crate) ticket_key: SigningKeyId,
}

pub(crate) async fn stage(storage: &dyn Storage, slug: &str) -> Stage {
    let organizer = organizer(storage, slug).await.id;
    let event = event(storage, organizer, "concert", &["standard", "vip"])
        .await
        .number;
    let template_version = ready_version(storage, organizer, "classic").await.id;
    let keys = storage.signing_keys(organizer).await.unwrap();
    let ticket_key = keys
        .iter()
        .find(|key| key.purpose == KeyPurpose::Ticket)
        .unwrap()
        .id;
    storage
        .reserve_serials(organizer, event, 100_000, "test", at(3))
        .await
        .unwrap()
        .unwrap();
    Stage {
        organizer,
        event,
        template_version,
        ticket_key,
    }
}

impl Stage {
    pub(crate) fn key(&self, serial: u32) -> TicketKey {
        TicketKey {
            event: self.event,
            serial: Serial(serial),
        }
    }

    pub(crate) fn revision(&self, token: &str) -> NewRevision {
        NewRevision {
            event_revision: 1,
            template_version: self.template_version,
            signing_key: Some(self.ticket_key),
            token: token.as_bytes().to_vec(),
            values: Sealed(b"sealed values".to_vec()),
        }
    }

    /// A ticket whose names all follow from its serial.
    pub(crate) fn ticket(&self, serial: u32) -> NewTicket {
        let digest = Digest::of(&[self.event.0.to_be_bytes(), serial.to_be_bytes()].concat());
        NewTicket {
            key: self.key(serial),
            uuid: Uuid::new_v8(digest.0[..16].try_into().unwrap()),
            ticket_number: format!("N{serial:09}"),
            id: None,
            ticket_type: TicketType(1),
            order: None,
            email: None,
            expires_at: at(1_000_000),
            first: self.revision(&format!("token {serial}")),
        }
    }

    pub(crate) fn ticket_with_id(&self, serial: u32, text: &str) -> NewTicket {
        NewTicket {
            id: Some(id(text)),
            ..self.ticket(serial)
        }
    }
}

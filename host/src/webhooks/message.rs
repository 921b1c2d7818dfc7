//! What endpoints are told: an entry of the record as a message.
//!
//! A message names things by their ids and holds nothing of a ticket's holder, and not who acted: that
//! may be a person.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use ticket_token::{EventNumber, Serial};

use crate::storage::{
    Act, AuditEntry, NewMessage, OrganizerId, Storage, StorageError, StoredTicket, TicketKey,
    WebhookId,
};

/// The type of messages by which an organizer tries an endpoint.
const TEST: &str = "webhook.test";

/// Types of messages that an endpoint may want.
pub fn event_types() -> impl Iterator<Item = &'static str> {
    Act::ALL
        .into_iter()
        .filter(|act| is_told(*act))
        .map(Act::code)
}

/// Whether endpoints are told of it. Not of what is done to endpoints, or one that tries itself would be
/// told of that; not of what only the host does for itself.
pub fn is_told(act: Act) -> bool {
    match act {
        Act::OrganizerChanged
        | Act::KeyCreated
        | Act::KeyRotated
        | Act::KeyRevoked
        | Act::TemplateUploaded
        | Act::TemplateActivated
        | Act::TemplateRolledBack
        | Act::TemplateCanaryChanged
        | Act::EventCreated
        | Act::EventRevised
        | Act::EventDeleted
        | Act::TicketIssued
        | Act::TicketRevised
        | Act::TicketSuspended
        | Act::TicketReinstated
        | Act::TicketRevoked
        | Act::TicketReplaced
        | Act::TicketsRevoked
        | Act::TicketErased
        | Act::ApiKeyCreated
        | Act::ApiKeyRevoked
        | Act::JobCreated
        | Act::JobChanged
        | Act::JobRetried
        | Act::JobCancelled
        | Act::JobFinished
        | Act::TicketsIssued => true,
        Act::OrganizerCreated
        | Act::DelegationStored
        | Act::DataRestored
        | Act::WebhookCreated
        | Act::WebhookChanged
        | Act::WebhookDeleted
        | Act::WebhookSecretRotated
        | Act::WebhookTested
        | Act::WebhookReplayed
        | Act::WebhookDisabled
        | Act::JobsRemoved => false,
    }
}

/// A message by which an organizer tries an endpoint.
#[must_use]
pub fn test_message(webhook: WebhookId, at: Timestamp) -> NewMessage {
    message(TEST, at, json!({ "webhookId": webhook.0 }))
}

fn message(event_type: &str, at: Timestamp, data: Value) -> NewMessage {
    NewMessage {
        message_id: format!("msg_{}", uuid::Uuid::new_v4().simple()),
        event_type: event_type.to_owned(),
        body: json!({ "type": event_type, "timestamp": at, "data": data }).to_string(),
    }
}

/// Makes messages of entries; keeps the names of events that it met.
pub struct MessageMaker<'a> {
    storage: &'a dyn Storage,
    organizer: OrganizerId,
    event_ids: HashMap<EventNumber, Option<String>>,
}

impl<'a> MessageMaker<'a> {
    /// For entries of one organizer.
    pub fn new(storage: &'a dyn Storage, organizer: OrganizerId) -> Self {
        Self {
            storage,
            organizer,
            event_ids: HashMap::new(),
        }
    }

    /// The message of an entry of which endpoints are told. Things are named as they are called now.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn message_of(&mut self, entry: &AuditEntry) -> Result<NewMessage, StorageError> {
        let data = match entry.act {
            Act::TicketIssued
            | Act::TicketRevised
            | Act::TicketSuspended
            | Act::TicketReinstated
            | Act::TicketRevoked
            | Act::TicketReplaced => self.ticket(entry).await?,
            Act::TicketsRevoked | Act::TicketErased => self.tickets(entry).await?,
            Act::EventCreated | Act::EventRevised | Act::EventDeleted => self.event(entry).await?,
            Act::TemplateUploaded
            | Act::TemplateActivated
            | Act::TemplateRolledBack
            | Act::TemplateCanaryChanged => template(entry),
            Act::KeyCreated | Act::KeyRotated | Act::KeyRevoked => {
                taken(entry, &["kid", "purpose", "state"])
            }
            Act::ApiKeyCreated | Act::ApiKeyRevoked => {
                let mut data = taken(entry, &["permissions"]);
                let id = rest(entry, "api key ").and_then(|id| id.parse::<i64>().ok());
                data.insert("apiKeyId".to_owned(), json!(id));
                data
            }
            Act::JobCreated
            | Act::JobChanged
            | Act::JobRetried
            | Act::JobCancelled
            | Act::JobFinished => {
                const FIGURES: [&str; 7] = [
                    "kind",
                    "state",
                    "total",
                    "completed",
                    "failed",
                    "printed",
                    "error",
                ];
                let mut data = taken(entry, &FIGURES);
                data.insert("jobId".to_owned(), json!(rest(entry, "job ")));
                data
            }
            Act::TicketsIssued => {
                let mut data = taken(entry, &["chunk", "count", "failed"]);
                data.insert("jobId".to_owned(), json!(rest(entry, "job ")));
                data
            }
            Act::OrganizerChanged => {
                let slug = rest(entry, "organizer ");
                Map::from_iter([("organizer".to_owned(), json!(slug))])
            }
            Act::OrganizerCreated
            | Act::DelegationStored
            | Act::DataRestored
            | Act::WebhookCreated
            | Act::WebhookChanged
            | Act::WebhookDeleted
            | Act::WebhookSecretRotated
            | Act::WebhookTested
            | Act::WebhookReplayed
            | Act::WebhookDisabled
            | Act::JobsRemoved => Map::new(),
        };
        Ok(message(entry.act.code(), entry.at, Value::Object(data)))
    }

    async fn ticket(&mut self, entry: &AuditEntry) -> Result<Map<String, Value>, StorageError> {
        let mut data = taken(entry, &["revision"]);
        if entry.act == Act::TicketIssued {
            data.insert("revision".to_owned(), json!(1));
        }
        let place = rest(entry, "ticket ").and_then(|place| place.split_once('/'));
        let key = place.and_then(|(event, serial)| {
            Some(TicketKey {
                event: EventNumber(event.parse().ok()?),
                serial: Serial(serial.parse().ok()?),
            })
        });
        let Some(key) = key else {
            return Ok(data);
        };
        data.insert("eventId".to_owned(), json!(self.event_id(key.event).await?));
        if let Some(ticket) = self.storage.ticket(self.organizer, key).await? {
            data.append(&mut names(&ticket));
        }
        Ok(data)
    }

    async fn tickets(&mut self, entry: &AuditEntry) -> Result<Map<String, Value>, StorageError> {
        let mut data = self.event(entry).await?;
        let Some(event) = event_number(entry) else {
            return Ok(data);
        };
        let serials: Vec<u32> = entry
            .details
            .get("serials")
            .and_then(|serials| serde_json::from_value(serials.clone()).ok())
            .unwrap_or_default();
        let mut tickets = Vec::with_capacity(serials.len());
        for serial in serials.into_iter().map(Serial) {
            let key = TicketKey { event, serial };
            if let Some(ticket) = self.storage.ticket(self.organizer, key).await? {
                let named = Value::Object(names(&ticket));
                // A ticket may have had several serials.
                if !tickets.contains(&named) {
                    tickets.push(named);
                }
            }
        }
        data.insert("tickets".to_owned(), Value::Array(tickets));
        Ok(data)
    }

    async fn event(&mut self, entry: &AuditEntry) -> Result<Map<String, Value>, StorageError> {
        let mut data = taken(entry, &["revision"]);
        let deleted = entry.details.get("id").and_then(Value::as_str);
        let id = match (deleted, event_number(entry)) {
            (Some(id), _) => Some(id.to_owned()),
            (None, Some(number)) => self.event_id(number).await?,
            (None, None) => None,
        };
        data.insert("eventId".to_owned(), json!(id));
        Ok(data)
    }

    async fn event_id(&mut self, number: EventNumber) -> Result<Option<String>, StorageError> {
        if let Some(known) = self.event_ids.get(&number) {
            return Ok(known.clone());
        }
        let event = self.storage.event(self.organizer, number).await?;
        let id = event.map(|event| event.id.as_str().to_owned());
        self.event_ids.insert(number, id.clone());
        Ok(id)
    }
}

fn names(ticket: &StoredTicket) -> Map<String, Value> {
    let own = ticket.id.as_ref().map(|id| id.as_str().to_owned());
    let uuid = ticket.uuid.to_string();
    Map::from_iter([
        (
            "ticketId".to_owned(),
            json!(own.unwrap_or_else(|| uuid.clone())),
        ),
        ("uuid".to_owned(), json!(uuid)),
        ("ticketNumber".to_owned(), json!(ticket.ticket_number)),
    ])
}

/// `template classic/3`, or without a version.
fn template(entry: &AuditEntry) -> Map<String, Value> {
    let mut data = taken(entry, &["permille"]);
    let subject = rest(entry, "template ").unwrap_or_default();
    let (name, version) = match subject.split_once('/') {
        Some((name, version)) => (name, version.parse::<u32>().ok()),
        None => (subject, None),
    };
    data.insert("name".to_owned(), json!(name));
    if let Some(version) = version {
        data.insert("version".to_owned(), json!(version));
    }
    data
}

/// The event that an entry is about, or whose ticket it is about.
fn event_number(entry: &AuditEntry) -> Option<EventNumber> {
    let ticket = || Some(rest(entry, "ticket ")?.split_once('/')?.0);
    let number = rest(entry, "event ").or_else(ticket)?.parse().ok()?;
    Some(EventNumber(number))
}

fn rest<'e>(entry: &'e AuditEntry, kind: &str) -> Option<&'e str> {
    entry.subject.strip_prefix(kind)
}

/// These figures of the entry, where it has them.
fn taken(entry: &AuditEntry, figures: &[&str]) -> Map<String, Value> {
    figures
        .iter()
        .filter_map(|figure| Some(((*figure).to_owned(), entry.details.get(figure)?.clone())))
        .collect()
}

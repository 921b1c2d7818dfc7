//! An event as JSON.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::event_data::TicketTypeData;
use crate::events::{EventDetails, TicketTypeDetails, details_of};
use crate::http::error::ApiError;
use crate::storage::Event;

/// A stored event. Moments are RFC 3339 in UTC.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "id": "gala-2027", "number": 2, "revision": 1, "title": "Gala",
        "eventDate": "2027-05-01T18:00:00Z", "endDate": "2027-05-01T23:00:00Z", "doorsAt": "2027-05-01T17:00:00Z",
        "location": "Stadthalle", "address": "Ring 1\nBerlin", "timeZone": "Europe/Berlin", "locale": "de",
        "currency": "EUR", "open": false, "createdAt": "2027-03-01T09:00:00Z",
        "ticketTypes": [{
            "name": "vip", "price": 9900, "entries": 1, "groupSize": 1, "validFrom": null, "validUntil": null,
            "gates": ["north"], "reEntry": true, "template": null,
        }],
    }
))]
pub struct EventJson {
    id: String,
    /// The number in its tokens.
    number: u32,
    revision: u32,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doors_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    time_zone: String,
    locale: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "organizer_name", skip_serializing_if = "Option::is_none")]
    organizer_name: Option<String>,
    ticket_types: Vec<TicketTypeData>,
    /// Whether tickets of any type are accepted.
    open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    created_at: Timestamp,
}

impl EventJson {
    /// An event with its newest revision.
    ///
    /// # Errors
    /// When the row makes no sense.
    pub fn of(event: &Event) -> Result<Self, ApiError> {
        let details: EventDetails = details_of(&event.current.data, &event.number.0.to_string())?;
        Ok(Self {
            id: event.id.as_str().to_owned(),
            number: event.number.0,
            revision: event.current.revision,
            title: details.title,
            event_date: details.starts,
            end_date: details.ends,
            doors_at: details.doors,
            location: details.venue,
            address: details.address,
            time_zone: details.time_zone,
            locale: details.locale,
            currency: details.currency,
            description: details.description,
            organizer_name: details.organizer_name,
            ticket_types: details
                .ticket_types
                .into_iter()
                .map(TicketTypeData::from)
                .collect(),
            open: event.current.data.open,
            template: details.template,
            created_at: event.created_at,
        })
    }
}

impl From<TicketTypeDetails> for TicketTypeData {
    fn from(details: TicketTypeDetails) -> Self {
        Self {
            name: details.name,
            price: details.price_minor,
            entries: Some(details.entries),
            group_size: Some(details.group_size),
            valid_from: details.valid_from.map(|at| at.to_string()),
            valid_until: details.valid_until.map(|at| at.to_string()),
            gates: details.gates,
            re_entry: details.re_entry,
            template: details.template,
        }
    }
}

//! The body of a batch in JSON.

use axum::extract::{FromRequest, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::batch_options::BatchOptions;
use super::batch_ticket::{BatchTicket, Entry, in_place};
use crate::config::PriceUnit;
use crate::http::error::ApiError;
use crate::http::events::EventData;
use crate::http::extract::{expect_json, parse_json, whole_body};
use crate::http::openapi::EventIdWord;
use crate::http::tickets::{OrderBody, OrderOptions, TicketData, UserData};
use crate::issue::Order;

/// Largest batch in JSON, in bytes. Larger ones are streamed.
pub const MAX_BATCH_BYTES: usize = 8 << 20;

/// A JSON body of at most [`MAX_BATCH_BYTES`].
pub struct BatchJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for BatchJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        expect_json(
            request.headers(),
            "application/json in UTF-8, without a Content-Encoding",
        )?;
        let bytes = whole_body(request, state, MAX_BATCH_BYTES).await?;
        parse_json(&bytes).map(Self)
    }
}

/// Body of `POST /api/tickets/batch` and `/full-batch`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    {
        "eventId": "gala-2027",
        "tickets": [
            { "type": "vip", "attendeeName": "Zoë Kraus", "seat": "12" },
            { "type": "standard", "quantity": 3 },
        ],
        "options": { "priority": "high" },
    }
))]
pub struct BatchBody {
    /// The event of tickets that name none.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// The tickets.
    #[schema(min_items = 1)]
    pub tickets: Vec<BatchTicket>,
    /// Creates the event if it does not exist.
    pub event_data: Option<EventData>,
    /// Who comes, for tickets that do not say.
    pub user_data: Option<UserData>,
    /// How it is worked on.
    #[serde(default)]
    pub options: BatchOptions,
}

/// An order, and how many tickets of it.
pub struct Ordered {
    /// The order.
    pub order: Order,
    /// How many.
    pub quantity: u32,
}

/// What tickets of a batch have in common.
#[derive(Debug, Default, Clone)]
pub struct Common {
    /// The event of tickets that name none.
    pub event_id: Option<String>,
    /// Creates the event.
    pub event_data: Option<EventData>,
    /// Who comes.
    pub user_data: Option<UserData>,
}

impl Common {
    /// The order of an entry.
    ///
    /// # Errors
    /// [`ApiError::Validation`], with fields as the entry has them.
    pub fn order(&self, entry: Entry, price_unit: PriceUnit) -> Result<Ordered, ApiError> {
        let Entry {
            ticket,
            quantity,
            template,
        } = entry;
        if quantity > 1 && ticket.id.is_some() {
            return Err(ApiError::field(
                "id",
                "names one ticket; leave it out, or order a quantity of 1",
            ));
        }
        let body = OrderBody {
            ticket_data: Some(TicketData {
                event_id: ticket.event_id.or_else(|| self.event_id.clone()),
                ..ticket
            }),
            event_data: self.event_data.clone(),
            user_data: self.user_data.clone(),
            options: Some(OrderOptions {
                template,
                ..OrderOptions::default()
            }),
            ..OrderBody::default()
        };
        let orders = body.into_orders(price_unit).map_err(as_entry)?;
        let order = orders.into_iter().next();
        order
            .map(|order| Ordered { order, quantity })
            .ok_or_else(|| anyhow::anyhow!("an entry makes no order").into())
    }
}

/// Fields as an entry of a batch has them.
fn as_entry(error: ApiError) -> ApiError {
    error.with_fields_renamed(|field| field.strip_prefix("ticketData.").map(str::to_owned))
}

impl BatchBody {
    /// All orders.
    ///
    /// # Errors
    /// [`ApiError::Validation`], which names the entry.
    pub fn into_orders(
        self,
        price_unit: PriceUnit,
        max_size: u32,
    ) -> Result<Vec<Ordered>, ApiError> {
        let common = Common {
            event_id: self.event_id,
            event_data: self.event_data,
            user_data: self.user_data,
        };
        if self.tickets.is_empty() {
            return Err(ApiError::field("tickets", "must have one entry at least"));
        }
        if self.tickets.len() > max_size as usize {
            return Err(ApiError::field(
                "tickets",
                format!(
                    "has {} entries, more than BATCH_MAX_SIZE = {max_size}; send more as text/csv or application/x-ndjson",
                    self.tickets.len()
                ),
            ));
        }
        let mut orders = Vec::with_capacity(self.tickets.len());
        for (index, ticket) in self.tickets.into_iter().enumerate() {
            let place = format!("tickets[{index}]");
            let entry = ticket
                .into_entry()
                .map_err(|problem| in_place(&place, problem))?;
            let ordered = common.order(entry, price_unit).map_err(|error| {
                error.with_fields_renamed(|field| {
                    let is_common = ["eventData", "userData"]
                        .iter()
                        .any(|name| field.starts_with(name));
                    (!is_common).then(|| format!("{place}.{field}"))
                })
            })?;
            orders.push(ordered);
        }
        Ok(orders)
    }
}

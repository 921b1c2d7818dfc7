//! `POST /api/tickets/revoke`: many tickets at once.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revoke_ticket::checked_reason;
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::events::known_event;
use crate::http::extract::JsonBody;
use crate::http::idempotency::{Recalled, no_sense};
use crate::http::openapi::{EventIdWord, OrderIdWord, ReasonWord};
use crate::http::services::{Services, Shared};
use crate::issue::{Lines, printable};
use crate::keys::IndexKind;
use crate::storage::{Act, Done, StoredTicket, TicketKey, TicketSelection, TicketState};

/// Most ids of one request.
const MAX_IDS: usize = 1_000;
/// Tickets of one act; between two acts others may write.
const CHUNK: u32 = 500;
const MESSAGE: &str = "the tickets are revoked";

/// Which tickets: those that meet all that is given.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "eventId": "gala-2027", "orderId": "order-17", "reason": "order cancelled" }
))]
pub struct RevokeBody {
    /// Those of this event.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// Those of this type; needs `eventId`.
    #[serde(rename = "type", alias = "ticketType")]
    #[schema(extensions(("x-aliases" = json!(["ticketType"]))))]
    pub ticket_type: Option<String>,
    /// Those of this order.
    #[schema(value_type = Option<OrderIdWord>, inline)]
    pub order_id: Option<String>,
    /// Those with these ids, at most 1,000.
    #[schema(max_items = 1000)]
    pub ticket_ids: Option<Vec<String>>,
    /// Why, for the staff; at most 200 characters, no personal data.
    #[schema(value_type = Option<ReasonWord>, inline)]
    pub reason: Option<String>,
}

/// What became of them.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    { "matched": 2, "revoked": 1, "alreadyRevoked": 1 }
))]
pub struct RevokedJson {
    /// Tickets that the filter fits.
    matched: u64,
    /// Those that are revoked now and were not before.
    revoked: u64,
    already_revoked: u64,
    /// Ids that no ticket of the filter has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not_found: Vec<String>,
}

/// Revokes the tickets of a filter, some hundred in one act. If the host stops in between, the rest
/// still holds: send it again.
#[utoipa::path(
    post,
    path = "/api/tickets/revoke",
    tag = "Tickets",
    security(("bearer" = ["tickets.admin"])),
    request_body = RevokeBody,
    responses((status = 200, description = "the tickets are revoked", body = Success<RevokedJson>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND"]))),
)]
pub async fn revoke_tickets(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<RevokeBody>,
) -> Result<Success<RevokedJson>, ApiError> {
    let principal = caller.may(Permission::TicketsAdmin)?;
    let reason = checked_reason(body.reason.clone())?;
    if let Some(done) = done {
        let answer = serde_json::from_value(done.details.clone()).map_err(|_| no_sense(&done))?;
        return Ok(Success::ok(MESSAGE, answer));
    }
    let Some(selection) = selection_of(&services, &principal, &body).await? else {
        // No ticket has a type that has no number.
        let not_found = body.ticket_ids.unwrap_or_default();
        let nothing = RevokedJson {
            not_found,
            ..RevokedJson::default()
        };
        return Ok(Success::ok("no ticket fits", nothing));
    };
    let mut answer = RevokedJson::default();
    let run = Run {
        services: &services,
        principal: &principal,
        reason,
    };
    match body.ticket_ids {
        Some(ids) => run.revoke_named(ids, selection, &mut answer).await?,
        None => run.revoke_selected(selection, &mut answer).await?,
    }
    if let Some(claim) = principal.claim {
        let done = Done {
            act: Act::TicketsRevoked,
            subject: "tickets of a filter".to_owned(),
            details: serde_json::to_value(&answer).map_err(anyhow::Error::from)?,
        };
        services.storage.finish_request(claim, done).await?;
    }
    Ok(Success::ok(MESSAGE, answer))
}

/// The filter; none if no ticket can meet it.
async fn selection_of(
    services: &Services,
    principal: &Principal,
    body: &RevokeBody,
) -> Result<Option<TicketSelection>, ApiError> {
    if body.event_id.is_none() && body.order_id.is_none() && body.ticket_ids.is_none() {
        return Err(ApiError::body(
            "say which tickets: eventId, orderId or ticketIds",
        ));
    }
    if body
        .ticket_ids
        .as_ref()
        .is_some_and(|ids| ids.len() > MAX_IDS)
    {
        return Err(ApiError::field(
            "ticketIds",
            format!("holds more than {MAX_IDS} ids; send several requests"),
        ));
    }
    let mut selection = TicketSelection {
        event: None,
        ticket_type: None,
        order: None,
    };
    let known = match &body.event_id {
        Some(id) => Some(known_event(services, principal.organizer, id).await?),
        None => None,
    };
    selection.event = known.as_ref().map(|known| known.event.number);
    if let Some(name) = &body.ticket_type {
        let known = known.ok_or_else(|| {
            ApiError::field(
                "eventId",
                "is required with type: each event has types of its own",
            )
        })?;
        match known.types.iter().find(|numbered| numbered.name == *name) {
            Some(numbered) => selection.ticket_type = Some(numbered.number),
            None => return Ok(None),
        }
    }
    if let Some(order_id) = &body.order_id {
        let order_id = printable(order_id, 100, Lines::One)
            .map_err(|error| ApiError::field("orderId", error.to_string()))?;
        let keys = services
            .keys
            .ring(principal.organizer, services.clock.now())
            .await?;
        selection.order = Some(keys.blind_index(IndexKind::Order, &order_id));
    }
    Ok(Some(selection))
}

struct Run<'a> {
    services: &'a Services,
    principal: &'a Principal,
    reason: Option<String>,
}

impl Run<'_> {
    async fn revoke_selected(
        &self,
        selection: TicketSelection,
        answer: &mut RevokedJson,
    ) -> Result<(), ApiError> {
        let mut after = None;
        loop {
            let found = self
                .services
                .storage
                .select_tickets(self.principal.organizer, selection, after, CHUNK)
                .await?;
            let Some((last, _)) = found.last() else {
                return Ok(());
            };
            after = Some(*last);
            self.revoke(found, answer).await?;
        }
    }

    async fn revoke_named(
        &self,
        ids: Vec<String>,
        selection: TicketSelection,
        answer: &mut RevokedJson,
    ) -> Result<(), ApiError> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let ticket = self
                .services
                .issuer
                .find_ticket(self.principal.organizer, &id)
                .await?
                .filter(|ticket| is_selected(ticket, selection));
            match ticket {
                Some(ticket) => found.push((ticket.key, ticket.state)),
                None => answer.not_found.push(id),
            }
        }
        // Two ids of one ticket count once; neighbours of one event share a line of the record.
        found.sort_unstable();
        found.dedup();
        for chunk in found.chunks(CHUNK as usize) {
            self.revoke(chunk.to_vec(), answer).await?;
        }
        Ok(())
    }

    async fn revoke(
        &self,
        found: Vec<(TicketKey, TicketState)>,
        answer: &mut RevokedJson,
    ) -> Result<(), ApiError> {
        let matched = found.len() as u64;
        let holding: Vec<TicketKey> = found
            .into_iter()
            .filter(|(_, state)| *state != TicketState::Revoked)
            .map(|(key, _)| key)
            .collect();
        let revoked = if holding.is_empty() {
            0
        } else {
            // Not under the claim: a chunk may be repeated, and only the whole is done.
            let by = self.principal.by(self.services.clock.now()).aside();
            self.services
                .storage
                .revoke_tickets(self.principal.organizer, holding, self.reason.clone(), by)
                .await?
        };
        answer.matched += matched;
        answer.revoked += u64::from(revoked);
        answer.already_revoked += matched - u64::from(revoked);
        Ok(())
    }
}

fn is_selected(ticket: &StoredTicket, selection: TicketSelection) -> bool {
    selection
        .event
        .is_none_or(|event| event == ticket.key.event)
        && selection
            .ticket_type
            .is_none_or(|number| number == ticket.ticket_type)
        && selection
            .order
            .is_none_or(|order| Some(order) == ticket.order)
}

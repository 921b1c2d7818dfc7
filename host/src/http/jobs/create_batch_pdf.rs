//! `POST /api/tickets/batch-pdf`: prints many tickets.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::batch_body::{BatchBody, BatchJson};
use super::batch_options::{BatchOptions, CheckedOptions};
use super::batch_ticket::BatchTicket;
use super::create_batch::{fill, recalled_job, try_orders};
use super::job_json::{AcceptedJob, accepted};
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::events::EventData;
use crate::http::idempotency::Recalled;
use crate::http::openapi::{CallerIdWord, EventIdWord};
use crate::http::services::{Services, Shared};
use crate::http::tickets::found_ticket;
use crate::storage::{Intake, Job};

/// Body of `POST /api/tickets/batch-pdf`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "ticketIds": ["order-17-1"], "options": { "mergeIntoSingle": true } }))]
pub struct BatchPdfBody {
    /// Tickets that are there, by the caller's or Guichet's id. One that is not there is among the items that
    /// failed.
    #[schema(value_type = Option<Vec<CallerIdWord>>)]
    pub ticket_ids: Option<Vec<String>>,
    /// Tickets that are issued first, in the place of `ticketIds`.
    #[schema(min_items = 1)]
    pub tickets: Option<Vec<BatchTicket>>,
    /// The event of `tickets` that name none.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// Creates the event if it does not exist.
    pub event_data: Option<EventData>,
    /// As `options.template`.
    pub template: Option<String>,
    /// How it is worked on; one PDF of all tickets unless it says otherwise.
    #[serde(default)]
    pub options: BatchOptions,
}

/// Prints tickets into one PDF, or as the options say. Those that were revoked are left out and reported.
#[utoipa::path(
    post,
    path = "/api/tickets/batch-pdf",
    tag = "Jobs",
    security(("bearer" = ["tickets.pdf.batch"])),
    request_body = BatchPdfBody,
    responses((status = 202, description = "the job was taken in", body = Success<AcceptedJob>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_READY", "QUEUE_FULL"]))),
)]
pub async fn create_batch_pdf(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    BatchJson(body): BatchJson<BatchPdfBody>,
) -> Result<Success<AcceptedJob>, ApiError> {
    let principal = caller.may(Permission::TicketsPdfBatch)?;
    let options = BatchOptions {
        template: body.options.template.clone().or(body.template),
        ..body.options
    };
    let notices = options.notices();
    let checked = options.checked(services.clock.now())?;
    let job = match (done, body.ticket_ids, body.tickets) {
        (Some(done), ..) => recalled_job(&services, &principal, &done).await?,
        (None, Some(ids), None) => print(&services, &principal, &ids, checked).await?,
        (None, None, Some(tickets)) => {
            let batch = BatchBody {
                event_id: body.event_id,
                tickets,
                event_data: body.event_data,
                ..BatchBody::default()
            };
            let orders = batch.into_orders(services.price_unit, services.batch_max_size)?;
            try_orders(&services, &principal, &orders, &checked.template()).await?;
            let order = checked.into_full(false);
            fill(&services, &principal, order, orders, Intake::Released).await?
        }
        (None, None, None) => {
            return Err(ApiError::field("ticketIds", "is required, or tickets"));
        }
        (None, Some(_), Some(_)) => {
            return Err(ApiError::field(
                "tickets",
                "cannot stand beside ticketIds; give one of them",
            ));
        }
    };
    let accepted = accepted(&services, &job, notices).await?;
    Ok(Success::accepted("the job was taken in", accepted))
}

async fn print(
    services: &Services,
    principal: &Principal,
    ids: &[String],
    options: CheckedOptions,
) -> Result<Job, ApiError> {
    if ids.is_empty() {
        return Err(ApiError::field("ticketIds", "must have one id at least"));
    }
    if ids.len() > services.batch_max_size as usize {
        return Err(ApiError::field(
            "ticketIds",
            format!(
                "has {} ids, more than BATCH_MAX_SIZE = {}; send them in several jobs",
                ids.len(),
                services.batch_max_size
            ),
        ));
    }
    if let Some(template) = options.template() {
        let issuer = &services.issuer;
        issuer
            .bulk_printer(principal.organizer, Some(&template))
            .await?;
    }
    let mut taking = services
        .batches
        .begin(principal, options.into_print())
        .await?;
    for id in ids {
        let taken = match found_ticket(services, principal, id).await {
            Ok(ticket) => taking.existing(&ticket).await,
            Err(ApiError::NotFound(_)) => taking.missing(id, None).await,
            Err(error) => {
                taking.discard().await;
                return Err(error);
            }
        };
        if let Err(error) = taken {
            taking.discard().await;
            return Err(error.into());
        }
    }
    Ok(taking.open(Intake::Released, None).await?)
}

//! `POST /api/tickets/jobs`: a job that waits to be begun.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::batch_body::{BatchBody, BatchJson};
use super::batch_options::BatchOptions;
use super::batch_ticket::BatchTicket;
use super::create_batch::{fill, recalled_job, try_orders};
use super::job_json::{JobJson, shown_job};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::events::EventData;
use crate::http::idempotency::Recalled;
use crate::http::openapi::{EventIdWord, JobTypeWord, PriorityWord, TypeWord};
use crate::http::services::Shared;
use crate::storage::Intake;

/// Body of `POST /api/tickets/jobs`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "type": "batch_generation", "eventId": "gala-2027", "ticketData": [{ "type": "vip" }], "priority": "high" }
))]
pub struct JobBody {
    /// `batch_generation`, the only kind that waits.
    #[serde(rename = "type")]
    #[schema(value_type = Option<JobTypeWord>, inline)]
    pub kind: Option<String>,
    /// As `type`.
    #[schema(value_type = Option<JobTypeWord>, inline)]
    pub job_type: Option<String>,
    /// The event of tickets that name none.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// The tickets.
    #[schema(min_items = 1)]
    pub ticket_data: Option<Vec<BatchTicket>>,
    /// So many tickets of one type, in the place of `ticketData`.
    pub parameters: Option<JobParameters>,
    /// Creates the event if it does not exist.
    pub event_data: Option<EventData>,
    /// How it is worked on.
    #[serde(default)]
    pub options: BatchOptions,
    /// As `options.priority`.
    #[schema(value_type = Option<PriorityWord>, inline)]
    pub priority: Option<String>,
}

/// So many tickets of one type.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobParameters {
    /// The event.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// How many.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub ticket_count: u32,
    /// Name of the ticket type.
    #[schema(value_type = Option<TypeWord>, inline)]
    pub ticket_type: Option<String>,
}

impl JobBody {
    /// The same as the body of a batch.
    fn into_batch(self) -> Result<BatchBody, ApiError> {
        const KINDS: [&str; 2] = ["batch_generation", "tickets"];
        for (field, kind) in [("type", &self.kind), ("jobType", &self.job_type)] {
            if kind.as_deref().is_some_and(|kind| !KINDS.contains(&kind)) {
                return Err(ApiError::field(
                    field,
                    "must be batch_generation; other jobs have routes of their own, such as /batch-pdf",
                ));
            }
        }
        let (tickets, event_id) = match (self.ticket_data, self.parameters) {
            (Some(tickets), None) => (tickets, self.event_id),
            (None, Some(parameters)) => {
                let mut ticket = std::collections::BTreeMap::from([(
                    "quantity".to_owned(),
                    parameters.ticket_count.into(),
                )]);
                if let Some(kind) = parameters.ticket_type {
                    ticket.insert("type".to_owned(), kind.into());
                }
                (
                    vec![BatchTicket(ticket)],
                    parameters.event_id.or(self.event_id),
                )
            }
            (None, None) => {
                return Err(ApiError::field("ticketData", "is required, or parameters"));
            }
            (Some(_), Some(_)) => {
                return Err(ApiError::field(
                    "parameters",
                    "cannot stand beside ticketData; give one of them",
                ));
            }
        };
        Ok(BatchBody {
            event_id,
            tickets,
            event_data: self.event_data,
            user_data: None,
            options: BatchOptions {
                priority: self.options.priority.or(self.priority),
                ..self.options
            },
        })
    }
}

/// Takes in a job that waits for `POST /api/tickets/jobs/{jobId}/process`.
#[utoipa::path(
    post,
    path = "/api/tickets/jobs",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.create"])),
    request_body = JobBody,
    responses((status = 201, description = "the job waits", body = Success<JobJson>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_READY", "QUEUE_FULL"]))),
)]
pub async fn create_job(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    BatchJson(body): BatchJson<JobBody>,
) -> Result<Success<JobJson>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsCreate)?;
    let batch = body.into_batch()?;
    let job = match done {
        Some(done) => recalled_job(&services, &principal, &done).await?,
        None => {
            let options = batch.options.checked(services.clock.now())?;
            let orders = batch
                .into_orders(services.price_unit, services.batch_max_size)
                .map_err(as_ticket_data)?;
            try_orders(&services, &principal, &orders, &options.template())
                .await
                .map_err(as_ticket_data)?;
            let order = options.into_order();
            fill(&services, &principal, order, orders, Intake::Held).await?
        }
    };
    Ok(Success::created(
        "the job waits to be processed",
        shown_job(&services, &job).await?,
    ))
}

/// The entries have another name here.
fn as_ticket_data(error: ApiError) -> ApiError {
    error.with_fields_renamed(|field| {
        let rest = field.strip_prefix("tickets")?;
        Some(format!("ticketData{rest}"))
    })
}

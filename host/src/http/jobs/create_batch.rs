//! `POST /api/tickets/batch` and `/full-batch`.

use axum::extract::{Request, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::batch_body::{BatchBody, Common, MAX_BATCH_BYTES, Ordered};
use super::batch_options::{BatchOptions, CheckedOptions};
use super::batch_ticket::BatchTicket;
use super::job_json::{AcceptedJob, accepted};
use super::streamed::{Row, RowFormat, Rows};
use crate::access::{Permission, Principal};
use crate::batches::{BatchError, Intake, JobOrder};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, FieldProblem, Missing};
use crate::http::extract::{QueryOf, expect_json, parse_json, whole_body};
use crate::http::idempotency::{OptionalKey, Recalled, StreamClaim, StreamDigest, job_of};
use crate::http::openapi::{
    CsvRowsWord, EventIdWord, ListWord, NdjsonRowsWord, OrderByWord, PagesWord, PriorityWord,
};
use crate::http::services::{Services, Shared};
use crate::storage::{self, Done, Job};

const EXPECTED: &str =
    "application/json, application/x-ndjson or text/csv in UTF-8, without a Content-Encoding";

/// What rows of a stream have in common; a body in JSON says the same in its members.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchQuery {
    /// Of a stream: the event of rows that name none.
    #[param(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// Of a stream: `low`, `normal`, `high` or `critical`.
    #[param(value_type = Option<PriorityWord>, inline)]
    pub priority: Option<String>,
    /// Of a stream: begin so many seconds later.
    #[param(minimum = 0, maximum = 2_592_000)]
    pub delay: Option<u64>,
    /// Of a stream: how often a chunk is tried.
    #[param(minimum = 1, maximum = 10)]
    pub attempts: Option<u32>,
    /// Of a stream: template by name, for rows that name none.
    pub template: Option<String>,
    /// Of a stream: print all tickets.
    #[serde(rename = "includePDF")]
    pub include_pdf: Option<bool>,
    /// Of a stream: bind them into one PDF; `false` makes a ZIP of single ones.
    #[serde(rename = "mergePDFs")]
    pub merge_pdfs: Option<bool>,
    /// Of a stream: `pdf`, or `png` for a ZIP of pictures.
    #[param(value_type = Option<PagesWord>, inline)]
    pub format: Option<String>,
    /// Of a stream: a list of the tickets with their codes, `csv` or `ndjson`.
    #[param(value_type = Option<ListWord>, inline)]
    pub list: Option<String>,
    /// Of a stream: in which order tickets are printed.
    #[param(value_type = Option<OrderByWord>, inline)]
    pub order_by: Option<String>,
    /// Of a stream: tickets of one file.
    #[param(minimum = 1, maximum = 100_000)]
    pub split_every: Option<u32>,
}

impl BatchQuery {
    /// A body in JSON says all this in its members: what the query says beside it would be lost.
    fn refuse_beside_json(&self) -> Result<(), ApiError> {
        let Self {
            event_id,
            priority,
            delay,
            attempts,
            template,
            include_pdf,
            merge_pdfs,
            format,
            list,
            order_by,
            split_every,
        } = self;
        let given = [
            ("eventId", event_id.is_some()),
            ("priority", priority.is_some()),
            ("delay", delay.is_some()),
            ("attempts", attempts.is_some()),
            ("template", template.is_some()),
            ("includePDF", include_pdf.is_some()),
            ("mergePDFs", merge_pdfs.is_some()),
            ("format", format.is_some()),
            ("list", list.is_some()),
            ("orderBy", order_by.is_some()),
            ("splitEvery", split_every.is_some()),
        ];
        let problems: Vec<_> = given
            .into_iter()
            .filter(|(_, is_given)| *is_given)
            .map(|(name, _)| {
                FieldProblem::new(name, "belongs to a stream of rows; put it into the body")
            })
            .collect();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(ApiError::Validation(problems)),
        }
    }
}

/// Which of the two routes a batch came by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Files only if they are asked for.
    Batch,
    /// One PDF of all tickets, unless something else is asked for.
    Full,
}

impl Kind {
    fn order(self, options: CheckedOptions, include_pdf: Option<bool>) -> JobOrder {
        match self {
            Self::Batch => options.into_order(),
            Self::Full => options.into_full(include_pdf == Some(false)),
        }
    }
}

/// Takes in tickets to be issued: entries with `quantity` in JSON, or a stream of rows, `text/csv` with names
/// in the first row or `application/x-ndjson` with a ticket a line. A row that makes no sense is reported by
/// its line, and the others are issued.
#[utoipa::path(
    post,
    path = "/api/tickets/batch",
    tag = "Jobs",
    security(("bearer" = ["tickets.batch.create"])),
    params(BatchQuery),
    request_body(content(
        (BatchBody = "application/json"),
        (inline(CsvRowsWord) = "text/csv"),
        (inline(NdjsonRowsWord) = "application/x-ndjson"),
    )),
    responses((status = 202, description = "the job was taken in", body = Success<AcceptedJob>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_READY", "QUEUE_FULL"]))),
)]
pub async fn create_batch(
    State(services): State<Shared>,
    caller: Caller,
    recalled: Recalled,
    key: OptionalKey,
    QueryOf(query): QueryOf<BatchQuery>,
    request: Request,
) -> Result<Success<AcceptedJob>, ApiError> {
    let principal = caller.may(Permission::TicketsBatchCreate)?;
    take_in(
        &services,
        &principal,
        recalled,
        key,
        query,
        request,
        Kind::Batch,
    )
    .await
}

/// The same, with all files that its options ask for.
#[utoipa::path(
    post,
    path = "/api/tickets/full-batch",
    tag = "Jobs",
    security(("bearer" = ["tickets.full.batch"])),
    params(BatchQuery),
    request_body(content(
        (BatchBody = "application/json"),
        (inline(CsvRowsWord) = "text/csv"),
        (inline(NdjsonRowsWord) = "application/x-ndjson"),
    )),
    responses((status = 202, description = "the job was taken in", body = Success<AcceptedJob>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_READY", "QUEUE_FULL"]))),
)]
pub async fn create_full_batch(
    State(services): State<Shared>,
    caller: Caller,
    recalled: Recalled,
    key: OptionalKey,
    QueryOf(query): QueryOf<BatchQuery>,
    request: Request,
) -> Result<Success<AcceptedJob>, ApiError> {
    let principal = caller.may(Permission::TicketsFullBatch)?;
    take_in(
        &services,
        &principal,
        recalled,
        key,
        query,
        request,
        Kind::Full,
    )
    .await
}

async fn take_in(
    services: &Services,
    principal: &Principal,
    Recalled(done): Recalled,
    OptionalKey(key): OptionalKey,
    query: BatchQuery,
    request: Request,
    kind: Kind,
) -> Result<Success<AcceptedJob>, ApiError> {
    let (job, notices) = match RowFormat::of(request.headers()) {
        Some(format) => {
            let (parts, body) = request.into_parts();
            let rows = Rows::of(body, format);
            let digest = key.map(|key| StreamDigest::begin(key, &parts));
            (
                from_rows(services, principal, query, rows, digest, kind).await?,
                Vec::new(),
            )
        }
        None => {
            expect_json(request.headers(), EXPECTED)?;
            query.refuse_beside_json()?;
            let bytes = whole_body(request, &(), MAX_BATCH_BYTES).await?;
            let body: BatchBody = parse_json(&bytes)?;
            let notices = body.options.notices();
            let job = match done {
                Some(done) => recalled_job(services, principal, &done).await?,
                None => from_body(services, principal, body, kind).await?,
            };
            (job, notices)
        }
    };
    let accepted = accepted(services, &job, notices).await?;
    Ok(Success::accepted("the job was taken in", accepted))
}

/// The job that a request made when it came first.
///
/// # Errors
/// When storage fails, or the job was removed since.
pub async fn recalled_job(
    services: &Services,
    principal: &Principal,
    done: &Done,
) -> Result<Job, ApiError> {
    services
        .storage
        .job(principal.organizer, job_of(done)?)
        .await?
        .ok_or(ApiError::NotFound(Missing::Job))
}

async fn from_body(
    services: &Services,
    principal: &Principal,
    body: BatchBody,
    kind: Kind,
) -> Result<Job, ApiError> {
    let now = services.clock.now();
    let include_pdf = body.options.include_pdf;
    let options = body.options.checked(now)?;
    let orders = body.into_orders(services.price_unit, services.batch_max_size)?;
    try_orders(services, principal, &orders, &options.template()).await?;
    fill(
        services,
        principal,
        kind.order(options, include_pdf),
        orders,
        storage::Intake::Released,
    )
    .await
}

/// Looks whether the orders can be issued, before anything is promised.
///
/// # Errors
/// The first order that cannot, named by its entry.
pub async fn try_orders(
    services: &Services,
    principal: &Principal,
    orders: &[Ordered],
    template: &Option<String>,
) -> Result<(), ApiError> {
    let by = principal.by(services.clock.now()).aside();
    let mut bulk = services.issuer.bulk(principal.organizer, by).await?;
    for (index, ordered) in orders.iter().enumerate() {
        let mut order = ordered.order.clone();
        order.template = order.template.or_else(|| template.clone());
        const IN_USE: u16 = 999;
        if let Err(error) = bulk.prepare(order, IN_USE).await {
            let place = format!("tickets[{index}]");
            return Err(ApiError::from(error).with_fields_renamed(|field| {
                let member = match field {
                    "ticketType" => "type",
                    field => field.strip_prefix("ticketData.").unwrap_or(field),
                };
                Some(format!("{place}.{member}"))
            }));
        }
    }
    Ok(())
}

/// A job of these orders.
///
/// # Errors
/// `QUEUE_FULL`, or when storage fails.
pub async fn fill(
    services: &Services,
    principal: &Principal,
    order: JobOrder,
    orders: Vec<Ordered>,
    intake: storage::Intake,
) -> Result<Job, ApiError> {
    let mut taking = services.batches.begin(principal, order).await?;
    for ordered in &orders {
        if let Err(error) = take_one(&mut taking, ordered, None).await {
            taking.discard().await;
            return Err(error.into());
        }
    }
    Ok(taking.open(intake, None).await?)
}

async fn take_one(
    taking: &mut Intake<'_>,
    ordered: &Ordered,
    line: Option<u64>,
) -> Result<(), BatchError> {
    match ordered.quantity {
        1 => taking.order(&ordered.order, line).await,
        quantity => taking.repeat(&ordered.order, quantity).await,
    }
}

async fn from_rows(
    services: &Services,
    principal: &Principal,
    query: BatchQuery,
    mut rows: Rows,
    mut digest: Option<StreamDigest>,
    kind: Kind,
) -> Result<Job, ApiError> {
    let BatchQuery {
        event_id,
        priority,
        delay,
        attempts,
        template,
        include_pdf,
        merge_pdfs,
        format,
        list,
        order_by,
        split_every,
    } = query;
    let options = BatchOptions {
        priority,
        delay,
        attempts,
        template,
        include_pdf,
        merge_pdfs,
        format,
        list,
        order_by,
        split_every,
        ..BatchOptions::default()
    };
    // What the query says is named as the query has it.
    let options = options.checked(services.clock.now()).map_err(|error| {
        error.with_fields_renamed(|field| field.strip_prefix("options.").map(str::to_owned))
    })?;
    if let Some(id) = &event_id {
        crate::http::events::known_event(services, principal.organizer, id).await?;
    }
    let common = Common {
        event_id,
        ..Common::default()
    };
    let mut taking = services
        .batches
        .begin(principal, kind.order(options, include_pdf))
        .await?;
    let read = async {
        loop {
            let seen = |bytes: &[u8]| {
                if let Some(digest) = &mut digest {
                    digest.see(bytes);
                }
            };
            match rows.next(seen).await? {
                Some(row) => take_row(services, &common, &mut taking, row).await?,
                None => return Ok(()),
            }
        }
    };
    let read: Result<(), ApiError> = read.await;
    if let Err(error) = read {
        taking.discard().await;
        return Err(error);
    }
    let claim = match digest {
        None => None,
        Some(digest) => match digest.claim(services, principal).await {
            Ok(StreamClaim::Act(claim)) => Some(claim),
            Ok(StreamClaim::Done(done)) => {
                taking.discard().await;
                return recalled_job(services, principal, &done).await;
            }
            Err(error) => {
                taking.discard().await;
                return Err(error);
            }
        },
    };
    let opened = taking.open(storage::Intake::Released, claim).await;
    if let (Err(_), Some(claim)) = (&opened, claim) {
        services.storage.release_request(claim).await?;
    }
    Ok(opened?)
}

async fn take_row(
    services: &Services,
    common: &Common,
    taking: &mut Intake<'_>,
    row: Row,
) -> Result<(), ApiError> {
    let line = Some(row.line);
    let ordered = row
        .ticket
        .and_then(|ticket| ordered(services, common, ticket));
    match ordered {
        Ok(ordered) => take_one(taking, &ordered, line).await?,
        Err(message) => taking.bad(message, line).await?,
    }
    Ok(())
}

/// What a row orders, or what is wrong with it, in words.
fn ordered(services: &Services, common: &Common, ticket: BatchTicket) -> Result<Ordered, String> {
    let entry = ticket
        .into_entry()
        .map_err(|problem| format!("{}: {}", problem.field, problem.message))?;
    common
        .order(entry, services.price_unit)
        .map_err(|error| match error {
            ApiError::Validation(problems) => {
                let problems = problems
                    .iter()
                    .map(|problem| format!("{}: {}", problem.field, problem.message));
                problems.collect::<Vec<_>>().join("; ")
            }
            other => other.answer().message,
        })
}

//! The only mapping from failures to HTTP answers.
//!
//! A handler returns an [`ApiError`]; the outermost layer ([`super::envelope::answer_errors`])
//! writes the body, because only it knows the request id, and logs the failure once.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// One thing to fix in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Path of the field, such as `ticketData.attendeeName`; [`FieldProblem::BODY`] for the whole body.
    pub field: String,
    /// The bound that was broken and the fix.
    pub message: String,
}

impl FieldProblem {
    /// Names the whole body.
    pub const BODY: &str = "body";
    /// Names of members are the client's, and are shown back. Ours are shorter.
    const FIELD_CHARS: usize = 200;
    /// Messages may quote what was sent.
    const MESSAGE_CHARS: usize = 1_000;

    /// A problem with one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: bounded(field.into(), Self::FIELD_CHARS),
            message: bounded(message.into(), Self::MESSAGE_CHARS),
        }
    }
}

fn bounded(mut text: String, max_chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max_chars) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Every way in which a request can fail.
#[derive(Clone, Debug)]
pub enum ApiError {
    /// The body, path or query does not say a valid thing.
    Validation(Vec<FieldProblem>),
    /// No token, or one that is not accepted.
    Unauthorized(&'static str),
    /// A good token without this permission.
    Forbidden {
        /// The permission that the route asks for.
        permission: &'static str,
    },
    /// The token names an organizer that this host does not know.
    UnknownOrganizer,
    /// The client's address is not among those that may call.
    AddressNotAllowed,
    /// The caller asks too often.
    RateLimited {
        /// How many requests of this kind fit in its bucket.
        limit: u32,
        /// When to try again.
        retry_after: Duration,
    },
    /// There is no such thing, or it belongs to another organizer.
    NotFound(Missing),
    /// The route exists, with other methods.
    MethodNotAllowed,
    /// The act does not fit the present state.
    Conflict {
        /// Stable code.
        code: &'static str,
        /// What stands in the way, and what to do.
        message: String,
    },
    /// A request with this `Idempotency-Key` is under way.
    StillRunning {
        /// When its key is free at the latest.
        retry_after: Duration,
    },
    /// The `Idempotency-Key` was used for another request.
    KeyOfOtherRequest,
    /// The body is over the bound.
    TooLarge {
        /// The bound in bytes.
        max_bytes: usize,
    },
    /// The body's media type is not one of these.
    UnsupportedMediaType {
        /// What the route takes.
        expected: &'static str,
    },
    /// The template's code refused or broke.
    Template {
        /// One of the codes of SPEC section 4.
        code: &'static str,
        /// What happened, for the template's author.
        message: String,
        /// Page, item and field where the author should look.
        details: Vec<FieldProblem>,
    },
    /// An uploaded template was rejected.
    TemplateRejected {
        /// Name of the template.
        name: String,
        /// The version under which the upload and its report are stored.
        version: u32,
        /// Why.
        report: Box<Value>,
    },
    /// The host has too much to do.
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// More waits in the queue than this host takes on.
    QueueFull {
        /// The bound, in words.
        message: String,
    },
    /// A failure of the host, told to the log only.
    Internal(Arc<anyhow::Error>),
}

/// What was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No route matches the path.
    Route,
    /// A ticket.
    Ticket,
    /// An event.
    Event,
    /// A template, or a version of one.
    Template,
    /// A page of a ticket.
    Page,
    /// An order.
    Order,
    /// A signing key.
    Key,
    /// An organizer.
    Organizer,
    /// An API key.
    ApiKey,
    /// An endpoint of webhooks.
    Webhook,
    /// A delivery to an endpoint.
    Delivery,
    /// A job.
    Job,
    /// A file that a job made.
    Artifact,
}

/// An [`ApiError`] in the terms of HTTP and the error envelope.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Stable code for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// What to fix.
    pub details: Vec<FieldProblem>,
    /// Further members of the error, for this code.
    pub further: Map<String, Value>,
    /// The `Retry-After` header.
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// A problem with one field of the request.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Validation(vec![FieldProblem::new(field, message)])
    }

    /// A problem with the body as a whole.
    pub fn body(message: impl Into<String>) -> Self {
        Self::field(FieldProblem::BODY, message)
    }

    /// The same, where the names of the fields have to be said otherwise: what was read is a part of the
    /// request, or was put together from others.
    #[must_use]
    pub fn with_fields_renamed(self, rename: impl Fn(&str) -> Option<String>) -> Self {
        let Self::Validation(mut problems) = self else {
            return self;
        };
        for problem in &mut problems {
            if let Some(field) = rename(&problem.field) {
                problem.field = field;
            }
        }
        Self::Validation(problems)
    }

    /// The answer that the client sees; nothing internal is in it.
    pub fn answer(&self) -> Answer {
        let plain = |status, code, message: &str| Answer {
            status,
            code,
            message: message.to_owned(),
            details: Vec::new(),
            further: Map::new(),
            retry_after: None,
        };
        match self {
            Self::Validation(problems) => {
                let message = match problems.as_slice() {
                    [only] => format!("{}: {}", only.field, only.message),
                    several => format!("{} fields are not valid; see details", several.len()),
                };
                let mut answer = plain(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", &message);
                answer.details.clone_from(problems);
                answer
            }
            Self::Unauthorized(message) => plain(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message),
            Self::Forbidden { permission } => plain(
                StatusCode::FORBIDDEN,
                "INSUFFICIENT_PERMISSIONS",
                &format!("this token lacks the permission {permission}"),
            ),
            Self::UnknownOrganizer => plain(
                StatusCode::FORBIDDEN,
                "INSUFFICIENT_PERMISSIONS",
                "the organizer named by this token does not exist on this host",
            ),
            Self::AddressNotAllowed => plain(
                StatusCode::FORBIDDEN,
                "ADDRESS_NOT_ALLOWED",
                "this address may not call here; the operator lists those that may in ALLOWED_IPS",
            ),
            Self::RateLimited { limit, retry_after } => {
                let mut answer = plain(
                    StatusCode::TOO_MANY_REQUESTS,
                    "QUOTA_EXCEEDED",
                    &format!(
                        "of requests of this kind, {limit} may come at once; wait as Retry-After says"
                    ),
                );
                answer.retry_after = Some(*retry_after);
                answer
            }
            Self::NotFound(missing) => {
                let (code, message) = match missing {
                    Missing::Route => ("NOT_FOUND", "there is no such route"),
                    Missing::Ticket => ("TICKET_NOT_FOUND", "there is no such ticket"),
                    Missing::Event => (
                        "EVENT_NOT_FOUND",
                        "there is no such event; create it at POST /api/events, or send eventData with the ticket",
                    ),
                    Missing::Template => {
                        ("TEMPLATE_NOT_FOUND", "there is no such template or version")
                    }
                    Missing::Page => ("PAGE_NOT_FOUND", "the ticket has no such page"),
                    Missing::Key => ("KEY_NOT_FOUND", "there is no such key; see GET /api/keys"),
                    Missing::ApiKey => ("API_KEY_NOT_FOUND", "there is no such API key"),
                    Missing::Webhook => ("WEBHOOK_NOT_FOUND", "there is no such webhook"),
                    Missing::Delivery => (
                        "DELIVERY_NOT_FOUND",
                        "the webhook has no such delivery; the log goes back 30 days",
                    ),
                    Missing::Job => ("JOB_NOT_FOUND", "there is no such job"),
                    Missing::Artifact => (
                        "ARTIFACT_NOT_FOUND",
                        "there is no such file, or its link has expired",
                    ),
                    Missing::Organizer => ("ORGANIZER_NOT_FOUND", "there is no such organizer"),
                    Missing::Order => (
                        "ORDER_NOT_FOUND",
                        "no ticket that could be printed belongs to this order",
                    ),
                };
                plain(StatusCode::NOT_FOUND, code, message)
            }
            Self::MethodNotAllowed => plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "this route does not take that method; see the Allow header",
            ),
            Self::Conflict { code, message } => plain(StatusCode::CONFLICT, code, message),
            Self::StillRunning { retry_after } => {
                let mut answer = plain(
                    StatusCode::CONFLICT,
                    "IDEMPOTENCY_IN_PROGRESS",
                    "a request with this Idempotency-Key is still under way; send it again shortly",
                );
                answer.retry_after = Some(*retry_after);
                answer
            }
            Self::KeyOfOtherRequest => plain(
                StatusCode::UNPROCESSABLE_ENTITY,
                "IDEMPOTENCY_KEY_REUSED",
                "this Idempotency-Key was used for another request; choose a new key for each request",
            ),
            Self::TooLarge { max_bytes } => plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                &format!("the body is larger than {max_bytes} bytes"),
            ),
            Self::UnsupportedMediaType { expected } => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                &format!("this route takes {expected}"),
            ),
            Self::Template {
                code,
                message,
                details,
            } => {
                let mut answer = plain(StatusCode::UNPROCESSABLE_ENTITY, code, message);
                answer.details.clone_from(details);
                answer
            }
            Self::TemplateRejected {
                name,
                version,
                report,
            } => {
                let mut answer = plain(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "TEMPLATE_REJECTED",
                    &format!(
                        "version {version} of the template was rejected; the report says what to change, and stays at /api/templates/{name}/versions/{version}/report"
                    ),
                );
                answer.further = Map::from_iter([
                    ("templateId".to_owned(), json!(format!("{name}@{version}"))),
                    ("version".to_owned(), json!(version)),
                    ("report".to_owned(), (**report).clone()),
                ]);
                answer
            }
            Self::Overloaded { retry_after } => {
                let mut answer = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "OVERLOADED",
                    "the host has too much to do; try again shortly",
                );
                answer.retry_after = Some(*retry_after);
                answer
            }
            Self::QueueFull { message } => {
                let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE, "QUEUE_FULL", message);
                answer.retry_after = Some(Duration::from_secs(30));
                answer
            }
            Self::Internal(_) => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL_ERROR",
                "the host failed; the operator finds the reason in the log under this request id",
            ),
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(Arc::new(error))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.answer().status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

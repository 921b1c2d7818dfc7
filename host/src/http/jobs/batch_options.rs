//! How a batch is worked on, and what files it makes.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::file_options::{FileOptions, ImpositionBody};
use crate::batches::{JobOrder, JobSpec, Pages};
use crate::http::error::{ApiError, FieldProblem};
use crate::http::openapi::{ListWord, MomentWord, OrderByWord, PagesWord, PriorityWord};
use crate::storage::{JobKind, Priority};

/// Longest delay in seconds: 30 days.
const MAX_DELAY_S: u64 = 30 * 24 * 3_600;
/// Tries of a chunk, unless somebody asks for others.
const DEFAULT_ATTEMPTS: u32 = 5;

/// How a batch is worked on.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchOptions {
    /// `low`, `normal`, `high` or `critical`; `normal` if not given.
    #[schema(value_type = Option<PriorityWord>, inline)]
    pub priority: Option<String>,
    /// Begin so many seconds later.
    #[schema(minimum = 0, maximum = 2_592_000)]
    pub delay: Option<u64>,
    /// Begin at this time, RFC 3339.
    #[schema(value_type = Option<MomentWord>, inline)]
    pub start_at: Option<Timestamp>,
    /// How often a chunk is tried when something fails that may pass; 5 if not given.
    #[schema(minimum = 1, maximum = 10)]
    pub attempts: Option<u32>,
    /// Template by name, for tickets that name none.
    pub template: Option<String>,
    /// Ignored: a ticket always has its code.
    #[serde(alias = "includeQr", alias = "includeQR", alias = "generateQR")]
    #[schema(extensions(("x-aliases" = json!(["includeQR", "generateQR"]))))]
    pub include_qr: Option<bool>,
    /// Ignored: pictures of codes are drawn on demand.
    pub qr_options: Option<Value>,
    /// Print all tickets.
    #[serde(alias = "includePDF", alias = "generatePDF")]
    #[schema(extensions(("x-aliases" = json!(["includePDF", "generatePDF"]))))]
    pub include_pdf: Option<bool>,
    /// Bind them into one PDF; that is done unless this says `false`, which makes a ZIP of single ones.
    #[serde(alias = "mergeIntoSingle", alias = "mergePDFs")]
    #[schema(extensions(("x-aliases" = json!(["mergeIntoSingle", "mergePDFs"]))))]
    pub merge_pdfs: Option<bool>,
    /// `pdf`, or `png` for a ZIP of one picture a ticket.
    #[schema(value_type = Option<PagesWord>, inline)]
    pub format: Option<String>,
    /// Resolution of pictures; 300 if not given.
    #[schema(minimum = 36, maximum = 600)]
    pub dpi: Option<u32>,
    /// A list of the tickets with their codes: `csv` or `ndjson`.
    #[schema(value_type = Option<ListWord>, inline)]
    pub list: Option<String>,
    /// In which order they are printed: `item` (as they were ordered), `name`, `type`, `seat`, `order`,
    /// `number`, or `custom:` and the name of a further value.
    #[schema(value_type = Option<OrderByWord>, inline)]
    pub order_by: Option<String>,
    /// Tickets of one file; 25,000 if not given.
    #[schema(minimum = 1, maximum = 100_000)]
    pub split_every: Option<u32>,
    /// Several tickets on a sheet of the printer.
    pub imposition: Option<ImpositionBody>,
}

/// Options that are checked.
pub struct CheckedOptions {
    priority: Priority,
    delay: SignedDuration,
    attempts: u32,
    spec: JobSpec,
}

impl BatchOptions {
    /// Checks them.
    ///
    /// # Errors
    /// [`ApiError::Validation`] with every problem found.
    pub fn checked(&self, now: Timestamp) -> Result<CheckedOptions, ApiError> {
        let mut problems = Vec::new();
        let mut problem = |field: &str, message: String| {
            problems.push(FieldProblem::new(format!("options.{field}"), message));
        };
        let priority = match self.priority.as_deref() {
            None => Priority::Normal,
            Some(name) => Priority::from_code(name).unwrap_or_else(|| {
                let names = Priority::ALL.map(Priority::code).join(", ");
                problem("priority", format!("must be one of {names}"));
                Priority::Normal
            }),
        };
        let mut delay = SignedDuration::ZERO;
        if let Some(seconds) = self.delay {
            match i64::try_from(seconds) {
                Ok(seconds) if seconds.unsigned_abs() <= MAX_DELAY_S => {
                    delay = SignedDuration::from_secs(seconds);
                }
                _ => problem("delay", format!("must be 0 to {MAX_DELAY_S} seconds")),
            }
        }
        if let Some(start) = self.start_at {
            let until = start.duration_since(now);
            if self.delay.is_some() {
                problem(
                    "startAt",
                    "cannot stand beside delay; give one of them".to_owned(),
                );
            } else if until.as_secs() > i64::try_from(MAX_DELAY_S).unwrap_or(i64::MAX) {
                problem("startAt", "must be within 30 days".to_owned());
            } else if until.is_positive() {
                delay = until;
            }
        }
        let attempts = self.attempts.unwrap_or(DEFAULT_ATTEMPTS);
        if !(1..=10).contains(&attempts) {
            problem("attempts", "must be 1 to 10".to_owned());
        }
        let spec = self.files().checked(
            JobSpec {
                template: self.template.clone(),
                ..JobSpec::plain()
            },
            &mut problem,
        );
        if !problems.is_empty() {
            return Err(ApiError::Validation(problems));
        }
        Ok(CheckedOptions {
            priority,
            delay,
            attempts,
            spec,
        })
    }

    /// What of them is about files.
    fn files(&self) -> FileOptions {
        FileOptions {
            include_pdf: self.include_pdf,
            merge_pdfs: self.merge_pdfs,
            format: self.format.clone(),
            dpi: self.dpi,
            list: self.list.clone(),
            order_by: self.order_by.clone(),
            split_every: self.split_every,
            imposition: self.imposition.clone(),
        }
    }

    /// Notices about options that were understood but change nothing.
    pub fn notices(&self) -> Vec<&'static str> {
        let ignored = [
            (
                self.include_qr == Some(false),
                "options.includeQR is ignored: a ticket always has its code",
            ),
            (
                self.qr_options.is_some(),
                "options.qrOptions is ignored: pictures of codes are drawn by /qrcode",
            ),
        ];
        ignored
            .into_iter()
            .filter_map(|(given, notice)| given.then_some(notice))
            .collect()
    }
}

impl CheckedOptions {
    /// Whether files are to be made.
    pub fn makes_files(&self) -> bool {
        self.spec.makes_files()
    }

    /// A job that prints tickets that are there: one PDF, unless something else is asked for.
    pub fn into_print(mut self) -> JobOrder {
        if !self.makes_files() {
            self.spec.pages = Some(Pages::Merged { imposition: None });
        }
        self.of_kind(JobKind::Pdfs)
    }

    /// A job that issues tickets.
    pub fn into_order(self) -> JobOrder {
        let kind = match self.spec.pages {
            Some(_) => JobKind::Full,
            None => JobKind::Tickets,
        };
        self.of_kind(kind)
    }

    /// The same with one PDF of all tickets, unless something else is asked for.
    pub fn into_full(mut self, wants_none: bool) -> JobOrder {
        if self.spec.pages.is_none() && !wants_none {
            self.spec.pages = Some(Pages::Merged { imposition: None });
        }
        self.into_order()
    }

    fn of_kind(self, kind: JobKind) -> JobOrder {
        JobOrder {
            kind,
            priority: self.priority,
            delay: self.delay,
            attempts: self.attempts,
            spec: self.spec,
        }
    }
}

impl CheckedOptions {
    /// The template of tickets that name none.
    pub fn template(&self) -> Option<String> {
        self.spec.template.clone()
    }
}

//! What a command says in the end, and the exit code that goes with it.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::http::error::ApiError;

const REFUSED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// How a command ended that could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// What was asked is done, or the answer is yes.
    Done,
    /// The answer is no; it is on stdout.
    Refused,
}

/// The command line asks for something that cannot be; code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongUsage(pub String);

/// Something was refused, by this host's rules or by another host.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// Stable code, as in the API.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// What to mend: path of the field and what is wrong with it.
    pub details: Vec<(String, String)>,
    /// A template's report.
    pub report: Option<Value>,
}

impl Refusal {
    /// A refusal without further details.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            details: Vec::new(),
            report: None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        // A command runs beside the operator: what the API keeps to its log may be said here.
        if let ApiError::Internal(source) = &error {
            return Self::new("FAILED", format!("{source:#}"));
        }
        let answer = error.answer();
        Self {
            code: answer.code.to_owned(),
            message: answer.message,
            details: answer
                .details
                .into_iter()
                .map(|problem| (problem.field, problem.message))
                .collect(),
            report: answer.further.get("report").cloned(),
        }
    }
}

/// Writes a result to stdout: the text with a line feed, or the object.
///
/// # Errors
/// When stdout is closed or full.
pub(super) fn show(form: Form, text: impl fmt::Display, json: &Value) -> io::Result<()> {
    let answer = match form {
        Form::Text => format!("{text}\n"),
        Form::Json => format!("{json}\n"),
    };
    // In one piece: whoever reads the first line and then goes must not break the rest.
    let mut out = io::stdout().lock();
    out.write_all(answer.as_bytes())?;
    out.flush()
}

/// A remark on stderr, beside the result.
pub(super) fn remark(text: impl fmt::Display) {
    // A closed stderr must not stop a command whose result is on stdout.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A template's report on stderr: first what is wrong, then what to look at. It is read as it comes
/// from a host, which may be of another version.
pub(super) fn remark_report(report: &Value) {
    for (list, word) in [("problems", "problem"), ("warnings", "warning")] {
        let findings = report.get(list).and_then(Value::as_array);
        for finding in findings.into_iter().flatten() {
            let text = |name: &str| {
                finding
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let place = match text("place") {
                "" => String::new(),
                place => format!(" ({place})"),
            };
            remark(format_args!(
                "  {word} {}{place}: {}",
                text("code"),
                text("message")
            ));
        }
    }
    match report.get("omittedWarnings").and_then(Value::as_u64) {
        None | Some(0) => {}
        Some(omitted) => remark(format_args!("  {omitted} more warnings were left out")),
    }
}

/// Tells of a failure, and gives the exit code.
pub(super) fn conclude(outcome: anyhow::Result<Outcome>, form: Form) -> ExitCode {
    let error = match outcome {
        Ok(Outcome::Done) => return ExitCode::SUCCESS,
        Ok(Outcome::Refused) => return ExitCode::from(REFUSED),
        Err(error) => error,
    };
    if let Some(usage) = error.downcast_ref::<WrongUsage>() {
        remark(format_args!(
            "error: {usage}\n\nFor more information, try '--help'."
        ));
        return ExitCode::from(WRONG_USAGE);
    }
    let refusal = match error.downcast_ref::<Refusal>() {
        Some(refusal) => refusal.clone(),
        None => Refusal::new("FAILED", told_once(&error)),
    };
    remark(format_args!("error: {}", refusal.message));
    for (field, message) in &refusal.details {
        // A single problem is in the message already.
        if !refusal.message.ends_with(message.as_str()) {
            remark(format_args!("  {field}: {message}"));
        }
    }
    match (form, &refusal.report) {
        (Form::Text, Some(report)) => remark_report(report),
        (Form::Text, None) | (Form::Json, _) => {}
    }
    if form == Form::Json {
        // The error object of the API, so that one reader does for both.
        let _ = show(form, "", &error_json(&refusal));
    }
    ExitCode::from(REFUSED)
}

/// An error with its causes, less those that it tells itself.
fn told_once(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.ends_with(&cause) {
            continue;
        }
        if !told.is_empty() {
            told.push_str(": ");
        }
        told.push_str(&cause);
    }
    told
}

fn error_json(refusal: &Refusal) -> Value {
    let details: Vec<_> = refusal
        .details
        .iter()
        .map(|(field, message)| json!({ "field": field, "message": message }))
        .collect();
    let mut error = json!({ "code": refusal.code, "message": refusal.message, "details": details });
    if let Some(report) = &refusal.report {
        error["report"] = report.clone();
    }
    json!({ "error": error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_end_has_its_code() {
        let check = |outcome: anyhow::Result<Outcome>, code: u8| {
            // `ExitCode` cannot be compared, but it can be printed.
            let shown = format!("{:?}", conclude(outcome, Form::Text));
            assert_eq!(shown, format!("{:?}", ExitCode::from(code)));
        };
        check(Ok(Outcome::Done), 0);
        check(Ok(Outcome::Refused), 1);
        check(Err(Refusal::new("X", "no").into()), 1);
        check(Err(anyhow::anyhow!("the disk is full")), 1);
        check(Err(WrongUsage("both at once".to_owned()).into()), 2);
        check(
            Err(anyhow::Error::from(WrongUsage("inner".to_owned())).context("outer")),
            2,
        );
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("too short").context("JWT_SECRET: too short");
        assert_eq!(told_once(&error), "JWT_SECRET: too short");
        let error = anyhow::anyhow!("no such file").context("cannot read it");
        assert_eq!(told_once(&error), "cannot read it: no such file");
    }

    #[test]
    fn refusals_of_the_api_keep_their_code_and_fields() {
        let refusal = Refusal::from(ApiError::field("ticketData.id", "is too long"));
        assert_eq!(refusal.code, "VALIDATION_ERROR");
        assert_eq!(
            error_json(&refusal)["error"]["details"][0]["field"],
            "ticketData.id"
        );
    }
}

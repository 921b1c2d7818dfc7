//! `guichet verify`: judges a code with what a scanner would have, and no network.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use ticket_gate::Knowledge;
use ticket_gate::{
    Bundle, GateName, Judgement, KnowledgeError, Ledger, Moment, Question, StatusList, Verdict,
    Warning, judge,
};
use ticket_token::{Claims, Extra, PublicKey, VerifyingKey};

use super::answer::{Form, Outcome, Refusal, show};
use super::value;
use crate::clock::{Clock as _, SystemClock};

/// Judge a code offline, as a scanner does. The exit code is 0 only for VALID.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet verify \"$(zbarimg --raw -q ticket.png)\" --bundle event.bundle --status event.status \\
    --root-key 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29

The files are the answers of GET /api/verifier/events/{eventId}/bundle and …/status, the key that of
GET /api/verifier/root-key. Without --root-key, whoever made the bundle is believed.")]
pub(super) struct VerifyArgs {
    /// The text of the code. Spaces belong to it.
    #[arg(value_name = "QRTEXT", allow_hyphen_values = true)]
    qr_text: String,
    /// The event's bundle.
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// The event's status list; without it no revocation is known.
    #[arg(long, value_name = "FILE")]
    status: Option<PathBuf>,
    /// The organizer's root key, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = value::root_key)]
    root_key: Option<PublicKey>,
    /// Judge as at this time [default: now].
    #[arg(long, value_name = "RFC3339", value_parser = value::moment)]
    at: Option<Moment>,
    /// Judge as at this gate [default: none is wrong].
    #[arg(long, value_name = "NAME", value_parser = value::gate)]
    gate: Option<GateName>,
}

pub(super) fn run(args: &VerifyArgs, form: Form) -> anyhow::Result<Outcome> {
    let root = args.root_key.as_ref().map(VerifyingKey::new);
    let bytes = value::read_file(&args.bundle)?;
    let bundle = match &root {
        Some(root) => Bundle::open(&bytes, root),
        None => Bundle::open_unpaired(&bytes),
    };
    let bundle = bundle.map_err(|error| not_believed("bundle", &args.bundle, &error))?;
    let status = match &args.status {
        Some(path) => Some(opened_list(path, root.as_ref(), &bundle)?),
        None => None,
    };
    let now = value::moment_of(SystemClock.now()).context("the clock stands before 1970")?;
    let question = Question {
        gate: args.gate.as_ref(),
        ..Question::entry_at(args.at.unwrap_or(now))
    };
    let ledger = Ledger::new();
    let knowledge = Knowledge::new(&bundle, status.as_ref(), &ledger);
    let judgement = judge(&args.qr_text, &knowledge, &question);
    let trust = if root.is_some() {
        Trust::Paired
    } else {
        Trust::Unpaired
    };
    show(
        form,
        text(&judgement, &bundle, trust),
        &json(&judgement, &bundle, trust),
    )?;
    Ok(match judgement.verdict {
        Verdict::Valid => Outcome::Done,
        _ => Outcome::Refused,
    })
}

/// Whether the bundle was made by who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// The root key was given, and has delegated the bundle's key.
    Paired,
    /// Nobody vouches for the bundle.
    Unpaired,
}

impl Trust {
    const NOTICE: &'static str =
        "no root key was given: anyone may have made this bundle, and with it this ticket";
}

fn opened_list(
    path: &Path,
    root: Option<&VerifyingKey>,
    bundle: &Bundle,
) -> anyhow::Result<StatusList> {
    let bytes = value::read_file(path)?;
    let opened = match root {
        Some(root) => StatusList::open(&bytes, root, bundle),
        None => StatusList::open_unpaired(&bytes, bundle),
    };
    opened.map_err(|error| not_believed("status list", path, &error).into())
}

fn not_believed(what: &str, path: &Path, error: &KnowledgeError) -> Refusal {
    Refusal::new(
        error.code(),
        format!("the {what} {}: {error}", path.display()),
    )
}

fn text(judgement: &Judgement, bundle: &Bundle, trust: Trust) -> String {
    let mut text = format!("{}: {}", judgement.verdict.name(), judgement.advice.name());
    if let Some(claims) = &judgement.ticket {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\nticket {} of event {}",
            claims.serial.0, claims.event.0
        );
        if claims.event == bundle.event() {
            let _ = write!(text, " \"{}\"", bundle.content().event.names.own());
        }
        if let Some(name) = type_name(claims, bundle) {
            let _ = write!(text, ", type \"{name}\"");
        }
        if let Extra::Holder(holder) = &claims.extra {
            let _ = write!(text, ", holder {}", holder.as_str());
        }
        if let Some(expires) = time_of(claims) {
            let _ = write!(text, ", until {expires}");
        }
    }
    for warning in judgement.warnings.iter() {
        let _ = write!(text, "\nwarning {}: {}", warning.name(), meaning(warning));
    }
    if trust == Trust::Unpaired {
        let _ = write!(text, "\nwarning: {}", Trust::NOTICE);
    }
    text
}

/// The fields of the verifier package's answer, and whether it can be trusted.
fn json(judgement: &Judgement, bundle: &Bundle, trust: Trust) -> Value {
    let ticket = judgement.ticket.as_ref();
    let mut answer = json!({
        "verdict": judgement.verdict.number(),
        "name": judgement.verdict.name(),
        "advice": judgement.advice.name(),
        "warnings": judgement.warnings.iter().map(Warning::name).collect::<Vec<_>>(),
        "event": ticket.map(|claims| claims.event.0),
        "serial": ticket.map(|claims| claims.serial.0),
        "ticketType": ticket.map(|claims| claims.ticket_type.0),
        "ticketTypeName": ticket.and_then(|claims| type_name(claims, bundle)),
        "expiresAt": ticket.map(|claims| Moment::from(claims.expires).0),
        "admissions": [],
        "remaining": judgement.remaining,
        "bundleAge": judgement.bundle_age_ms,
        "statusAge": judgement.status_age_ms,
        "paired": trust == Trust::Paired,
    });
    if let Some(Extra::Holder(holder)) = ticket.map(|claims| &claims.extra) {
        answer["holder"] = json!(holder.as_str());
    }
    if trust == Trust::Unpaired {
        answer["notice"] = json!(Trust::NOTICE);
    }
    answer
}

/// Another event's types are numbered on their own.
fn type_name<'a>(claims: &Claims, bundle: &'a Bundle) -> Option<&'a str> {
    let own = claims.event == bundle.event();
    own.then(|| bundle.ticket_type(claims.ticket_type))
        .flatten()
        .map(|rule| rule.names.own())
}

fn time_of(claims: &Claims) -> Option<Timestamp> {
    Timestamp::from_second(i64::from(claims.expires.0)).ok()
}

fn meaning(warning: Warning) -> &'static str {
    match warning {
        Warning::StatusStale => "the status list is old; a later revocation is not known here",
        Warning::StatusUnknown => "nothing is known of this ticket's revocation",
        Warning::TypeUnknown => "the bundle does not know this ticket's type",
        Warning::BundleExpired => "the bundle is over; keys and rules may have changed",
        Warning::ClockBehind => "the time asked about lies before signed knowledge was made",
    }
}

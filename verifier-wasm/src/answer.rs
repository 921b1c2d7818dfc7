//! Answers as JSON. The fields are documented in `package/index.d.ts`.

use alloc::string::String;

use ticket_gate::{Action, Bundle, Gate, Judgement, LocalizedText, Moment, Record, Scan};
use ticket_token::{Claims, Extra, UnixTime};

use crate::json::Json;

/// The answer to `verify`.
pub fn judgement(judgement: &Judgement, bundle: &Bundle) -> String {
    let mut json = Json::default();
    json.open('{');
    write_judgement(&mut json, judgement, bundle);
    json.close('}');
    json.finish()
}

/// The answer to `scan`.
pub fn scan(scan: &Scan, bundle: &Bundle) -> String {
    let mut json = Json::default();
    json.open('{');
    write_judgement(&mut json, &scan.judgement, bundle);
    json.key("recorded");
    match &scan.record {
        Some(record) => json.string(&record.id.to_text()),
        None => json.null(),
    };
    json.close('}');
    json.finish()
}

/// The answer to `info`.
pub fn info(gate: &Gate) -> String {
    let bundle = gate.bundle();
    let content = bundle.content();
    let mut json = Json::default();
    json.open('{');
    json.key("organizer").string(&bundle.delegation().organizer);
    json.key("event").number(content.event.number.0.into());
    json.key("names");
    write_names(&mut json, &content.event.names);
    json.key("timeZone").string(&content.event.time_zone);
    if let Some(doors) = content.event.doors {
        json.key("doors").open('{');
        json.key("opens").number(milliseconds(doors.opens));
        json.key("closes")
            .number(milliseconds(doors.closes))
            .close('}');
    }
    json.key("sequence").number(content.sequence);
    json.key("issuedAt").number(milliseconds(content.issued_at));
    json.key("expiresAt").number(milliseconds(bundle.expires()));
    json.key("statusAddress").string(&content.status.address);
    let list = gate.status_list();
    json.key("statusIssuedAt")
        .number_or_null(list.map(|list| milliseconds(list.issued_at)));
    json.key("statusStaleFrom")
        .number_or_null(list.map(|list| list.stale_from().0));
    json.key("statusSize")
        .number_or_null(list.map(|list| list.statuses.size().into()));
    json.key("checkins").number(gate.ledger().len() as u64);
    json.close('}');
    json.finish()
}

fn write_judgement(json: &mut Json, judgement: &Judgement, bundle: &Bundle) {
    json.key("verdict")
        .number(judgement.verdict.number().into());
    json.key("name").string(judgement.verdict.name());
    json.key("advice").string(judgement.advice.name());
    json.key("warnings").open('[');
    for warning in judgement.warnings.iter() {
        json.string(warning.name());
    }
    json.close(']');
    write_ticket(json, judgement.ticket.as_ref(), bundle);
    json.key("admissions").open('[');
    for record in &judgement.admissions {
        write_admission(json, record);
    }
    json.close(']');
    json.key("remaining")
        .number_or_null(judgement.remaining.map(u64::from));
    json.key("bundleAge").number(judgement.bundle_age_ms);
    json.key("statusAge")
        .number_or_null(judgement.status_age_ms);
}

fn write_ticket(json: &mut Json, ticket: Option<&Claims>, bundle: &Bundle) {
    json.key("event")
        .number_or_null(ticket.map(|claims| claims.event.0.into()));
    json.key("serial")
        .number_or_null(ticket.map(|claims| claims.serial.0.into()));
    json.key("ticketType")
        .number_or_null(ticket.map(|claims| claims.ticket_type.0.into()));
    // Another event's types are numbered on their own.
    let own = ticket.filter(|claims| claims.event == bundle.event());
    let rule = own.and_then(|claims| bundle.ticket_type(claims.ticket_type));
    json.key("ticketTypeName")
        .string_or_null(rule.map(|rule| rule.names.own()));
    json.key("expiresAt")
        .number_or_null(ticket.map(|claims| milliseconds(claims.expires)));
    if let Some(Extra::Holder(name)) = ticket.map(|claims| &claims.extra) {
        json.key("holder").string(name.as_str());
    }
}

fn write_admission(json: &mut Json, record: &Record) {
    let (kind, count) = match &record.action {
        Action::Entry { count } => ("entry", count.get()),
        Action::Exit { count } => ("exit", count.get()),
        // Undone records and their undos do not count, and are not listed.
        Action::Undo { .. } => return,
    };
    json.open('{');
    json.key("id").string(&record.id.to_text());
    json.key("kind").string(kind);
    json.key("count").number(count.into());
    json.key("at").number(record.at.0);
    json.key("gate")
        .string_or_null(record.gate.as_ref().map(|gate| gate.as_str()));
    json.key("device").string(record.id.device.as_str());
    json.close('}');
}

fn write_names(json: &mut Json, names: &LocalizedText) {
    json.open('{');
    for (language, text) in names.entries() {
        json.key(language).string(text);
    }
    json.close('}');
}

fn milliseconds(time: UnixTime) -> u64 {
    Moment::from_unix(time).0
}

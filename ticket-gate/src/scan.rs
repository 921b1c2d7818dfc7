//! Question and admission in one.

use core::num::NonZeroU16;

use ticket_token::Claims;

use crate::admission::{Action, Nonce, Record, RecordId, standing};
use crate::judge::{Judgement, Knowledge, Purpose, Question, judge};
use crate::label::{DeviceName, GateName};
use crate::moment::Moment;
use crate::policy::Advice;

/// A ticket is held to a scanner.
#[derive(Debug, Clone)]
pub struct ScanRequest<'a> {
    /// When, by the scanner's clock.
    pub at: Moment,
    /// Where, if the scanner was told.
    pub gate: Option<&'a GateName>,
    /// The scanner.
    pub device: &'a DeviceName,
    /// Drawn for this scan.
    pub nonce: Nonce,
    /// What for.
    pub action: ScanAction,
    /// Whether a steward decided to admit although the advice was *ask*. Where it is *refuse*, no
    /// one's decision makes an entry.
    pub confirmed: bool,
    /// As in [`Question`].
    pub clock_tolerance_ms: u64,
}

/// What a ticket is scanned for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanAction {
    /// People go in.
    Entry {
        /// How many.
        count: NonZeroU16,
    },
    /// People go out.
    Exit {
        /// How many.
        count: NonZeroU16,
    },
    /// An entry or exit is taken back.
    Undo {
        /// Which; `None` for the latest of this ticket by this scanner.
        undoes: Option<RecordId>,
    },
}

/// What became of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The answer. Its admissions are those before this scan; `remaining` counts this scan too.
    pub judgement: Judgement,
    /// What is to be added to the ledger; `None` if nothing happened.
    pub record: Option<Record>,
}

/// Judges, and makes the record of what follows. Pure: the caller adds the record to the ledger
/// before it asks again.
///
/// An entry is recorded if the advice is *admit*, or *ask* and it was confirmed. An exit or undo is
/// recorded for every genuine ticket of this event, whatever its verdict, for it states a fact.
pub fn scan(qr_text: &str, knowledge: &Knowledge<'_>, request: &ScanRequest<'_>) -> Scan {
    let purpose = match request.action {
        ScanAction::Entry { count } => Purpose::Entry { count },
        ScanAction::Exit { .. } | ScanAction::Undo { .. } => Purpose::ExitOrUndo,
    };
    let question = Question {
        at: request.at,
        gate: request.gate,
        purpose,
        clock_tolerance_ms: request.clock_tolerance_ms,
    };
    let mut judgement = judge(qr_text, knowledge, &question);
    let record = record_of(&judgement, request);
    if let (Some(record), Some(claims)) = (&record, &judgement.ticket) {
        judgement.remaining = Some(remaining_with(record, claims, knowledge, request.at));
    }
    Scan { judgement, record }
}

/// How many more people may enter once `fresh` is part of the ledger.
fn remaining_with(fresh: &Record, claims: &Claims, knowledge: &Knowledge<'_>, at: Moment) -> u32 {
    let mut records = knowledge.ledger().records_of(claims.event, claims.serial);
    let place = records.partition_point(|record| record.cmp(&fresh).is_lt());
    records.insert(place, fresh);
    standing(&records, &knowledge.allowance_of(claims), at).remaining()
}

fn record_of(judgement: &Judgement, request: &ScanRequest<'_>) -> Option<Record> {
    let claims = judgement.ticket.as_ref()?;
    // Known only for tickets of this event.
    judgement.remaining?;
    let action = match &request.action {
        ScanAction::Entry { count } => {
            let is_admitted = match judgement.advice {
                Advice::Admit => true,
                Advice::Ask => request.confirmed,
                Advice::Refuse => false,
            };
            is_admitted.then_some(Action::Entry { count: *count })
        }
        ScanAction::Exit { count } => Some(Action::Exit { count: *count }),
        ScanAction::Undo { undoes } => undo_of(judgement, request, undoes.as_ref()),
    };
    Some(Record {
        event: claims.event,
        serial: claims.serial,
        at: request.at,
        id: RecordId {
            device: request.device.clone(),
            nonce: request.nonce,
        },
        action: action?,
        gate: request.gate.cloned(),
    })
}

/// The undo of what still counts; nothing if there is no such record.
fn undo_of(
    judgement: &Judgement,
    request: &ScanRequest<'_>,
    undoes: Option<&RecordId>,
) -> Option<Action> {
    let target = judgement
        .admissions
        .iter()
        .rev()
        .find(|record| match undoes {
            Some(id) => record.id == *id,
            None => record.id.device == *request.device,
        })?;
    Some(Action::Undo {
        undoes: target.id.clone(),
    })
}

//! The one question: may this ticket pass?

use alloc::vec::Vec;
use core::num::NonZeroU16;

use ticket_token::{
    Algorithm, Claims, DecodeError, Extra, ParsedToken, Serial, decode_qr_text, parse,
};

use crate::admission::{Allowance, Ledger, Record, Standing, standing};
use crate::bundle::{Bundle, KeyState, ListedKey, TypeRule, Window};
use crate::label::GateName;
use crate::moment::Moment;
use crate::policy::Advice;
use crate::status_list::{Status, StatusList};
use crate::verdict::{Verdict, Warning, Warnings};

/// How far the clock may lie behind signed knowledge before it counts as wrong: a phone is often some
/// seconds behind the host whose bundle it just fetched.
pub const CLOCK_SLACK_MS: u64 = 60_000;

/// What is known when a question is asked.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    bundle: &'a Bundle,
    status: Option<&'a StatusList>,
    ledger: &'a Ledger,
    #[cfg(feature = "online")]
    mac_key: Option<&'a ticket_token::MacKey>,
    #[cfg(feature = "online")]
    host_status: Option<(Serial, Status)>,
}

impl<'a> Knowledge<'a> {
    /// What a scanner knows. `ledger` may hold other tickets and events; they are not looked at.
    pub fn new(bundle: &'a Bundle, status: Option<&'a StatusList>, ledger: &'a Ledger) -> Self {
        Self {
            bundle,
            status,
            ledger,
            #[cfg(feature = "online")]
            mac_key: None,
            #[cfg(feature = "online")]
            host_status: None,
        }
    }

    /// How often the ticket `claims` may be used.
    pub(crate) fn allowance_of(&self, claims: &Claims) -> Allowance<'a> {
        let rule = self.bundle.ticket_type(claims.ticket_type);
        rule.map_or(Allowance::SINGLE, Allowance::of)
    }

    /// What was recorded.
    pub(crate) fn ledger(&self) -> &'a Ledger {
        self.ledger
    }

    /// With the organizer's secret, so that `server` tokens are judged too. Never on a scanner.
    #[cfg(feature = "online")]
    #[must_use]
    pub fn with_mac_key(self, mac_key: &'a ticket_token::MacKey) -> Self {
        Self {
            mac_key: Some(mac_key),
            ..self
        }
    }

    /// With the status of the one ticket in question, which the host has just looked up. It takes the
    /// place of a status list.
    #[cfg(feature = "online")]
    #[must_use]
    pub fn with_status_of(self, serial: Serial, status: Status) -> Self {
        Self {
            host_status: Some((serial, status)),
            ..self
        }
    }

    fn status_of(&self, serial: Serial) -> Option<Status> {
        #[cfg(feature = "online")]
        if let Some((known, status)) = self.host_status
            && known == serial
        {
            return Some(status);
        }
        self.status.and_then(|list| list.statuses.get(serial))
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// When, by the caller's clock.
    pub at: Moment,
    /// Where; `None` if it is not known, and then no gate is wrong.
    pub gate: Option<&'a GateName>,
    /// What for.
    pub purpose: Purpose,
    /// How far `at` may be wrong. A time bound is broken only if it is broken by more than this.
    pub clock_tolerance_ms: u64,
}

/// What a ticket is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// This many people want to go in.
    Entry {
        /// How many.
        count: NonZeroU16,
    },
    /// Someone leaves, or an earlier record is taken back. Windows, gates and earlier admissions are
    /// no reason against that.
    ExitOrUndo,
}

impl Question<'_> {
    /// A question about one person who wants in at `at`, at no known gate, by an exact clock.
    pub fn entry_at(at: Moment) -> Self {
        let purpose = Purpose::Entry {
            count: NonZeroU16::MIN,
        };
        Self {
            at,
            gate: None,
            purpose,
            clock_tolerance_ms: 0,
        }
    }

    fn is_before(&self, moment: Moment) -> bool {
        self.at.plus(self.clock_tolerance_ms) < moment
    }

    fn is_from(&self, moment: Moment) -> bool {
        self.at.0.saturating_sub(self.clock_tolerance_ms) >= moment.0
    }
}

/// The answer, with all that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// What to do, by the event's policy.
    pub advice: Advice,
    /// Doubts that stand beside the verdict.
    pub warnings: Warnings,
    /// What the token says; `None` unless its signature holds. Under KEY_REVOKED anyone may have
    /// signed it.
    pub ticket: Option<Claims>,
    /// How many more people may enter in the present period; `None` for no known ticket of this
    /// event.
    pub remaining: Option<u32>,
    /// Earlier entries and exits that count in the present period, by time.
    pub admissions: Vec<Record>,
    /// Milliseconds since the bundle was made; 0 if the clock is behind.
    pub bundle_age_ms: u64,
    /// Milliseconds since the status list was made; `None` without one.
    pub status_age_ms: Option<u64>,
}

/// Judges a QR text. Never fails: whatever cannot be read has a verdict too.
pub fn judge(qr_text: &str, knowledge: &Knowledge<'_>, question: &Question<'_>) -> Judgement {
    let bundle = knowledge.bundle.content();
    let mut warnings = doubts(knowledge, question);
    let (verdict, ticket, standing) = match recognise(qr_text, knowledge) {
        Err(verdict) => (verdict, None, None),
        Ok(token) => {
            let own = OwnTicket::of(&token.claims, knowledge, question);
            if let Some(own) = &own {
                own.doubts().for_each(|warning| warnings.insert(warning));
            }
            let fault = fault_of(&token, own.as_ref(), question);
            let verdict = fault.unwrap_or(Verdict::Valid);
            (verdict, Some(token.claims), own.map(|own| own.standing))
        }
    };
    let remaining = standing.as_ref().map(Standing::remaining);
    let admissions = standing
        .map(|standing| standing.admissions)
        .unwrap_or_default();
    Judgement {
        verdict,
        advice: bundle.policy.advice(verdict, warnings),
        warnings,
        ticket,
        remaining,
        admissions: admissions.into_iter().cloned().collect(),
        bundle_age_ms: question.at.since(bundle.issued_at.into()),
        status_age_ms: knowledge
            .status
            .map(|list| question.at.since(list.issued_at.into())),
    }
}

/// What the records of this event's ticket `claims` amount to.
fn standing_of<'a>(claims: &Claims, knowledge: &Knowledge<'a>, at: Moment) -> Standing<'a> {
    let allowance = knowledge.allowance_of(claims);
    standing(
        &knowledge.ledger.records_of(claims.event, claims.serial),
        &allowance,
        at,
    )
}

/// A token whose signature holds.
struct Token {
    claims: Claims,
    /// What its key's state makes of it.
    key_fault: Option<KeyFault>,
    proof_required: bool,
}

enum KeyFault {
    Revoked,
    /// From this moment on.
    Expires(Moment),
}

/// Verdicts 1, 2, 12, 3 and 4.
fn recognise(qr_text: &str, knowledge: &Knowledge<'_>) -> Result<Token, Verdict> {
    let parsed = decode_qr_text(qr_text)
        .and_then(|cose| parse(&cose))
        .map_err(|error| match error {
            DecodeError::Malformed(_) => Verdict::Malformed,
            DecodeError::Unsupported(_) => Verdict::Unsupported,
        })?;
    match parsed.algorithm {
        Algorithm::HmacSha256 => recognise_mac(parsed, knowledge),
        Algorithm::EdDsa => {
            let mut candidates = knowledge.bundle.keys_named(parsed.key_id).peekable();
            // No listed key can have the id of specimens, so a specimen ends here.
            if candidates.peek().is_none() {
                return Err(Verdict::UnknownKey);
            }
            let (listed, _) = candidates
                .find(|(_, key)| parsed.verify(key))
                .ok_or(Verdict::BadSignature)?;
            Ok(Token::new(parsed, Some(KeyFault::of(listed))))
        }
    }
}

#[cfg(feature = "online")]
fn recognise_mac(parsed: ParsedToken, knowledge: &Knowledge<'_>) -> Result<Token, Verdict> {
    let key = knowledge.mac_key.ok_or(Verdict::OnlineRequired)?;
    if key.key_id() != parsed.key_id {
        return Err(Verdict::UnknownKey);
    }
    if !parsed.verify_mac(key) {
        return Err(Verdict::BadSignature);
    }
    Ok(Token::new(parsed, None))
}

#[cfg(not(feature = "online"))]
fn recognise_mac(_: ParsedToken, _: &Knowledge<'_>) -> Result<Token, Verdict> {
    Err(Verdict::OnlineRequired)
}

impl Token {
    fn new(parsed: ParsedToken, key_fault: Option<KeyFault>) -> Self {
        Self {
            claims: parsed.claims,
            key_fault,
            proof_required: parsed.proof_required,
        }
    }
}

impl KeyFault {
    fn of(listed: &ListedKey) -> Self {
        match listed.state {
            KeyState::Revoked => Self::Revoked,
            KeyState::Next | KeyState::Active | KeyState::Retired => {
                Self::Expires(listed.verify_until.into())
            }
        }
    }
}

/// A genuine ticket of the bundle's event, with what is known of it.
struct OwnTicket<'a> {
    rule: Option<&'a TypeRule>,
    status: Option<Status>,
    standing: Standing<'a>,
}

impl<'a> OwnTicket<'a> {
    /// `None` for a ticket of another event.
    fn of(claims: &Claims, knowledge: &Knowledge<'a>, question: &Question<'_>) -> Option<Self> {
        (claims.event == knowledge.bundle.event()).then(|| Self {
            rule: knowledge.bundle.ticket_type(claims.ticket_type),
            status: knowledge.status_of(claims.serial),
            standing: standing_of(claims, knowledge, question.at),
        })
    }

    fn doubts(&self) -> impl Iterator<Item = Warning> {
        let status = self.status.is_none().then_some(Warning::StatusUnknown);
        let rule = self.rule.is_none().then_some(Warning::TypeUnknown);
        status.into_iter().chain(rule)
    }
}

/// Doubts about the knowledge itself, whatever ticket is shown.
fn doubts(knowledge: &Knowledge<'_>, question: &Question<'_>) -> Warnings {
    let Knowledge { bundle, status, .. } = knowledge;
    let issued = status.map(|list| list.issued_at).into_iter();
    let newest = issued.fold(bundle.content().issued_at, Ord::max);
    let mut warnings = Warnings::default();
    if status.is_some_and(|list| question.at >= list.stale_from()) {
        warnings.insert(Warning::StatusStale);
    }
    if question.at >= Moment::from_unix(bundle.expires()) {
        warnings.insert(Warning::BundleExpired);
    }
    if question.at.plus(CLOCK_SLACK_MS) < Moment::from_unix(newest) {
        warnings.insert(Warning::ClockBehind);
    }
    warnings
}

/// The first of verdicts 13, 10, 5, 14, 6, 7, 8, 9, 15 and 11 that holds.
fn fault_of(
    token: &Token,
    own: Option<&OwnTicket<'_>>,
    question: &Question<'_>,
) -> Option<Verdict> {
    match token.key_fault {
        Some(KeyFault::Revoked) => return Some(Verdict::KeyRevoked),
        Some(KeyFault::Expires(moment)) if question.is_from(moment) => {
            return Some(Verdict::KeyExpired);
        }
        Some(KeyFault::Expires(_)) | None => {}
    }
    let Some(own) = own else {
        return Some(Verdict::WrongEvent);
    };
    if token.proof_required {
        return Some(Verdict::ProofRequired);
    }
    time_fault(&token.claims, own, question)
        .or(match own.status {
            Some(Status::Revoked) => Some(Verdict::Revoked),
            Some(Status::Suspended) => Some(Verdict::Suspended),
            Some(Status::Valid) | None => None,
        })
        .or_else(|| entry_fault(own, question))
}

/// Verdicts 6 and 7.
fn time_fault(claims: &Claims, own: &OwnTicket<'_>, question: &Question<'_>) -> Option<Verdict> {
    let windows = match question.purpose {
        Purpose::Entry { .. } => own.rule.map_or([].as_slice(), |rule| &rule.windows),
        Purpose::ExitOrUndo => &[],
    };
    let is_open =
        |window: &Window| !question.is_before(window.begins()) && !question.is_from(window.ends());
    let is_outside = !windows.is_empty() && !windows.iter().any(is_open);
    let is_early = is_outside
        && windows
            .iter()
            .any(|window| question.is_before(window.begins()));
    let starts_later = match claims.extra {
        Extra::NotBefore(time) => question.is_before(time.into()),
        Extra::None | Extra::Holder(_) => false,
    };
    if starts_later || is_early {
        Some(Verdict::NotYetValid)
    } else if question.is_from(claims.expires.into()) || is_outside {
        Some(Verdict::Expired)
    } else {
        None
    }
}

/// Verdicts 15 and 11.
fn entry_fault(own: &OwnTicket<'_>, question: &Question<'_>) -> Option<Verdict> {
    let Purpose::Entry { count } = question.purpose else {
        return None;
    };
    let gates = own.rule.map_or([].as_slice(), |rule| &rule.gates);
    let is_elsewhere = question
        .gate
        .is_some_and(|gate| !gates.is_empty() && !gates.contains(gate));
    if is_elsewhere {
        Some(Verdict::WrongGate)
    } else if u32::from(count.get()) > own.standing.remaining() {
        Some(Verdict::Duplicate)
    } else {
        None
    }
}

//! What may be said of a ticket, by someone who was given an organizer's word and has no network:
//! the event bundle, the status list, the ledger of admissions, and the verdict that follows. Shared
//! by the host and by the verifier in the browser, so that they cannot disagree.
//!
//! The crate has no I/O, clock or random source: times and nonces are arguments. It trusts one key,
//! the organizer's root key that a scanner is paired with; everything else is signed by a key which
//! that one delegated. No input makes it panic.
#![cfg_attr(
    feature = "sign",
    doc = r#"
```
use ticket_gate::{
    BundleContent, Delegation, Entries, EventFacts, Gate, KeyState, ListedKey, LocalizedText, Moment,
    Policy, Question, StatusReference, TicketNumberKey, TypeRule, Verdict, sign_bundle,
    sign_delegation,
};
use ticket_token::{
    Claims, EventNumber, Extra, Serial, SigningKey, TicketType, UnixTime, sign,
};

let root = SigningKey::from_seed(&[1; 32])?;
let bundle_key = SigningKey::from_seed(&[2; 32])?;
let ticket_key = SigningKey::from_seed(&[3; 32])?;
let (start, end) = (UnixTime(1_800_000_000), UnixTime(1_900_000_000));

// The organizer's side, once: the root key lets the bundle key speak.
let delegation = sign_delegation(
    &Delegation {
        organizer: "acme".into(),
        bundle_key: bundle_key.public_key(),
        not_before: start,
        expires: end,
        sequence: 1,
    },
    &root,
)?;
// The host's side, at every change.
let bundle = sign_bundle(
    &BundleContent {
        sequence: 1,
        issued_at: start,
        expires: end,
        event: EventFacts {
            number: EventNumber(42),
            names: LocalizedText::new("en", "Summer night")?,
            time_zone: "Europe/Paris".into(),
            doors: None,
        },
        types: vec![TypeRule {
            number: TicketType(3),
            names: LocalizedText::new("en", "Adult")?,
            entries: Entries::InAll(1),
            group_size: 1,
            windows: vec![],
            gates: vec![],
            re_entry: false,
        }],
        keys: vec![ListedKey {
            key: ticket_key.public_key(),
            state: KeyState::Active,
            sign_until: end,
            verify_until: end,
        }],
        status: StatusReference { address: "https://example.org/status".into(), size: 0 },
        number_key: TicketNumberKey([9; 16]),
        policy: Policy::default(),
    },
    &delegation,
    &bundle_key,
)?;
let claims = Claims {
    expires: end,
    event: EventNumber(42),
    serial: Serial(1_001),
    ticket_type: TicketType(3),
    extra: Extra::None,
};
let ticket = sign(&claims, &ticket_key).qr_text();

// The scanner's side.
let gate = Gate::pair(&bundle, &root.public_key())?;
let judgement = gate.verify(&ticket, &Question::entry_at(Moment(1_800_000_060_000)));
assert_eq!(judgement.verdict, Verdict::Valid);
# Ok::<(), Box<dyn std::error::Error>>(())
```
"#
)]
// As in `ticket-token`: the verifier in the browser does without the standard library.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod admission;
mod bundle;
mod delegation;
mod error;
mod fields;
mod gate;
mod judge;
mod label;
mod moment;
mod policy;
mod scan;
mod status_list;
mod ticket_number;
mod verdict;

pub use admission::{
    Action, Allowance, Ledger, MAX_PAGE_BYTES, Nonce, Record, RecordId, RecordPage, Standing,
    standing,
};
#[cfg(feature = "sign")]
pub use bundle::sign_bundle;
pub use bundle::{
    BUNDLE_TYPE, Bundle, BundleContent, Entries, EventFacts, KeyState, ListedKey, MAX_BUNDLE_BYTES,
    MAX_ENTRIES, MAX_GATES, MAX_KEYS, MAX_TYPES, MAX_WINDOWS, StatusReference, TypeRule, Window,
};
#[cfg(feature = "sign")]
pub use delegation::sign_delegation;
pub use delegation::{DELEGATION_TYPE, Delegation, MAX_DELEGATION_BYTES, MAX_ORGANIZER_BYTES};
pub use error::KnowledgeError;
pub use gate::{Gate, MAX_STATE_BYTES, PAGE_RECORDS};
pub use judge::{CLOCK_SLACK_MS, Judgement, Knowledge, Purpose, Question, judge};
pub use label::{
    DeviceName, GateName, LabelError, LocalizedText, MAX_LABEL_BYTES, MAX_LANGUAGE_BYTES,
    MAX_LANGUAGES, MAX_TEXT_BYTES,
};
pub use moment::Moment;
pub use policy::{Advice, Policy};
pub use scan::{Scan, ScanAction, ScanRequest, scan};
pub use status_list::{
    MAX_LIST_ENTRIES, MAX_STATUS_LIST_BYTES, STATUS_LIST_TYPE, Status, StatusList, Statuses,
};
#[cfg(feature = "sign")]
pub use status_list::{StatusListContent, sign_status_list};
pub use ticket_number::{TicketNumber, TicketNumberError, TicketNumberKey};
pub use verdict::{Verdict, Warning, Warnings};

//! One organizer, one event, and ways to make everything that can be shown at its gates.

use std::num::NonZeroU16;

use ticket_gate::*;
use ticket_token::{
    Claims, EventNumber, Extra, MacKey, Serial, SignedToken, SigningKey, TicketType, UnixTime,
};

pub const EVENT: EventNumber = EventNumber(42);
pub const ORGANIZER: &str = "acme";
pub const ADDRESS: &str = "https://tickets.example/api/verifier/events/summer/status";

/// 2027-01-15T08:00:00Z, when bundle and status list are made.
pub const ISSUED: UnixTime = UnixTime(1_800_000_000);
pub const BUNDLE_EXPIRES: UnixTime = UnixTime(ISSUED.0 + 30 * DAY);
pub const TTL: u32 = 3600;
pub const LIST_EXPIRES: UnixTime = UnixTime(ISSUED.0 + 2 * DAY);
/// The only window of type [`DATED_TYPE`].
pub const WINDOW: Window = Window {
    opens: UnixTime(ISSUED.0 + 10 * HOUR),
    closes: UnixTime(ISSUED.0 + 12 * HOUR),
};
pub const TICKET_EXPIRES: UnixTime = UnixTime(ISSUED.0 + 400 * DAY);
/// When the key `short`, and the revoked one, stop being accepted.
pub const SHORT_KEY_UNTIL: UnixTime = UnixTime(ISSUED.0 + 6 * HOUR);
pub const HOUR: u32 = 3600;
pub const DAY: u32 = 24 * HOUR;

/// One entry, anywhere, any time.
pub const PLAIN_TYPE: TicketType = TicketType(1);
/// One entry at gate `North` within [`WINDOW`].
pub const DATED_TYPE: TicketType = TicketType(2);
/// Two entries for three people, with re-entry.
pub const GROUP_TYPE: TicketType = TicketType(3);
/// One entry on each of two days.
pub const DAILY_TYPE: TicketType = TicketType(300);
pub const UNKNOWN_TYPE: TicketType = TicketType(77);

pub const VALID_SERIAL: Serial = Serial(1);
pub const REVOKED_SERIAL: Serial = Serial(2);
pub const SUSPENDED_SERIAL: Serial = Serial(3);
pub const LIST_SIZE: u32 = 1000;

pub struct Keys {
    pub root: SigningKey,
    pub bundle: SigningKey,
    pub next: SigningKey,
    pub active: SigningKey,
    pub retired: SigningKey,
    pub revoked: SigningKey,
    /// Accepted until [`SHORT_KEY_UNTIL`].
    pub short: SigningKey,
    pub stranger: SigningKey,
    pub mac: MacKey,
}

pub fn keys() -> Keys {
    let key = |number: u8| SigningKey::from_seed(&[number; 32]).unwrap();
    Keys {
        root: key(1),
        bundle: key(2),
        next: key(3),
        active: key(4),
        retired: key(5),
        revoked: key(6),
        short: key(7),
        stranger: key(8),
        mac: MacKey::derive(b"a secret of the host alone", ORGANIZER),
    }
}

pub fn delegation_content(keys: &Keys) -> Delegation {
    Delegation {
        organizer: ORGANIZER.to_owned(),
        bundle_key: keys.bundle.public_key(),
        not_before: UnixTime(ISSUED.0 - DAY),
        expires: UnixTime(ISSUED.0 + 365 * DAY),
        sequence: 1,
    }
}

pub fn delegation(keys: &Keys) -> Vec<u8> {
    sign_delegation(&delegation_content(keys), &keys.root).unwrap()
}

pub fn type_rule(number: TicketType, name: &str) -> TypeRule {
    TypeRule {
        number,
        names: LocalizedText::new("en", name).unwrap(),
        entries: Entries::InAll(1),
        group_size: 1,
        windows: vec![],
        gates: vec![],
        re_entry: false,
    }
}

pub fn bundle_content(keys: &Keys) -> BundleContent {
    let listed = |key: &SigningKey, state| ListedKey {
        key: key.public_key(),
        state,
        sign_until: UnixTime(ISSUED.0 + 90 * DAY),
        verify_until: UnixTime(ISSUED.0 + 500 * DAY),
    };
    let second_day = Window {
        opens: UnixTime(WINDOW.opens.0 + DAY),
        closes: UnixTime(WINDOW.closes.0 + DAY),
    };
    BundleContent {
        sequence: 7,
        issued_at: ISSUED,
        expires: BUNDLE_EXPIRES,
        event: EventFacts {
            number: EVENT,
            names: LocalizedText::from_entries([("fr", "Nuit d’été"), ("en", "Summer night")])
                .unwrap(),
            time_zone: "Europe/Paris".to_owned(),
            doors: Some(WINDOW),
        },
        types: vec![
            TypeRule {
                names: LocalizedText::from_entries([("fr", "Plein tarif"), ("en", "Adult")])
                    .unwrap(),
                ..type_rule(PLAIN_TYPE, "Adult")
            },
            TypeRule {
                windows: vec![WINDOW],
                gates: vec![gate("North")],
                ..type_rule(DATED_TYPE, "Evening, north")
            },
            TypeRule {
                entries: Entries::InAll(2),
                group_size: 3,
                re_entry: true,
                ..type_rule(GROUP_TYPE, "Family")
            },
            TypeRule {
                entries: Entries::PerWindow(1),
                windows: vec![WINDOW, second_day],
                ..type_rule(DAILY_TYPE, "Both days")
            },
        ],
        keys: vec![
            listed(&keys.next, KeyState::Next),
            listed(&keys.active, KeyState::Active),
            listed(&keys.retired, KeyState::Retired),
            ListedKey {
                verify_until: SHORT_KEY_UNTIL,
                ..listed(&keys.revoked, KeyState::Revoked)
            },
            ListedKey {
                verify_until: SHORT_KEY_UNTIL,
                ..listed(&keys.short, KeyState::Retired)
            },
        ],
        status: StatusReference {
            address: ADDRESS.to_owned(),
            size: LIST_SIZE,
        },
        number_key: TicketNumberKey(*b"an event's key!!"),
        policy: Policy::default(),
    }
}

pub fn bundle(keys: &Keys) -> Vec<u8> {
    sign_bundle(&bundle_content(keys), &delegation(keys), &keys.bundle).unwrap()
}

pub fn statuses() -> Statuses {
    let mut statuses = Statuses::all_valid(LIST_SIZE).unwrap();
    assert!(statuses.set(REVOKED_SERIAL, Status::Revoked));
    assert!(statuses.set(SUSPENDED_SERIAL, Status::Suspended));
    statuses
}

pub fn list_content(statuses: &Statuses) -> StatusListContent<'_> {
    StatusListContent {
        address: ADDRESS,
        aggregation_address: Some("https://tickets.example/api/verifier/status-lists"),
        event: EVENT,
        sequence: 5,
        issued_at: ISSUED,
        expires: LIST_EXPIRES,
        ttl_seconds: TTL,
        statuses,
    }
}

pub fn status_list(keys: &Keys) -> Vec<u8> {
    sign_status_list(&list_content(&statuses()), &delegation(keys), &keys.bundle).unwrap()
}

pub fn paired(keys: &Keys) -> Gate {
    let mut gate = Gate::pair(&bundle(keys), &keys.root.public_key()).unwrap();
    gate.set_status_list(&status_list(keys)).unwrap();
    gate
}

pub fn claims(serial: Serial, ticket_type: TicketType) -> Claims {
    Claims {
        expires: TICKET_EXPIRES,
        event: EVENT,
        serial,
        ticket_type,
        extra: Extra::None,
    }
}

pub fn ticket(serial: Serial, ticket_type: TicketType, keys: &Keys) -> String {
    ticket_token::sign(&claims(serial, ticket_type), &keys.active).qr_text()
}

pub fn server_ticket(claims: &Claims, keys: &Keys) -> SignedToken {
    ticket_token::seal_mac(claims, &keys.mac).unwrap()
}

pub fn gate(name: &str) -> GateName {
    GateName::new(name).unwrap()
}

pub fn device(name: &str) -> DeviceName {
    DeviceName::new(name).unwrap()
}

pub fn people(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

/// A moment `hours` after bundle and list were made.
pub fn hours(hours: u32) -> Moment {
    Moment::from_unix(UnixTime(ISSUED.0 + hours * HOUR))
}

/// A time at which nothing is stale.
pub fn soon() -> Moment {
    Moment::from_unix(ISSUED).plus(60_000)
}

pub fn entry(at: Moment, device: &DeviceName, nonce: u8) -> ScanRequest<'_> {
    ScanRequest {
        at,
        gate: None,
        device,
        nonce: Nonce([nonce; 8]),
        action: ScanAction::Entry { count: people(1) },
        confirmed: false,
        clock_tolerance_ms: 0,
    }
}

pub fn warnings(warnings: Warnings) -> Vec<&'static str> {
    warnings.iter().map(Warning::name).collect()
}

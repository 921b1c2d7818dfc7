//! What gates are told of an event: its bundle and its status list.

use jiff::Timestamp;
use ticket_gate::{
    BundleContent, Entries, EventFacts, GateName, ListedKey, LocalizedText, Policy, Status,
    StatusListContent, StatusReference, Statuses, TicketNumberKey, TypeRule, Window, sign_bundle,
    sign_status_list,
};
use ticket_token::{TicketType, UnixTime};

use super::details::{EventDetails, TicketTypeDetails};
use crate::storage::{Event, NumberedType, StatusList, TicketState};

/// How long gates may rely on a bundle without a newer one. Doors must open even if the network was
/// down for days.
const BUNDLE_LIFE_S: i64 = 30 * 86_400;
/// How long a status list is relied on before it counts as stale.
const STATUS_TTL_S: u32 = 15 * 60;
const STATUS_LIFE_S: i64 = 30 * 86_400;

/// Whose word the gates take: the bundle key and the root's delegation to it.
pub struct Voucher<'a> {
    /// The delegation that travels inside.
    pub delegation: &'a [u8],
    /// The bundle key.
    pub bundle_key: &'a ticket_token::SigningKey,
}

/// What a bundle is made of.
pub struct BundleParts<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its details.
    pub details: &'a EventDetails,
    /// All its numbered types.
    pub types: &'a [NumberedType],
    /// The organizer's ticket keys.
    pub keys: Vec<ListedKey>,
    /// Where the status list is found.
    pub status_address: String,
    /// The secret of the event's ticket numbers.
    pub number_key: TicketNumberKey,
    /// Larger than that of the bundle before.
    pub sequence: u64,
    /// The time of making.
    pub now: Timestamp,
}

/// Why gates cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The event says something that a bundle cannot hold.
    #[error("the event does not fit a bundle: {0}")]
    Content(String),
}

/// What the bundle of an event says.
///
/// # Errors
/// [`PublishError`] when something does not fit; nothing that passed the door of `http` should.
pub fn bundle_content(parts: BundleParts<'_>) -> Result<BundleContent, PublishError> {
    let details = parts.details;
    let mut types = Vec::with_capacity(parts.types.len());
    for numbered in parts.types {
        let declared = details
            .ticket_types
            .iter()
            .find(|known| known.name == numbered.name);
        types.push(type_rule(
            numbered.number,
            &numbered.name,
            declared,
            &details.locale,
        )?);
    }
    Ok(BundleContent {
        sequence: parts.sequence,
        issued_at: unix(parts.now),
        expires: unix_after(parts.now, BUNDLE_LIFE_S),
        event: EventFacts {
            number: parts.event.number,
            names: localized(&details.locale, &details.title)?,
            time_zone: details.time_zone.clone(),
            doors: doors_of(details),
        },
        types,
        keys: parts.keys,
        status: StatusReference {
            address: parts.status_address,
            size: u32::try_from(parts.event.next_serial).unwrap_or(u32::MAX),
        },
        number_key: parts.number_key,
        policy: Policy::default(),
    })
}

/// Signs the bundle of an event.
///
/// # Errors
/// As [`bundle_content`].
pub fn sign_content(
    content: &BundleContent,
    voucher: &Voucher<'_>,
) -> Result<Vec<u8>, PublishError> {
    sign_bundle(content, voucher.delegation, voucher.bundle_key)
        .map_err(|error| PublishError::Content(error.to_string()))
}

/// Signs the status list of an event.
///
/// # Errors
/// [`PublishError`] when the event has more tickets than a list can hold.
pub fn make_status_list(
    event: &Event,
    list: &StatusList,
    (address, aggregation_address): (&str, &str),
    now: Timestamp,
    voucher: &Voucher<'_>,
) -> Result<Vec<u8>, PublishError> {
    let refused = |error: ticket_gate::KnowledgeError| PublishError::Content(error.to_string());
    let size = u32::try_from(list.length).unwrap_or(u32::MAX);
    let mut statuses = Statuses::all_valid(size).map_err(refused)?;
    for (serial, state) in &list.entries {
        let status = match state {
            TicketState::Generated => Status::Valid,
            TicketState::Revoked => Status::Revoked,
            TicketState::Suspended => Status::Suspended,
        };
        if !statuses.set(*serial, status) {
            return Err(PublishError::Content(format!(
                "serial {} is beyond the list",
                serial.0
            )));
        }
    }
    let content = StatusListContent {
        address,
        aggregation_address: Some(aggregation_address),
        event: event.number,
        sequence: list.sequence,
        issued_at: unix(now),
        expires: unix_after(now, STATUS_LIFE_S),
        ttl_seconds: STATUS_TTL_S,
        statuses: &statuses,
    };
    sign_status_list(&content, voucher.delegation, voucher.bundle_key).map_err(refused)
}

fn type_rule(
    number: TicketType,
    name: &str,
    declared: Option<&TicketTypeDetails>,
    locale: &str,
) -> Result<TypeRule, PublishError> {
    let names = localized(locale, name)?;
    let Some(declared) = declared else {
        // A type of an open event, or one that a later revision dropped: it was sold, so it admits.
        let entries = Entries::InAll(1);
        let (windows, gates) = (Vec::new(), Vec::new());
        return Ok(TypeRule {
            number,
            names,
            entries,
            group_size: 1,
            windows,
            gates,
            re_entry: false,
        });
    };
    let windows = match (declared.valid_from, declared.valid_until) {
        (None, None) => Vec::new(),
        (from, until) => vec![Window {
            opens: from.map_or(UnixTime(0), unix),
            closes: until.map_or(UnixTime(u32::MAX), unix),
        }],
    };
    let gates = declared
        .gates
        .iter()
        .map(|gate| GateName::new(gate).map_err(|error| PublishError::Content(error.to_string())))
        .collect::<Result<_, _>>()?;
    Ok(TypeRule {
        number,
        names,
        entries: Entries::InAll(declared.entries),
        group_size: declared.group_size,
        windows,
        gates,
        re_entry: declared.re_entry,
    })
}

fn doors_of(details: &EventDetails) -> Option<Window> {
    let opens = unix(details.doors.or(details.starts)?);
    let closes = details
        .ends
        .map_or_else(|| UnixTime(opens.0.saturating_add(86_400)), unix);
    (opens.0 < closes.0).then_some(Window { opens, closes })
}

/// A text, cut to what a bundle holds: titles may be longer than a scanner shows.
fn localized(language: &str, text: &str) -> Result<LocalizedText, PublishError> {
    let end = text
        .char_indices()
        .map(|(at, character)| at + character.len_utf8())
        .take_while(|end| *end <= ticket_gate::MAX_TEXT_BYTES)
        .last()
        .unwrap_or(0);
    let shown = text.get(..end).unwrap_or_default();
    LocalizedText::new(language, shown).map_err(|error| PublishError::Content(error.to_string()))
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime(u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX))
}

fn unix_after(at: Timestamp, seconds: i64) -> UnixTime {
    UnixTime(u32::try_from(at.as_second().saturating_add(seconds).max(0)).unwrap_or(u32::MAX))
}

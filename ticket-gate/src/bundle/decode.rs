//! From CBOR to a bundle's content.

use alloc::borrow::ToOwned as _;
use alloc::vec::Vec;

use ticket_token::cbor::Reader;
use ticket_token::{EventNumber, TicketType, UnixTime};

use super::content::{
    BundleContent, Entries, EventFacts, KeyState, ListedKey, StatusReference, TypeRule, Window,
};
use super::{FIRST_EXTENSION, VERSION, fields};
use crate::delegation::read_key;
use crate::error::{KnowledgeError, Refusal};
use crate::fields::Fields;
use crate::label::GateName;
use crate::policy::{Advice, AdviceSlot, Policy};
use crate::ticket_number::TicketNumberKey;

/// Reads the content and, beside it, the encoded delegation. Nothing is checked beyond form.
pub(super) fn content(payload: &[u8]) -> Result<(BundleContent, &[u8]), Refusal> {
    let mut reader = Reader::new(payload)?;
    refuse_other_versions(reader.clone())?;
    let fields = read_fields("bundle", &mut reader, fields::WARNING_ADVICE)?;
    fields.required(fields::VERSION, "version")?;
    let content = BundleContent {
        sequence: fields.unsigned(fields::SEQUENCE, "sequence")?,
        issued_at: fields.time(fields::ISSUED_AT, "issued at")?,
        expires: fields.time(fields::EXPIRES, "expires")?,
        event: read_event(fields.required(fields::EVENT, "event")?)?,
        types: read_list(fields.required(fields::TYPES, "ticket types")?, read_type)?,
        keys: read_list(fields.required(fields::KEYS, "keys")?, read_listed_key)?,
        status: read_status(fields.required(fields::STATUS, "status")?)?,
        number_key: TicketNumberKey(
            fields
                .required(fields::NUMBER_KEY, "ticket number key")?
                .byte_array()?,
        ),
        policy: read_policy(&fields)?,
    };
    Ok((content, fields.bytes(fields::DELEGATION, "delegation")?))
}

/// The version stands first in the map, so another one is named before any field of it is met.
fn refuse_other_versions(mut reader: Reader<'_>) -> Result<(), Refusal> {
    if reader.map()? == 0 || reader.unsigned()? != fields::VERSION {
        return Ok(());
    }
    match reader.unsigned()? {
        VERSION => Ok(()),
        other => Err(Refusal::new(KnowledgeError::Version(other))),
    }
}

fn read_event(mut reader: Reader<'_>) -> Result<EventFacts, Refusal> {
    let fields = read_fields("event", &mut reader, 4)?;
    Ok(EventFacts {
        number: EventNumber(fields.unsigned_u32(1, "number")?),
        names: fields.names(2, "event name")?,
        time_zone: fields.text(3, "time zone")?.to_owned(),
        doors: match fields.optional(4) {
            Some(mut doors) => Some(read_window(&mut doors)?),
            None => None,
        },
    })
}

fn read_type(reader: &mut Reader<'_>) -> Result<TypeRule, Refusal> {
    let fields = read_fields("ticket type", reader, 7)?;
    Ok(TypeRule {
        number: TicketType(as_u16("ticket type number", fields.unsigned(1, "number")?)?),
        names: fields.names(2, "ticket type name")?,
        entries: read_entries(fields.required(3, "entries")?)?,
        group_size: as_u16("group size", fields.unsigned(4, "group size")?)?,
        windows: read_optional_list(fields.optional(5), read_window)?,
        gates: read_optional_list(fields.optional(6), read_gate)?,
        re_entry: fields.required(7, "re-entry")?.boolean()?,
    })
}

fn read_entries(mut reader: Reader<'_>) -> Result<Entries, Refusal> {
    let wrong = || KnowledgeError::value("entries", "a kind (0 or 1) and a number");
    if reader.array()? != 2 {
        return Err(wrong());
    }
    let kind = reader.unsigned()?;
    let number = as_u16("entries", reader.unsigned()?)?;
    match kind {
        0 => Ok(Entries::InAll(number)),
        1 => Ok(Entries::PerWindow(number)),
        _ => Err(wrong()),
    }
}

fn read_gate(reader: &mut Reader<'_>) -> Result<GateName, Refusal> {
    GateName::new(reader.text()?).map_err(|source| {
        Refusal::new(KnowledgeError::Label {
            field: "gate",
            source,
        })
    })
}

fn read_listed_key(reader: &mut Reader<'_>) -> Result<ListedKey, Refusal> {
    let fields = read_fields("key", reader, 4)?;
    let state = KeyState::from_number(fields.unsigned(2, "state")?);
    Ok(ListedKey {
        key: read_key("ticket key", fields.required(1, "public key")?)?,
        state: state.ok_or_else(|| KnowledgeError::value("key state", "0 to 3"))?,
        sign_until: fields.time(3, "sign-until")?,
        verify_until: fields.time(4, "verify-until")?,
    })
}

fn read_status(mut reader: Reader<'_>) -> Result<StatusReference, Refusal> {
    let fields = read_fields("status", &mut reader, 2)?;
    Ok(StatusReference {
        address: fields.text(1, "address")?.to_owned(),
        size: fields.unsigned_u32(2, "size")?,
    })
}

fn read_policy(fields: &Fields<'_>) -> Result<Policy, Refusal> {
    let mut policy = Policy::default();
    for (field, slot) in [
        (fields::VERDICT_ADVICE, Policy::verdict_slot as AdviceSlot),
        (fields::WARNING_ADVICE, Policy::warning_slot),
    ] {
        if let Some(reader) = fields.optional(field) {
            read_advice(reader, &mut policy, slot)?;
        }
    }
    Ok(policy)
}

/// Advice for what this build does not know is passed over: it never meets that verdict or warning.
fn read_advice(
    mut reader: Reader<'_>,
    policy: &mut Policy,
    slot: AdviceSlot,
) -> Result<(), Refusal> {
    for _ in 0..reader.map()? {
        let number = reader.unsigned()?;
        let advice = Advice::from_number(reader.unsigned()?)
            .ok_or_else(|| KnowledgeError::value("advice", "0 to 2"))?;
        if let Some(slot) = slot(policy, number) {
            *slot = advice;
        }
    }
    Ok(())
}

fn read_list<T>(
    mut reader: Reader<'_>,
    read: fn(&mut Reader<'_>) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    // No capacity is reserved from the count: it is the input's claim.
    let mut list = Vec::new();
    for _ in 0..reader.array()? {
        list.push(read(&mut reader)?);
    }
    Ok(list)
}

fn read_optional_list<T>(
    reader: Option<Reader<'_>>,
    read: fn(&mut Reader<'_>) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    reader.map_or(Ok(Vec::new()), |reader| read_list(reader, read))
}

fn read_window(reader: &mut Reader<'_>) -> Result<Window, Refusal> {
    if reader.array()? != 2 {
        return Err(KnowledgeError::value("window", "two times"));
    }
    Ok(Window {
        opens: UnixTime(reader.unsigned_u32()?),
        closes: UnixTime(reader.unsigned_u32()?),
    })
}

fn as_u16(field: &'static str, value: u64) -> Result<u16, Refusal> {
    u16::try_from(value).map_err(|_| KnowledgeError::value(field, "at most 65535"))
}

/// A map whose keys 1 to `last` are known, and which may have extensions.
fn read_fields<'a>(
    what: &'static str,
    reader: &mut Reader<'a>,
    last: u64,
) -> Result<Fields<'a>, Refusal> {
    Fields::read(what, reader, last + 1, FIRST_EXTENSION)
}

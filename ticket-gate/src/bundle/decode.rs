//! From CBOR to a bundle's content.

use ticket_token::cbor::Reader;
use ticket_token::{EventNumber, TicketType, UnixTime};

use super::content::{
    BundleContent, Entries, EventFacts, KeyState, ListedKey, StatusReference, TypeRule, Window,
};
use super::{FIRST_EXTENSION, VERSION, fields};
use crate::delegation::read_key;
use crate::error::KnowledgeError;
use crate::label::{GateName, LocalizedText};
use crate::policy::{Advice, AdviceSlot, Policy};
use crate::ticket_number::TicketNumberKey;

/// Reads the content and, beside it, the encoded delegation. Nothing is checked beyond form.
pub(super) fn content(payload: &[u8]) -> Result<(BundleContent, &[u8]), KnowledgeError> {
    const WHAT: &str = "bundle";
    let mut reader = Reader::new(payload)?;
    let (mut version, mut sequence, mut issued_at, mut expires) = (None, None, None, None);
    let (mut delegation, mut event, mut types, mut keys) = (None, None, None, None);
    let (mut status, mut number_key, mut policy) = (None, None, Policy::default());
    for _ in 0..reader.map()? {
        match reader.unsigned()? {
            fields::VERSION => version = Some(read_version(&mut reader)?),
            fields::SEQUENCE => sequence = Some(reader.unsigned()?),
            fields::ISSUED_AT => issued_at = Some(read_time(&mut reader)?),
            fields::EXPIRES => expires = Some(read_time(&mut reader)?),
            fields::DELEGATION => delegation = Some(reader.bytes()?),
            fields::EVENT => event = Some(read_event(&mut reader)?),
            fields::TYPES => types = Some(read_list(&mut reader, read_type)?),
            fields::KEYS => keys = Some(read_list(&mut reader, read_listed_key)?),
            fields::STATUS => status = Some(read_status(&mut reader)?),
            fields::NUMBER_KEY => number_key = Some(TicketNumberKey(reader.byte_array()?)),
            fields::VERDICT_ADVICE => read_advice(&mut reader, &mut policy, Policy::verdict_slot)?,
            fields::WARNING_ADVICE => read_advice(&mut reader, &mut policy, Policy::warning_slot)?,
            field => pass_over(WHAT, field, &mut reader)?,
        }
    }
    let missing = |field| KnowledgeError::Missing { what: WHAT, field };
    version.ok_or(missing("version"))?;
    let content = BundleContent {
        sequence: sequence.ok_or(missing("sequence"))?,
        issued_at: issued_at.ok_or(missing("issued at"))?,
        expires: expires.ok_or(missing("expires"))?,
        event: event.ok_or(missing("event"))?,
        types: types.ok_or(missing("ticket types"))?,
        keys: keys.ok_or(missing("keys"))?,
        status: status.ok_or(missing("status"))?,
        number_key: number_key.ok_or(missing("ticket number key"))?,
        policy,
    };
    Ok((content, delegation.ok_or(missing("delegation"))?))
}

/// Version 1 stands first in the map, so another version is named before any field of it is met.
fn read_version(reader: &mut Reader<'_>) -> Result<(), KnowledgeError> {
    match reader.unsigned()? {
        VERSION => Ok(()),
        other => Err(KnowledgeError::Version(other)),
    }
}

fn read_event(reader: &mut Reader<'_>) -> Result<EventFacts, KnowledgeError> {
    const WHAT: &str = "event";
    let (mut number, mut names, mut time_zone, mut doors) = (None, None, None, None);
    for _ in 0..reader.map()? {
        match reader.unsigned()? {
            1 => number = Some(EventNumber(reader.unsigned_u32()?)),
            2 => names = Some(read_names("event name", reader)?),
            3 => time_zone = Some(reader.text()?.to_owned()),
            4 => doors = Some(read_window(reader)?),
            field => pass_over(WHAT, field, reader)?,
        }
    }
    let missing = |field| KnowledgeError::Missing { what: WHAT, field };
    Ok(EventFacts {
        number: number.ok_or(missing("number"))?,
        names: names.ok_or(missing("names"))?,
        time_zone: time_zone.ok_or(missing("time zone"))?,
        doors,
    })
}

fn read_type(reader: &mut Reader<'_>) -> Result<TypeRule, KnowledgeError> {
    const WHAT: &str = "ticket type";
    let (mut number, mut names, mut entries) = (None, None, None);
    let (mut group_size, mut re_entry) = (None, None);
    let (mut windows, mut gates) = (Vec::new(), Vec::new());
    for _ in 0..reader.map()? {
        match reader.unsigned()? {
            1 => number = Some(TicketType(read_u16("ticket type number", reader)?)),
            2 => names = Some(read_names("ticket type name", reader)?),
            3 => entries = Some(read_entries(reader)?),
            4 => group_size = Some(read_u16("group size", reader)?),
            5 => windows = read_list(reader, read_window)?,
            6 => gates = read_list(reader, read_gate)?,
            7 => re_entry = Some(reader.boolean()?),
            field => pass_over(WHAT, field, reader)?,
        }
    }
    let missing = |field| KnowledgeError::Missing { what: WHAT, field };
    Ok(TypeRule {
        number: number.ok_or(missing("number"))?,
        names: names.ok_or(missing("names"))?,
        entries: entries.ok_or(missing("entries"))?,
        group_size: group_size.ok_or(missing("group size"))?,
        windows,
        gates,
        re_entry: re_entry.ok_or(missing("re-entry"))?,
    })
}

fn read_entries(reader: &mut Reader<'_>) -> Result<Entries, KnowledgeError> {
    let wrong = KnowledgeError::value("entries", "a kind (0 or 1) and a number");
    if reader.array()? != 2 {
        return Err(wrong);
    }
    let kind = reader.unsigned()?;
    let number = read_u16("entries", reader)?;
    match kind {
        0 => Ok(Entries::InAll(number)),
        1 => Ok(Entries::PerWindow(number)),
        _ => Err(wrong),
    }
}

fn read_gate(reader: &mut Reader<'_>) -> Result<GateName, KnowledgeError> {
    GateName::new(reader.text()?).map_err(|source| KnowledgeError::Label {
        field: "gate",
        source,
    })
}

fn read_listed_key(reader: &mut Reader<'_>) -> Result<ListedKey, KnowledgeError> {
    const WHAT: &str = "key";
    let (mut key, mut state, mut sign_until, mut verify_until) = (None, None, None, None);
    for _ in 0..reader.map()? {
        match reader.unsigned()? {
            1 => key = Some(read_key("ticket key", reader)?),
            2 => {
                let number = reader.unsigned()?;
                let unknown = KnowledgeError::value("key state", "0 to 3");
                state = Some(KeyState::from_number(number).ok_or(unknown)?);
            }
            3 => sign_until = Some(read_time(reader)?),
            4 => verify_until = Some(read_time(reader)?),
            field => pass_over(WHAT, field, reader)?,
        }
    }
    let missing = |field| KnowledgeError::Missing { what: WHAT, field };
    Ok(ListedKey {
        key: key.ok_or(missing("public key"))?,
        state: state.ok_or(missing("state"))?,
        sign_until: sign_until.ok_or(missing("sign-until"))?,
        verify_until: verify_until.ok_or(missing("verify-until"))?,
    })
}

fn read_status(reader: &mut Reader<'_>) -> Result<StatusReference, KnowledgeError> {
    const WHAT: &str = "status";
    let (mut address, mut size) = (None, None);
    for _ in 0..reader.map()? {
        match reader.unsigned()? {
            1 => address = Some(reader.text()?.to_owned()),
            2 => size = Some(reader.unsigned_u32()?),
            field => pass_over(WHAT, field, reader)?,
        }
    }
    let missing = |field| KnowledgeError::Missing { what: WHAT, field };
    Ok(StatusReference {
        address: address.ok_or(missing("address"))?,
        size: size.ok_or(missing("size"))?,
    })
}

/// Advice for what this build does not know is passed over: it never meets that verdict or warning.
fn read_advice(
    reader: &mut Reader<'_>,
    policy: &mut Policy,
    slot: AdviceSlot,
) -> Result<(), KnowledgeError> {
    for _ in 0..reader.map()? {
        let number = reader.unsigned()?;
        let advice = Advice::from_number(reader.unsigned()?)
            .ok_or(KnowledgeError::value("advice", "0 to 2"))?;
        if let Some(slot) = slot(policy, number) {
            *slot = advice;
        }
    }
    Ok(())
}

fn read_list<T>(
    reader: &mut Reader<'_>,
    read: fn(&mut Reader<'_>) -> Result<T, KnowledgeError>,
) -> Result<Vec<T>, KnowledgeError> {
    // No capacity is reserved from the count: it is the input's claim.
    let mut list = Vec::new();
    for _ in 0..reader.array()? {
        list.push(read(reader)?);
    }
    Ok(list)
}

fn read_names(
    field: &'static str,
    reader: &mut Reader<'_>,
) -> Result<LocalizedText, KnowledgeError> {
    let mut entries = Vec::new();
    let texts = reader.array()?;
    if texts % 2 != 0 {
        return Err(KnowledgeError::value(field, "pairs of language and text"));
    }
    for _ in 0..texts / 2 {
        entries.push((reader.text()?, reader.text()?));
    }
    LocalizedText::from_entries(entries).map_err(|source| KnowledgeError::Label { field, source })
}

fn read_window(reader: &mut Reader<'_>) -> Result<Window, KnowledgeError> {
    if reader.array()? != 2 {
        return Err(KnowledgeError::value("window", "two times"));
    }
    Ok(Window {
        opens: read_time(reader)?,
        closes: read_time(reader)?,
    })
}

fn read_time(reader: &mut Reader<'_>) -> Result<UnixTime, KnowledgeError> {
    Ok(UnixTime(reader.unsigned_u32()?))
}

fn read_u16(field: &'static str, reader: &mut Reader<'_>) -> Result<u16, KnowledgeError> {
    u16::try_from(reader.unsigned()?).map_err(|_| KnowledgeError::value(field, "at most 65535"))
}

fn pass_over(
    what: &'static str,
    field: u64,
    reader: &mut Reader<'_>,
) -> Result<(), KnowledgeError> {
    if field < FIRST_EXTENSION {
        return Err(KnowledgeError::UnknownField { what, field });
    }
    reader.skip()?;
    Ok(())
}

//! From a bundle's content to a signed object.

use alloc::vec::Vec;

use ticket_token::SigningKey;
use ticket_token::cbor::Writer;
use ticket_token::cose::sign1;

use super::content::{BundleContent, Entries, EventFacts, ListedKey, TypeRule, Window};
use super::{BUNDLE_TYPE, MAX_BUNDLE_BYTES, VERSION, fields};
use crate::delegation::Delegation;
use crate::error::{KnowledgeError, check_size};
use crate::label::LocalizedText;
use crate::policy::{AdviceSlot, Policy};

/// Signs a bundle with the bundle key that the encoded `delegation` names.
///
/// # Errors
/// [`KnowledgeError::BadSignature`] when `delegation` names another key,
/// [`KnowledgeError::OutsideDelegation`] when it does not cover `content.issued_at`,
/// [`KnowledgeError::Value`] or [`KnowledgeError::TooLarge`] when `content` breaks a bound. Whether a
/// root key signed the delegation is not checked.
pub fn sign_bundle(
    content: &BundleContent,
    delegation: &[u8],
    bundle_key: &SigningKey,
) -> Result<Vec<u8>, KnowledgeError> {
    content.check()?;
    let delegated = Delegation::open_unverified(delegation)?;
    if delegated.bundle_key != bundle_key.public_key() {
        return Err(KnowledgeError::BadSignature);
    }
    if !delegated.covers(content.issued_at) {
        return Err(KnowledgeError::OutsideDelegation);
    }
    let bytes = sign1(Some(BUNDLE_TYPE), &encode(content, delegation), bundle_key);
    check_size("bundle", &bytes, MAX_BUNDLE_BYTES)?;
    Ok(bytes)
}

fn encode(content: &BundleContent, delegation: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.map(12);
    writer.unsigned(fields::VERSION).unsigned(VERSION);
    writer.unsigned(fields::SEQUENCE).unsigned(content.sequence);
    writer
        .unsigned(fields::ISSUED_AT)
        .unsigned(content.issued_at.0.into());
    writer
        .unsigned(fields::EXPIRES)
        .unsigned(content.expires.0.into());
    writer.unsigned(fields::DELEGATION).bytes(delegation);
    writer.unsigned(fields::EVENT);
    write_event(&mut writer, &content.event);
    writer.unsigned(fields::TYPES).array(content.types.len());
    for rule in &content.types {
        write_type(&mut writer, rule);
    }
    writer.unsigned(fields::KEYS).array(content.keys.len());
    for listed in &content.keys {
        write_key(&mut writer, listed);
    }
    writer.unsigned(fields::STATUS).map(2);
    writer.unsigned(1).text(&content.status.address);
    writer.unsigned(2).unsigned(content.status.size.into());
    writer
        .unsigned(fields::NUMBER_KEY)
        .bytes(&content.number_key.0);
    write_policy(&mut writer, content.policy);
    writer.into_bytes()
}

fn write_event(writer: &mut Writer, event: &EventFacts) {
    writer.map(3 + usize::from(event.doors.is_some()));
    writer.unsigned(1).unsigned(event.number.0.into());
    writer.unsigned(2);
    write_names(writer, &event.names);
    writer.unsigned(3).text(&event.time_zone);
    if let Some(doors) = event.doors {
        writer.unsigned(4);
        write_window(writer, doors);
    }
}

fn write_type(writer: &mut Writer, rule: &TypeRule) {
    writer.map(5 + usize::from(!rule.windows.is_empty()) + usize::from(!rule.gates.is_empty()));
    writer.unsigned(1).unsigned(rule.number.0.into());
    writer.unsigned(2);
    write_names(writer, &rule.names);
    let (kind, number) = match rule.entries {
        Entries::InAll(number) => (0, number),
        Entries::PerWindow(number) => (1, number),
    };
    writer
        .unsigned(3)
        .array(2)
        .unsigned(kind)
        .unsigned(number.into());
    writer.unsigned(4).unsigned(rule.group_size.into());
    if !rule.windows.is_empty() {
        writer.unsigned(5).array(rule.windows.len());
        rule.windows
            .iter()
            .for_each(|window| write_window(writer, *window));
    }
    if !rule.gates.is_empty() {
        writer.unsigned(6).array(rule.gates.len());
        for gate in &rule.gates {
            writer.text(gate.as_str());
        }
    }
    writer.unsigned(7).boolean(rule.re_entry);
}

fn write_key(writer: &mut Writer, listed: &ListedKey) {
    writer.map(4);
    writer.unsigned(1).bytes(listed.key.as_bytes());
    writer.unsigned(2).unsigned(listed.state as u64);
    writer.unsigned(3).unsigned(listed.sign_until.0.into());
    writer.unsigned(4).unsigned(listed.verify_until.0.into());
}

fn write_policy(writer: &mut Writer, mut policy: Policy) {
    for (field, slot) in [
        (fields::VERDICT_ADVICE, Policy::verdict_slot as AdviceSlot),
        (fields::WARNING_ADVICE, Policy::warning_slot),
    ] {
        let numbers: Vec<u64> = (0..16)
            .filter(|n| slot(&mut policy, *n).is_some())
            .collect();
        writer.unsigned(field).map(numbers.len());
        for number in numbers {
            if let Some(advice) = slot(&mut policy, number) {
                writer.unsigned(number).unsigned(advice.number().into());
            }
        }
    }
}

fn write_names(writer: &mut Writer, names: &LocalizedText) {
    writer.array(2 * names.entries().len());
    for (language, text) in names.entries() {
        writer.text(language).text(text);
    }
}

fn write_window(writer: &mut Writer, window: Window) {
    writer
        .array(2)
        .unsigned(window.opens.0.into())
        .unsigned(window.closes.0.into());
}

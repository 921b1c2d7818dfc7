//! Why something was not taken in, as index.js expects it: code, space, message.
//!
//! The messages are those of the host in plainer words where they concern the inside of a damaged
//! object. They are put together by hand: formatting is a tenth of the module if anything uses it.

use alloc::string::String;

use ticket_gate::{KnowledgeError, LabelError};
use ticket_token::KeyError;

use crate::decimal::push_decimal;

/// One piece of a message.
enum Piece<'a> {
    Text(&'a str),
    Number(u64),
}

use Piece::{Number, Text};

/// Refused knowledge.
pub fn refusal(error: KnowledgeError) -> String {
    let code = error.code();
    match error {
        KnowledgeError::TooLarge { what, max, actual } => compose(
            code,
            &[
                Text("the "),
                Text(what),
                Text(" has "),
                Number(actual as u64),
                Text(" bytes, at most "),
                Number(max as u64),
                Text(" are accepted"),
            ],
        ),
        KnowledgeError::Object(_) => compose(code, &[Text("not a signed object")]),
        KnowledgeError::Cbor(_) => compose(code, &[Text("the content is damaged")]),
        KnowledgeError::Kind { expected } => {
            compose(code, &[Text("expected an object of type "), Text(expected)])
        }
        KnowledgeError::NotDelegated => compose(code, &[Text("not delegated by this root key")]),
        KnowledgeError::BadSignature => compose(code, &[Text("not signed by the delegated key")]),
        KnowledgeError::OutsideDelegation => {
            compose(code, &[Text("issued outside the window of its delegation")])
        }
        KnowledgeError::Older { held, offered } => compose(
            code,
            &[
                Text("older than what is held: sequence "),
                Number(offered),
                Text(" after "),
                Number(held),
            ],
        ),
        KnowledgeError::WrongEvent { expected, found } => compose(
            code,
            &[
                Text("for event "),
                Number(found.0.into()),
                Text(", not "),
                Number(expected.0.into()),
            ],
        ),
        KnowledgeError::WrongStatusList => compose(
            code,
            &[Text(
                "a status list of another address than the bundle names",
            )],
        ),
        KnowledgeError::Version(version) => compose(
            code,
            &[
                Text("format version "),
                Number(version),
                Text(" is not known, update the verifier"),
            ],
        ),
        KnowledgeError::UnknownField { what, field } => compose(
            code,
            &[
                Text(what),
                Text(" has the unknown field "),
                Number(field),
                Text(", update the verifier"),
            ],
        ),
        KnowledgeError::Missing { what, field } => {
            compose(code, &[Text(what), Text(" lacks "), Text(field)])
        }
        KnowledgeError::Value { field, rule } => rule_broken(code, field, rule),
        KnowledgeError::Label { field, source } => rule_broken(code, field, label_rule(&source)),
        KnowledgeError::Key { field, source } => rule_broken(code, field, key_rule(&source)),
        KnowledgeError::Inflate => compose(
            code,
            &[Text(
                "the status list does not inflate to its declared size",
            )],
        ),
    }
}

/// A wrong argument.
pub fn bad_option(name: &str, rule: &str) -> String {
    rule_broken("BAD_OPTION", name, rule)
}

/// What a name or text must be.
pub fn label_rule(error: &LabelError) -> &'static str {
    match error {
        // What scanners name. Texts in a bundle are longer, and the host checked them.
        LabelError::Length { .. } => "too long, or empty; names have 1 to 32 bytes of UTF-8",
        LabelError::Control => "no control characters",
        LabelError::Languages => "1 to 32 languages, each once",
    }
}

/// What a public key must be.
pub fn key_rule(error: &KeyError) -> &'static str {
    match error {
        KeyError::NotAPoint => "not an Ed25519 public key",
        KeyError::SmallOrder => "a public key of small order",
        KeyError::ReservedKeyId => "a public key whose id is reserved for specimens",
    }
}

fn rule_broken(code: &str, name: &str, rule: &str) -> String {
    compose(code, &[Text(name), Text(": "), Text(rule)])
}

fn compose(code: &str, pieces: &[Piece<'_>]) -> String {
    let mut text = String::from(code);
    text.push(' ');
    for piece in pieces {
        match piece {
            Text(words) => text.push_str(words),
            Number(number) => push_decimal(&mut text, *number),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_whole_objects_are_those_of_the_host() {
        for error in [
            KnowledgeError::TooLarge {
                what: "bundle",
                max: 1 << 20,
                actual: 1_048_577,
            },
            KnowledgeError::Kind { expected: "a/b" },
            KnowledgeError::NotDelegated,
            KnowledgeError::BadSignature,
            KnowledgeError::OutsideDelegation,
            KnowledgeError::Older {
                held: 7,
                offered: u64::MAX,
            },
            KnowledgeError::WrongEvent {
                expected: ticket_token::EventNumber(42),
                found: ticket_token::EventNumber(0),
            },
            KnowledgeError::WrongStatusList,
            KnowledgeError::Version(2),
            KnowledgeError::UnknownField {
                what: "key",
                field: 10,
            },
            KnowledgeError::Missing {
                what: "event",
                field: "names",
            },
            KnowledgeError::Value {
                field: "keys",
                rule: "none twice",
            },
            KnowledgeError::Inflate,
        ] {
            let expected = format!("{} {error}", error.code());
            assert_eq!(refusal(error), expected);
        }
    }
}

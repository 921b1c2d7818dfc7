//! Objects that are broken inside: first the COSE object itself, around an honest signature; then
//! claims and headers, signed as they are with the right key, so that only the decoder stands in
//! their way.
//!
//! Bytes are written in hex, with a capital name for each honest part.

use ed25519_dalek::Signer as _;
use serde_json::Value;
use ticket_token::encode_qr_text;

use super::{EXPIRES, Maker, SEED, envelope, to_be_signed};

impl Maker {
    pub fn envelopes(&self) -> Vec<Value> {
        [
            (
                "trailing",
                "a byte after the object",
                "d284 49P a0 54C 5840S 00",
            ),
            (
                "two",
                "two objects",
                "d284 49P a0 54C 5840S d284 49P a0 54C 5840S",
            ),
            ("tag-alone", "the tag alone", "d2"),
            ("tag-long", "tag 18 in two bytes", "d81284 49P a0 54C 5840S"),
            (
                "tag-twice",
                "tag 18 inside tag 18",
                "d2d284 49P a0 54C 5840S",
            ),
            (
                "array-long",
                "the array's length in two bytes",
                "d29804 49P a0 54C 5840S",
            ),
            (
                "array-open",
                "an array of indefinite length",
                "d29f 49P a0 54C 5840S ff",
            ),
            (
                "map-open",
                "an unprotected map of indefinite length",
                "d284 49P bfff 54C 5840S",
            ),
            (
                "header-long",
                "the header's length in two bytes",
                "d284 5809P a0 54C 5840S",
            ),
            (
                "payload-long",
                "the payload's length in three bytes",
                "d284 49P a0 590014C 5840S",
            ),
            (
                "payload-chunks",
                "the payload in chunks",
                "d284 49P a0 5f54Cff 5840S",
            ),
            (
                "signature-long",
                "the signature's length in three bytes",
                "d284 49P a0 54C 590040S",
            ),
            (
                "signature-cut",
                "an object that ends inside the signature",
                "d284 49P a0 54C 5841S",
            ),
            ("three-parts", "no signature at all", "d283 49P a0 54C"),
            ("five-parts", "a part too many", "d285 49P a0 54C 5840S f6"),
            (
                "unprotected-array",
                "an array for a header",
                "d284 49P 80 54C 5840S",
            ),
            (
                "unprotected-disorder",
                "disorder in what is unprotected",
                "d284 49P a202000100 54C 5840S",
            ),
            (
                "protected-map",
                "a header not wrapped in bytes",
                "d284 P a0 54C 5840S",
            ),
            (
                "payload-map",
                "a payload not wrapped in bytes",
                "d284 49P a0 C 5840S",
            ),
            (
                "signature-text",
                "a signature as text",
                "d284 49P a0 54C 60",
            ),
            (
                "array-huge",
                "an array of 2^64 - 1 values",
                "d29bffffffffffffffff",
            ),
            (
                "bytes-huge",
                "a byte string of 2^63 bytes",
                "d2845b8000000000000000",
            ),
            (
                "deep",
                "forty nested arrays",
                &format!("{}00", "81".repeat(40)),
            ),
            (
                "deep-tags",
                "forty nested tags",
                &format!("{}00", "d2".repeat(40)),
            ),
            ("reserved", "a reserved length", "d29c"),
            ("break", "a break that ends nothing", "ff"),
            ("number", "a number", "00"),
        ]
        .map(|(name, about, hex)| {
            let cose = fill(
                hex,
                &[
                    ('P', &self.protected),
                    ('C', &self.payload),
                    ('S', &self.signature),
                ],
            );
            self.malformed_case("cose", name, about, &cose)
        })
        .into()
    }

    pub fn claims(&self) -> Vec<Value> {
        let expires = EXPIRES.to_be_bytes();
        let ticket = [0, 0, 0, 42, 0, 0, 0x03, 0xe9];
        [
            (
                "duplicate",
                "the expiry twice",
                "a4 041aE 041aE 0748T 094103",
            ),
            (
                "disorder",
                "the type before the ticket",
                "a3 041aE 094103 0748T",
            ),
            (
                "key-long",
                "a claim key in two bytes",
                "a3 18041aE 0748T 094103",
            ),
            (
                "exp-long",
                "the expiry in nine bytes",
                "a3 041b00000000E 0748T 094103",
            ),
            ("exp-null", "an expiry of null", "a3 04f6 0748T 094103"),
            (
                "cti-long",
                "the ticket's length in two bytes",
                "a3 041aE 075808T 094103",
            ),
            (
                "cti-chunks",
                "the ticket in chunks",
                "a3 041aE 075f48Tff 094103",
            ),
            (
                "map-long",
                "the map's length in two bytes",
                "b803 041aE 0748T 094103",
            ),
            (
                "map-open",
                "a map of indefinite length",
                "bf 041aE 0748T 094103 ff",
            ),
            (
                "map-short",
                "a map that says 2 and holds 3",
                "a2 041aE 0748T 094103",
            ),
            (
                "map-wide",
                "a map that says 4 and holds 3",
                "a4 041aE 0748T 094103",
            ),
            (
                "name-not-utf8",
                "a name that is not UTF-8",
                "a4 0262fffe 041aE 0748T 094103",
            ),
            (
                "name-surrogate",
                "half a surrogate pair",
                "a4 0263eda080 041aE 0748T 094103",
            ),
            (
                "name-overlong",
                "a name in overlong UTF-8",
                "a4 0262c0af 041aE 0748T 094103",
            ),
            (
                "name-chunks",
                "a name in chunks",
                "a4 027f6141ff 041aE 0748T 094103",
            ),
            (
                "float-long",
                "1.5 in nine bytes",
                "a4 041aE 0748T 094103 0afb3ff8000000000000",
            ),
            (
                "nan-payload",
                "a NaN that carries something",
                "a4 041aE 0748T 094103 0af97e01",
            ),
            (
                "simple-reserved",
                "a reserved simple value",
                "a4 041aE 0748T 094103 0af814",
            ),
            (
                "deep",
                "an unknown claim nested 30 deep",
                &format!("a4 041aE 0748T 094103 0a{}00", "81".repeat(30)),
            ),
        ]
        .map(|(name, about, hex)| {
            let payload = fill(hex, &[('E', &expires), ('T', &ticket)]);
            self.malformed_case(
                "claims",
                name,
                about,
                &self.sign_parts(&self.protected, &payload),
            )
        })
        .into()
    }

    pub fn headers(&self) -> Vec<Value> {
        let kid = self.key.key_id().0;
        [
            ("disorder", "kid before algorithm", "a2 0444K 0127"),
            ("duplicate", "the algorithm twice", "a3 0127 0127 0444K"),
            ("alg-long", "the algorithm in two bytes", "a2 013807 0444K"),
            ("alg-bytes", "an algorithm as bytes", "a2 014127 0444K"),
            ("no-alg", "no algorithm", "a1 0444K"),
            ("kid-short", "a kid of 3 bytes", "a2 0127 0443010203"),
            ("kid-long", "a kid of 5 bytes", "a2 0127 0445K00"),
            ("kid-text", "a kid as text", "a2 0127 046434324242"),
            ("trailing", "a byte after the header", "a2 0127 0444K 00"),
            ("no-bytes", "no header bytes", ""),
            ("empty", "an empty header", "a0"),
            ("array", "an array for a header", "80"),
        ]
        .map(|(name, about, hex)| {
            let protected = fill(hex, &[('K', &kid)]);
            self.malformed_case(
                "header",
                name,
                about,
                &self.sign_parts(&protected, &self.payload),
            )
        })
        .into()
    }

    fn sign_parts(&self, protected: &[u8], payload: &[u8]) -> Vec<u8> {
        let key = ed25519_dalek::SigningKey::from_bytes(&SEED);
        let signature = key.sign(&to_be_signed(protected, payload));
        envelope(protected, payload, &signature.to_bytes())
    }

    fn malformed_case(&self, group: &str, name: &str, about: &str, cose: &[u8]) -> Value {
        let name = format!("{group}-{name}");
        self.text_case(&name, about, &encode_qr_text(cose), "malformed")
    }
}

/// Bytes from hex in which capital letters stand for parts.
fn fill(hex: &str, parts: &[(char, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut high = None;
    for symbol in hex.chars().filter(|symbol| *symbol != ' ') {
        if let Some((_, part)) = parts.iter().find(|(name, _)| *name == symbol) {
            bytes.extend_from_slice(part);
            continue;
        }
        let digit = symbol
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok());
        let digit = digit.expect("a hex digit or the name of a part");
        high = match high {
            None => Some(digit),
            Some(high) => {
                bytes.push((high << 4) | digit);
                None
            }
        };
    }
    assert!(high.is_none(), "two hex digits make a byte: {hex}");
    bytes
}

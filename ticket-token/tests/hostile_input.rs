//! The decoders against bytes and texts that nobody honest would write. Nothing may panic, and
//! whatever is accepted must be the one encoding of what it says.

use coset::cbor::Value;
use ed25519_dalek::Signer as _;
use proptest::collection::vec;
use proptest::prelude::*;
use ticket_token::cbor::{Reader, Writer};
use ticket_token::cose::{Algorithm, Headers, Sign1};
use ticket_token::{
    Claims, EventNumber, Extra, HolderName, MacKey, Profile, Serial, SignedToken, SigningKey,
    TicketType, UnixTime, VerifyingKey, decode_qr_text, parse, seal_mac, sign,
};

const SEED: [u8; 32] = [7; 32];
const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

fn key() -> SigningKey {
    SigningKey::from_seed(&SEED).expect("a usable seed")
}

fn mac_key() -> MacKey {
    MacKey::derive(b"a secret that only the host knows", "demo")
}

fn claims(serial: u32, extra: Extra) -> Claims {
    Claims {
        expires: UnixTime(1_830_297_600),
        event: EventNumber(42),
        serial: Serial(serial),
        ticket_type: TicketType(3),
        extra,
    }
}

/// One token of each profile.
fn tokens() -> [SignedToken; 4] {
    let name = HolderName::try_from("Ana Žižić").expect("a short name");
    [
        sign(&claims(1, Extra::None), &key()),
        sign(
            &claims(2, Extra::NotBefore(UnixTime(1_799_000_000))),
            &key(),
        ),
        sign(&claims(3, Extra::Holder(name)), &key()),
        seal_mac(&claims(4, Extra::None), &mac_key()).expect("standard claims"),
    ]
}

/// Gives bytes to every decoder there is.
fn decode_all(bytes: &[u8]) {
    let _ = parse(bytes);
    let _ = Headers::decode(bytes);
    if let Ok(object) = Sign1::parse(bytes) {
        let _ = object.verify(&VerifyingKey::new(&key().public_key()));
    }
    if let Ok(mut reader) = Reader::new(bytes) {
        let _ = (reader.clone().unsigned_u32(), reader.clone().integer());
        let _ = (reader.clone().text(), reader.clone().byte_array::<8>());
        let _ = (reader.clone().array(), reader.clone().map());
        let _ = (reader.clone().tag(), reader.clone().boolean());
        let _ = (reader.clone().null(), reader.skip(), reader.finish());
    }
}

/// Signs parts as they are with the right key.
fn sign_parts(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut message = Writer::new();
    message.array(4).text("Signature1");
    message.bytes(protected).bytes(&[]).bytes(payload);
    let signature = ed25519_dalek::SigningKey::from_bytes(&SEED).sign(&message.into_bytes());
    let mut object = Writer::new();
    object.tag(18).array(4).bytes(protected).map(0);
    object.bytes(payload).bytes(&signature.to_bytes());
    object.into_bytes()
}

/// A token made of any parts is refused, or is the one encoding of what was read from it.
fn check_parts(protected: &[u8], payload: &[u8]) {
    let cose = sign_parts(protected, payload);
    let Ok(token) = parse(&cose) else {
        return;
    };
    if token.key_id == key().key_id() {
        assert!(token.verify(&VerifyingKey::new(&key().public_key())));
    }
    let mut header = Headers {
        algorithm: Algorithm::EdDsa,
        key_id: token.key_id,
        typ: None,
    }
    .encode();
    if header != protected {
        // -19 is the other name of the algorithm.
        header[2] = 0x32;
        assert_eq!(header, protected);
    }
    if token.proof_required {
        // What is in a `cnf` claim is not kept; taking it away must leave the canonical rest.
        assert!(Reader::new(payload).is_ok());
    } else {
        let again = sign(&token.claims, &key());
        assert_eq!(Sign1::parse(again.cose()).expect("ours").payload, payload);
    }
}

/// A change to a byte string.
#[derive(Debug, Clone)]
enum Edit {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    Double(prop::sample::Index, u8),
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    // Mostly bytes that mean something in a token.
    let byte = || {
        prop_oneof![
            any::<u8>(),
            prop::sample::select(
                &[
                    0x00, 0x02, 0x04, 0x05, 0x07, 0x08, 0x09, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x26,
                    0x27, 0x32, 0x38, 0x40, 0x41, 0x42, 0x44, 0x48, 0x58, 0x5f, 0x61, 0x78, 0xa0,
                    0xa1, 0xa2, 0xa3, 0xa4, 0xb8, 0xbf, 0xc1, 0xf4, 0xf6, 0xf9, 0xff,
                ][..]
            ),
        ]
    };
    prop_oneof![
        (at(), byte()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (at(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        (at(), byte()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        at().prop_map(Edit::Remove),
        at().prop_map(Edit::Cut),
        (at(), 1..12_u8).prop_map(|(at, length)| Edit::Double(at, length)),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match edit {
        Edit::Set(at, byte) => bytes[at.index(length)] = *byte,
        Edit::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Edit::Insert(at, byte) => bytes.insert(at.index(length + 1), *byte),
        Edit::Remove(at) => drop(bytes.remove(at.index(length))),
        Edit::Cut(at) => bytes.truncate(at.index(length)),
        Edit::Double(at, span) => {
            let start = at.index(length);
            let end = length.min(start + usize::from(*span));
            let copy = bytes[start..end].to_vec();
            bytes.splice(end..end, copy);
        }
    }
}

/// The claims of a standard token.
const HONEST: [&[u8]; 3] = [
    &[0x04, 0x1a, 0x6d, 0x18, 0x20, 0x00],
    &[0x07, 0x48, 0, 0, 0, 42, 0, 0, 3, 233],
    &[0x09, 0x41, 0x03],
];

/// Any other entry of a claims map, honest or nearly so.
fn any_entry() -> impl Strategy<Value = Vec<u8>> {
    let entries: &[&[u8]] = &[
        &[0x02, 0x63, b'A', b'n', b'a'],
        &[0x02, 0x60],
        &[0x04, 0x00],
        &[0x04, 0x18, 0x17],
        &[0x04, 0x19, 0xff, 0xff],
        &[0x04, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0],
        &[0x05, 0x18, 0x18],
        &[0x05, 0x1a, 0x6b, 0x00, 0x00, 0x00],
        &[0x08, 0xa1, 0x03, 0x41, 0x01],
        &[0x09, 0x42, 0x00, 0x03],
        &[0x09, 0x42, 0x01, 0x03],
        &[0x0a, 0xf9, 0x3e, 0x00],
        &[0x18, 0x04, 0x00],
        &[0x20, 0xf6],
        &[0x61, b'x', 0x80],
    ];
    prop::sample::select(entries).prop_map(<[u8]>::to_vec)
}

/// All bytes but the heads that the other library does not keep apart: it reads `undefined` as
/// `null`, refuses most simple values, and turns tagged big numbers into plain ones.
fn any_telling_byte() -> impl Strategy<Value = u8> {
    any::<u8>().prop_filter("not kept apart", |byte| {
        !matches!(byte, 0xc2 | 0xc3 | 0xe0..=0xf3 | 0xf7 | 0xf8)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_bytes_are_judged_without_panic(bytes in vec(any::<u8>(), 0..300)) {
        decode_all(&bytes);
        decode_all(&[&[0xd2, 0x84], &bytes[..]].concat());
    }

    #[test]
    fn any_text_is_judged_without_panic(text in any::<String>()) {
        for text in [text.clone(), format!("TK1:{text}")] {
            if let Ok(bytes) = decode_qr_text(&text) {
                decode_all(&bytes);
                prop_assert_eq!(ticket_token::encode_qr_text(&bytes), text);
            }
        }
    }

    #[test]
    fn any_base45_is_judged_without_panic(body in "[0-9A-Z $%*+./:-]{0,240}") {
        let text = format!("TK1:{body}");
        if let Ok(bytes) = decode_qr_text(&text) {
            decode_all(&bytes);
            prop_assert_eq!(ticket_token::encode_qr_text(&bytes), text);
        }
    }

    #[test]
    fn an_edited_token_is_not_verified(which in 0..4_usize, edits in vec(any_edit(), 1..4)) {
        let original = tokens()[which].cose().to_vec();
        let mut cose = original.clone();
        edits.iter().for_each(|edit| apply(&mut cose, edit));
        decode_all(&cose);
        if cose != original && let Ok(token) = parse(&cose) {
            prop_assert!(!token.verify(&VerifyingKey::new(&key().public_key())));
            prop_assert!(!token.verify_mac(&mac_key()));
        }
    }

    #[test]
    fn parts_edited_and_signed_again_are_refused_or_canonical(
        which in 0..3_usize,
        protected_edits in vec(any_edit(), 0..3),
        payload_edits in vec(any_edit(), 0..4),
    ) {
        let token = &tokens()[which];
        let object = Sign1::parse(token.cose())?;
        let (mut protected, mut payload) = (object.protected.to_vec(), object.payload.to_vec());
        protected_edits.iter().for_each(|edit| apply(&mut protected, edit));
        payload_edits.iter().for_each(|edit| apply(&mut payload, edit));
        check_parts(&protected, &payload);
    }

    #[test]
    fn claims_put_together_and_signed_are_refused_or_canonical(
        mut entries in vec(any_entry(), 0..4),
        honest in prop::sample::subsequence(&HONEST[..], 2..=3),
        sorted in prop::bool::weighted(0.8),
        surplus in prop::sample::select(&[0, 0, 0, 1, 15_u8][..]),
    ) {
        entries.extend(honest.iter().map(|entry| entry.to_vec()));
        if sorted {
            entries.sort();
        }
        let count = (u8::try_from(entries.len())? + surplus) & 0x0f;
        let payload = [&[0xa0 | count][..], &entries.concat()].concat();
        let token = tokens();
        check_parts(Sign1::parse(token[0].cose())?.protected, &payload);
    }

    /// What the reader accepts, another library reads and writes back byte for byte.
    #[test]
    fn what_is_accepted_is_deterministic(bytes in vec(any_telling_byte(), 1..12)) {
        if Reader::new(&bytes).is_ok() {
            let value: Value = coset::cbor::from_reader(&bytes[..]).expect("the other reads it");
            let mut again = Vec::new();
            coset::cbor::into_writer(&value, &mut again).expect("a vector takes everything");
            prop_assert_eq!(again, bytes);
        }
    }
}

/// Fifty tokens; at every place another character, and at every place of four of them every
/// other character.
#[test]
fn each_one_character_change_of_a_text_is_refused() {
    let verifying_key = VerifyingKey::new(&key().public_key());
    let mac_key = mac_key();
    let is_valid = |text: &str| {
        decode_qr_text(text)
            .and_then(|cose| parse(&cose))
            .is_ok_and(|token| match token.profile() {
                Profile::Server => token.verify_mac(&mac_key),
                Profile::Standard | Profile::Dated | Profile::Named => token.verify(&verifying_key),
            })
    };
    let check_place = |text: &str, place: usize, character: char| {
        let mut changed = text.to_string();
        changed.replace_range(place..=place, character.encode_utf8(&mut [0; 4]));
        assert!(
            changed == text || !is_valid(&changed),
            "{changed} at {place}"
        );
    };

    for token in tokens() {
        let text = token.qr_text();
        assert!(is_valid(&text));
        for place in 0..text.len() {
            for character in ALPHABET.chars().chain("az,é\0".chars()) {
                check_place(&text, place, character);
            }
            let without = [&text[..place], &text[place + 1..]].concat();
            assert!(!is_valid(&without), "without {place}");
            let twice = [&text[..=place], &text[place..]].concat();
            assert!(!is_valid(&twice), "twice {place}");
        }
    }
    for serial in 0..46 {
        let text = sign(&claims(serial, Extra::None), &key()).qr_text();
        assert!(is_valid(&text));
        for (place, character) in
            (0..text.len()).zip(ALPHABET.chars().cycle().skip(serial as usize))
        {
            check_place(&text, place, character);
        }
    }
}

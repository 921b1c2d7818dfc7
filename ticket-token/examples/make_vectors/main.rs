//! Makes `vectors/own.json`: the cases that no ordinary library can be talked into, because they
//! are broken below the level at which libraries write.
//!
//! `cargo run -p ticket-token --example make_vectors > ticket-token/vectors/own.json`

mod broken;
mod signatures;
mod texts;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use ticket_token::cbor::Writer;
use ticket_token::{
    Claims, EventNumber, Extra, HolderName, KeyId, MacKey, Serial, SigningKey, TicketType,
    UnixTime, decode_qr_text, encode_qr_text, seal_mac, sign, specimen,
};

const NOW: u32 = 1_800_000_000;
const EXPIRES: u32 = 1_830_297_600;
const SECRET: &[u8] = b"a secret that only the host knows";
const ORGANIZER: &str = "demo";
const SEED: [u8; 32] = *b"ticket-token vectors: own key 1.";

fn main() {
    println!("{:#}", vectors());
}

/// The whole file.
pub fn vectors() -> Value {
    let maker = Maker::new();
    let mut cases = maker.sound();
    cases.extend(maker.signatures());
    cases.extend(maker.texts());
    cases.extend(maker.envelopes());
    cases.extend(maker.claims());
    cases.extend(maker.headers());
    json!({ "format": 1, "cases": cases })
}

/// One key, its standard token, and the token's parts.
struct Maker {
    key: SigningKey,
    token: Vec<u8>,
    protected: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl Maker {
    fn new() -> Self {
        let key = SigningKey::from_seed(&SEED).expect("a usable seed");
        let token = sign(&claims(Extra::None), &key).cose().to_vec();
        // The parts stand at fixed places, see docs/TOKEN.md.
        Self {
            protected: token[3..12].to_vec(),
            payload: token[14..34].to_vec(),
            signature: token[36..].to_vec(),
            key,
            token,
        }
    }

    fn sound(&self) -> Vec<Value> {
        let holder = "Ana Žižić";
        let start = 1_799_000_000;
        let dated = Extra::NotBefore(UnixTime(start));
        let named = Extra::Holder(HolderName::try_from(holder).expect("a short name"));
        let mac_key = MacKey::derive(SECRET, ORGANIZER);
        let server = seal_mac(&claims(Extra::None), &mac_key).expect("standard claims");
        [
            (
                "standard",
                "a standard token",
                sign(&claims(Extra::None), &self.key),
                "ok",
                self.read(&[]),
            ),
            (
                "dated",
                "a dated token",
                sign(&claims(dated), &self.key),
                "ok",
                self.read(&[("profile", "dated".into()), ("not_before", start.into())]),
            ),
            (
                "named",
                "a named token",
                sign(&claims(named), &self.key),
                "ok",
                self.read(&[("profile", "named".into()), ("holder", holder.into())]),
            ),
            (
                "server",
                "a server token",
                server,
                "ok",
                self.read(&[
                    ("profile", "server".into()),
                    ("kid", mac_key.key_id().to_string().into()),
                ]),
            ),
            (
                "specimen",
                "a specimen: sound, and never valid",
                specimen(&claims(Extra::None)),
                "unknown_key",
                self.read(&[("kid", "00000000".into())]),
            ),
        ]
        .map(|(name, about, token, expect, read)| {
            self.readable_case(name, about, token.cose(), expect, read)
        })
        .into()
    }

    /// What must be read from a token: that of the standard one, and changes.
    fn read(&self, changes: &[(&str, Value)]) -> Value {
        let mut read = json!({
            "profile": "standard", "kid": self.key.key_id().to_string(), "event": 42,
            "serial": 1_001, "ticket_type": 3, "expires": EXPIRES,
        });
        for (name, value) in changes {
            read[name] = value.clone();
        }
        read
    }

    fn readable_case(
        &self,
        name: &str,
        about: &str,
        cose: &[u8],
        expect: &str,
        read: Value,
    ) -> Value {
        let mut case = self.text_case(name, about, &encode_qr_text(cose), expect);
        case["claims"] = read;
        case
    }

    fn text_case(&self, name: &str, about: &str, text: &str, expect: &str) -> Value {
        json!({
            "name": name, "about": about, "made_by": "ticket-token",
            "qr_text": text, "cose_hex": decode_qr_text(text).ok().map(|bytes| hex(&bytes)),
            "keys": { "keys": [jwk(self.key.public_key().as_bytes(), self.key.key_id())] },
            "mac": { "secret_hex": hex(SECRET), "organizer": ORGANIZER },
            "now": NOW, "expect": expect,
        })
    }
}

fn claims(extra: Extra) -> Claims {
    Claims {
        expires: UnixTime(EXPIRES),
        event: EventNumber(42),
        serial: Serial(1_001),
        ticket_type: TicketType(3),
        extra,
    }
}

fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(4).text("Signature1");
    writer.bytes(protected).bytes(&[]).bytes(payload);
    writer.into_bytes()
}

fn envelope(protected: &[u8], payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.tag(18).array(4);
    writer
        .bytes(protected)
        .map(0)
        .bytes(payload)
        .bytes(signature);
    writer.into_bytes()
}

fn jwk(public: &[u8; 32], kid: KeyId) -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": kid.to_string(),
        "x": URL_SAFE_NO_PAD.encode(public),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

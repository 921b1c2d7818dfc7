//! Keeps the worked example in docs/TOKEN.md true.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ticket_token::{
    Claims, EventNumber, Extra, Serial, SigningKey, TicketType, UnixTime, VerifyingKey,
    decode_qr_text, parse, sign,
};

const PAGE: &str = include_str!("../../docs/TOKEN.md");

#[test]
fn the_example_in_the_documentation_is_current() {
    let (_, rest) = PAGE.split_once("<!-- example -->\n").expect("its start");
    let (shown, _) = rest.split_once("<!-- /example -->").expect("its end");
    let example = example();
    assert!(
        shown == example,
        "docs/TOKEN.md should hold this between its markers:\n{example}"
    );
}

#[test]
fn the_text_in_the_documentation_is_a_token() {
    let text = PAGE.lines().find(|line| line.starts_with("TK1:"));
    let cose = decode_qr_text(text.expect("a text")).expect("base45");
    assert!(
        parse(&cose)
            .expect("sound")
            .verify(&VerifyingKey::new(&key().public_key()))
    );
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32]).expect("a usable seed")
}

fn example() -> String {
    let key = key();
    let claims = Claims {
        expires: UnixTime(1_830_297_600),
        event: EventNumber(42),
        serial: Serial(1_001),
        ticket_type: TicketType(3),
        extra: Extra::None,
    };
    let token = sign(&claims, &key);
    let cose = token.cose();
    let public_key = key.public_key();

    let mut page = String::new();
    let mut line = |text: String| writeln!(page, "{text}").expect("a string takes everything");
    line("The key has the seed of 32 bytes `01`. Ticket 1001 of event 42 has type 3 and expires on 2028-01-01T00:00:00Z.\n".into());
    line("```".into());
    line(format!("public key  {}", hex(public_key.as_bytes())));
    line(format!("kid         {}", key.key_id()));
    line(format!(
        "JWK         {{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"kid\":\"{}\",\"x\":\"{}\"}}",
        key.key_id(),
        URL_SAFE_NO_PAD.encode(public_key.as_bytes())
    ));
    line("```\n".into());
    line(format!("The token, {} bytes:\n", cose.len()));
    line("```".into());
    let parts = [
        (0..1, "tag 18, COSE_Sign1"),
        (1..2, "array of 4"),
        (2..3, "protected header: 9 bytes"),
        (3..4, "  map of 2"),
        (4..6, "  1 alg: -8, EdDSA"),
        (6..12, "  4 kid"),
        (12..13, "unprotected header: empty"),
        (13..14, "payload: 20 bytes"),
        (14..15, "  map of 3"),
        (15..21, "  4 exp: 1830297600"),
        (21..31, "  7 cti: event 42, serial 1001"),
        (31..34, "  9 scope: type 3"),
        (34..36, "signature: 64 bytes"),
        (36..68, "  R"),
        (68..100, "  S"),
    ];
    for (range, meaning) in parts {
        line(format!("{:64}  {meaning}", hex(&cose[range])));
    }
    line("```\n".into());
    line("The signature is over the `Sig_structure` of RFC 9052, `[\"Signature1\", protected, h'', payload]`:\n".into());
    line("```".into());
    let message = [
        &[0x84, 0x6a],
        &b"Signature1"[..],
        &cose[2..12],
        &[0x40],
        &cose[13..34],
    ]
    .concat();
    for row in message.chunks(32) {
        line(hex(row));
    }
    line("```\n".into());
    line(format!(
        "The QR text, {} characters:\n",
        token.qr_text().len()
    ));
    line("```".into());
    line(token.qr_text());
    line("```\n".into());
    line("`pycose` verifies it with nothing but the JWK: `ticket-token/vectors/verify_with_pycose.py`.".into());
    page
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

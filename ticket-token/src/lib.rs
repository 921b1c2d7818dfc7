//! One ticket's token: its claims, the bytes they become, the signature over them and the text in
//! the QR code. The format is described in `docs/TOKEN.md`.
//!
//! The crate has no I/O, clock or random source, and no opinion on whether a ticket is good: it
//! says what a text *is* ([`parse`]) and whether a given key signed it ([`ParsedToken::verify`]).
//! What follows from that (which keys count, what time it is, what was revoked) is `ticket-gate`.
//!
//! Signing stands behind the feature `sign`, so that the verifier in the browser does not carry it.
#![cfg_attr(
    feature = "sign",
    doc = r#"
```
use ticket_token::{
    Claims, EventNumber, Extra, Serial, SigningKey, TicketType, UnixTime, VerifyingKey,
    decode_qr_text, parse, sign,
};

let key = SigningKey::from_seed(&[7; 32])?;
let claims = Claims {
    expires: UnixTime(1_830_297_600),
    event: EventNumber(42),
    serial: Serial(1_001),
    ticket_type: TicketType(3),
    extra: Extra::None,
};
let token = sign(&claims, &key);
assert_eq!(token.cose().len(), 100);

let read = parse(&decode_qr_text(&token.qr_text())?)?;
assert_eq!(read.claims, claims);
assert!(read.verify(&VerifyingKey::new(&key.public_key())));
# Ok::<(), Box<dyn std::error::Error>>(())
```
"#
)]
// The standard library would bring its panic and output machinery into the verifier in the browser.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod cbor;
mod claims;
pub mod cose;
mod error;
mod keys;
mod parse;
#[cfg(feature = "sign")]
mod sign;
mod text;

pub use claims::{
    Claims, EventNumber, Extra, HolderName, HolderNameError, Profile, Serial, TicketType, UnixTime,
};
pub use error::{DecodeError, Malformed, Unsupported};
#[cfg(feature = "sign")]
pub use keys::SigningKey;
pub use keys::{KeyError, KeyId, MacKey, PublicKey, VerifyingKey};
pub use parse::{Algorithm, ParsedToken, parse};
#[cfg(feature = "sign")]
pub use sign::{ServerClaimsError, SignedToken, seal_mac, sign, specimen};
pub use text::{PREFIX, decode_qr_text, encode_qr_text};

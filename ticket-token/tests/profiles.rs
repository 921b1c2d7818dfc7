//! The four profiles: their size, their QR code, and what other libraries make of them.

use coset::{CborSerializable as _, CoseMac0, CoseSign1, TaggedCborSerializable as _, iana};
use proptest::prelude::*;
use qrcode::bits::Bits;
use qrcode::{EcLevel, Version};
use ticket_token::{
    Claims, EventNumber, Extra, HolderName, MacKey, Profile, Serial, SignedToken, SigningKey,
    TicketType, UnixTime, VerifyingKey, decode_qr_text, parse, seal_mac, sign, specimen,
};

const EXPIRES: u32 = 1_830_297_600;

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32]).expect("a usable seed")
}

fn mac_key() -> MacKey {
    MacKey::derive(b"a secret that only the host knows", "demo")
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

/// The smallest QR code at level M that holds `text` as one alphanumeric segment.
fn qr_version(text: &str) -> Option<i16> {
    (1..=40).find(|version| {
        let mut bits = Bits::new(Version::Normal(*version));
        let pushed = bits.push_alphanumeric_data(text.as_bytes());
        pushed
            .and_then(|()| bits.push_terminator(EcLevel::M))
            .is_ok()
    })
}

fn holder(bytes: usize) -> Extra {
    Extra::Holder(HolderName::try_from("x".repeat(bytes).as_str()).expect("1 to 32 bytes"))
}

#[test]
fn each_profile_has_its_size_and_qr_version() {
    let check = |token: &SignedToken, bytes: usize, version: i16| {
        assert_eq!(token.cose().len(), bytes);
        assert_eq!(qr_version(&token.qr_text()), Some(version), "{bytes} bytes");
    };
    let standard = claims(Extra::None);
    let dated = claims(Extra::NotBefore(UnixTime(EXPIRES - 1)));
    let mut wide = standard.clone();
    wide.ticket_type = TicketType(256);

    check(&sign(&standard, &key()), 100, 6);
    check(&specimen(&standard), 100, 6);
    check(&sign(&wide, &key()), 101, 7);
    check(&sign(&dated, &key()), 107, 7);
    check(&sign(&claims(holder(1)), &key()), 103, 7);
    check(&sign(&claims(holder(23)), &key()), 126, 8);
    check(&sign(&claims(holder(24)), &key()), 128, 8);
    check(&sign(&claims(holder(32)), &key()), 136, 8);
    check(&seal_mac(&standard, &mac_key()).expect("standard"), 68, 5);

    // The standard token fills its code to the last character.
    assert_eq!(sign(&standard, &key()).qr_text().len(), 154);
}

#[test]
fn a_server_token_carries_nothing_extra() {
    assert!(seal_mac(&claims(holder(3)), &mac_key()).is_err());
    assert!(seal_mac(&claims(Extra::NotBefore(UnixTime(0))), &mac_key()).is_err());
}

#[test]
fn a_specimen_is_never_verified() {
    let token = parse(specimen(&claims(Extra::None)).cose()).expect("sound");
    assert!(token.is_specimen());
    assert_eq!(token.signature(), [0; 64]);
    assert!(!token.verify(&VerifyingKey::new(&key().public_key())));
    assert!(!token.verify_mac(&mac_key()));
}

#[test]
fn a_key_verifies_only_its_own_kind_of_token() {
    let signed = parse(sign(&claims(Extra::None), &key()).cose()).expect("sound");
    let sealed = seal_mac(&claims(Extra::None), &mac_key()).expect("standard");
    let sealed = parse(sealed.cose()).expect("sound");
    assert_eq!(sealed.profile(), Profile::Server);
    assert!(sealed.verify_mac(&mac_key()) && !signed.verify_mac(&mac_key()));
    let verifying_key = VerifyingKey::new(&key().public_key());
    assert!(signed.verify(&verifying_key) && !sealed.verify(&verifying_key));
    let other = MacKey::derive(b"a secret that only the host knows", "another");
    assert_eq!(other.key_id(), mac_key().key_id());
    assert!(!sealed.verify_mac(&other));
}

#[test]
fn secrets_are_not_printed() {
    assert_eq!(
        format!("{:?}", mac_key()),
        format!("MacKey {{ key_id: {:?}, .. }}", mac_key().key_id())
    );
    assert_eq!(
        format!("{:?}", key()),
        format!("SigningKey {{ key_id: {:?}, .. }}", key().key_id())
    );
}

fn any_extra() -> impl Strategy<Value = Extra> {
    let name = "\\PC{1,32}".prop_filter_map("too long", |name| {
        HolderName::try_from(name.as_str()).ok().map(Extra::Holder)
    });
    prop_oneof![
        Just(Extra::None),
        any::<u32>().prop_map(|time| Extra::NotBefore(UnixTime(time))),
        name,
    ]
}

fn any_claims() -> impl Strategy<Value = Claims> {
    (
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        any::<u16>(),
        any_extra(),
    )
        .prop_map(|(expires, event, serial, ticket_type, extra)| Claims {
            expires: UnixTime(expires),
            event: EventNumber(event),
            serial: Serial(serial),
            ticket_type: TicketType(ticket_type),
            extra,
        })
}

proptest! {
    #[test]
    fn what_is_signed_is_read_back(claims in any_claims(), seed in any::<[u8; 32]>()) {
        let key = SigningKey::from_seed(&seed).expect("one seed in 2^32 is refused");
        let token = sign(&claims, &key);
        let read = parse(&decode_qr_text(&token.qr_text())?)?;
        prop_assert_eq!(&read.claims, &claims);
        prop_assert_eq!(read.key_id, key.key_id());
        prop_assert_eq!(read.signature(), token.signature());
        prop_assert_eq!(read.profile(), claims.profile());
        prop_assert!(!read.proof_required);
        prop_assert!(read.verify(&VerifyingKey::new(&key.public_key())));
        prop_assert!(!read.verify(&VerifyingKey::new(&self::key().public_key())));
        prop_assert_eq!(parse(specimen(&claims).cose())?.claims, claims);
    }

    #[test]
    fn coset_reads_a_signed_token(claims in any_claims()) {
        let token = sign(&claims, &key());
        let read = CoseSign1::from_tagged_slice(token.cose()).expect("a COSE_Sign1");
        let header = &read.protected.header;
        let alg = coset::RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA);
        prop_assert_eq!(header.alg.as_ref(), Some(&alg));
        prop_assert_eq!(&header.key_id, &key().key_id().0);
        prop_assert!(read.unprotected.is_empty());
        read.verify_signature(&[], |signature, message| {
            let key = ed25519_dalek::VerifyingKey::from_bytes(key().public_key().as_bytes())?;
            key.verify_strict(message, &ed25519_dalek::Signature::from_slice(signature)?)
        })?;
        let payload = read.payload.clone().expect("attached");
        let set = coset::cwt::ClaimsSet::from_slice(&payload).expect("a CWT");
        let expires = coset::cwt::Timestamp::WholeSeconds(claims.expires.0.into());
        prop_assert_eq!(set.expiration_time, Some(expires));
        let ticket = [claims.event.0.to_be_bytes(), claims.serial.0.to_be_bytes()].concat();
        prop_assert_eq!(set.cwt_id, Some(ticket));
        prop_assert_eq!(read.to_tagged_vec().expect("encoded"), token.cose());
    }

    #[test]
    fn coset_reads_a_server_token(event in any::<u32>(), serial in any::<u32>()) {
        let mut claims = claims(Extra::None);
        (claims.event, claims.serial) = (EventNumber(event), Serial(serial));
        let token = seal_mac(&claims, &mac_key()).expect("standard");
        let read = CoseMac0::from_tagged_slice(token.cose()).expect("a COSE_Mac0");
        prop_assert_eq!(&read.tag, token.signature());
        prop_assert_eq!(read.to_tagged_vec().expect("encoded"), token.cose());
        prop_assert_eq!(parse(token.cose())?.claims, claims);
    }
}

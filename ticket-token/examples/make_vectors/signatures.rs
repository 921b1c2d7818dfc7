//! Signatures that lax verifiers accept, or that are nearly right.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use ticket_token::KeyId;
use ticket_token::cbor::Writer;

use super::{Maker, SEED, envelope, jwk, to_be_signed};

impl Maker {
    pub fn signatures(&self) -> Vec<Value> {
        let flipped = |index: usize, bit: u8| {
            let mut signature = self.signature.clone();
            signature[index] ^= bit;
            signature
        };
        let mut plus_order = self.signature.clone();
        add_group_order(&mut plus_order[32..]);

        let identity = EdwardsPoint::default().compress().to_bytes();
        let mut identity_with_sign = identity;
        identity_with_sign[31] |= 0x80;
        // y = p + 1, which is 1 in the field.
        let mut identity_above_prime = [0xff; 32];
        identity_above_prime[0] = 0xee;
        identity_above_prime[31] = 0x7f;
        let torsion = EIGHT_TORSION[1];
        let r = Scalar::from(123_456_789_u64);
        let mixed = EdwardsPoint::mul_base(&r) + torsion;

        let mut cases: Vec<_> = [
            ("zero", "zeros under a listed kid", vec![0; 64]),
            ("r-bit", "one bit of R changed", flipped(0, 1)),
            ("s-bit", "one bit of S changed", flipped(32, 1)),
            (
                "s-high-bit",
                "the highest bit of S changed",
                flipped(63, 0x80),
            ),
            (
                "s-plus-order",
                "S + L: the same scalar, so a second signature",
                plus_order,
            ),
            (
                "r-identity",
                "R is the identity and the equation holds",
                self.solve(identity, Scalar::ZERO),
            ),
            (
                "r-identity-sign",
                "the identity with a sign bit",
                self.solve(identity_with_sign, Scalar::ZERO),
            ),
            (
                "r-above-prime",
                "the identity written above the prime",
                self.solve(identity_above_prime, Scalar::ZERO),
            ),
            (
                "r-torsion",
                "R of order 8: verifiers with a cofactor accept it",
                self.solve(torsion.compress().to_bytes(), Scalar::ZERO),
            ),
            (
                "r-mixed",
                "R with a part of order 8: verifiers with a cofactor accept it",
                self.solve(mixed.compress().to_bytes(), r),
            ),
            ("r-no-point", "R is no point", [[2; 32], [0; 32]].concat()),
        ]
        .map(|(name, about, signature)| {
            let cose = envelope(&self.protected, &self.payload, &signature);
            let name = format!("signature-{name}");
            self.readable_case(&name, about, &cose, "bad_signature", self.read(&[]))
        })
        .into();
        cases.push(self.weak_key());
        cases
    }

    /// A key of small order "verifies" a signature that nobody made.
    fn weak_key(&self) -> Value {
        let identity = EdwardsPoint::default().compress().to_bytes();
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(identity));
        let kid = KeyId([a, b, c, d]);
        let mut writer = Writer::new();
        writer
            .map(2)
            .integer(1)
            .integer(-8)
            .integer(4)
            .bytes(&kid.0);
        let signature = [identity, [0; 32]].concat();
        let mut case = self.readable_case(
            "key-small-order",
            "the listed key has small order, so it is no key",
            &envelope(&writer.into_bytes(), &self.payload, &signature),
            "unknown_key",
            self.read(&[("kid", kid.to_string().into())]),
        );
        case["keys"] = json!({ "keys": [jwk(&identity, kid)] });
        case
    }

    /// A signature of our key with a chosen R, of which `r` is the part in the prime-order group:
    /// S = r + H(R, A, M) a.
    fn solve(&self, encoded_r: [u8; 32], r: Scalar) -> Vec<u8> {
        let [secret, _] =
            <[[u8; 32]; 2]>::try_from(Sha512::digest(SEED).as_chunks::<32>().0).expect("64 bytes");
        let secret = Scalar::from_bytes_mod_order(clamp_integer(secret));
        let hash = Sha512::new()
            .chain_update(encoded_r)
            .chain_update(self.key.public_key().as_bytes())
            .chain_update(to_be_signed(&self.protected, &self.payload));
        let s = r + Scalar::from_hash(hash) * secret;
        [encoded_r, s.to_bytes()].concat()
    }
}

/// Adds L = 2^252 + 27742317777372353535851937790883648493 to a little-endian number.
fn add_group_order(number: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (digit, order) in number.iter_mut().zip(ORDER) {
        let sum = u16::from(*digit) + u16::from(order) + carry;
        [*digit, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
}

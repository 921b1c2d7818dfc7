//! COSE objects (RFC 9052) as this system uses them: one signer, everything protected, nothing
//! detached, deterministic encoding.
//!
//! Tickets use this through [`crate::parse`] and `sign`; delegations, event bundles and status
//! lists use [`Sign1`] and `sign1` with a `typ` of their own, so that no object can be taken for
//! one of another kind. Both signing functions stand behind the feature `sign`.

use alloc::vec::Vec;

use crate::cbor::{Kind, Reader, Writer};
use crate::error::{DecodeError, Malformed, Unsupported};
#[cfg(feature = "sign")]
use crate::keys::SigningKey;
use crate::keys::{KeyId, VerifyingKey};

/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;
/// Bytes of a full HMAC-SHA256 tag.
pub const MAC_BYTES: usize = 32;

pub(crate) const TAG_SIGN1: u64 = 18;
pub(crate) const TAG_MAC0: u64 = 17;

const ALG: i64 = 1;
const KID: i64 = 4;
const TYP: i64 = 16;

/// How an object is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519: EdDSA (-8, RFC 9053), which is what we write, or Ed25519 (-19, RFC 9864).
    EdDsa,
    /// HMAC-SHA256 with a full tag (5, RFC 9053).
    HmacSha256,
}

/// The protected header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a> {
    /// Label 1.
    pub algorithm: Algorithm,
    /// Label 4.
    pub key_id: KeyId,
    /// Label 16, the kind of object (RFC 9596); tickets have none.
    pub typ: Option<&'a str>,
}

impl<'a> Headers<'a> {
    /// Encodes the header map, EdDSA as -8.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(16 + self.typ.map_or(0, str::len));
        writer.map(2 + usize::from(self.typ.is_some()));
        writer.integer(ALG).integer(match self.algorithm {
            Algorithm::EdDsa => -8,
            Algorithm::HmacSha256 => 5,
        });
        writer.integer(KID).bytes(&self.key_id.0);
        if let Some(typ) = self.typ {
            writer.integer(TYP).text(typ);
        }
        writer.into_bytes()
    }

    /// Reads a header map; the set is closed.
    ///
    /// # Errors
    /// [`DecodeError::Unsupported`] for another algorithm or header, else
    /// [`DecodeError::Malformed`].
    pub fn decode(protected: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(protected)?;
        let mut unsupported = None;
        let (mut algorithm, mut key_id, mut typ) = (None, None, None);
        for _ in 0..reader.map()? {
            let label = reader.clone().integer().ok();
            reader.skip()?;
            match label {
                Some(ALG) => match read_algorithm(&mut reader)? {
                    Some(known) => algorithm = Some(known),
                    None => unsupported = Some(Unsupported::Algorithm),
                },
                Some(KID) => {
                    let bytes = reader.byte_array();
                    let bytes = bytes.map_err(|_| Malformed::Value { label: KID })?;
                    key_id = Some(KeyId(bytes));
                }
                Some(TYP) if reader.kind() == Kind::Text => typ = Some(reader.text()?),
                Some(_) | None => {
                    reader.skip()?;
                    unsupported = unsupported.or(Some(Unsupported::Header));
                }
            }
        }
        reader.finish()?;
        if let Some(unsupported) = unsupported {
            return Err(unsupported.into());
        }
        let missing = |label| Malformed::MissingHeader { label };
        Ok(Self {
            algorithm: algorithm.ok_or(missing(ALG))?,
            key_id: key_id.ok_or(missing(KID))?,
            typ,
        })
    }
}

/// A COSE_Sign1 object (tag 18) with an empty unprotected header, not yet verified.
#[derive(Debug, Clone, Copy)]
pub struct Sign1<'a> {
    /// The encoded protected header.
    pub protected: &'a [u8],
    /// The header, decoded.
    pub headers: Headers<'a>,
    /// What is signed. Trust it only after [`Sign1::verify`].
    pub payload: &'a [u8],
    /// The signature.
    pub signature: &'a [u8; SIGNATURE_BYTES],
}

impl<'a> Sign1<'a> {
    /// Reads the outer object; the payload is not looked into.
    ///
    /// # Errors
    /// [`DecodeError::Unsupported`] for another tag, algorithm or header, else
    /// [`DecodeError::Malformed`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let envelope = Envelope::parse(bytes)?;
        if envelope.tag != TAG_SIGN1 {
            return Err(Unsupported::Tag(envelope.tag).into());
        }
        let headers = Headers::decode(envelope.protected)?;
        if headers.algorithm != Algorithm::EdDsa {
            return Err(Unsupported::Algorithm.into());
        }
        let signature = envelope.signature()?;
        Ok(Self {
            protected: envelope.protected,
            headers,
            payload: envelope.payload()?,
            signature,
        })
    }

    /// Whether `key` signed this object, by the strict rules of [`VerifyingKey::verify`]. The key
    /// id is not compared.
    #[must_use]
    pub fn verify(&self, key: &VerifyingKey) -> bool {
        key.verify(
            &to_be_signed(TAG_SIGN1, self.protected, self.payload),
            self.signature,
        )
    }
}

/// Signs `payload` as a COSE_Sign1 object of the kind `typ`.
#[cfg(feature = "sign")]
#[must_use]
pub fn sign1(typ: Option<&str>, payload: &[u8], key: &SigningKey) -> Vec<u8> {
    let protected = Headers {
        algorithm: Algorithm::EdDsa,
        key_id: key.key_id(),
        typ,
    }
    .encode();
    let signature = key.sign(&to_be_signed(TAG_SIGN1, &protected, payload));
    assemble(TAG_SIGN1, &protected, payload, &signature)
}

/// The four parts that COSE_Sign1 and COSE_Mac0 share.
pub(crate) struct Envelope<'a> {
    pub(crate) tag: u64,
    pub(crate) protected: &'a [u8],
    /// The payload as it stands; `None` if it is detached.
    pub(crate) content: Option<&'a [u8]>,
    seal: &'a [u8],
    has_unprotected_headers: bool,
}

impl<'a> Envelope<'a> {
    /// # Errors
    /// [`Unsupported::Tag`], or [`DecodeError::Malformed`]. What else is not supported,
    /// [`Envelope::payload`] says, once the caller has looked for damage in the parts.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes)?;
        let tag = reader.tag()?;
        if tag != TAG_SIGN1 && tag != TAG_MAC0 {
            return Err(Unsupported::Tag(tag).into());
        }
        if reader.array()? != 4 {
            return Err(Malformed::Shape.into());
        }
        let protected = reader.bytes()?;
        let unprotected_headers = reader.map()?;
        for _ in 0..unprotected_headers {
            reader.skip()?;
            reader.skip()?;
        }
        let content = match reader.kind() {
            Kind::Null => {
                reader.null()?;
                None
            }
            _ => Some(reader.bytes()?),
        };
        let seal = reader.bytes()?;
        reader.finish()?;
        Ok(Self {
            tag,
            protected,
            content,
            seal,
            has_unprotected_headers: unprotected_headers != 0,
        })
    }

    /// The payload of an object that carries it and has nothing unprotected.
    pub(crate) fn payload(&self) -> Result<&'a [u8], Unsupported> {
        if self.has_unprotected_headers {
            return Err(Unsupported::UnprotectedHeader);
        }
        self.content.ok_or(Unsupported::DetachedPayload)
    }

    /// The signature. Its length means something only once the algorithm is known to be EdDSA.
    pub(crate) fn signature(&self) -> Result<&'a [u8; SIGNATURE_BYTES], Malformed> {
        self.seal
            .try_into()
            .map_err(|_| Malformed::SignatureLength {
                expected: SIGNATURE_BYTES,
            })
    }

    /// The tag of a MAC, for HMAC-SHA256. A truncated one is refused.
    pub(crate) fn mac(&self) -> Result<&'a [u8; MAC_BYTES], Malformed> {
        self.seal
            .try_into()
            .map_err(|_| Malformed::SignatureLength {
                expected: MAC_BYTES,
            })
    }
}

/// The `Sig_structure` or `MAC_structure` (RFC 9052 sections 4.4 and 6.3), which have the same
/// shape here: no external data.
pub(crate) fn to_be_signed(tag: u64, protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(24 + protected.len() + payload.len());
    writer
        .array(4)
        .text(if tag == TAG_MAC0 {
            "MAC0"
        } else {
            "Signature1"
        })
        .bytes(protected)
        .bytes(&[])
        .bytes(payload);
    writer.into_bytes()
}

/// The whole object.
#[cfg(feature = "sign")]
pub(crate) fn assemble(tag: u64, protected: &[u8], payload: &[u8], seal: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(16 + protected.len() + payload.len() + seal.len());
    writer
        .tag(tag)
        .array(4)
        .bytes(protected)
        .map(0)
        .bytes(payload)
        .bytes(seal);
    writer.into_bytes()
}

/// `None` for an algorithm that is not ours.
fn read_algorithm(reader: &mut Reader<'_>) -> Result<Option<Algorithm>, DecodeError> {
    let number = match reader.kind() {
        Kind::Unsigned | Kind::Negative => reader.clone().integer().ok(),
        // RFC 9052 allows a text here, and registers none.
        Kind::Text => None,
        _ => return Err(Malformed::Value { label: ALG }.into()),
    };
    reader.skip()?;
    Ok(match number {
        Some(-8 | -19) => Some(Algorithm::EdDsa),
        Some(5) => Some(Algorithm::HmacSha256),
        _ => None,
    })
}

//! What a token says: a closed set of CWT claims (RFC 8392).

use alloc::boxed::Box;
#[cfg(feature = "sign")]
use alloc::vec::Vec;

#[cfg(feature = "sign")]
use crate::cbor::Writer;
use crate::cbor::{Kind, Reader};
use crate::error::{DecodeError, Malformed, Unsupported};

/// An event's number, unique in its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventNumber(pub u32);

/// A ticket's number in its event; also its index in the event's status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(pub u32);

/// A ticket type's number in its event. One byte in the token up to 255, else two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketType(pub u16);

/// Seconds since 1970-01-01T00:00:00Z without leap seconds (`NumericDate`, RFC 8392), up to 2106.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub u32);

/// A holder's name as the token carries it: 1 to 32 bytes of UTF-8. What characters it holds is
/// not checked: whoever shows it must treat it as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HolderName(Box<str>); // 1..=MAX_BYTES

/// A text that is no [`HolderName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a holder name in a token has 1 to {max} bytes of UTF-8, not {bytes}; clip it", max = HolderName::MAX_BYTES)]
pub struct HolderNameError {
    /// The length of the refused text in bytes.
    pub bytes: usize,
}

impl HolderName {
    /// The largest name, so that a `named` token stays within a QR code of version 8.
    pub const MAX_BYTES: usize = 32;

    /// The longest beginning of `name` that fits, cut between grapheme clusters so that no
    /// letter loses its accent; `None` if nothing is left but white space.
    #[cfg(feature = "sign")]
    #[must_use]
    pub fn clipped(name: &str) -> Option<Self> {
        use unicode_segmentation::UnicodeSegmentation as _;
        let name = name.trim();
        let mut end = 0;
        for (start, cluster) in name.grapheme_indices(true) {
            if start + cluster.len() > Self::MAX_BYTES {
                break;
            }
            end = start + cluster.len();
        }
        Self::try_from(name.get(..end)?.trim_end()).ok()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for HolderName {
    type Error = HolderNameError;

    fn try_from(name: &str) -> Result<Self, Self::Error> {
        if (1..=Self::MAX_BYTES).contains(&name.len()) {
            Ok(Self(name.into()))
        } else {
            Err(HolderNameError { bytes: name.len() })
        }
    }
}

/// The four kinds of token. They differ in size, and so in the size of their QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Signed; 100 bytes.
    Standard,
    /// Signed, with a time before which it is not valid; 107 bytes.
    Dated,
    /// Signed, with the holder's name; at most 136 bytes.
    Named,
    /// Authenticated with a secret that only the host has; 68 bytes.
    Server,
}

/// What a token says beyond the claims that all have. At most one of them, so that no token
/// outgrows the QR code of its profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Extra {
    /// Nothing more.
    None,
    /// Not valid before this time (claim 5, `nbf`).
    NotBefore(UnixTime),
    /// The holder's name (claim 2, `sub`).
    Holder(HolderName),
}

/// What a token says. Nothing here is checked against a clock or an event: `expires` and
/// `NotBefore` are outer bounds, doors and windows live in the event's bundle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claims {
    /// Not valid from this time on (claim 4, `exp`).
    pub expires: UnixTime,
    /// The event (claim 7, `cti`, first half).
    pub event: EventNumber,
    /// The ticket in its event (claim 7, `cti`, second half).
    pub serial: Serial,
    /// The ticket's type (claim 9, `scope`).
    pub ticket_type: TicketType,
    /// At most one claim more.
    pub extra: Extra,
}

const SUB: i64 = 2;
const EXP: i64 = 4;
const NBF: i64 = 5;
const CTI: i64 = 7;
const CNF: i64 = 8;
const SCOPE: i64 = 9;

/// A decoded claims set.
pub(crate) struct DecodedClaims {
    pub(crate) claims: Claims,
    /// Whether a `cnf` claim (RFC 8747) demands a proof of possession.
    pub(crate) proof_required: bool,
}

impl Claims {
    /// The profile of a signed token with these claims.
    #[must_use]
    pub fn profile(&self) -> Profile {
        match self.extra {
            Extra::None => Profile::Standard,
            Extra::NotBefore(_) => Profile::Dated,
            Extra::Holder(_) => Profile::Named,
        }
    }

    /// The CWT claims set.
    #[cfg(feature = "sign")]
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(60);
        let has_extra = self.extra != Extra::None;
        writer.map(3 + usize::from(has_extra));
        if let Extra::Holder(name) = &self.extra {
            writer.integer(SUB).text(name.as_str());
        }
        writer.integer(EXP).unsigned(self.expires.0.into());
        if let Extra::NotBefore(time) = self.extra {
            writer.integer(NBF).unsigned(time.0.into());
        }
        let ticket = (u64::from(self.event.0) << 32) | u64::from(self.serial.0);
        writer.integer(CTI).bytes(&ticket.to_be_bytes());
        writer.integer(SCOPE);
        match u8::try_from(self.ticket_type.0) {
            Ok(byte) => writer.bytes(&[byte]),
            Err(_) => writer.bytes(&self.ticket_type.0.to_be_bytes()),
        };
        writer.into_bytes()
    }

    /// Reads a CWT claims set. Damage is refused at once, an unknown claim after the last.
    pub(crate) fn decode(payload: &[u8]) -> Result<DecodedClaims, DecodeError> {
        let mut reader = Reader::new(payload)?;
        let mut unsupported = None;
        let (mut sub, mut exp, mut nbf, mut cti, mut scope) = (None, None, None, None, None);
        let mut proof_required = false;
        for _ in 0..reader.map()? {
            let label = reader.clone().integer().ok();
            reader.skip()?;
            match label {
                Some(SUB) => sub = Some(read_holder(&mut reader)?),
                Some(EXP) => exp = Some(read_time(&mut reader, EXP)?),
                Some(NBF) => nbf = Some(read_time(&mut reader, NBF)?),
                Some(CTI) => cti = Some(read_ticket(&mut reader)?),
                Some(CNF) => {
                    if reader.kind() != Kind::Map {
                        return Err(Malformed::Value { label: CNF }.into());
                    }
                    reader.skip()?;
                    proof_required = true;
                }
                Some(SCOPE) => scope = Some(read_ticket_type(&mut reader)?),
                Some(_) | None => {
                    reader.skip()?;
                    unsupported = Some(Unsupported::Claim);
                }
            }
        }
        reader.finish()?;

        // Before the missing ones: see `DecodeError::gravity`.
        if let Some(unsupported) = unsupported {
            return Err(unsupported.into());
        }
        let missing = |label| Malformed::MissingClaim { label };
        let expires = exp.ok_or(missing(EXP))?;
        let (event, serial) = cti.ok_or(missing(CTI))?;
        let ticket_type = scope.ok_or(missing(SCOPE))?;
        let extra = match (nbf, sub) {
            (None, None) => Extra::None,
            (Some(time), None) => Extra::NotBefore(time),
            (None, Some(name)) => Extra::Holder(name),
            (Some(_), Some(_)) => return Err(Unsupported::ClaimCombination.into()),
        };
        Ok(DecodedClaims {
            claims: Self {
                expires,
                event,
                serial,
                ticket_type,
                extra,
            },
            proof_required,
        })
    }
}

fn read_holder(reader: &mut Reader<'_>) -> Result<HolderName, Malformed> {
    let name = reader.text().ok();
    name.and_then(|name| HolderName::try_from(name).ok())
        .ok_or(Malformed::Value { label: SUB })
}

fn read_time(reader: &mut Reader<'_>, label: i64) -> Result<UnixTime, Malformed> {
    let seconds = reader.unsigned_u32();
    seconds
        .map(UnixTime)
        .map_err(|_| Malformed::Value { label })
}

fn read_ticket(reader: &mut Reader<'_>) -> Result<(EventNumber, Serial), Malformed> {
    let ticket = reader.byte_array();
    let [e0, e1, e2, e3, s0, s1, s2, s3] = ticket.map_err(|_| Malformed::Value { label: CTI })?;
    let event = EventNumber(u32::from_be_bytes([e0, e1, e2, e3]));
    let serial = Serial(u32::from_be_bytes([s0, s1, s2, s3]));
    Ok((event, serial))
}

fn read_ticket_type(reader: &mut Reader<'_>) -> Result<TicketType, Malformed> {
    match reader.bytes() {
        Ok(&[byte]) => Ok(TicketType(byte.into())),
        // Two bytes with a leading zero would be a second encoding of the same type.
        Ok(&[high, low]) if high > 0 => Ok(TicketType(u16::from_be_bytes([high, low]))),
        _ => Err(Malformed::Value { label: SCOPE }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "sign")]
    #[test]
    fn a_long_name_is_cut_between_letters_as_people_count_them() {
        let check = |name: &str, expected: Option<&str>| {
            let clipped = HolderName::clipped(name);
            assert_eq!(clipped.as_ref().map(HolderName::as_str), expected, "{name}");
        };
        check("  Ana Žižić ", Some("Ana Žižić"));
        check("", None);
        check("   ", None);
        check(&"x".repeat(40), Some(&"x".repeat(32)));
        // 31 letters, then an e whose accent is a character of its own: both stay or both go.
        let accent_at_the_edge = format!("{}e\u{301}", "x".repeat(31));
        check(&accent_at_the_edge, Some(&"x".repeat(31)));
        // A family of 25 bytes does not fit after 8 letters.
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";
        check(&format!("Nguyễn {family}"), Some("Nguyễn"));
        check(
            "Papadopoulou-Konstantinopoulou-Ioannidou",
            Some("Papadopoulou-Konstantinopoulou-I"),
        );
    }

    #[test]
    fn a_name_has_1_to_32_bytes() {
        assert!(HolderName::try_from("").is_err());
        assert!(HolderName::try_from("x").is_ok());
        assert!(HolderName::try_from("ž".repeat(16).as_str()).is_ok());
        let error = HolderName::try_from("ž".repeat(17).as_str()).unwrap_err();
        assert_eq!(error, HolderNameError { bytes: 34 });
        assert!(error.to_string().contains("1 to 32 bytes"));
    }
}

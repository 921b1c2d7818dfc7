//! The text in the QR code: `TK1:` and base45 (RFC 9285).
//!
//! Base45 uses exactly the alphanumeric mode of QR codes, 5.5 bits a character, so that three
//! characters carry two bytes.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{DecodeError, Malformed, Unsupported};

/// What every token's text begins with. The digit is the version of the format.
pub const PREFIX: &str = "TK1:";

/// Characters in the largest alphanumeric QR code (version 40, level L).
const MAX_CHARACTERS: usize = 4296;

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The QR text of an encoded COSE object.
#[must_use]
pub fn encode_qr_text(cose: &[u8]) -> String {
    let mut text = String::with_capacity(PREFIX.len() + cose.len().div_ceil(2) * 3);
    text.push_str(PREFIX);
    let (pairs, last) = cose.as_chunks::<2>();
    for &pair in pairs {
        let value = u16::from_be_bytes(pair);
        text.extend([value % 45, value / 45 % 45, value / 2025].map(character));
    }
    for &byte in last {
        let value = u16::from(byte);
        text.extend([value % 45, value / 45].map(character));
    }
    text
}

/// The encoded COSE object in a QR text. Whether it is one, [`crate::parse`] says.
///
/// # Errors
/// [`DecodeError::Malformed`] for anything but the prefix and strict base45 (upper case only, no
/// white space around it); [`DecodeError::Unsupported`] for the prefix of another version.
pub fn decode_qr_text(text: &str) -> Result<Vec<u8>, DecodeError> {
    if text.len() > MAX_CHARACTERS {
        return Err(Malformed::TooLong {
            max: MAX_CHARACTERS,
        }
        .into());
    }
    let body = text
        .strip_prefix(PREFIX)
        .ok_or_else(|| refuse_prefix(text))?;
    let (groups, last) = body.as_bytes().as_chunks::<3>();
    let mut bytes = Vec::with_capacity(groups.len() * 2 + 1);
    for &[low, middle, high] in groups {
        let value = u32::from(digit(low)?)
            + 45 * u32::from(digit(middle)?)
            + 2025 * u32::from(digit(high)?);
        let pair = u16::try_from(value).map_err(|_| Malformed::Base45Overflow)?;
        bytes.extend(pair.to_be_bytes());
    }
    match *last {
        [] => {}
        [low, high] => {
            let value = u16::from(digit(low)?) + 45 * u16::from(digit(high)?);
            bytes.push(u8::try_from(value).map_err(|_| Malformed::Base45Overflow)?);
        }
        _ => return Err(Malformed::Base45Length.into()),
    }
    Ok(bytes)
}

fn refuse_prefix(text: &str) -> DecodeError {
    match text.as_bytes() {
        [b'T', b'K', b'2'..=b'9', b':', ..] => Unsupported::Version.into(),
        _ => Malformed::Prefix.into(),
    }
}

fn character(digit: u16) -> char {
    ALPHABET
        .get(usize::from(digit))
        .map_or(' ', |&byte| char::from(byte))
}

fn digit(byte: u8) -> Result<u8, Malformed> {
    let digit = match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A' + 10,
        b' ' => 36,
        b'$' => 37,
        b'%' => 38,
        b'*' => 39,
        b'+' => 40,
        b'-' => 41,
        b'.' => 42,
        b'/' => 43,
        b':' => 44,
        _ => return Err(Malformed::Base45Character),
    };
    Ok(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 9285 section 4.3 and 4.4.
    #[test]
    fn base45_is_that_of_the_rfc() {
        for (bytes, body) in [
            ("AB", "BB8"),
            ("Hello!!", "%69 VD92EX0"),
            ("base-45", "UJCLQE7W581"),
            ("ietf!", "QED8WEX0"),
            ("", ""),
        ] {
            let text = format!("TK1:{body}");
            assert_eq!(encode_qr_text(bytes.as_bytes()), text);
            assert_eq!(decode_qr_text(&text), Ok(bytes.as_bytes().to_vec()));
        }
    }

    #[test]
    fn every_byte_and_pair_has_one_text() {
        for byte in 0..=u8::MAX {
            let text = encode_qr_text(&[byte]);
            assert_eq!(decode_qr_text(&text), Ok(vec![byte]));
        }
        for pair in 0..=u16::MAX {
            let text = encode_qr_text(&pair.to_be_bytes());
            assert_eq!(decode_qr_text(&text), Ok(pair.to_be_bytes().to_vec()));
        }
    }

    #[test]
    fn every_group_beyond_its_range_is_refused() {
        let alphabet = ALPHABET.map(char::from);
        let mut accepted = [0_u32; 2];
        for low in alphabet {
            for middle in alphabet {
                let pair = format!("TK1:{low}{middle}");
                accepted[0] += u32::from(decode_qr_text(&pair).is_ok());
                for high in alphabet {
                    let triple = format!("TK1:{low}{middle}{high}");
                    accepted[1] += u32::from(decode_qr_text(&triple).is_ok());
                }
            }
        }
        assert_eq!(accepted, [1 << 8, 1 << 16]);
    }

    #[test]
    fn only_the_version_digit_makes_another_version() {
        let check = |text, expected| assert_eq!(decode_qr_text(text), Err(expected), "{text:?}");
        check("TK2:00", Unsupported::Version.into());
        check("TK9:", Unsupported::Version.into());
        check("TK0:00", Malformed::Prefix.into());
        check("TKA:00", Malformed::Prefix.into());
        check("TK2", Malformed::Prefix.into());
    }
}

//! QR codes (ISO/IEC 18004:2015), model 2, versions 1 to 40.

use qrcode::bits::Bits;
use qrcode::types::{EcLevel, Mode, QrError};
use qrcode::{Version, ec};

use super::Symbol;
use super::mask::with_best_mask;
use super::placement::Grid;

/// How much of a symbol may be spoilt and still be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCorrection {
    /// About 7 %.
    Low,
    /// About 15 %, the level of a ticket.
    Medium,
    /// About 25 %.
    Quartile,
    /// About 30 %.
    High,
}

/// Why a text has no QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Version 40 is full before the end of the text.
    #[error(
        "a text of {bytes} bytes is longer than the largest QR code holds at error correction \
         {level:?}; shorten it or choose a lower level"
    )]
    TooLong {
        /// Length of the text in bytes.
        bytes: usize,
        /// The level asked for.
        level: ErrorCorrection,
    },
}

/// The smallest QR code that holds `text`, with the mask of least penalty.
///
/// Text of the 45 alphanumeric characters of table 5 takes 5.5 bits a character, any other text is
/// UTF-8 bytes without an ECI header, as readers expect. 154 alphanumeric characters are exactly
/// version 6 at [`ErrorCorrection::Medium`].
///
/// # Errors
/// [`EncodeError::TooLong`] above 4,296 alphanumeric characters or 2,953 bytes at the lowest level.
pub fn encode(text: &str, level: ErrorCorrection) -> Result<Symbol, EncodeError> {
    let too_long = EncodeError::TooLong {
        bytes: text.len(),
        level,
    };
    let mode = if text.bytes().all(is_alphanumeric) {
        Mode::Alphanumeric
    } else {
        Mode::Byte
    };
    let version = smallest_version(text.len(), mode, level).ok_or(too_long)?;
    let symbol = match version {
        1..=11 => draw::<1>(text, mode, version, level),
        12..=27 => draw::<2>(text, mode, version, level),
        _ => draw::<3>(text, mode, version, level),
    };
    // The version was chosen so that the text fits, which is all that can fail.
    symbol.map_err(|_| too_long)
}

fn draw<const WORDS: usize>(
    text: &str,
    mode: Mode,
    version: u8,
    level: ErrorCorrection,
) -> Result<Symbol, QrError> {
    let normal = Version::Normal(i16::from(version));
    let mut bits = Bits::new(normal);
    match mode {
        Mode::Alphanumeric => bits.push_alphanumeric_data(text.as_bytes())?,
        _ => bits.push_byte_data(text.as_bytes())?,
    }
    bits.push_terminator(ec_level(level))?;
    let (data, correction) = ec::construct_codewords(&bits.into_bytes(), normal, ec_level(level))?;
    let mut grid = Grid::<WORDS>::with_function_patterns(version);
    grid.draw_data(data.into_iter().chain(correction));
    let rows = with_best_mask(&grid, |mask| format_bits(level, mask));
    Ok(Symbol::from_rows(grid.width, rows.iter().map(|row| row.0)))
}

fn smallest_version(bytes: usize, mode: Mode, level: ErrorCorrection) -> Option<u8> {
    (1..=40_u8).find(|&version| {
        let normal = Version::Normal(i16::from(version));
        let length_bits = mode.length_bits_count(normal);
        let needed = 4 + length_bits + mode.data_bits_count(bytes);
        let capacity = Bits::new(normal).max_len(ec_level(level));
        bytes < 1 << length_bits && capacity.is_ok_and(|capacity| needed <= capacity)
    })
}

fn is_alphanumeric(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':')
}

fn ec_level(level: ErrorCorrection) -> EcLevel {
    match level {
        ErrorCorrection::Low => EcLevel::L,
        ErrorCorrection::Medium => EcLevel::M,
        ErrorCorrection::Quartile => EcLevel::Q,
        ErrorCorrection::High => EcLevel::H,
    }
}

/// Level and mask with their BCH code, masked itself (clause 7.9.1).
fn format_bits(level: ErrorCorrection, mask: u8) -> u16 {
    let level_bits = match level {
        ErrorCorrection::Low => 1,
        ErrorCorrection::Medium => 0,
        ErrorCorrection::Quartile => 3,
        ErrorCorrection::High => 2,
    };
    let data = level_bits << 3 | u16::from(mask);
    let mut remainder = data;
    for _ in 0..10 {
        remainder = (remainder << 1) ^ ((remainder >> 9) * 0x537);
    }
    (data << 10 | remainder) ^ 0x5412
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version as OracleVersion};

    const LEVELS: [(ErrorCorrection, QrCodeEcc); 4] = [
        (ErrorCorrection::Low, QrCodeEcc::Low),
        (ErrorCorrection::Medium, QrCodeEcc::Medium),
        (ErrorCorrection::Quartile, QrCodeEcc::Quartile),
        (ErrorCorrection::High, QrCodeEcc::High),
    ];
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

    fn check_against_oracle(text: &str, level: usize) {
        let (ours, theirs) = LEVELS[level];
        let symbol = encode(text, ours).unwrap();
        let segment = if text.bytes().all(is_alphanumeric) {
            QrSegment::make_alphanumeric(text)
        } else {
            QrSegment::make_bytes(text.as_bytes())
        };
        let (min, max) = (OracleVersion::MIN, OracleVersion::MAX);
        let no_mask: Option<Mask> = None;
        let oracle =
            QrCode::encode_segments_advanced(&[segment], theirs, min, max, no_mask, false).unwrap();
        assert_eq!(i32::from(symbol.width()), oracle.size(), "{text}");
        for y in 0..symbol.width() {
            for x in 0..symbol.width() {
                let dark = oracle.get_module(i32::from(x), i32::from(y));
                assert_eq!(symbol.is_dark(x, y), dark, "{text} at column {x}, row {y}");
            }
        }
    }

    fn alphanumeric(length: usize, seed: usize) -> String {
        (0..length)
            .map(|i| char::from(ALPHABET[(i * i * 7 + i * seed + seed / 3) % 45]))
            .collect()
    }

    proptest! {
        #[test]
        fn short_texts_give_the_oracles_symbol(text in "[A-Z0-9 $%*+./:-]{0,220}", level in 0..4_usize) {
            check_against_oracle(&text, level);
        }

        #[test]
        fn bytes_give_the_oracles_symbol(text in "\\PC{0,60}", level in 0..4_usize) {
            check_against_oracle(&text, level);
        }
    }

    #[test]
    fn every_version_gives_the_oracles_symbol() {
        for version in 1..=40 {
            for (level, _) in LEVELS {
                let fits = (1..=4_296).rev().step_by(5).find(|&length| {
                    smallest_version(length, Mode::Alphanumeric, level) == Some(version)
                });
                let text = alphanumeric(fits.unwrap(), usize::from(version));
                let index = LEVELS.iter().position(|(ours, _)| *ours == level).unwrap();
                check_against_oracle(&text, index);
            }
        }
    }

    #[test]
    fn a_standard_token_is_version_6_at_medium_and_8_at_quartile() {
        let width = |length, level| encode(&alphanumeric(length, 3), level).unwrap().width();
        assert_eq!(width(154, ErrorCorrection::Medium), 41);
        assert_eq!(width(155, ErrorCorrection::Medium), 45);
        assert_eq!(width(154, ErrorCorrection::Quartile), 49);
    }

    #[test]
    fn the_longest_text_fits_and_one_more_is_refused() {
        assert_eq!(
            encode(&alphanumeric(4_296, 1), ErrorCorrection::Low)
                .unwrap()
                .width(),
            177
        );
        let text = alphanumeric(4_297, 1);
        let refused = EncodeError::TooLong {
            bytes: 4_297,
            level: ErrorCorrection::Low,
        };
        assert_eq!(encode(&text, ErrorCorrection::Low), Err(refused));
        assert!(encode(&"a".repeat(2_953), ErrorCorrection::Low).is_ok());
        assert!(encode(&"a".repeat(2_954), ErrorCorrection::Low).is_err());
        assert!(encode(&"a".repeat(100_000), ErrorCorrection::Low).is_err());
    }
}

//! CBOR as this system writes it, and nothing else: RFC 8949 with the core deterministic encoding
//! requirements of section 4.2.1. One value has one encoding, so that a signed object cannot be
//! altered without breaking its signature *and* cannot be written in two ways.
//!
//! [`Reader::new`] checks a whole document first (shortest lengths, definite, map keys ascending
//! and therefore unique, UTF-8, depth, nothing after the end); reading it afterwards can only meet
//! a value of another type than expected.

mod reader;
mod strict;
mod writer;

pub use reader::{Kind, Reader};
pub use strict::MAX_DEPTH;
pub use writer::Writer;

/// Why bytes are not the CBOR that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes end inside a value.
    #[error("CBOR ends inside a value")]
    Truncated,
    /// Bytes follow the one value.
    #[error("bytes follow the CBOR value")]
    TrailingBytes,
    /// A length or number is not in its shortest form (RFC 8949 section 4.2.1).
    #[error("CBOR number or length is not in its shortest form")]
    NotShortest,
    /// An indefinite length, or a break without one.
    #[error("CBOR length is indefinite")]
    Indefinite,
    /// A map key is not above the one before it in bytewise order: disorder or a duplicate.
    #[error("CBOR map keys are not ascending and unique")]
    KeysNotAscending,
    /// A text string is not UTF-8.
    #[error("CBOR text is not UTF-8")]
    InvalidUtf8,
    /// A reserved additional information value or simple value.
    #[error("CBOR uses a reserved value")]
    Reserved,
    /// Values are nested deeper than [`MAX_DEPTH`].
    #[error("CBOR is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A well-formed value of another type than this place has.
    #[error("expected CBOR {expected}, found {found}")]
    WrongType {
        /// What the reader asked for.
        expected: Kind,
        /// What is there.
        found: Kind,
    },
    /// An integer outside the range of this place.
    #[error("CBOR integer is out of range")]
    OutOfRange,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        let (pairs, _) = digits.as_chunks::<2>();
        pairs
            .iter()
            .filter_map(|[high, low]| u8::try_from(high * 16 + low).ok())
            .collect()
    }

    /// The deterministic ones among the examples of RFC 8949 appendix A.
    #[test]
    fn examples_of_the_rfc_are_accepted() {
        for hex in [
            "00",
            "17",
            "1818",
            "1864",
            "1903e8",
            "1a000f4240",
            "1b000000e8d4a51000",
            "1bffffffffffffffff",
            "c249010000000000000000",
            "3bffffffffffffffff",
            "20",
            "3863",
            "3903e7",
            "f90000",
            "f98000",
            "f93c00",
            "fb3ff199999999999a",
            "f93e00",
            "f97bff",
            "fa47c35000",
            "fa7f7fffff",
            "fb7e37e43c8800759c",
            "f90001",
            "f90400",
            "f9c400",
            "fbc010666666666666",
            "f97c00",
            "f97e00",
            "f9fc00",
            "f4",
            "f5",
            "f6",
            "f7",
            "f0",
            "f8ff",
            "c11a514b67b0",
            "d74401020304",
            "40",
            "4401020304",
            "60",
            "6161",
            "62225c",
            "62c3bc",
            "63e6b0b4",
            "64f0908591",
            "80",
            "83010203",
            "8301820203820405",
            "a0",
            "a201020304",
            "a26161016162820203",
            "826161a161626163",
        ] {
            assert!(Reader::new(&unhex(hex)).is_ok(), "{hex}");
        }
    }

    #[test]
    fn what_is_not_deterministic_is_refused() {
        let check = |hex: &str, expected| {
            assert_eq!(Reader::new(&unhex(hex)).err(), Some(expected), "{hex}");
        };
        // A number where a shorter one would do.
        for hex in [
            "1800",
            "1817",
            "190000",
            "1900ff",
            "1a00000000",
            "1a0000ffff",
            "1b0000000000000000",
            "1b00000000ffffffff",
            "3817",
            "5800",
            "780161",
            "9800",
            "b800",
            "d81200",
        ] {
            check(hex, CborError::NotShortest);
        }
        // A float where a shorter one would do: 0.0, 1.5, the smallest half, infinity, NaN.
        for hex in [
            "fa00000000",
            "fa3fc00000",
            "fa33800000",
            "fa7f800000",
            "fa7fc00000",
            "fa477fe000",
            "fb0000000000000000",
            "fb3ff8000000000000",
            "fb7ff0000000000000",
            "fb7ff8000000000000",
            "fb36a0000000000000",
            "f97e01",
            "f97c01",
            "f9fe00",
        ] {
            check(hex, CborError::NotShortest);
        }
        for hex in ["5fff", "7fff", "9fff", "bfff", "ff"] {
            check(hex, CborError::Indefinite);
        }
        for hex in ["1c", "5d", "7e", "9c", "f800", "f814", "f81f", "fc"] {
            check(hex, CborError::Reserved);
        }
        for hex in [
            "",
            "18",
            "19ff",
            "41",
            "62c3",
            "81",
            "a1",
            "a100",
            "c1",
            "9bffffffffffffffff",
        ] {
            check(hex, CborError::Truncated);
        }
        for hex in ["0000", "a000", "4000"] {
            check(hex, CborError::TrailingBytes);
        }
        for hex in ["a201000100", "a202000100", "a220000000", "a2616100614100"] {
            check(hex, CborError::KeysNotAscending);
        }
        for hex in ["61ff", "62c0af", "63eda080", "62c328"] {
            check(hex, CborError::InvalidUtf8);
        }
    }

    #[test]
    fn floats_with_no_shorter_form_stay() {
        for hex in [
            "fa33800001",
            "fa33000000",
            "fa47800000",
            "fa38801000",
            "fa00000001",
            "fb36a0000000000001",
            "fb47f0000000000000",
        ] {
            assert!(Reader::new(&unhex(hex)).is_ok(), "{hex}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let depth = usize::from(MAX_DEPTH);
        for (open, inner) in [("81", "00"), ("c1", "00"), ("a100", "00")] {
            assert!(Reader::new(&unhex(&format!("{}{inner}", open.repeat(depth)))).is_ok());
            let deeper = unhex(&format!("{}{inner}", open.repeat(depth + 1)));
            assert_eq!(Reader::new(&deeper).err(), Some(CborError::TooDeep));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut writer = Writer::new();
        writer
            .array(9)
            .unsigned(u64::MAX)
            .integer(-1)
            .integer(i64::MIN)
            .bytes(&[1, 2]);
        writer
            .text("ž")
            .tag(18)
            .null()
            .boolean(true)
            .map(1)
            .integer(24)
            .text("");
        writer.encoded(&[0x81, 0x00]);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes).unwrap();
        assert_eq!(reader.array(), Ok(9));
        assert_eq!(reader.unsigned(), Ok(u64::MAX));
        assert_eq!(reader.integer(), Ok(-1));
        assert_eq!(reader.integer(), Ok(i64::MIN));
        assert_eq!(reader.byte_array(), Ok([1, 2]));
        assert_eq!(reader.text(), Ok("ž"));
        assert_eq!((reader.tag(), reader.null()), (Ok(18), Ok(())));
        assert_eq!(reader.boolean(), Ok(true));
        assert_eq!(
            (reader.map(), reader.unsigned_u32(), reader.text()),
            (Ok(1), Ok(24), Ok(""))
        );
        assert_eq!(reader.clone().finish(), Err(CborError::TrailingBytes));
        assert_eq!(reader.skip(), Ok(&[0x81, 0x00][..]));
        assert_eq!(reader.kind(), Kind::End);
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_value_of_another_type_or_range_is_named() {
        let bytes = unhex("1b0000000100000000");
        assert_eq!(
            Reader::new(&bytes).unwrap().unsigned_u32(),
            Err(CborError::OutOfRange)
        );
        let bytes = unhex("3b8000000000000000");
        assert_eq!(
            Reader::new(&bytes).unwrap().integer(),
            Err(CborError::OutOfRange)
        );
        let error = Reader::new(&bytes).unwrap().text().unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected CBOR text, found negative integer"
        );
    }
}

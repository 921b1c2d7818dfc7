//! The check of a whole document, once, before anything is read from it.

use super::CborError;

/// How deep arrays, maps and tags may be nested. Nothing of ours goes beyond 6; the bound keeps a
/// hostile document from exhausting the stack.
pub const MAX_DEPTH: u8 = 16;

/// The head of one data item (RFC 8949 section 3).
#[derive(Clone, Copy)]
pub(super) struct Head {
    /// 0 to 7.
    pub(super) major: u8,
    /// The low five bits of the first byte.
    pub(super) info: u8,
    /// The number that the head carries.
    pub(super) argument: u64,
}

/// Reads a head from the front of `rest` and checks that its number is in shortest form.
pub(super) fn take_head(rest: &mut &[u8]) -> Result<Head, CborError> {
    let (&first, after) = rest.split_first().ok_or(CborError::Truncated)?;
    *rest = after;
    let (major, info) = (first >> 5, first & 0x1f);
    let argument = match info {
        0..=23 => u64::from(info),
        24 => u64::from(u8::from_be_bytes(take_array(rest)?)),
        25 => u64::from(u16::from_be_bytes(take_array(rest)?)),
        26 => u64::from(u32::from_be_bytes(take_array(rest)?)),
        27 => u64::from_be_bytes(take_array(rest)?),
        28..=30 => return Err(CborError::Reserved),
        _ => return Err(CborError::Indefinite),
    };
    if major == 7 {
        check_simple_or_float(info, argument)?;
    } else {
        let smallest = match info {
            24 => 24,
            25 => 1 << 8,
            26 => 1 << 16,
            27 => 1 << 32,
            _ => 0,
        };
        if argument < smallest {
            return Err(CborError::NotShortest);
        }
    }
    Ok(Head {
        major,
        info,
        argument,
    })
}

pub(super) fn take<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], CborError> {
    let length = usize::try_from(length).map_err(|_| CborError::Truncated)?;
    let (taken, after) = rest.split_at_checked(length).ok_or(CborError::Truncated)?;
    *rest = after;
    Ok(taken)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], CborError> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(CborError::Truncated)?;
    *rest = after;
    Ok(*taken)
}

/// Takes one whole value from the front of `rest`, checking all of it.
pub(super) fn take_value(rest: &mut &[u8], depth_left: u8) -> Result<(), CborError> {
    let head = take_head(rest)?;
    match head.major {
        2 => {
            take(rest, head.argument)?;
        }
        3 => {
            let text = take(rest, head.argument)?;
            core::str::from_utf8(text).map_err(|_| CborError::InvalidUtf8)?;
        }
        4 => {
            let depth_left = depth_left.checked_sub(1).ok_or(CborError::TooDeep)?;
            // Each round takes at least one byte or fails, so a huge count ends with the input.
            for _ in 0..head.argument {
                take_value(rest, depth_left)?;
            }
        }
        5 => {
            let depth_left = depth_left.checked_sub(1).ok_or(CborError::TooDeep)?;
            let mut previous_key: &[u8] = &[];
            for _ in 0..head.argument {
                let key_start = *rest;
                take_value(rest, depth_left)?;
                let key_length = key_start.len() - rest.len();
                let key = key_start.get(..key_length).ok_or(CborError::Truncated)?;
                if key <= previous_key {
                    return Err(CborError::KeysNotAscending);
                }
                previous_key = key;
                take_value(rest, depth_left)?;
            }
        }
        6 => {
            let depth_left = depth_left.checked_sub(1).ok_or(CborError::TooDeep)?;
            take_value(rest, depth_left)?;
        }
        // Integers, simple values and floats are all head.
        _ => {}
    }
    Ok(())
}

fn check_simple_or_float(info: u8, argument: u64) -> Result<(), CborError> {
    const HALF_NAN: u64 = 0x7e00;
    let is_shortest = match info {
        // Simple values below 32 have a one-byte form, and 24 to 31 are reserved.
        24 if argument < 32 => return Err(CborError::Reserved),
        25 => (argument & 0x7fff) <= 0x7c00 || argument == HALF_NAN,
        26 => u32::try_from(argument).is_ok_and(|bits| !fits_half(bits)),
        27 => !fits_single(f64::from_bits(argument)),
        _ => true,
    };
    if is_shortest {
        Ok(())
    } else {
        Err(CborError::NotShortest)
    }
}

/// Whether a single-precision value has a half-precision form. Every NaN has one.
fn fits_half(bits: u32) -> bool {
    let exponent = (bits >> 23) & 0xff;
    let mantissa = bits & 0x7f_ffff;
    match exponent {
        0 => mantissa == 0,
        255 => true,
        // Half subnormals: multiples of 2^-24.
        103..=112 => (mantissa | 0x80_0000).trailing_zeros() >= 126 - exponent,
        113..=142 => mantissa.trailing_zeros() >= 13,
        _ => false,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "the question is whether the narrowing loses anything at all"
)]
fn fits_single(value: f64) -> bool {
    value.is_nan() || f64::from(value as f32) == value
}

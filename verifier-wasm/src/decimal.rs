//! Numbers as text, without the formatting of the standard library.

use alloc::string::String;

/// Appends `number` in decimal digits.
pub fn push_decimal(text: &mut String, number: u64) {
    let mut digits = [b'0'; 20]; // u64::MAX has 20
    let mut rest = number;
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    text.extend(
        digits
            .iter()
            .skip(20 - length)
            .map(|digit| char::from(*digit)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        for number in [0, 9, 10, 1_800_000_000_000, u64::MAX] {
            let mut text = String::new();
            push_decimal(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }
}

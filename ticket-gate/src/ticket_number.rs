//! The short number for people, printed under every code: `XXXXX-XXXXX`.
//!
//! Ten characters of Crockford's base32: nine carry 45 bits, the tenth checks them. The 45 bits are
//! serial ‖ thirteen zero bits, put through a permutation that is keyed per event. So numbers do not
//! run in sequence, a scanner that holds the event bundle finds the serial with no network, and a
//! number that was guessed names no serial in 8191 of 8192 cases.
//!
//! **A number is a name, not a proof.** Whoever saw one can type it, so it is worth advice *ask* and
//! never VALID, and the key may travel to every scanner in the bundle.
//!
//! The permutation is an alternating Feistel network over 22 + 23 bits (as in NIST SP 800-38G, but
//! with halves of fixed width and SHA-256 over a block of fixed length as the round function), ten
//! rounds. The check character is one Reed-Solomon symbol over GF(32): the ten characters c₀…c₉
//! satisfy Σ αⁱ·cᵢ = 0. As the αⁱ are distinct and not zero, every wrong character and every exchange
//! of two characters (adjacent or not) is noticed. Crockford's own check is modulo 37 and needs five
//! characters outside the alphabet, which is why it is not used.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;
use ticket_token::Serial;

/// Crockford's alphabet: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 10;
const DATA_CHARACTERS: usize = 9;
/// Bits that are zero in every genuine number.
const REDUNDANT_BITS: u32 = 13;
const LEFT_BITS: u32 = 22;
const RIGHT_BITS: u32 = 23;
/// Even, so that both halves are changed equally often; eight is the usual lower bound.
const ROUNDS: u8 = 10;
/// Keeps the rounds apart from any other use of SHA-256 with this key.
const ROUND_DOMAIN: &[u8; 16] = b"guichet number 1";

/// The 16 secret bytes that permute one event's ticket numbers. Known to the host and, through the
/// bundle, to every scanner of the event; not to attendees.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketNumberKey(pub [u8; 16]);

impl fmt::Debug for TicketNumberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketNumberKey(..)")
    }
}

impl TicketNumberKey {
    /// The number of the ticket `serial`.
    pub fn number_of(&self, serial: Serial) -> TicketNumber {
        let permuted = self.permute(u64::from(serial.0) << REDUNDANT_BITS);
        let mut symbols = [0u8; CHARACTERS];
        let (data, check) = symbols.split_at_mut(DATA_CHARACTERS);
        for (index, symbol) in data.iter_mut().rev().enumerate() {
            *symbol = (permuted >> (5 * index)) as u8 & 31;
        }
        check.fill(check_symbol(data));
        TicketNumber { symbols }
    }

    /// The serial that `number` names; `None` when this event has no such number.
    pub fn serial_of(&self, number: &TicketNumber) -> Option<Serial> {
        let data = number.symbols.iter().take(DATA_CHARACTERS);
        let permuted = data.fold(0u64, |value, symbol| value << 5 | u64::from(*symbol));
        let value = self.restore(permuted);
        if value & ((1 << REDUNDANT_BITS) - 1) != 0 {
            return None;
        }
        u32::try_from(value >> REDUNDANT_BITS).ok().map(Serial)
    }

    fn permute(&self, value: u64) -> u64 {
        let (mut left, mut right) = halves(value);
        for round in 0..ROUNDS {
            self.mix(round, &mut left, &mut right);
        }
        joined(left, right)
    }

    fn restore(&self, value: u64) -> u64 {
        let (mut left, mut right) = halves(value);
        for round in (0..ROUNDS).rev() {
            self.mix(round, &mut left, &mut right);
        }
        joined(left, right)
    }

    /// One round; it is its own inverse.
    fn mix(&self, round: u8, left: &mut u32, right: &mut u32) {
        if round.is_multiple_of(2) {
            *left ^= self.round_bits(round, *right) & ((1 << LEFT_BITS) - 1);
        } else {
            *right ^= self.round_bits(round, *left) & ((1 << RIGHT_BITS) - 1);
        }
    }

    fn round_bits(&self, round: u8, half: u32) -> u32 {
        // The input has one fixed length and the output is cut short, so a plain hash under a key
        // in front is a pseudorandom function: nothing can be appended to the input.
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(ROUND_DOMAIN);
        hash.update([round]);
        hash.update(half.to_be_bytes());
        hash.finalize()
            .iter()
            .take(4)
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte))
    }
}

/// A well-formed ticket number; that it was ever printed is for [`TicketNumberKey::serial_of`] to
/// say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TicketNumber {
    /// Values 0 to 31 that satisfy the check.
    symbols: [u8; CHARACTERS],
}

/// Why a typed text is no ticket number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TicketNumberError {
    /// Hyphens and spaces are not counted.
    #[error("a ticket number has 10 characters")]
    Length,
    /// A character outside Crockford's alphabet; I, L and O are read as 1, 1 and 0.
    #[error("`{0}` does not occur in ticket numbers")]
    Character(char),
    /// Some character was mistyped, or two were exchanged.
    #[error("the ticket number was mistyped: its check character does not match")]
    Check,
}

impl FromStr for TicketNumber {
    type Err = TicketNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut symbols = [0u8; CHARACTERS];
        let mut slots = symbols.iter_mut();
        for character in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let slot = slots.next().ok_or(TicketNumberError::Length)?;
            *slot = symbol_of(character).ok_or(TicketNumberError::Character(character))?;
        }
        if slots.next().is_some() {
            return Err(TicketNumberError::Length);
        }
        if syndrome(&symbols) != 0 {
            return Err(TicketNumberError::Check);
        }
        Ok(Self { symbols })
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, symbol) in self.symbols.iter().enumerate() {
            if index == CHARACTERS / 2 {
                f.write_str("-")?;
            }
            let character = ALPHABET.get(usize::from(*symbol)).copied().unwrap_or(b'0');
            fmt::Write::write_char(f, char::from(character))?;
        }
        Ok(())
    }
}

fn symbol_of(character: char) -> Option<u8> {
    let character = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let position = ALPHABET
        .iter()
        .position(|known| char::from(*known) == character)?;
    u8::try_from(position).ok()
}

/// The symbol c₉ with which Σ αⁱ·cᵢ = 0: the data's syndrome divided by α⁹.
fn check_symbol(data: &[u8]) -> u8 {
    // Dividing by α⁹ is multiplying by α²², as α has order 31.
    (0..22).fold(syndrome(data), |value, _| times_alpha(value))
}

/// Σ αⁱ·cᵢ by Horner's rule.
fn syndrome(symbols: &[u8]) -> u8 {
    symbols
        .iter()
        .rev()
        .fold(0, |sum, symbol| times_alpha(sum) ^ symbol)
}

/// Multiplies by α in GF(32) = GF(2)[α] / (α⁵ + α² + 1).
fn times_alpha(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 32 == 0 {
        shifted
    } else {
        shifted ^ 0b10_0101
    }
}

fn halves(value: u64) -> (u32, u32) {
    let left = (value >> RIGHT_BITS) as u32 & ((1 << LEFT_BITS) - 1);
    let right = value as u32 & ((1 << RIGHT_BITS) - 1);
    (left, right)
}

fn joined(left: u32, right: u32) -> u64 {
    u64::from(left) << RIGHT_BITS | u64::from(right)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const KEY: TicketNumberKey = TicketNumberKey(*b"an event's key!!");

    #[test]
    fn the_first_numbers_are_pinned_because_they_are_on_paper() {
        let numbers: Vec<String> = (0..3)
            .map(|serial| KEY.number_of(Serial(serial)).to_string())
            .collect();
        assert_eq!(numbers, ["NZHXA-V7BRS", "PGJNN-6KRNP", "HQWQ0-P55VA"]);
    }

    #[test]
    fn numbers_are_distinct_and_not_in_sequence() {
        let numbers: Vec<String> = (0..20_000)
            .map(|serial| KEY.number_of(Serial(serial)).to_string())
            .collect();
        assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), numbers.len());
        let ascending = numbers.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!(
            (9_500..10_500).contains(&ascending),
            "{ascending} of 20000 steps ascend"
        );
    }

    #[test]
    fn a_guess_names_a_serial_once_in_8192() {
        let guesses = 200_000u64;
        let named = (0..guesses)
            .filter(|guess| KEY.restore(guess * 175_921_857) & ((1 << REDUNDANT_BITS) - 1) == 0)
            .count();
        assert!(
            (8..50).contains(&named),
            "{named} of {guesses}, expected about 24"
        );
    }

    #[test]
    fn another_events_key_does_not_know_the_number() {
        let other = TicketNumberKey([7; 16]);
        let known = (0..1000).filter(|s| other.serial_of(&KEY.number_of(Serial(*s))).is_some());
        assert!(known.count() < 4);
    }

    #[test]
    fn typing_is_forgiven() {
        let number = (0..)
            .map(|serial| KEY.number_of(Serial(serial)))
            .find(|number| number.to_string().contains('0') && number.to_string().contains('1'))
            .unwrap();
        let printed = number.to_string();
        for typed in [
            printed.to_lowercase(),
            printed.replace('-', ""),
            printed.replace('-', " "),
            printed.replace('0', "O").replace('1', "I"),
            printed.replace('0', "o").replace('1', "l"),
        ] {
            assert_eq!(typed.parse(), Ok(number), "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_named() {
        assert_eq!("".parse::<TicketNumber>(), Err(TicketNumberError::Length));
        assert_eq!(
            "12345-6789".parse::<TicketNumber>(),
            Err(TicketNumberError::Length)
        );
        assert_eq!(
            "12345-678901".parse::<TicketNumber>(),
            Err(TicketNumberError::Length)
        );
        assert_eq!(
            "1234U-67890".parse::<TicketNumber>(),
            Err(TicketNumberError::Character('U'))
        );
        assert_eq!(
            "1234é-67890".parse::<TicketNumber>(),
            Err(TicketNumberError::Character('é'))
        );
    }

    proptest! {
        #[test]
        fn a_number_names_its_serial(serial: u32, key: [u8; 16]) {
            let key = TicketNumberKey(key);
            let printed = key.number_of(Serial(serial)).to_string();
            prop_assert_eq!(key.serial_of(&printed.parse().unwrap()), Some(Serial(serial)));
        }

        #[test]
        fn every_wrong_character_and_every_exchange_is_noticed(serial: u32) {
            let number = KEY.number_of(Serial(serial));
            for position in 0..CHARACTERS {
                for symbol in 0..32 {
                    let mut symbols = number.symbols;
                    symbols[position] = symbol;
                    prop_assert_eq!(syndrome(&symbols) == 0, symbols == number.symbols);
                }
                for other in 0..position {
                    let mut symbols = number.symbols;
                    symbols.swap(position, other);
                    prop_assert_eq!(syndrome(&symbols) == 0, symbols == number.symbols);
                }
            }
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<TicketNumber>();
        }
    }
}

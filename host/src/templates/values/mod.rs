//! Values in words: numbers, money and moments as a locale writes them.
//!
//! Dates and decimals come from ICU4X. Its currency formatter is experimental, so money is a decimal
//! with the currency's sign where the locale's language puts it.

mod currency;
mod words;

pub use currency::currency_digits;
pub use words::{Words, WordsError};

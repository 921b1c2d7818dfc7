//! Amounts of money.
//!
//! ICU4X's own currency formatter is experimental, so the few ways to put sign, amount and symbol
//! together are listed here after CLDR 47 (`numbers/currencyFormats`); digits and separators come
//! from the number format.

use icu_locale_core::Locale;

const NO_BREAK_SPACE: char = '\u{a0}';

/// ISO 4217 codes in use in 2026, without funds and metals.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// Whether this is a currency of ISO 4217.
pub fn is_currency(code: &str) -> bool {
    code.len() == 3 && CURRENCIES.split(' ').any(|known| known == code)
}

/// Digits after the decimal point (ISO 4217 "minor unit"); 2 for a currency that is not known.
pub fn currency_digits(code: &str) -> u8 {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// How a locale puts an amount together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MoneyPattern {
    /// `€12.50`; letters are kept apart: `CHF 12.50`.
    First,
    /// `€ 12,50`
    SpaceFirst,
    /// `12,50 €`
    Last,
}

impl MoneyPattern {
    pub fn of(locale: &Locale) -> Self {
        let region = locale.id.region.map(|region| region.as_str().to_owned());
        match (locale.id.language.as_str(), region.as_deref()) {
            ("de", Some("CH" | "AT" | "LI")) | ("it" | "rm", Some("CH")) | ("nl", _) => {
                Self::SpaceFirst
            }
            ("pt", Some("BR") | None) => Self::SpaceFirst,
            (
                "es",
                Some("MX" | "US" | "GT" | "HN" | "NI" | "PA" | "PE" | "PR" | "SV" | "DO" | "CU"),
            ) => Self::First,
            ("es", Some("AR" | "CO" | "UY" | "PY")) => Self::SpaceFirst,
            (
                "en" | "ja" | "zh" | "ko" | "th" | "tr" | "ga" | "cy" | "mt" | "hi" | "bn" | "ta"
                | "id" | "ms" | "fil" | "und",
                _,
            ) => Self::First,
            _ => Self::Last,
        }
    }

    pub fn write(self, amount: &str, negative: bool, currency: &str) -> String {
        let symbol = symbol_of(currency);
        let sign = if negative { "-" } else { "" };
        match self {
            Self::First if symbol.ends_with(|last: char| last.is_ascii_alphabetic()) => {
                format!("{sign}{symbol}{NO_BREAK_SPACE}{amount}")
            }
            Self::First => format!("{sign}{symbol}{amount}"),
            Self::SpaceFirst => format!("{symbol}{NO_BREAK_SPACE}{sign}{amount}"),
            Self::Last => format!("{sign}{amount}{NO_BREAK_SPACE}{symbol}"),
        }
    }
}

/// Symbols that nobody reads as another currency; all others are written as their code.
fn symbol_of(currency: &str) -> &str {
    match currency {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        "JPY" => "¥",
        "INR" => "₹",
        "KRW" => "₩",
        "ILS" => "₪",
        "VND" => "₫",
        "BRL" => "R$",
        "PLN" => "zł",
        "CZK" => "Kč",
        "UAH" => "₴",
        "TRY" => "₺",
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::values::LocaleFormats;

    fn check(locale: &str, minor_units: i64, currency: &str, expected: &str) {
        let written = LocaleFormats::of(locale).money(minor_units, currency);
        assert_eq!(written.replace(NO_BREAK_SPACE, " "), expected, "{locale}");
    }

    #[test]
    fn money_follows_the_locale() {
        check("en", 1250, "EUR", "€12.50");
        check("de", 1250, "EUR", "12,50 €");
        check("fr", 125_000, "EUR", "1\u{202f}250,00 €");
        check("de-CH", 1250, "CHF", "CHF 12.50");
        check("en", 1250, "CHF", "CHF 12.50");
        check("ja", 1250, "JPY", "¥1,250");
        check("en", 1250, "BHD", "BHD 1.250");
        check("de", 0, "EUR", "0,00 €");
        check("en", -5, "USD", "-$0.05");
    }

    #[test]
    fn currencies_are_known_by_code() {
        for known in ["EUR", "CHF", "JPY"] {
            assert!(is_currency(known), "{known}");
        }
        for unknown in ["", "eur", "EU", "XXX", "EURO", "R E"] {
            assert!(!is_currency(unknown), "{unknown}");
        }
    }
}

//! What ISO 4217 and custom say of currencies.

/// Digits after the decimal point (ISO 4217, column "minor unit"); 2 for codes not listed.
pub fn currency_digits(code: &str) -> u8 {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// The sign by which a currency is known everywhere; the code itself where there is none, or where
/// several countries share one.
pub(super) fn currency_sign(code: &str) -> &str {
    match code {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        "JPY" => "¥",
        "INR" => "₹",
        "KRW" => "₩",
        "UAH" => "₴",
        "TRY" => "₺",
        "PLN" => "zł",
        "CZK" => "Kč",
        other => other,
    }
}

/// Whether a language writes the sign before the number. Most of Europe writes it after.
pub(super) fn sign_comes_first(language: &str) -> bool {
    matches!(language, "en" | "ja" | "zh" | "ko" | "ga" | "mt" | "nl" | "tr" | "th" | "id" | "hi")
}

//! Texts that are no token before a byte of COSE is read.

use serde_json::Value;
use ticket_token::{Extra, MacKey, encode_qr_text, seal_mac};

use super::{Maker, ORGANIZER, SECRET, claims};

impl Maker {
    pub fn texts(&self) -> Vec<Value> {
        let text = encode_qr_text(&self.token);
        let body = &text[4..];
        let mac_key = MacKey::derive(SECRET, ORGANIZER);
        let server = seal_mac(&claims(Extra::None), &mac_key).expect("standard claims");
        let cut = |text: &str, characters: usize| text[..text.len() - characters].to_string();
        let malformed = [
            ("empty", "no text", String::new()),
            ("prefix-only", "nothing after the prefix", "TK1:".into()),
            ("no-prefix", "base45 without the prefix", body.into()),
            (
                "prefix-lower-case",
                "a prefix in lower case",
                format!("tk1:{body}"),
            ),
            (
                "prefix-no-colon",
                "a prefix without its colon",
                format!("TK1{body}"),
            ),
            (
                "version-0",
                "a version that never was",
                format!("TK0:{body}"),
            ),
            (
                "version-10",
                "a version of two digits",
                format!("TK10:{body}"),
            ),
            (
                "health-certificate",
                "another base45 format",
                format!("HC1:{body}"),
            ),
            ("url", "an address", "https://example.org/t/42".into()),
            (
                "json",
                "a JSON object",
                r#"{"id":"42","signature":"00"}"#.into(),
            ),
            (
                "lower-case",
                "base45 in lower case",
                format!("TK1:{}", body.to_lowercase()),
            ),
            ("space-before", "a space before", format!(" {text}")),
            (
                "space-after",
                "a space after, which base45 uses as a digit",
                format!("{text} "),
            ),
            ("line-after", "a line end after", format!("{text}\n")),
            ("cut-1", "the last character is missing", cut(&text, 1)),
            (
                "cut-2",
                "the last two characters are missing",
                cut(&text, 2),
            ),
            (
                "cut-3",
                "the last three characters are missing",
                cut(&text, 3),
            ),
            (
                "server-cut",
                "a server token without its end",
                cut(&server.qr_text(), 1),
            ),
            (
                "triple-65536",
                "three characters worth 65,536",
                "TK1:GGX".into(),
            ),
            (
                "triple-91124",
                "three characters worth 91,124",
                "TK1::::".into(),
            ),
            ("pair-256", "two characters worth 256", "TK1:V5".into()),
            ("one-character", "base45 of one character", "TK1:0".into()),
            (
                "alphabet",
                "a character that base45 has not",
                format!("TK1:,{}", &body[1..]),
            ),
            (
                "not-ascii",
                "a letter beyond ASCII",
                format!("TK1:É{}", &body[1..]),
            ),
            (
                "full-width",
                "a prefix in full-width letters",
                format!("ＴＫ１:{body}"),
            ),
            ("nul", "a NUL", format!("TK1:\0{}", &body[1..])),
            ("twice", "the token twice", format!("{text}{text}")),
            (
                "too-long",
                "more than a QR code holds",
                format!("TK1:{}", "0".repeat(4_293)),
            ),
        ];
        let mut cases: Vec<_> = malformed
            .into_iter()
            .map(|(name, about, text)| {
                self.text_case(&format!("text-{name}"), about, &text, "malformed")
            })
            .collect();
        cases.push(self.text_case(
            "text-version-2",
            "a later version of the format",
            &format!("TK2:{body}"),
            "unsupported",
        ));
        cases
    }
}

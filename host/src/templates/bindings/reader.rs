//! Reads single values of a guest's answer, each against the range that the contract names.
//!
//! A value out of range becomes a problem and a harmless stand-in, so that one pass finds all
//! faults of an answer.

use ticket_render::length::{Length, Point, Rect, Size};

use crate::templates::layout::{LayoutProblem, Place};
use crate::templates::limits::TemplateLimits;

/// The greatest page of PDF, 5,080 mm.
const GREATEST_EMU: i32 = 182_880_000;
const EMU_PER_MM: i32 = 36_000;
const LANGUAGE_TAG_BYTES: usize = 35;
const URI_BYTES: usize = 2_048;
/// How much of a wrong value is repeated in a message.
const QUOTED_CHARACTERS: usize = 40;

/// Collects problems while it reads.
pub(super) struct Reader<'limits> {
    pub limits: &'limits TemplateLimits,
    /// Where the values that are being read stand.
    pub place: Place,
    problems: Vec<LayoutProblem>,
    text_bytes: u64,
    items: u64,
    path_segments: u64,
}

impl<'limits> Reader<'limits> {
    pub fn new(limits: &'limits TemplateLimits) -> Self {
        Self {
            limits,
            place: Place::Document,
            problems: Vec::new(),
            text_bytes: 0,
            items: 0,
            path_segments: 0,
        }
    }

    /// What was read if nothing was wrong.
    pub fn finish<Read>(self, read: Read) -> Result<Read, Vec<LayoutProblem>> {
        if self.problems.is_empty() {
            Ok(read)
        } else {
            Err(self.problems)
        }
    }

    /// Notes a fault of the value that is being read.
    pub fn problem(&mut self, field: &str, message: impl Into<String>) {
        if (self.problems.len() as u64) < self.limits.problems {
            let (place, field) = (self.place, field.to_owned());
            self.problems.push(LayoutProblem {
                place,
                field,
                message: message.into(),
            });
        }
    }

    /// Notes something that a later version of the host will draw.
    pub fn unsupported(&mut self, field: &str, what: &str) {
        self.problem(
            field,
            format!("{what} cannot be drawn by this version of the host yet"),
        );
    }

    /// Whether a list is within its bound.
    pub fn count(&mut self, field: &str, length: usize, minimum: usize, maximum: usize) -> bool {
        if (minimum..=maximum).contains(&length) {
            return true;
        }
        self.problem(
            field,
            format!("{length} entries; allowed are {minimum} to {maximum}"),
        );
        false
    }

    /// Whether a list is within one of the host's limits.
    pub fn count_limited(&mut self, field: &str, length: u64, name: &str, limit: u64) -> bool {
        if length <= limit {
            return true;
        }
        self.problem(
            field,
            format!("{length}, more than the limit `{name}` = {limit}"),
        );
        false
    }

    /// Counts items over all pages; `false` once there are too many.
    pub fn another_item(&mut self) -> bool {
        self.items += 1;
        let limit = self.limits.items;
        if self.items == limit + 1 {
            self.problem("items", format!("more than the limit `items` = {limit}"));
        }
        self.items <= limit
    }

    /// Counts path segments over all pages.
    pub fn more_path_segments(&mut self, field: &str, segments: usize) -> bool {
        self.path_segments = self.path_segments.saturating_add(segments as u64);
        let limit = self.limits.path_segments;
        self.count_limited(field, self.path_segments, "path_segments", limit)
    }

    /// A coordinate.
    pub fn length(&mut self, field: &str, emu: i32) -> Length {
        self.bounded(field, emu, -GREATEST_EMU, GREATEST_EMU)
    }

    /// A coordinate that is zero or more.
    pub fn extent(&mut self, field: &str, emu: i32) -> Length {
        self.bounded(field, emu, 0, GREATEST_EMU)
    }

    /// A length between two bounds.
    pub fn bounded(&mut self, field: &str, emu: i32, least: i32, greatest: i32) -> Length {
        if (least..=greatest).contains(&emu) {
            return Length::emu(emu);
        }
        self.problem(
            field,
            format!(
                "{emu} EMU is out of range; allowed are {least} ({}) to {greatest} ({})",
                in_millimetres(least),
                in_millimetres(greatest)
            ),
        );
        Length::ZERO
    }

    /// A whole number between two bounds.
    pub fn number<Number>(
        &mut self,
        field: &str,
        value: Number,
        least: Number,
        greatest: Number,
    ) -> Number
    where
        Number: PartialOrd + std::fmt::Display + Copy,
    {
        if value >= least && value <= greatest {
            return value;
        }
        self.problem(
            field,
            format!("{value} is out of range; allowed are {least} to {greatest}"),
        );
        least
    }

    pub fn point(&mut self, field: &str, x: i32, y: i32) -> Point {
        Point {
            x: self.member(field, "x", x, -GREATEST_EMU),
            y: self.member(field, "y", y, -GREATEST_EMU),
        }
    }

    pub fn size(&mut self, field: &str, width: i32, height: i32) -> Size {
        Size {
            width: self.member(field, "width", width, 0),
            height: self.member(field, "height", height, 0),
        }
    }

    /// A member of a record; its path is only composed where it will be read.
    fn member(&mut self, record: &str, member: &str, emu: i32, least: i32) -> Length {
        if (least..=GREATEST_EMU).contains(&emu) {
            return Length::emu(emu);
        }
        self.bounded(&format!("{record}.{member}"), emu, least, GREATEST_EMU)
    }

    pub fn rect(&mut self, x: i32, y: i32, width: i32, height: i32) -> Rect {
        Rect {
            x: self.length("frame.x", x),
            y: self.length("frame.y", y),
            width: self.extent("frame.width", width),
            height: self.extent("frame.height", height),
        }
    }

    /// Text for a person who reads a report or a list, not for print.
    pub fn words(&mut self, field: &str, text: String, maximum_bytes: usize) -> String {
        if text.len() > maximum_bytes {
            self.problem(
                field,
                format!("{} bytes; at most {maximum_bytes}", text.len()),
            );
            return String::new();
        }
        text
    }

    /// A name of 1 to 64 characters without control characters.
    pub fn name(&mut self, field: &str, text: String) -> String {
        const CHARACTERS: usize = 64;
        let characters = text.chars().take(CHARACTERS + 1).count();
        if characters == 0 || characters > CHARACTERS {
            self.problem(field, format!("needs 1 to {CHARACTERS} characters"));
            return String::new();
        }
        if text.chars().any(char::is_control) {
            self.problem(field, "contains a control character");
            return String::new();
        }
        text
    }

    /// A name of `a-z`, `0-9` and `-`.
    pub fn slug(&mut self, field: &str, text: String, maximum: usize) -> String {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > maximum || !text.bytes().all(allowed) {
            self.problem(
                field,
                format!(
                    "`{}` is not 1 to {maximum} of a-z, 0-9 and -",
                    quoted(&text)
                ),
            );
            return String::new();
        }
        text
    }

    /// Text that is printed; counts towards the bound over all pages.
    pub fn printed_text(&mut self, field: &str, text: String) -> String {
        self.text_bytes = self.text_bytes.saturating_add(text.len() as u64);
        let limit = self.limits.text_bytes;
        if !self.count_limited(field, self.text_bytes, "text_bytes", limit) {
            return String::new();
        }
        if let Some(control) = text
            .chars()
            .find(|&character| character.is_control() && character != '\n')
        {
            self.problem(
                field,
                format!(
                    "contains the control character U+{:04X}; only line feeds are printed",
                    u32::from(control)
                ),
            );
            return String::new();
        }
        text
    }

    /// A BCP 47 tag (RFC 5646 section 2.1), as far as its form goes.
    pub fn language(&mut self, field: &str, tag: String) -> String {
        if is_language_tag(&tag) {
            return tag;
        }
        self.problem(
            field,
            format!(
                "`{}` is not a language tag such as `en` or `de-CH`",
                quoted(&tag)
            ),
        );
        String::new()
    }

    /// An address that a reader may be sent to.
    pub fn uri(&mut self, field: &str, uri: String) -> String {
        const SCHEMES: [&str; 4] = ["https", "http", "mailto", "tel"];
        let (scheme, rest) = uri.split_once(':').unwrap_or(("", ""));
        let known = SCHEMES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme));
        if !known {
            self.problem(
                field,
                format!(
                    "`{}` does not begin with https:, http:, mailto: or tel:",
                    quoted(&uri)
                ),
            );
            return String::new();
        }
        let needs_host = scheme
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("http"));
        let complete = if needs_host {
            rest.strip_prefix("//")
                .is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        } else {
            !rest.is_empty()
        };
        let printable = |character: char| !character.is_control() && !character.is_whitespace();
        if !complete || !uri.chars().all(printable) {
            self.problem(
                field,
                format!("`{}` is not a complete address", quoted(&uri)),
            );
            return String::new();
        }
        if uri.len() > URI_BYTES {
            self.problem(field, format!("{} bytes; at most {URI_BYTES}", uri.len()));
            return String::new();
        }
        uri
    }
}

fn in_millimetres(emu: i32) -> String {
    let millimetres = f64::from(emu) / f64::from(EMU_PER_MM);
    format!("{millimetres:.2} mm")
}

/// The beginning of a wrong value, for a message.
pub(super) fn quoted(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(QUOTED_CHARACTERS)
        .collect()
}

fn is_language_tag(tag: &str) -> bool {
    if tag.len() > LANGUAGE_TAG_BYTES {
        return false;
    }
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or_default();
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(read: impl FnOnce(&mut Reader)) -> Vec<String> {
        let limits = TemplateLimits::default();
        let mut reader = Reader::new(&limits);
        read(&mut reader);
        match reader.finish(()) {
            Ok(()) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_length_out_of_range_names_both_bounds() {
        let found = problems_of(|reader| {
            reader.rect(0, 0, -1, i32::MAX);
        });
        assert_eq!(
            found,
            [
                "document, frame.width: -1 EMU is out of range; allowed are 0 (0.00 mm) to 182880000 (5080.00 mm)",
                "document, frame.height: 2147483647 EMU is out of range; allowed are 0 (0.00 mm) to 182880000 (5080.00 mm)",
            ]
        );
        let found = problems_of(|reader| {
            reader.point("at", i32::MIN, 0);
        });
        assert!(
            found[0].starts_with("document, at.x: -2147483648 EMU"),
            "{found:?}"
        );
    }

    #[test]
    fn addresses_need_an_allowed_scheme_and_a_rest() {
        for good in [
            "https://example.org/a?b#c",
            "HTTP://example.org",
            "mailto:a@b.c",
            "tel:+41",
        ] {
            assert_eq!(
                problems_of(|reader| {
                    reader.uri("", good.to_owned());
                })
                .len(),
                0,
                "{good}"
            );
        }
        for bad in [
            "javascript:alert(1)",
            "https:",
            "https:///x",
            "mailto:",
            "/x",
            "",
            "http://a b",
        ] {
            assert_eq!(
                problems_of(|reader| {
                    reader.uri("", bad.to_owned());
                })
                .len(),
                1,
                "{bad}"
            );
        }
    }

    #[test]
    fn language_tags_are_judged_by_their_form() {
        for good in ["en", "de-CH", "sr-Latn-RS", "zh-Hant"] {
            assert!(is_language_tag(good), "{good}");
        }
        for bad in ["", "e", "en_US", "en-", "-en", "english language", "a1"] {
            assert!(!is_language_tag(bad), "{bad}");
        }
    }

    #[test]
    fn problems_are_bounded() {
        let found = problems_of(|reader| {
            for _ in 0..1_000 {
                reader.length("x", i32::MIN);
            }
        });
        assert_eq!(found.len(), 100);
    }
}

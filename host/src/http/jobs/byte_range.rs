//! The part of a file that a request wants (RFC 9110 section 14).

use std::ops::Range;

/// What of a file is sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// None: it has no such bytes.
    Nothing,
}

/// Reads a `Range`. One that makes no sense, or asks for several parts, is as none (section 14.2 allows that).
pub fn wanted(header: Option<&str>, bytes: u64) -> Wanted {
    let Some(asked) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = asked.split_once('-') else {
        return Wanted::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>();
    let range = match (first.trim().is_empty(), last.trim().is_empty()) {
        (true, true) => return Wanted::Whole,
        // The last so many.
        (true, false) => match number(last) {
            Ok(0) => return Wanted::Nothing,
            Ok(count) => bytes.saturating_sub(count)..bytes,
            Err(_) => return Wanted::Whole,
        },
        (false, true) => match number(first) {
            Ok(first) => first..bytes,
            Err(_) => return Wanted::Whole,
        },
        (false, false) => match (number(first), number(last)) {
            (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(bytes),
            _ => return Wanted::Whole,
        },
    };
    match range.start < range.end {
        true => Wanted::Part(range),
        false => Wanted::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let check = |header: &str, expected: Wanted| {
            assert_eq!(wanted(Some(header), 100), expected, "{header}");
        };
        check("bytes=0-0", Wanted::Part(0..1));
        check("bytes=0-99", Wanted::Part(0..100));
        check("bytes=90-200", Wanted::Part(90..100));
        check("bytes=90-", Wanted::Part(90..100));
        check("bytes=-10", Wanted::Part(90..100));
        check("bytes=-1000", Wanted::Part(0..100));
        check("bytes=100-", Wanted::Nothing);
        check("bytes=100-200", Wanted::Nothing);
        check("bytes=-0", Wanted::Nothing);
        for odd in [
            "",
            "bytes=",
            "bytes=-",
            "bytes=9-1",
            "bytes=a-b",
            "bytes=0-1,5-6",
            "lines=0-1",
            "bytes=--1",
        ] {
            check(odd, Wanted::Whole);
        }
        assert_eq!(wanted(None, 100), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Nothing);
    }
}

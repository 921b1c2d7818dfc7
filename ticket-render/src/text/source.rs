//! A box's text as one string with one count of bytes, split where line feeds are.

use std::borrow::Cow;
use std::ops::Range;

use super::notes::TextError;
use super::text_box::{Span, TextBox, TextStyle};

/// All text of a box.
pub(super) struct Source<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) spans: Vec<SourceSpan<'a>>,
    pub(super) stretches: Vec<Stretch<'a>>,
}

/// A span and where its text is.
pub(super) struct SourceSpan<'a> {
    pub(super) bytes: Range<u32>,
    pub(super) span: &'a Span<'a>,
}

/// Text between line feeds: one line if the frame is wide enough.
#[derive(Clone)]
pub(super) struct Stretch<'a> {
    pub(super) bytes: Range<u32>,
    /// Index of its paragraph.
    pub(super) paragraph: u32,
    /// Whether it begins the paragraph.
    pub(super) is_first: bool,
    /// The spans that it touches.
    pub(super) spans: Range<u32>,
    /// Its runs, once its text is shaped.
    pub(super) runs: Range<u32>,
    /// Gives the line its height when there is nothing in it.
    pub(super) strut: Option<&'a TextStyle>,
}

impl<'a> Source<'a> {
    /// More than any page can show; positions fit into 32 bits with room to spare.
    pub(super) const MAX_BYTES: usize = 1 << 20;

    pub(super) fn new(text_box: &'a TextBox<'a>) -> Result<Self, TextError> {
        let spans = || {
            text_box
                .paragraphs
                .iter()
                .flat_map(|paragraph| &paragraph.spans)
        };
        let found = spans().fold(0usize, |sum, span| sum.saturating_add(span.text.len()));
        if found > Self::MAX_BYTES {
            return Err(TextError::TooLong {
                found,
                max: Self::MAX_BYTES,
            });
        }
        let mut all = spans();
        let text = match (all.next(), all.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(only), None) => Cow::Borrowed(only.text),
            _ => Cow::Owned(joined(spans().map(|span| span.text), found)),
        };
        let mut source = Self {
            text,
            spans: Vec::with_capacity(text_box.paragraphs.len()),
            stretches: Vec::with_capacity(text_box.paragraphs.len()),
        };
        let mut strut = None;
        for (index, paragraph) in (0u32..).zip(&text_box.paragraphs) {
            let start = source.end_of_spans();
            let first_span = source.spans.len() as u32;
            for span in &paragraph.spans {
                let start = source.end_of_spans();
                let bytes = start..start + span.text.len() as u32;
                source.spans.push(SourceSpan { bytes, span });
            }
            strut = paragraph.spans.first().map(|span| span.style).or(strut);
            let spans = first_span..source.spans.len() as u32;
            source.split(index, start..source.end_of_spans(), spans, strut);
            strut = paragraph.spans.last().map(|span| span.style).or(strut);
        }
        Ok(source)
    }

    fn end_of_spans(&self) -> u32 {
        self.spans.last().map_or(0, |span| span.bytes.end)
    }

    fn split(
        &mut self,
        paragraph: u32,
        bytes: Range<u32>,
        spans: Range<u32>,
        strut: Option<&'a TextStyle>,
    ) {
        let mut start = bytes.start;
        let mut is_first = true;
        let mut span = spans.start;
        loop {
            let feed = find_line_feed(self.slice(start..bytes.end));
            let end = feed
                .as_ref()
                .map_or(bytes.end, |feed| start + feed.start as u32);
            while span < spans.end && self.span_bytes(span).end <= start {
                span += 1;
            }
            self.stretches.push(Stretch {
                bytes: start..end,
                paragraph,
                is_first,
                spans: span..spans.end,
                runs: 0..0,
                strut: self.style(span).or(strut),
            });
            let Some(feed) = feed else { return };
            start += feed.end as u32;
            is_first = false;
        }
    }

    pub(super) fn slice(&self, bytes: Range<u32>) -> &str {
        self.text
            .get(bytes.start as usize..bytes.end as usize)
            .unwrap_or("")
    }

    fn span_bytes(&self, index: u32) -> Range<u32> {
        self.spans
            .get(index as usize)
            .map_or(0..0, |span| span.bytes.clone())
    }

    /// The style of a span; none only for an index that this source did not give.
    pub(super) fn style(&self, span: u32) -> Option<&'a TextStyle> {
        self.spans.get(span as usize).map(|span| span.span.style)
    }
}

fn joined<'t>(texts: impl Iterator<Item = &'t str>, bytes: usize) -> String {
    let mut all = String::with_capacity(bytes);
    texts.for_each(|text| all.push_str(text));
    all
}

/// Where the first character is after which Unicode demands a new line (UAX 14, classes BK, CR, LF
/// and NL); carriage return and line feed together count as one.
fn find_line_feed(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_feed = |index: usize, byte: u8| match byte {
        b'\n' | b'\x0B' | b'\x0C' | b'\r' => Some(1),
        0xC2 => (bytes.get(index + 1) == Some(&0x85)).then_some(2),
        0xE2 => matches!(bytes.get(index + 1..index + 3), Some([0x80, 0xA8 | 0xA9])).then_some(3),
        _ => None,
    };
    let (start, length) = bytes
        .iter()
        .enumerate()
        .find_map(|(index, byte)| Some((index, is_feed(index, *byte)?)))?;
    let is_pair = bytes.get(start..start + 2) == Some(b"\r\n".as_slice());
    Some(start..start + if is_pair { 2 } else { length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_feed_of_unicode_is_found() {
        for feed in [
            "\n", "\r", "\r\n", "\x0B", "\x0C", "\u{85}", "\u{2028}", "\u{2029}",
        ] {
            assert_eq!(
                find_line_feed(&format!("ab{feed}c")),
                Some(2..2 + feed.len()),
                "{feed:?}"
            );
        }
        assert_eq!(find_line_feed("a\u{A0}b—c"), None);
    }
}

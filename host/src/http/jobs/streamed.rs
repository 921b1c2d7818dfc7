//! Rows of a batch that come as a stream, one after the other. However many come, one is in memory.

use axum::body::{Body, BodyDataStream};
use axum::http::HeaderMap;
use futures_util::StreamExt as _;
use serde_json::Value;

use super::batch_ticket::BatchTicket;
use super::csv_rows::CsvRows;
use crate::http::error::ApiError;
use crate::http::extract::media_type_is;

/// Longest row in bytes.
pub const MAX_ROW_BYTES: usize = 64 << 10;

/// A row: where it stands, from 1, and what it says or why it could not be read.
pub struct Row {
    /// Its line in the upload.
    pub line: u64,
    /// What it says.
    pub ticket: Result<BatchTicket, String>,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// A JSON object a line.
    Ndjson,
    /// RFC 4180, with names in the first row.
    Csv,
}

impl RowFormat {
    /// By the `Content-Type`.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let is = |media_type| media_type_is(headers, media_type);
        if is("text/csv") {
            Some(Self::Csv)
        } else if is("application/x-ndjson") || is("application/ndjson") || is("application/jsonl")
        {
            Some(Self::Ndjson)
        } else {
            None
        }
    }
}

/// A body that is read row by row.
pub struct Rows {
    body: BodyDataStream,
    reader: Reader,
    /// Rows that were read and not taken yet.
    ready: std::collections::VecDeque<Row>,
    ended: bool,
}

enum Reader {
    Ndjson(Lines),
    Csv(Box<CsvRows>),
}

impl Rows {
    /// The rows of a body.
    pub fn of(body: Body, format: RowFormat) -> Self {
        Self {
            body: body.into_data_stream(),
            reader: match format {
                RowFormat::Ndjson => Reader::Ndjson(Lines::default()),
                RowFormat::Csv => Reader::Csv(Box::default()),
            },
            ready: std::collections::VecDeque::new(),
            ended: false,
        }
    }

    /// The next row; `None` at the end. What is read is shown to `see` as it comes.
    ///
    /// # Errors
    /// When the body does not come to its end, or its first row makes no sense.
    pub async fn next(&mut self, mut see: impl FnMut(&[u8])) -> Result<Option<Row>, ApiError> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Ok(Some(row));
            }
            if self.ended {
                return Ok(None);
            }
            match self.body.next().await {
                Some(Ok(bytes)) => {
                    see(&bytes);
                    match &mut self.reader {
                        Reader::Ndjson(lines) => lines.read(&bytes, &mut self.ready),
                        Reader::Csv(rows) => rows.read(&bytes, &mut self.ready)?,
                    }
                }
                Some(Err(_)) => {
                    return Err(ApiError::body(
                        "could not be read to its end; send it whole. Nothing was kept of it",
                    ));
                }
                None => {
                    self.ended = true;
                    match &mut self.reader {
                        Reader::Ndjson(lines) => lines.end(&mut self.ready),
                        Reader::Csv(rows) => rows.end(&mut self.ready)?,
                    }
                }
            }
        }
    }
}

/// Lines of JSON.
#[derive(Default)]
struct Lines {
    /// The beginning of a line whose end has not come.
    pending: Vec<u8>,
    /// The line was too long; the rest of it is passed over.
    is_too_long: bool,
    line: u64,
}

impl Lines {
    fn read(&mut self, mut bytes: &[u8], ready: &mut std::collections::VecDeque<Row>) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.take(line);
            self.finish(ready);
            bytes = rest.split_first().map_or(&[], |(_, rest)| rest);
        }
        self.take(bytes);
    }

    fn end(&mut self, ready: &mut std::collections::VecDeque<Row>) {
        if !self.pending.is_empty() || self.is_too_long {
            self.finish(ready);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.pending.len().saturating_add(bytes.len()) > MAX_ROW_BYTES {
            self.is_too_long = true;
            self.pending.clear();
        }
        if !self.is_too_long {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn finish(&mut self, ready: &mut std::collections::VecDeque<Row>) {
        self.line += 1;
        let line = std::mem::take(&mut self.pending);
        let too_long = std::mem::take(&mut self.is_too_long);
        if !too_long && line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let ticket = if too_long {
            Err(format!("the row has more than {MAX_ROW_BYTES} bytes"))
        } else {
            serde_json::from_slice::<BatchTicket>(&line).map_err(|error| {
                let complaint = error.to_string();
                let words = complaint.split(" at line ").next().unwrap_or_default();
                format!("the row is no JSON object: {words}")
            })
        };
        ready.push_back(Row {
            line: self.line,
            ticket,
        });
    }
}

/// A cell as JSON.
pub(super) fn text(cell: &str) -> Value {
    Value::String(cell.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn rows(format: RowFormat, chunks: &[&[u8]]) -> Vec<(u64, Result<String, String>)> {
        let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
            chunks.iter().map(|chunk| Ok(chunk.to_vec())).collect();
        let body = Body::from_stream(futures_util::stream::iter(chunks));
        let mut rows = Rows::of(body, format);
        let mut read = Vec::new();
        while let Some(row) = rows.next(|_| {}).await.unwrap() {
            let shown = row
                .ticket
                .map(|ticket| serde_json::to_string(&ticket.0).unwrap());
            read.push((row.line, shown));
        }
        read
    }

    #[tokio::test]
    async fn lines_are_read_wherever_they_are_cut() {
        let whole = b"{\"seat\":\"1\"}\n\n{\"seat\":\"2\"}\r\n[1]\n{\"seat\":\"3\"}";
        let expected = rows(RowFormat::Ndjson, &[whole]).await;
        assert_eq!(expected.len(), 4);
        assert_eq!(expected[0], (1, Ok("{\"seat\":\"1\"}".to_owned())));
        assert_eq!(expected[1].0, 3);
        assert!(expected[2].1.is_err() && expected[2].0 == 4);
        for cut in 1..whole.len() {
            let (one, other) = whole.split_at(cut);
            assert_eq!(rows(RowFormat::Ndjson, &[one, other]).await, expected);
        }
    }

    #[tokio::test]
    async fn a_row_that_is_too_long_leaves_the_others_alone() {
        let long = format!("{{\"seat\":\"{}\"}}\n", "x".repeat(MAX_ROW_BYTES));
        let read = rows(RowFormat::Ndjson, &[long.as_bytes(), b"{\"seat\":\"2\"}\n"]).await;
        assert!(read[0].1.as_ref().unwrap_err().contains("65536"));
        assert_eq!(read[1], (2, Ok("{\"seat\":\"2\"}".to_owned())));
    }

    #[tokio::test]
    async fn tables_are_read_wherever_they_are_cut() {
        let whole = "\u{feff}Attendee Name,seat,price,Table\r\n\"Kraus, Zoë\",12,100,7\r\n,,,\r\n\"two\nlines\",1,,\r\nx,1,2,3,4\r\nlast,9,,"
            .as_bytes();
        let expected = rows(RowFormat::Csv, &[whole]).await;
        assert_eq!(
            expected[0],
            (
                2,
                Ok("{\"attendeeName\":\"Kraus, Zoë\",\"customFields\":{\"Table\":\"7\"},\"price\":100,\"seat\":\"12\"}".to_owned())
            )
        );
        // A row of empty cells is none; the fields of another are too many.
        assert_eq!(expected[1].0, 4);
        assert!(
            expected[2].1.as_ref().unwrap_err().contains("5 cells"),
            "{expected:?}"
        );
        assert_eq!(
            expected[3].1,
            Ok("{\"attendeeName\":\"last\",\"seat\":\"9\"}".to_owned())
        );
        for cut in 1..whole.len() {
            let (one, other) = whole.split_at(cut);
            assert_eq!(rows(RowFormat::Csv, &[one, other]).await, expected, "{cut}");
        }
    }

    #[tokio::test]
    async fn semicolons_separate_too() {
        let read = rows(RowFormat::Csv, &[b"type;seat\nvip;1\n"]).await;
        assert_eq!(
            read,
            [(2, Ok("{\"seat\":\"1\",\"type\":\"vip\"}".to_owned()))]
        );
    }

    #[tokio::test]
    async fn a_table_that_makes_no_sense_is_refused() {
        for table in ["", "\n", "type,type\n", "seat,\nx,y\n"] {
            let body = Body::from(table.to_owned());
            let mut rows = Rows::of(body, RowFormat::Csv);
            assert!(rows.next(|_| {}).await.is_err(), "{table:?}");
        }
    }

    #[tokio::test]
    async fn what_is_not_utf8_is_a_bad_row() {
        let read = rows(RowFormat::Csv, &[b"seat\n\xff\xfe\n1\n"]).await;
        assert!(read[0].1.as_ref().unwrap_err().contains("UTF-8"));
        assert_eq!(read[1], (3, Ok("{\"seat\":\"1\"}".to_owned())));
    }
}

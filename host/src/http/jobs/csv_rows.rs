//! Rows of a table: names in the first row, a ticket in each other one.
//!
//! Names are those of `ticketData`, however they are spelt (`attendeeName`, `attendee_name`, `Attendee Name`);
//! a column of another name is a further value for the template. Cells are separated by commas, or by
//! semicolons if the first row has those and no commas. An empty cell says nothing.

use std::collections::{BTreeMap, HashSet, VecDeque};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde_json::{Map, Value};

use super::batch_ticket::BatchTicket;
use super::streamed::{MAX_ROW_BYTES, Row, text};
use crate::http::error::ApiError;

/// Most columns.
const MAX_COLUMNS: usize = 200;

/// Members of a ticket that a column may stand for.
const MEMBERS: &[&str] = &[
    "id",
    "eventId",
    "type",
    "ticketType",
    "price",
    "attendeeName",
    "attendeeEmail",
    "attendeePhone",
    "seat",
    "zone",
    "orderId",
    "language",
    "quantity",
    "template",
];

enum Column {
    Member(&'static str),
    Custom(String),
}

/// Reads rows as bytes come.
pub struct CsvRows {
    /// Known once the first row is.
    reader: Option<Reader>,
    /// The first row, as far as it has come.
    head: Vec<u8>,
    columns: Vec<Column>,
    cells: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    found: usize,
    /// The row is too long or has too many cells; the rest of it is passed over.
    is_too_long: bool,
}

impl Default for CsvRows {
    fn default() -> Self {
        Self {
            reader: None,
            head: Vec::new(),
            columns: Vec::new(),
            cells: vec![0; MAX_ROW_BYTES],
            written: 0,
            ends: vec![0; MAX_COLUMNS],
            found: 0,
            is_too_long: false,
        }
    }
}

impl CsvRows {
    /// Takes what came.
    ///
    /// # Errors
    /// The first row makes no sense.
    pub fn read(&mut self, bytes: &[u8], ready: &mut VecDeque<Row>) -> Result<(), ApiError> {
        if self.reader.is_some() {
            return self.rows(bytes, ready);
        }
        self.head.extend_from_slice(bytes);
        // A name may have a line break in it; a first row that is so long has none that ends it.
        let is_whole = self.head.contains(&b'\n') || self.head.contains(&b'\r');
        if self.head.len() > MAX_ROW_BYTES && !is_whole {
            return Err(ApiError::body(format!(
                "the first row has more than {MAX_ROW_BYTES} bytes; it holds the names of the columns"
            )));
        }
        if !is_whole {
            return Ok(());
        }
        self.begin(ready)
    }

    /// No more comes.
    ///
    /// # Errors
    /// As [`CsvRows::read`].
    pub fn end(&mut self, ready: &mut VecDeque<Row>) -> Result<(), ApiError> {
        if self.reader.is_none() {
            self.begin(ready)?;
        }
        // The reader takes nothing for the end.
        self.rows(&[], ready)?;
        if self.columns.is_empty() {
            return Err(ApiError::body(
                "is empty; the first row holds the names of the columns",
            ));
        }
        Ok(())
    }

    fn begin(&mut self, ready: &mut VecDeque<Row>) -> Result<(), ApiError> {
        let head = std::mem::take(&mut self.head);
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
        let first = head.split(|byte| matches!(byte, b'\n' | b'\r')).next();
        let first = first.unwrap_or_default();
        let delimiter = match (first.contains(&b','), first.contains(&b';')) {
            (false, true) => b';',
            _ => b',',
        };
        self.reader = Some(ReaderBuilder::new().delimiter(delimiter).build());
        match head.is_empty() {
            true => Ok(()),
            false => self.rows(head, ready),
        }
    }

    fn rows(&mut self, bytes: &[u8], ready: &mut VecDeque<Row>) -> Result<(), ApiError> {
        let mut input = bytes;
        loop {
            let Some(reader) = &mut self.reader else {
                return Ok(());
            };
            let cells = self.cells.get_mut(self.written..).unwrap_or_default();
            let ends = self.ends.get_mut(self.found..).unwrap_or_default();
            let (result, read, written, found) = reader.read_record(input, cells, ends);
            let (taken, rest) = input.split_at_checked(read).unwrap_or((input, &[]));
            input = rest;
            self.written += written;
            self.found += found;
            // The reader has counted the line feed that ends a row, but not yet the one behind a carriage
            // return; and those within cells.
            let counted = reader.line() - u64::from(taken.ends_with(b"\n"));
            match result {
                ReadRecordResult::InputEmpty => return Ok(()),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.is_too_long = true;
                    self.written = 0;
                    self.found = 0;
                }
                ReadRecordResult::Record => {
                    let cells = self.cells.iter().take(self.written);
                    let within = cells.filter(|byte| **byte == b'\n').count() as u64;
                    let line = counted.saturating_sub(within);
                    let row = self.row();
                    self.written = 0;
                    self.found = 0;
                    if self.columns.is_empty() {
                        self.columns = columns(row?)?;
                    } else if let Some(ticket) = self.ticket(row) {
                        ready.push_back(Row { line, ticket });
                    }
                }
                ReadRecordResult::End => return Ok(()),
            }
            if input.is_empty() && !bytes.is_empty() {
                return Ok(());
            }
        }
    }

    /// The cells of the row that was read.
    fn row(&mut self) -> Result<Vec<String>, ApiError> {
        if std::mem::take(&mut self.is_too_long) {
            return Err(ApiError::body(format!(
                "the row has more than {MAX_ROW_BYTES} bytes or {MAX_COLUMNS} cells"
            )));
        }
        let mut begin = 0;
        let mut cells = Vec::with_capacity(self.found);
        for end in self.ends.iter().take(self.found) {
            let bytes = self.cells.get(begin..*end).unwrap_or_default();
            let cell = std::str::from_utf8(bytes)
                .map_err(|_| ApiError::body("the row is not UTF-8; save the table as UTF-8"))?;
            cells.push(cell.to_owned());
            begin = *end;
        }
        Ok(cells)
    }

    /// What a row says; none if it says nothing at all.
    fn ticket(&self, row: Result<Vec<String>, ApiError>) -> Option<Result<BatchTicket, String>> {
        let cells = match row {
            Ok(cells) => cells,
            Err(ApiError::Validation(problems)) => {
                let words = problems.into_iter().next().map(|problem| problem.message);
                return Some(Err(words.unwrap_or_default()));
            }
            Err(_) => return Some(Err("the row could not be read".to_owned())),
        };
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return None;
        }
        if cells.len() > self.columns.len() {
            return Some(Err(format!(
                "the row has {} cells, and the first row {} names",
                cells.len(),
                self.columns.len()
            )));
        }
        let mut members = BTreeMap::new();
        let mut custom = Map::new();
        for (column, cell) in self.columns.iter().zip(&cells) {
            if cell.is_empty() {
                continue;
            }
            match column {
                Column::Member(name @ ("price" | "quantity")) => {
                    let number = serde_json::from_str::<serde_json::Number>(cell.trim());
                    let value = number.map_or_else(|_| text(cell), Value::Number);
                    members.insert((*name).to_owned(), value);
                }
                Column::Member(name) => {
                    members.insert((*name).to_owned(), text(cell));
                }
                Column::Custom(name) => {
                    custom.insert(name.clone(), text(cell));
                }
            }
        }
        if !custom.is_empty() {
            members.insert("customFields".to_owned(), Value::Object(custom));
        }
        Some(Ok(BatchTicket(members)))
    }
}

/// What the columns of a first row stand for.
fn columns(names: Vec<String>) -> Result<Vec<Column>, ApiError> {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let mut seen = HashSet::new();
    let mut columns = Vec::with_capacity(names.len());
    for (name, number) in names.into_iter().zip(1..) {
        let name = name.trim();
        if name.is_empty() {
            return Err(ApiError::body(format!(
                "the first row names no column {number}; it holds the names of the columns"
            )));
        }
        let known = MEMBERS.iter().find(|member| plain(member) == plain(name));
        let column = match known {
            Some(member) => Column::Member(member),
            None => Column::Custom(name.to_owned()),
        };
        let called = known.map_or_else(|| name.to_owned(), |member| (*member).to_owned());
        if !seen.insert(called) {
            return Err(ApiError::body(format!(
                "the first row names the column \"{name}\" twice"
            )));
        }
        columns.push(column);
    }
    Ok(columns)
}

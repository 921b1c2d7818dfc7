//! A row as one line of text, as COPY reads and writes it ("COPY, Text Format" in PostgreSQL's manual).

use std::fmt::Write as _;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::tables::{Kind, Table};

/// After each line. No line contains it.
pub(super) const END_OF_LINE: u8 = b'\n';

/// A row without the end of its line, letter by letter as the server would write it.
pub(super) struct Line(String);

impl Line {
    /// # Errors
    /// When a value is not of its column's kind.
    pub(super) fn of_row(table: &Table, row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let mut line = Self(String::new());
        for (index, column) in table.columns.iter().enumerate() {
            if index > 0 {
                line.0.push('\t');
            }
            match column.kind {
                Kind::Integer => line.add(row.try_get(index)?, Self::add_integer),
                Kind::Boolean => line.add(row.try_get(index)?, Self::add_boolean),
                Kind::Text => line.add(row.try_get(index)?, Self::add_text),
                Kind::Bytes => line.add(row.try_get(index)?, Self::add_bytes),
            }
        }
        Ok(line)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn add<T>(&mut self, value: Option<T>, add: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => add(self, value),
            None => self.0.push_str("\\N"),
        }
    }

    fn add_integer(&mut self, value: i64) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "{value}");
    }

    fn add_boolean(&mut self, value: bool) {
        self.0.push(if value { 't' } else { 'f' });
    }

    fn add_text(&mut self, value: &str) {
        for character in value.chars() {
            let escape = match character {
                '\\' => '\\',
                '\u{8}' => 'b',
                '\u{c}' => 'f',
                '\n' => 'n',
                '\r' => 'r',
                '\t' => 't',
                '\u{b}' => 'v',
                plain => {
                    self.0.push(plain);
                    continue;
                }
            };
            self.0.push('\\');
            self.0.push(escape);
        }
    }

    fn add_bytes(&mut self, value: &[u8]) {
        // The backslash of the hexadecimal form is escaped like any other.
        self.0.push_str("\\\\x");
        for byte in value {
            let _ = write!(self.0, "{byte:02x}");
        }
    }
}

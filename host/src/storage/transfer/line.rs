//! A row as one line of text, as COPY reads and writes it ("COPY, Text Format" in PostgreSQL's manual).

use std::fmt::Write as _;

use super::cells::Cell;

/// After each line. No line contains it.
pub(super) const END_OF_LINE: u8 = b'\n';

/// A row without the end of its line, letter by letter as the server would write it.
pub(super) struct Line(String);

impl Line {
    pub(super) fn of_cells(cells: &[Cell<'_>]) -> Self {
        let mut line = Self(String::new());
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                line.0.push('\t');
            }
            match cell {
                Cell::Null => line.0.push_str("\\N"),
                Cell::Integer(value) => line.add_integer(*value),
                Cell::Boolean(value) => line.add_boolean(*value),
                Cell::Text(value) => line.add_text(value),
                Cell::Bytes(value) => line.add_bytes(value),
            }
        }
        line
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
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

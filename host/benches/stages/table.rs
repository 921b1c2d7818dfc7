//! The table of stages, in Markdown.

use super::measure::{Microseconds, in_digits};

/// The table that is printed at the end.
#[derive(Default)]
pub struct Table(Vec<String>);

impl Table {
    /// Adds a stage.
    pub fn row(&mut self, stage: &str, time: Microseconds, made: &str) {
        let (median, least) = (in_digits(time.median), in_digits(time.least));
        eprintln!("{stage}: {median} µs");
        self.0
            .push(format!("| {stage} | {median} | {least} | {made} |"));
    }

    /// Prints it.
    pub fn print(&self) {
        println!("| stage | median µs | least µs | makes |\n|---|---|---|---|");
        for row in &self.0 {
            println!("{row}");
        }
    }
}

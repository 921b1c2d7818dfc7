//! Printed tickets as other people's tools see them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use unicode_normalization::UnicodeNormalization;

use crate::process;

/// What a phone's camera is at least given: ordinary office print.
const RASTER_DPI: &str = "150";

/// Rasterizes the first page of a PDF as gray pixels; returns the picture's path.
pub fn rasterize(pdf: &Path) -> Result<PathBuf> {
    let stem = pdf.with_extension("");
    process::capture(
        Command::new("pdftoppm")
            .args(["-gray", "-singlefile", "-r", RASTER_DPI])
            .arg(pdf)
            .arg(&stem),
    )?;
    Ok(stem.with_extension("pgm"))
}

/// Checks one PDF for soundness, for its fonts, and for the attendee's name in its text.
pub fn inspect(pdf: &Path, name: &str) -> Result<()> {
    let checked = process::capture(Command::new("qpdf").arg("--check").arg(pdf))?;
    ensure!(
        !checked.to_lowercase().contains("warning"),
        "qpdf warns of {}:\n{checked}",
        pdf.display()
    );
    let fonts = process::capture(Command::new("pdffonts").arg(pdf))?;
    fonts_are_embedded(&fonts).with_context(|| format!("{}:\n{fonts}", pdf.display()))?;
    let text = process::capture(Command::new("pdftotext").arg(pdf).arg("-"))?;
    ensure!(
        comparable(&text).contains(&comparable(name)),
        "{} does not say {name}, but:\n{text}",
        pdf.display()
    );
    Ok(())
}

/// Every font embedded, a subset, and with a map to Unicode: three columns that say yes.
fn fonts_are_embedded(table: &str) -> Result<()> {
    let fonts: Vec<&str> = table.lines().skip(2).collect();
    ensure!(!fonts.is_empty(), "no font at all");
    for font in fonts {
        let yes = font
            .split_whitespace()
            .filter(|word| *word == "yes")
            .count();
        ensure!(yes == 3, "not embedded, subset and with Unicode: {font}");
    }
    Ok(())
}

/// Text without regard to line breaks and to how marks are composed. Hyphens are left out on both
/// sides: pdftotext takes one at the end of a line for the division of a word, and drops it.
fn comparable(text: &str) -> String {
    text.nfc()
        .filter(|char| !char.is_whitespace() && *char != '-')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "name  type  encoding  emb sub uni object ID\n----  ----\n";

    #[test]
    fn fonts_must_say_yes_three_times() {
        let check = |row: &str, sound: bool| {
            let table = format!("{HEADER}{row}");
            assert_eq!(fonts_are_embedded(&table).is_ok(), sound, "{row}");
        };
        check(
            "AAAAAA+Sans CID TrueType Identity-H yes yes yes 9 0\n",
            true,
        );
        check(
            "AAAAAA+Sans CID TrueType Identity-H yes yes no 9 0\n",
            false,
        );
        check("Helvetica Type 1 WinAnsi no no no 9 0\n", false);
        check("", false);
    }

    #[test]
    fn names_compare_across_lines_and_compositions() {
        assert!(comparable("Ticket\nZoe\u{308}\nRée\n").contains(&comparable("Zoë Rée")));
    }
}

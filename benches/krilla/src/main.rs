//! The page that the host's `stages` benchmark leaves, by krilla, measured in the same way. Prints
//! a table in Markdown; `cargo xtask bench stages` runs both.
//!
//! krilla gets the same shaped glyphs at the same places, the same shapes, the same logo and the
//! same code. Fonts and images are loaded, and all of the page is in krilla's own types, before the
//! clock runs: what is measured is drawing one document and finishing it.

mod drawing;
#[path = "../../../host/benches/stages/measure.rs"]
mod measure;
#[path = "../../../host/benches/stages/page.rs"]
mod page;

use std::error::Error;
use std::path::PathBuf;

use self::drawing::Drawing;
use self::measure::{in_digits, measure};
use self::page::Page;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../target")
        .join(page::FOLDER);
    let description = std::fs::read(folder.join(page::FILE)).map_err(|error| {
        format!("run `cargo xtask bench stages`: no page is left here: {error}")
    })?;
    let page: Page = serde_json::from_slice(&description)?;
    let drawing = Drawing::load(&page, &folder)?;
    let file = drawing.write();
    std::fs::write(folder.join("krilla.pdf"), &file)?;

    let time = measure(|| drawing.write());
    println!(
        "| the same page | median µs | least µs | makes | krilla takes |\n|---|---|---|---|---|"
    );
    println!(
        "| PDF by krilla 0.8, fonts and logo loaded before | {} | {} | {} bytes | |",
        in_digits(time.median),
        in_digits(time.least),
        file.len()
    );
    for ours in &page.ours {
        println!(
            "| ours: {} | {} | {} | {} bytes | {:.1} × (least: {:.1} ×) |",
            ours.stage,
            in_digits(ours.median_us),
            in_digits(ours.least_us),
            ours.bytes,
            time.median / ours.median_us,
            time.least / ours.least_us
        );
    }
    Ok(())
}

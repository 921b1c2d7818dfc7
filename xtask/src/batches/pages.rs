//! Merged PDFs: what a page takes, and whether every one that is looked at holds its own code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{BATCH, EVENT, Site, TICKET_TYPE};
use crate::apt;
use crate::console::say;
use crate::crash::random::Random;
use crate::demo::readers;
use crate::installation::Engine;
use crate::process;
use crate::programs::{PDFTOPPM, QPDF, ZBARIMG};
use crate::workspace::Workspace;

/// The columns of the lines.
pub const HEAD: &str = "| pages | files | time of the job | CPU µs a ticket: issued alone | and printed | bytes a page | peak memory of the host | pages read back |\n|--:|--:|--:|--:|--:|--:|--:|--:|";
/// Pages that are rasterized, of each size.
const LOOKED_AT: u64 = 1_000;
const DPI: &str = "150";

/// Prints a tenth of `most`, then all of them.
pub fn run(workspace: &Workspace, most: u32) -> Result<Vec<String>> {
    apt::ensure_programs(&[QPDF, PDFTOPPM, ZBARIMG])?;
    [most / 10, most]
        .into_iter()
        .filter(|size| *size > 0)
        .map(|size| of_size(workspace, size))
        .collect()
}

fn of_size(workspace: &Workspace, size: u32) -> Result<String> {
    let site = Site::open(workspace, Engine::Sqlite, "pages")?;
    let issued = site.measured(&order(size, json!({})), BATCH, size)?.1;
    let options = json!({ "includePDF": true, "list": "ndjson" });
    let (job, printed) = site.measured(&order(size, options), BATCH, size)?;
    let folder = site.installation.folder().join("files");
    fs::create_dir_all(&folder)?;
    let files = download(&site, &job, &folder)?;
    let codes = codes(&files)?;
    ensure!(
        codes.len() == size as usize,
        "{} codes are listed",
        codes.len()
    );
    let documents: Vec<&(PathBuf, u32)> = files
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|end| end == "pdf"))
        .collect();
    let mut bytes = 0;
    for (path, _) in &documents {
        bytes += path.metadata()?.len();
        process::capture(Command::new("qpdf").arg("--check").arg(path))?;
    }
    let pages = documents.iter().map(|(_, tickets)| *tickets).sum::<u32>();
    ensure!(pages == size, "{pages} pages were printed");
    let read = look(&documents, &codes, &folder)?;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(size);
    let line = format!(
        "| {size} | {} | {:.1} s | {:.1} | {:.1} | {:.0} | {} MB | {read} |",
        documents.len(),
        printed.time.as_secs_f64(),
        each(issued.of_host),
        each(printed.of_host.saturating_sub(issued.of_host)),
        bytes as f64 / f64::from(size),
        printed.peak_of_host_kib / 1024,
    );
    say(&line);
    site.host.stop()?;
    Ok(line)
}

fn order(quantity: u32, options: Value) -> Value {
    json!({
        "eventId": EVENT,
        "tickets": [{ "type": TICKET_TYPE, "quantity": quantity }],
        "options": options,
    })
}

/// All files of a job, each with the number of its tickets.
fn download(site: &Site, job: &str, folder: &Path) -> Result<Vec<(PathBuf, u32)>> {
    let result = site.client.get(&format!("/api/tickets/job/{job}/result"))?;
    let files = result["files"].as_array().context("no files")?;
    files
        .iter()
        .map(|file| {
            let name = file["fileName"].as_str().context("no name")?;
            let path = folder.join(name);
            let from = format!("/api/tickets/job/{job}/files/{}", file["id"]);
            site.client.download_to(&from, &path)?;
            let bytes = file["bytes"].as_u64();
            ensure!(
                bytes == Some(path.metadata()?.len()),
                "{name} has not {bytes:?} bytes"
            );
            let tickets = file["tickets"].as_u64().context("no tickets")?;
            Ok((path, u32::try_from(tickets)?))
        })
        .collect()
}

/// The text of each item's code, in their order.
fn codes(files: &[(PathBuf, u32)]) -> Result<Vec<String>> {
    let mut codes = Vec::new();
    for (path, _) in files {
        if path.extension().is_some_and(|end| end == "ndjson") {
            for line in fs::read_to_string(path)?.lines() {
                let row: Value = serde_json::from_str(line)?;
                let code = row["qrText"].as_str().context("no code")?;
                codes.push(code.to_owned());
            }
        }
    }
    Ok(codes)
}

/// Rasterizes pages that chance chooses, and reads the code of each by two readers.
fn look(documents: &[&(PathBuf, u32)], codes: &[String], folder: &Path) -> Result<u64> {
    let mut random = Random::of_seed(codes.len() as u64);
    let total = codes.len() as u64;
    let looked_at = LOOKED_AT.min(total);
    for _ in 0..looked_at {
        let index = random.below(total as usize);
        let (mut page, mut document) = (index, 0);
        while page >= documents[document].1 as usize {
            page -= documents[document].1 as usize;
            document += 1;
        }
        let picture = folder.join("page");
        let number = (page + 1).to_string();
        process::capture(
            Command::new("pdftoppm")
                .args([
                    "-gray",
                    "-singlefile",
                    "-r",
                    DPI,
                    "-f",
                    &number,
                    "-l",
                    &number,
                ])
                .arg(&documents[document].0)
                .arg(&picture),
        )?;
        let readings = readers::read(&picture.with_extension("pgm"))?;
        ensure!(
            readings.agree_on(&codes[index]),
            "page {number} of {} has not the code of its ticket",
            documents[document].0.display()
        );
    }
    Ok(looked_at)
}

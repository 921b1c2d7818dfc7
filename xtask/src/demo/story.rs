//! The main job from the organizer's template to the gate, in the order in which it happens.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::client::{self, Client};
use super::input::{self, Attendee, Input};
use super::offline::{Gate, Judge};
use super::readers::{self, Readings};
use super::server::{self, Server};
use super::stages::Stages;
use super::{DemoArguments, documents, parallel};
use crate::console::say;
use crate::python;
use crate::workspace::Workspace;

const ORGANIZER: &str = "demo";
const TEMPLATE: &str = "organ-night";
const UPLOAD_LIMIT: Duration = Duration::from_secs(60);
/// Of 200 worn copies each reader may miss so many.
const WORN_COPIES_MISSED: usize = 5;

/// A ticket that was sold, and where its prints are.
struct Sold<'a> {
    attendee: &'a Attendee,
    id: String,
    qr_text: String,
    pdf: PathBuf,
}

/// Runs every stage, prints the table, and stops the host or leaves it running.
pub fn tell(workspace: &Workspace, arguments: DemoArguments) -> Result<()> {
    let input = input::read(workspace)?;
    let count = input.attendees.len();
    let mut stages = Stages::default();

    let folder = fresh_folder(workspace)?;
    let server = stages.run("start the host", 1, || Server::start(workspace, &folder))?;
    say(&format!("it listens on {}", server.origin()));
    let organizer = Client::new(server.origin(), &server.token(ORGANIZER, "admin")?);
    let scanner = Client::new(server.origin(), &server.token(ORGANIZER, "scanner")?);

    stages.run("upload and activate the template", 1, || {
        upload_template(workspace, &organizer)
    })?;
    stages.run("create the event", 1, || {
        organizer.post("/api/events", &input.event).map(|_| ())
    })?;
    let sold = stages.run("generate tickets", count, || {
        sell(&organizer, &input, &folder)
    })?;
    for format in ["pdf", "svg", "png"] {
        let name = format!("download {}", format.to_uppercase());
        stages.run(&name, count, || download(&organizer, &sold, format))?;
    }
    let pictures = stages.run("rasterize the PDFs at 150 dpi", count, || {
        parallel::map(&sold, |_, ticket| documents::rasterize(&ticket.pdf))
    })?;
    stages.run("read the codes with rqrr and zbarimg", count, || {
        read_codes(&sold, &pictures)
    })?;
    if arguments.thorough {
        stages.run("inspect with qpdf, pdffonts, pdftotext", count, || {
            parallel::map(&sold, |_, ticket| {
                documents::inspect(&ticket.pdf, &ticket.attendee.name)
            })
        })?;
        stages.run("read worn copies", count, || {
            read_worn_copies(&sold, &pictures)
        })?;
    }
    for picture in &pictures {
        std::fs::remove_file(picture)?;
    }

    let codes: Vec<&str> = sold.iter().map(|ticket| ticket.qr_text.as_str()).collect();
    if arguments.thorough {
        let python = python::interpreter(workspace)?;
        stages.run("verify by pycose and the key set alone", count, || {
            let key_set = folder.join("keys.json");
            std::fs::write(&key_set, scanner.download("/api/verifier/keys")?)?;
            python::verify_by_pycose(workspace, &python, &key_set, &codes).map(|_| ())
        })?;
    }
    let gate = stages.run("pair a scanner", 1, || {
        pair(workspace, &scanner, &input, &folder)
    })?;
    stages.run("verify offline: all VALID", count, || {
        expect_verdicts(&gate, Judge::Node, &codes, None)
    })?;
    if arguments.thorough {
        stages.run("the same in Chromium", count, || {
            expect_verdicts(&gate, Judge::Chromium, &codes, None)
        })?;
    }
    let revoked = count / 2;
    stages.run("revoke one ticket", 1, || {
        let id = &sold.get(revoked).context("no ticket to revoke")?.id;
        organizer.delete(&format!("/api/tickets/{id}?reason=demonstration"))
    })?;
    stages.run("update the status list", 1, || {
        gate.keep_status_list(&scanner.download(&verifier_path(&input, "status"))?)
    })?;
    stages.run("verify offline: one REVOKED", count, || {
        expect_verdicts(&gate, Judge::Node, &codes, Some(revoked))
    })?;
    if arguments.thorough {
        stages.run("the same in Chromium", count, || {
            expect_verdicts(&gate, Judge::Chromium, &codes, Some(revoked))
        })?;
    }

    println!("\n{count} tickets of “{}”", title(&input));
    stages.print();
    println!("\nPDF, SVG and PNG:  {}", folder.join("tickets").display());
    println!("the host's log:    {}", folder.join("host.log").display());
    if arguments.exit {
        server.stop()?;
        println!("the host has stopped");
    } else {
        let origin = server.origin().to_owned();
        if let Some(process) = server.leave_running() {
            println!("the host runs on:  {origin} (stop it by: kill {process})");
        }
    }
    Ok(())
}

fn fresh_folder(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target().join("demo");
    if folder.exists() {
        server::stop_earlier(&folder)?;
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder.join("tickets"))
        .with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

fn upload_template(workspace: &Workspace, organizer: &Client) -> Result<()> {
    let component = workspace.dist().join("templates/classic.wasm");
    let bytes = std::fs::read(&component)
        .with_context(|| format!("cannot read {}", component.display()))?;
    let path = format!("/api/templates?name={TEMPLATE}");
    let answer = organizer.send(&path, "application/wasm", &bytes)?;
    let mut version = client::data(&path, &answer.body)?;
    let number = version["version"]
        .as_u64()
        .context("the upload's answer has no version")?;
    let deadline = Instant::now() + UPLOAD_LIMIT;
    while version["state"] != "ready" {
        ensure!(
            version["state"] != "rejected" && Instant::now() < deadline,
            "the template is not ready: {version}"
        );
        thread::sleep(Duration::from_millis(50));
        version = organizer.get(&format!(
            "/api/templates/{TEMPLATE}/versions/{number}/report"
        ))?;
    }
    organizer.post(
        &format!("/api/templates/{TEMPLATE}/versions/{number}/activate"),
        &json!({}),
    )?;
    Ok(())
}

fn sell<'a>(organizer: &Client, input: &'a Input, folder: &Path) -> Result<Vec<Sold<'a>>> {
    parallel::map(&input.attendees, |index, attendee| {
        let mut ticket = attendee.rest.clone();
        ticket.insert("attendeeName".into(), json!(attendee.name));
        ticket.insert("eventId".into(), json!(input.event_id));
        let order = json!({ "ticketData": ticket, "options": { "template": TEMPLATE } });
        let answer = organizer
            .post("/api/tickets/generate", &order)
            .with_context(|| format!("no ticket for {}", attendee.name))?;
        Ok(Sold {
            attendee,
            id: text_of(&answer, "ticketId")?,
            qr_text: text_of(&answer, "qrText")?,
            pdf: folder.join(format!("tickets/{:03}.pdf", index + 1)),
        })
    })
}

fn download(organizer: &Client, sold: &[Sold<'_>], format: &str) -> Result<()> {
    parallel::map(sold, |_, ticket| {
        let path = format!(
            "/api/tickets/{}/download?format={format}&dpi=150",
            ticket.id
        );
        let file = ticket.pdf.with_extension(format);
        std::fs::write(&file, organizer.download(&path)?)
            .with_context(|| format!("cannot write {}", file.display()))
    })?;
    Ok(())
}

fn read_codes(sold: &[Sold<'_>], pictures: &[PathBuf]) -> Result<()> {
    let readings = parallel::map(pictures, |_, picture| readers::read(picture))?;
    for (ticket, readings) in sold.iter().zip(&readings) {
        ensure!(
            readings.agree_on(&ticket.qr_text),
            "{} reads as rqrr {:?}, zbar {:?} instead of {}",
            ticket.pdf.display(),
            readings.rqrr,
            readings.zbar,
            ticket.qr_text
        );
    }
    say(&format!("{0} of {0} by both readers", sold.len()));
    Ok(())
}

fn read_worn_copies(sold: &[Sold<'_>], pictures: &[PathBuf]) -> Result<()> {
    let readings = parallel::map(pictures, |_, picture| readers::read_worn_copy(picture))?;
    let count = |reader: fn(&Readings) -> &Option<String>| {
        let pairs = sold.iter().zip(&readings);
        pairs
            .filter(|(ticket, readings)| reader(readings).as_ref() == Some(&ticket.qr_text))
            .count()
    };
    let by_rqrr = count(|readings| &readings.rqrr);
    let by_zbar = count(|readings| &readings.zbar);
    say(&format!(
        "rqrr {by_rqrr} of {0}, zbarimg {by_zbar} of {0}: each copy {1}",
        sold.len(),
        readers::WEAR
    ));
    ensure!(
        by_rqrr.min(by_zbar) + WORN_COPIES_MISSED >= sold.len(),
        "a reader misses more than {WORN_COPIES_MISSED} worn copies"
    );
    Ok(())
}

fn pair(workspace: &Workspace, scanner: &Client, input: &Input, folder: &Path) -> Result<Gate> {
    let bundle = scanner.download(&verifier_path(input, "bundle"))?;
    let root_key = scanner.download("/api/verifier/root-key")?;
    Gate::set_up(
        workspace,
        folder.join("gate"),
        &bundle,
        &root_key_hex(&root_key)?,
    )
}

/// The key stands bare in the answer, or in its `data`.
fn root_key_hex(body: &[u8]) -> Result<String> {
    let text = String::from_utf8_lossy(body);
    let hex = text
        .split(|char: char| !char.is_ascii_hexdigit())
        .find(|word| word.len() == 64);
    match hex {
        Some(hex) => Ok(hex.to_owned()),
        None => bail!("no root key of 64 hexadecimal digits in: {text}"),
    }
}

fn verifier_path(input: &Input, what: &str) -> String {
    format!("/api/verifier/events/{}/{what}", input.event_id)
}

fn expect_verdicts(
    gate: &Gate,
    judge: Judge,
    codes: &[&str],
    revoked: Option<usize>,
) -> Result<()> {
    let judgement = gate.judge(judge, codes)?;
    ensure!(
        judgement.verdicts.len() == codes.len(),
        "{} verdicts for {} codes",
        judgement.verdicts.len(),
        codes.len()
    );
    for (index, verdict) in judgement.verdicts.iter().enumerate() {
        let expected = if Some(index) == revoked {
            "REVOKED"
        } else {
            "VALID"
        };
        ensure!(
            verdict == expected,
            "ticket {} is {verdict} instead of {expected}",
            index + 1
        );
    }
    say(&format!(
        "{} verdicts in {:.1} ms, start of {judge:?} not counted",
        codes.len(),
        judgement.milliseconds
    ));
    Ok(())
}

fn text_of(answer: &Value, field: &str) -> Result<String> {
    Ok(answer[field]
        .as_str()
        .with_context(|| format!("the answer has no {field}: {answer}"))?
        .to_owned())
}

fn title(input: &Input) -> &str {
    input.event["title"].as_str().unwrap_or(&input.event_id)
}

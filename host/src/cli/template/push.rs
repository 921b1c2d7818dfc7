//! `guichet template push`.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::server::{Answer, Body, Server, ServerArgs};
use crate::cli::answer::{Form, Outcome, Refusal, remark, remark_report, show};
use crate::cli::value;
use crate::cli::version_files::VersionFilesArgs;
use crate::templates::loaded::VersionFiles;

/// What the host calls a version on which it has not decided.
const COMPILING: &str = "compiling";
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(500);

/// Upload a template as a new version. It is in use once it is activated.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  export GUICHET_URL=https://tickets.example GUICHET_TOKEN=\"$(cat token)\"
  guichet template push classic.wasm --name summer --settings settings.json --asset logo=logo.png

The host compiles the template and tries it out; what it finds is printed.")]
pub(in crate::cli) struct PushArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    component: PathBuf,
    /// The template's name on the host: a-z, 0-9 and hyphens, a letter first.
    #[arg(long, value_name = "N", value_parser = value::template_name)]
    name: String,
    #[command(flatten)]
    files: VersionFilesArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &PushArgs, form: Form) -> anyhow::Result<Outcome> {
    let server = Server::new(&args.server)?;
    let component = value::read_file(&args.component)?;
    let body = form_data(&component, &args.files.read()?);
    remark(format_args!("uploading {} bytes", body.bytes.len()));
    let mut answer = server.post("/api/templates", &[("name", &args.name)], &body)?;
    if answer.data["state"] == COMPILING {
        remark("the host compiles it, which may take a minute");
        answer = decided(&server, answer)?;
    }
    let text = |field: &str| match answer.data.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "?".to_owned(),
    };
    let line = format!(
        "{} version {}: {}",
        text("name"),
        text("version"),
        answer.message
    );
    if form == Form::Text
        && let Some(report) = answer.data.get("report")
    {
        remark_report(report);
    }
    show(form, line, &answer.data)?;
    Ok(Outcome::Done)
}

/// Waits until the host has decided on a version.
fn decided(server: &Server, mut answer: Answer) -> anyhow::Result<Answer> {
    let (name, number) = (&answer.data["name"], &answer.data["version"]);
    let (Some(name), Some(number)) = (name.as_str(), number.as_u64()) else {
        return Ok(answer);
    };
    let path = format!("/api/templates/{name}/versions/{number}/report");
    loop {
        thread::sleep(PAUSE);
        // There is none as long as nothing is decided.
        let report = server.get(&path)?.data;
        match report["state"].as_str() {
            None => {}
            Some("ready") => {
                "the version is ready".clone_into(&mut answer.message);
                answer.data["state"] = Value::from("ready");
                answer.data["report"] = report;
                return Ok(answer);
            }
            Some(state) => {
                let message = format!("version {number} of {name} was {state}");
                return Err(Refusal {
                    report: Some(report),
                    ..Refusal::new("TEMPLATE_REJECTED", message)
                }
                .into());
            }
        }
    }
}

/// Component, settings and images as parts of one body (RFC 7578).
fn form_data(component: &[u8], files: &VersionFiles) -> Body {
    const BYTES: &str = "application/octet-stream";
    // Random, so that no file can hold it.
    let boundary = format!("guichet-{}", uuid::Uuid::new_v4().simple());
    let assets = files.assets.iter().map(|asset| {
        (
            "assets",
            asset.name.as_str(),
            image_type(&asset.bytes),
            asset.bytes.as_slice(),
        )
    });
    let parts = [
        ("component", "component", "application/wasm", component),
        ("settings", "settings", BYTES, files.settings.as_slice()),
    ];
    let mut bytes = Vec::new();
    for (part, file_name, media_type, content) in parts.into_iter().chain(assets) {
        let file_name = file_name.replace(['"', '\r', '\n'], "_");
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{file_name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        );
        bytes.extend(head.as_bytes());
        bytes.extend(content);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("--{boundary}--\r\n").as_bytes());
    Body {
        media_type: format!("multipart/form-data; boundary={boundary}"),
        bytes,
    }
}

/// By the first bytes, as the host reads it.
fn image_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xFF, 0xD8, ..] => "image/jpeg",
        _ => "application/octet-stream",
    }
}

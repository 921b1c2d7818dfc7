//! `guichet template push`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::server::{Body, Server, ServerArgs};
use crate::cli::answer::{Form, Outcome, remark, remark_report, show};
use crate::cli::value;
use crate::cli::version_files::VersionFilesArgs;
use crate::templates::loaded::VersionFiles;

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
    let answer = server.post("/api/templates", &[("name", &args.name)], &body)?;
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

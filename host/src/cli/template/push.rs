//! `guichet template push`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::server::{Body, Server, ServerArgs};
use crate::cli::answer::{Form, Outcome, remark, remark_report, show};
use crate::cli::value;

/// Upload a template as a new version. It is in use once it is activated.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  export GUICHET_URL=https://tickets.example GUICHET_TOKEN=\"$(cat token)\"
  guichet template push target/dist/templates/classic.wasm --name summer

The host compiles the template and tries it out; what it finds is printed.")]
pub(in crate::cli) struct PushArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    component: PathBuf,
    /// The template's name on the host: a-z, 0-9 and hyphens, a letter first.
    #[arg(long, value_name = "N", value_parser = value::template_name)]
    name: String,
    /// A file of settings for this version.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &PushArgs, form: Form) -> anyhow::Result<Outcome> {
    let server = Server::new(&args.server)?;
    let component = value::read_file(&args.component)?;
    let body = match &args.settings {
        None => Body {
            media_type: "application/wasm".to_owned(),
            bytes: component,
        },
        Some(path) => form_data(&component, &value::read_file(path)?),
    };
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

/// Component and settings as parts of one body (RFC 7578).
fn form_data(component: &[u8], settings: &[u8]) -> Body {
    // Random, so that neither file can hold it.
    let boundary = format!("guichet-{}", uuid::Uuid::new_v4().simple());
    let mut bytes = Vec::with_capacity(component.len() + settings.len() + 512);
    for (name, media_type, content) in [
        ("component", "application/wasm", component),
        ("settings", "application/octet-stream", settings),
    ] {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\
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

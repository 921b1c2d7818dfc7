//! `guichet template preview`: the pages of a template while its author works on it.

mod pages;
mod session;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use self::session::Session;
use crate::cli::answer::{Form, Outcome, show};
use crate::cli::logging;
use crate::cli::version_files::VersionFilesArgs;
use crate::config::LogSettings;

/// Show a template's pages in a browser, with sample and hard data, and again whenever a file changes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template preview target/dist/templates/classic.wasm --settings settings.json

Open the address that it prints. Build in another window: the page follows. It shows every trial that a host
makes on upload, each size and page, as PNG, PDF or SVG, and what a host would say. Only this machine can see
it. For one page in a file, use `guichet render`.")]
pub(in crate::cli) struct PreviewArgs {
    /// The component; need not be there yet.
    #[arg(value_name = "FILE.wasm")]
    component: PathBuf,
    /// A ticket of your own to show first, a body of POST /api/tickets/generate.
    #[arg(long, value_name = "T.json")]
    ticket: Option<PathBuf>,
    #[command(flatten)]
    files: VersionFilesArgs,
    /// Where to listen on this machine; 0 for any free port.
    #[arg(long, value_name = "N", default_value_t = 3010)]
    port: u16,
}

pub(super) async fn run(args: &PreviewArgs, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    let session = Arc::new(Session::begin(
        args.component.clone(),
        args.ticket.clone(),
        args.files.clone(),
    )?);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .await
        .with_context(|| format!("--port {}: cannot listen there", args.port))?;
    let port = listener.local_addr()?.port();
    let url = format!("http://127.0.0.1:{port}/");
    show(
        form,
        format_args!("preview at {url}; end it with Ctrl-C"),
        &json!({ "url": url }),
    )?;
    let watching = tokio::spawn(Arc::clone(&session).watch());
    // Whoever waits for the next change is let go, or the page would hold the command.
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    tokio::select! {
        served = axum::serve(listener, pages::router(session)) => served?,
        () = stop => {}
    }
    watching.abort();
    Ok(Outcome::Done)
}

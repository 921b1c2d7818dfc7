//! `cargo xtask demo`: the whole of Guichet on real input, as its users would meet it.
//!
//! Everything happens over HTTP and through what a build leaves in `target/dist`: no code of the
//! host is linked here. A promise that fails ends the demonstration with an error, so that it
//! serves as the test of the main job too.

pub mod client;
pub mod documents;
mod input;
mod offline;
mod parallel;
pub mod readers;
mod server;
mod stages;
mod story;

use anyhow::Result;
use clap::Args;

use crate::console::step;
use crate::programs::{CHROMIUM, IMAGEMAGICK, NODE, PDFTOPPM, QPDF, ZBARIMG};
use crate::workspace::Workspace;
use crate::{apt, build};

/// How to show it.
#[derive(Args, Clone, Copy)]
pub struct DemoArguments {
    /// Stop the server at the end instead of leaving it running
    #[arg(long)]
    pub exit: bool,
    /// Also inspect every PDF with other tools, read every code from a worn copy, and judge in Chromium
    #[arg(long)]
    pub thorough: bool,
    /// Show what the last build left
    #[arg(long)]
    pub no_build: bool,
}

/// Builds, starts a host, and tells the story of an event from its template to its gate.
pub fn run(workspace: &Workspace, arguments: DemoArguments) -> Result<()> {
    step("programs that the demonstration needs", || {
        apt::ensure_programs(&[PDFTOPPM, ZBARIMG, NODE])?;
        if arguments.thorough {
            apt::ensure_programs(&[QPDF, IMAGEMAGICK, CHROMIUM])?;
        }
        Ok(())
    })?;
    if !arguments.no_build {
        build::all(workspace)?;
    }
    step("demonstration", || story::tell(workspace, arguments))
}

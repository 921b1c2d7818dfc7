//! The main job on real input: the demonstration, with everything that it can check.

use anyhow::Result;

use crate::demo::{self, DemoArguments};
use crate::workspace::Workspace;

/// Runs it with the last build, and stops its host.
pub fn run(workspace: &Workspace) -> Result<()> {
    demo::run(
        workspace,
        DemoArguments {
            exit: true,
            thorough: true,
            no_build: true,
        },
    )
}

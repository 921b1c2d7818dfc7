//! What was acknowledged outlives the host and its database: a few rounds of `cargo xtask crash`.

use anyhow::Result;

use crate::crash;
use crate::workspace::Workspace;

/// Runs them with the last build.
pub fn run(workspace: &Workspace) -> Result<()> {
    crash::run_briefly(workspace)
}

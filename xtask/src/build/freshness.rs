//! Skipping work whose inputs have not changed, judged by content.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;

/// The remembered inputs of one output.
pub struct Stamp {
    path: PathBuf,
    digest: String,
}

impl Stamp {
    /// A stamp called `name` over the bytes of `inputs` and over this program: a newer xtask may
    /// turn the same inputs into something else.
    pub fn over(workspace: &Workspace, name: &str, inputs: &[&[u8]]) -> Result<Self> {
        let mut hasher = Sha256::new();
        hasher.update(own_age()?);
        for input in inputs {
            hasher.update(input.len().to_le_bytes());
            hasher.update(input);
        }
        Ok(Self {
            path: workspace.target().join("wasm/stamps").join(name),
            digest: hasher
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        })
    }

    /// Whether `output` exists and was made from the same inputs.
    pub fn is_fresh(&self, output: &Path) -> bool {
        output.exists() && std::fs::read_to_string(&self.path).is_ok_and(|old| old == self.digest)
    }

    /// Remembers that the output now belongs to these inputs.
    pub fn record(&self) -> Result<()> {
        write(&self.path, self.digest.as_bytes())
    }
}

/// When this program was built, which is as good as its content and quicker to read.
fn own_age() -> Result<[u8; 16]> {
    let built = std::env::current_exe()
        .and_then(|program| program.metadata()?.modified())
        .context("cannot find out how old this program is")?;
    let since = built.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(since.as_nanos().to_le_bytes())
}

/// Writes a file and the folders above it. An equal file is left alone, so that whatever embeds
/// it is not built again.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

//! Templates without a host: what `render` and `template check` work with.

use std::fs;
use std::path::PathBuf;

use rand_core::Rng as _;

use crate::keys::system_randomness;
use crate::templates::cache::CodeKey;
use crate::templates::compile::Compiler;
use crate::templates::limits::TemplateLimits;
use crate::templates::{Workshop, WorkshopOptions};

/// A workshop whose compiled code lives as long as this.
pub(super) struct OfflineWorkshop {
    /// The workshop.
    pub workshop: Workshop,
    folder: PathBuf,
}

impl OfflineWorkshop {
    /// Sets up a workshop with the bounds that a host has unless configured.
    ///
    /// # Errors
    /// When the engine or the folder for temporary files cannot be used.
    pub fn set_up() -> anyhow::Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("guichet-{}", uuid::Uuid::new_v4().simple()));
        // Nobody shall read this code after us, so nobody needs to know the key.
        let mut code_key = [0; 32];
        system_randomness().fill_bytes(&mut code_key);
        let options = WorkshopOptions {
            limits: TemplateLimits::default(),
            code_folder: folder.clone(),
            code_key: CodeKey::new(code_key),
            compiler: Compiler::of_this_executable()?,
            concurrent_calls: 1,
            batch_calls: 0,
            loaded_bytes: u64::MAX,
        };
        Ok(Self {
            workshop: Workshop::set_up(options)?,
            folder,
        })
    }
}

impl Drop for OfflineWorkshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

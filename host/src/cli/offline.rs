//! Templates without a host: what `render` and `template check` work with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::answer::{Refusal, remark};
use crate::keys::Entropy;
use crate::templates::cache::CodeKey;
use crate::templates::compile::Compiler;
use crate::templates::limits::TemplateLimits;
use crate::templates::loaded::VersionFiles;
use crate::templates::{Report, Workshop, WorkshopOptions, report_json};

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
        let folder = std::env::temp_dir().join(format!("guichet-{}", uuid::Uuid::new_v4().simple()));
        let options = WorkshopOptions {
            limits: TemplateLimits::default(),
            code_folder: folder.clone(),
            // Nobody shall read this code after us, so nobody needs to know the key.
            code_key: CodeKey::new(*Entropy::system().draw::<32>()?),
            compiler: Compiler::of_this_executable()?,
            concurrent_calls: 1,
            loaded_bytes: u64::MAX,
        };
        Ok(Self { workshop: Workshop::set_up(options)?, folder })
    }
}

impl Drop for OfflineWorkshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A file of the command line.
///
/// # Errors
/// What the system says, with the file's name.
pub(super) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("the file {}", path.display()))
}

/// The settings file, or empty settings.
///
/// # Errors
/// As [`read_file`].
pub(super) fn version_files(settings: Option<&Path>) -> anyhow::Result<VersionFiles> {
    let settings = settings.map(read_file).transpose()?.unwrap_or_default();
    Ok(VersionFiles { settings, assets: Vec::new() })
}

/// What a report finds wrong, as a refusal.
pub(super) fn refusal_of(report: &Report) -> Refusal {
    let details = report
        .problems
        .iter()
        .map(|finding| (place_of(finding.code, &finding.place), finding.message.clone()))
        .collect();
    Refusal {
        code: "TEMPLATE_REJECTED".to_owned(),
        message: "a host would reject this template".to_owned(),
        details,
        report: Some(report_json(report)),
    }
}

/// A report's warnings, on stderr.
pub(super) fn remark_warnings(report: &Report) {
    for finding in &report.warnings {
        remark(format_args!("warning: {}: {}", place_of(finding.code, &finding.place), finding.message));
    }
    if report.omitted_warnings > 0 {
        remark(format_args!("warning: {} more warnings were left out", report.omitted_warnings));
    }
}

fn place_of(code: &str, place: &str) -> String {
    if place.is_empty() { code.to_owned() } else { format!("{code} ({place})") }
}

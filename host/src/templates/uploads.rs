//! Uploads: from bytes to a version that is ready or rejected, whoever waits for it.

use std::sync::Arc;
use std::time::Duration;

use super::Library;
use super::library::{LibraryError, Upload};
use super::loaded::{AssetFile, VersionFiles};
use super::report::{Figures, Finding, Report, ReportState};
use super::report_json::{manifest_json, report_json};
use crate::storage::{
    Asset, By, Conflict, NewTemplateVersion, OrganizerId, StorageError, TemplateVersion,
    VersionOutcome,
};

impl Library {
    /// Stores a version, compiles it and tries it out. The version says how that ended, or that it is still
    /// being compiled after `patience`: the work goes on then, also when the caller goes away.
    ///
    /// # Errors
    /// [`LibraryError::Name`], [`LibraryError::TooLarge`], [`LibraryError::Undecided`], or when the host fails.
    pub async fn upload(
        self: &Arc<Self>,
        organizer: OrganizerId,
        upload: Upload,
        by: By,
        patience: Duration,
    ) -> Result<TemplateVersion, LibraryError> {
        check_name(&upload.name)?;
        let max_bytes = self.max_component_bytes();
        if upload.component.len() as u64 > max_bytes {
            return Err(LibraryError::TooLarge { max_bytes });
        }
        let component = self
            .storage
            .store_blob(upload.component.clone(), by.at)
            .await?;
        let settings = self
            .storage
            .store_blob(upload.settings.clone(), by.at)
            .await?;
        let mut assets = Vec::with_capacity(upload.assets.len());
        for asset in &upload.assets {
            let digest = self.storage.store_blob(asset.bytes.clone(), by.at).await?;
            let (name, media_type) = (asset.name.clone(), asset.media_type.clone());
            assets.push(Asset {
                name,
                media_type,
                digest,
            });
        }
        let new = NewTemplateVersion {
            name: upload.name.clone(),
            component,
            settings,
            assets,
        };
        let version = self
            .storage
            .create_template_version(organizer, new, by)
            .await?;
        let files = VersionFiles {
            settings: upload.settings,
            assets: upload
                .assets
                .into_iter()
                .map(|asset| AssetFile {
                    name: asset.name,
                    bytes: asset.bytes,
                })
                .collect(),
        };
        let (library, tried) = (Arc::clone(self), version.clone());
        let trying =
            tokio::spawn(async move { library.try_out(tried, upload.component, files).await });
        match tokio::time::timeout(patience, trying).await {
            Ok(Ok(finished)) => finished,
            Ok(Err(_)) => Err(LibraryError::Fault("an upload was not tried to the end")),
            Err(_) => Ok(version),
        }
    }

    /// Tries out what was being compiled when a host stopped, one version after the other. Where another host
    /// is at it, that one's verdict counts if it comes first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn try_out_interrupted(&self) -> Result<(), LibraryError> {
        for version in self.storage.compiling_versions().await? {
            let (name, number) = (version.name.clone(), version.number);
            let component = self.blob(version.component).await?;
            let files = self.files_of(&version).await?;
            match self.try_out(version, component, files).await {
                Ok(version) => {
                    tracing::info!(
                        template = name,
                        version = number,
                        state = version.state.code(),
                        "an upload that was interrupted is decided"
                    );
                }
                Err(error) => {
                    tracing::warn!(%error, template = name, version = number, "an upload that was interrupted is not decided");
                }
            }
        }
        Ok(())
    }

    async fn try_out(
        &self,
        version: TemplateVersion,
        component: Vec<u8>,
        files: VersionFiles,
    ) -> Result<TemplateVersion, LibraryError> {
        let checked = self
            .workshop
            .run_check(move |workshop| workshop.check(&component, &files))
            .await;
        let (report, failure) = match checked {
            Ok(checked) => (checked.report, None),
            // Whoever looks at the version later shall not wait for ever.
            Err(error) => (undecided(error.to_string()), Some(error)),
        };
        let (organizer, id) = (version.organizer, version.id);
        let finished = self
            .storage
            .finish_template_version(organizer, id, outcome_of(&report))
            .await;
        const VANISHED: LibraryError =
            LibraryError::Fault("a version vanished while it was compiled");
        let version = match finished {
            Ok(finished) => finished.ok_or(VANISHED)?,
            // Another host tried it too, and came first: its verdict is the version's.
            Err(StorageError::Conflict(Conflict::Transition { .. })) => {
                let decided = self.storage.template_version(organizer, id).await?;
                return decided.ok_or(VANISHED);
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(error) = failure {
            return Err(error.into());
        }
        match report.state {
            ReportState::Ready | ReportState::Rejected => Ok(version),
            ReportState::Undecided => Err(LibraryError::Undecided {
                name: version.name,
                number: version.number,
            }),
        }
    }
}

/// The report of an upload that the host did not come to try.
fn undecided(reason: String) -> Report {
    Report {
        state: ReportState::Undecided,
        problems: vec![Finding {
            code: "OVERLOADED",
            place: String::new(),
            message: format!("the host could not try it: {reason}; upload it again"),
        }],
        warnings: Vec::new(),
        omitted_warnings: 0,
        figures: Figures::default(),
        manifest: None,
    }
}

fn outcome_of(report: &Report) -> VersionOutcome {
    let json = report_json(report);
    match (report.state, &report.manifest) {
        (ReportState::Ready, Some(manifest)) => VersionOutcome::Ready {
            manifest: manifest_json(manifest),
            prepared: None,
            report: json,
        },
        (ReportState::Ready | ReportState::Rejected | ReportState::Undecided, _) => {
            VersionOutcome::Rejected { report: json }
        }
    }
}

fn check_name(name: &str) -> Result<(), LibraryError> {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if begins && name.len() <= 64 && name.bytes().all(allowed) && name != "default" {
        Ok(())
    } else {
        Err(LibraryError::Name)
    }
}

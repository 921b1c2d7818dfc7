//! The templates of all organizers: stored versions, which of them a ticket gets, and the loaded ones.

use std::sync::Arc;


use super::call::TemplateFailure;
use super::manifest::Manifest;
use super::request::Position;
use super::values::{Circumstances, Formats, OrderValues, ValueProblem, fill};
use super::{CodeText, LaidOut, LoadedTemplate, Source, Templates};
use crate::storage::{
    Asset, By, Organizer, OrganizerId, NewTemplateVersion, Storage, StorageError, Template,
    TemplateVersion, VersionOutcome, VersionState,
};

/// A component with its settings and assets, as its organizer sent it.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Name of the template.
    pub name: String,
    /// The component.
    pub component: Vec<u8>,
    /// Settings; none are the empty bytes.
    pub settings: Vec<u8>,
    /// Images.
    pub assets: Vec<UploadedAsset>,
}

/// An image of an upload.
#[derive(Clone, Debug)]
pub struct UploadedAsset {
    /// The name by which the template asks for it.
    pub name: String,
    /// What the sender says it is.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Upload {
    /// A component without settings and assets.
    pub fn of_component(name: &str, component: Vec<u8>) -> Self {
        Self { name: name.to_owned(), component, settings: Vec::new(), assets: Vec::new() }
    }
}

/// Which template an order may have, in the order of precedence.
#[derive(Clone, Copy, Debug, Default)]
pub struct TemplateChoice<'a> {
    /// Named by the request.
    pub asked: Option<&'a str>,
    /// Named by the ticket type.
    pub of_type: Option<&'a str>,
    /// Named by the event.
    pub of_event: Option<&'a str>,
}

/// Everything that a ticket could print, before a template picks what it reads.
#[derive(Clone, Debug)]
pub struct LayoutOrder {
    /// The values.
    pub values: OrderValues,
    /// BCP 47 tag of the language to write in.
    pub locale: String,
    /// Which ticket of its order.
    pub position: Position,
}

/// Why a template is not to be had, or gave no page.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// There is none of this name, or it has no version in use.
    #[error("there is no template \"{name}\" with a version in use")]
    NoTemplate {
        /// The name.
        name: String,
    },
    /// The version is being compiled, or was rejected.
    #[error("version {number} of \"{name}\" is {state}; only a ready version can be used")]
    NotReady {
        /// The template.
        name: String,
        /// The version.
        number: u32,
        /// Its state.
        state: &'static str,
    },
    /// A name that no template can have.
    #[error("must be 1 to 64 of a-z, 0-9 and hyphens, begin with a letter, and not be \"default\"")]
    Name(String),
    /// Values that the template needs are missing or of another type.
    #[error("{} values do not fit the template", .0.len())]
    Values(Vec<ValueProblem>),
    /// The template refused or broke.
    #[error(transparent)]
    Template(#[from] TemplateFailure),
    /// The host has too much to do.
    #[error("too many templates run at once")]
    Overloaded,
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A fault of this program.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// The templates of all organizers.
pub struct Library {
    storage: Arc<dyn Storage>,
    templates: Arc<Templates>,
    formats: Formats,
}

impl Library {
    /// A library of stored versions, run by `templates`.
    pub fn new(storage: Arc<dyn Storage>, templates: Arc<Templates>) -> Self {
        Self { storage, templates, formats: Formats::default() }
    }

    /// The running side, for templates that are not stored.
    pub fn templates(&self) -> &Arc<Templates> {
        &self.templates
    }

    /// Stores a version, compiles it and tries it out. The version says how that ended.
    ///
    /// # Errors
    /// [`LibraryError::Name`], or when the host fails.
    pub async fn upload(
        &self,
        organizer: OrganizerId,
        upload: Upload,
        by: By,
    ) -> Result<TemplateVersion, LibraryError> {
        check_name(&upload.name)?;
        let component = self.storage.store_blob(upload.component.clone(), by.at).await?;
        let settings = self.storage.store_blob(upload.settings.clone(), by.at).await?;
        let mut assets = Vec::with_capacity(upload.assets.len());
        for asset in &upload.assets {
            let digest = self.storage.store_blob(asset.bytes.clone(), by.at).await?;
            let (name, media_type) = (asset.name.clone(), asset.media_type.clone());
            assets.push(Asset { name, media_type, digest });
        }
        let new = NewTemplateVersion { name: upload.name.clone(), component, settings, assets };
        let version = self.storage.create_template_version(organizer, new, by).await?;
        let source = Source {
            component: upload.component,
            settings: upload.settings,
            assets: upload.assets.into_iter().map(|asset| (asset.name, asset.bytes)).collect(),
        };
        let templates = Arc::clone(&self.templates);
        let report = tokio::task::spawn_blocking(move || templates.check(&source))
            .await
            .map_err(anyhow::Error::from)?
            .map_err(anyhow::Error::from)?;
        let outcome = if report.is_ready() {
            VersionOutcome::Ready {
                manifest: report.manifest_json(),
                prepared: None,
                report: report.to_json(),
            }
        } else {
            VersionOutcome::Rejected { report: report.to_json() }
        };
        let finished = self.storage.finish_template_version(organizer, version.id, outcome).await?;
        finished.ok_or_else(|| anyhow::anyhow!("a version vanished while it was compiled").into())
    }

    /// The version that a ticket gets, loaded. `draw`, 0 to 999, decides between the version in use
    /// and one on trial.
    ///
    /// # Errors
    /// [`LibraryError::NoTemplate`], or when the host fails.
    pub async fn choose(
        &self,
        organizer: &Organizer,
        choice: TemplateChoice<'_>,
        draw: u16,
    ) -> Result<(TemplateVersion, Arc<LoadedTemplate>), LibraryError> {
        let name = choice.asked.or(choice.of_type).or(choice.of_event).unwrap_or("default");
        let missing = || LibraryError::NoTemplate { name: name.to_owned() };
        let template: Option<Template> = match (name, organizer.default_template) {
            ("default", Some(id)) => self.storage.template_by_id(organizer.id, id).await?,
            ("default", None) => None,
            (name, _) => self.storage.template(organizer.id, name).await?,
        };
        let template = template.ok_or_else(missing)?;
        let active = template.active.ok_or_else(missing)?;
        let id = match template.canary {
            Some(canary) if draw < canary.permille => canary.version,
            Some(_) | None => active,
        };
        let version =
            self.storage.template_version(organizer.id, id).await?.ok_or_else(missing)?;
        let loaded = self.load(&version).await?;
        Ok((version, loaded))
    }

    /// A version's component, compiled and prepared; from memory or disk if it was before.
    ///
    /// # Errors
    /// [`LibraryError::NotReady`], or when the host fails.
    pub async fn load(&self, version: &TemplateVersion) -> Result<Arc<LoadedTemplate>, LibraryError> {
        if !matches!(version.state, VersionState::Ready { .. }) {
            return Err(LibraryError::NotReady {
                name: version.name.clone(),
                number: version.number,
                state: version.state.code(),
            });
        }
        if let Some(loaded) = self.templates.loaded(version.id.0) {
            return Ok(loaded);
        }
        let source = Source {
            component: self.blob(version.component).await?,
            settings: self.blob(version.settings).await?,
            assets: {
                let mut assets = Vec::with_capacity(version.assets.len());
                for asset in &version.assets {
                    assets.push((asset.name.clone(), self.blob(asset.digest).await?));
                }
                assets
            },
        };
        let (templates, id) = (Arc::clone(&self.templates), version.id.0);
        let loaded = tokio::task::spawn_blocking(move || templates.load(id, &source))
            .await
            .map_err(anyhow::Error::from)?;
        Ok(loaded?)
    }

    /// Lays one ticket out, in a fresh instance on the blocking pool.
    ///
    /// # Errors
    /// [`LibraryError::Values`], [`LibraryError::Template`], [`LibraryError::Overloaded`].
    pub async fn lay_out(
        &self,
        template: &Arc<LoadedTemplate>,
        order: LayoutOrder,
        code: CodeText,
    ) -> Result<LaidOut, LibraryError> {
        let manifest: &Manifest = template.manifest();
        let page_format = manifest
            .page_formats
            .first()
            .ok_or_else(|| anyhow::anyhow!("a ready template has no page format"))?;
        let formats = self.formats.of(&order.locale);
        let circumstances = Circumstances {
            page_format,
            locale: &order.locale,
            formats: &formats,
            position: order.position,
        };
        let request = fill(manifest, &order.values, &circumstances).map_err(LibraryError::Values)?;
        let permit = self.templates.permit().await.map_err(|_| LibraryError::Overloaded)?;
        let template = Arc::clone(template);
        let laid_out = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            template.lay_out(&request, &code)
        })
        .await
        .map_err(anyhow::Error::from)?;
        Ok(laid_out?)
    }

    async fn blob(&self, digest: crate::storage::Digest) -> Result<Vec<u8>, LibraryError> {
        let found = self.storage.blob(digest).await?;
        found.ok_or_else(|| anyhow::anyhow!("the bytes of digest {digest} are missing").into())
    }
}

fn check_name(name: &str) -> Result<(), LibraryError> {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if begins && name.len() <= 64 && name.bytes().all(allowed) && name != "default" {
        Ok(())
    } else {
        Err(LibraryError::Name(name.to_owned()))
    }
}


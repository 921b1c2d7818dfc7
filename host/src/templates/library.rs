//! The templates of all organizers: stored versions, which of them a ticket gets, and the loaded ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use tracing::Span;

use super::breaker::{BREAKS, Breaker, Ending};
use super::call::CallStats;
use super::digest::Digest;
use super::loaded::{
    AssetFile, LayOutError, LayoutOrder, LoadedTemplate, VersionFiles, VersionKey,
};
use super::ready::{OrganizerTurns, ReadyTemplate};
use super::values::ValueProblem;
use super::workshop::{ComponentSource, LONGEST_WAIT, LoadError, TurnError};
use super::{CodeText, LaidOut, TemplateFailure, Workshop};
use crate::storage::{
    Canary, Organizer, Storage, StorageError, Template, TemplateVersion, TemplateVersionId,
    VersionState,
};
use crate::telemetry::{self, Vocabulary};
use crate::traces::traced;

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
        Self {
            name: name.to_owned(),
            component,
            settings: Vec::new(),
            assets: Vec::new(),
        }
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

impl TemplateChoice<'_> {
    fn name(&self) -> &str {
        self.asked
            .or(self.of_type)
            .or(self.of_event)
            .unwrap_or("default")
    }

    fn missing(&self) -> LibraryError {
        LibraryError::NoTemplate {
            name: self.name().to_owned(),
        }
    }
}

/// The version in use of a template, and one on trial with the share of tickets that get it.
pub struct Candidates {
    in_use: (TemplateVersion, ReadyTemplate),
    on_trial: Option<(u16, (TemplateVersion, ReadyTemplate))>,
}

impl Candidates {
    /// The version for a ticket that drew this number, 0 to 999.
    pub fn pick(&self, draw: u16) -> (TemplateVersionId, &ReadyTemplate) {
        let (version, loaded) = match &self.on_trial {
            Some((permille, on_trial)) if draw < *permille => on_trial,
            Some(_) | None => &self.in_use,
        };
        (version.id, loaded)
    }
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
    Name,
    /// The component is larger than the host's limit; nothing was stored.
    #[error("the component is larger than the limit `upload_bytes` = {max_bytes}")]
    TooLarge {
        /// The limit, in bytes.
        max_bytes: u64,
    },
    /// The host had no time or means to try a version out; nothing is said about the version.
    #[error("the host could not try out version {number} of \"{name}\"; upload it again")]
    Undecided {
        /// The template.
        name: String,
        /// The version, stored as not usable.
        number: u32,
    },
    /// It broke again and again.
    #[error(
        "version {number} of \"{name}\" broke {BREAKS} times in a row and is left alone for {} more seconds; \
         activate another version, or roll back", .retry_after.as_secs() + 1
    )]
    Suspended {
        /// The template, as its manifest calls it.
        name: String,
        /// The version.
        number: u32,
        /// When one call may try again.
        retry_after: Duration,
    },
    /// Values that the template needs are missing or of another type.
    #[error("{} values do not fit the template", .0.len())]
    Values(Vec<ValueProblem>),
    /// The template refused or broke.
    #[error(transparent)]
    Template(#[from] TemplateFailure),
    /// The host has too much to do, or is stopping.
    #[error(transparent)]
    Turn(#[from] TurnError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A version that was ready does not load any more.
    #[error("a ready template does not load")]
    Load(#[from] LoadError),
    /// A fault of this program.
    #[error("{0}")]
    Fault(&'static str),
}

/// The templates of all organizers.
pub struct Library {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) workshop: Arc<Workshop>,
    /// Names of templates in figures.
    plugins: Vocabulary,
    breaker: Breaker,
    turns: OrganizerTurns,
}

impl Library {
    /// A library of stored versions, run by `workshop`.
    pub fn new(storage: Arc<dyn Storage>, workshop: Arc<Workshop>) -> Self {
        Self {
            turns: OrganizerTurns::of(workshop.concurrent_calls()),
            storage,
            workshop,
            plugins: Vocabulary::default(),
            breaker: Breaker::default(),
        }
    }

    /// Where templates run.
    pub fn workshop(&self) -> &Arc<Workshop> {
        &self.workshop
    }

    /// Bytes that a component may have.
    pub fn max_component_bytes(&self) -> u64 {
        self.workshop.limits().upload_bytes
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
    ) -> Result<(TemplateVersion, ReadyTemplate), LibraryError> {
        let (active, canary) = self.named(organizer, choice).await?;
        let id = match canary {
            Some(canary) if draw < canary.permille => canary.version,
            Some(_) | None => active,
        };
        self.version(organizer, choice, id).await
    }

    /// The versions between which a choice is made for each of many tickets.
    ///
    /// # Errors
    /// As [`Library::choose`].
    pub async fn candidates(
        &self,
        organizer: &Organizer,
        choice: TemplateChoice<'_>,
    ) -> Result<Candidates, LibraryError> {
        let (active, canary) = self.named(organizer, choice).await?;
        let on_trial = match canary {
            Some(canary) => {
                let version = self.version(organizer, choice, canary.version).await?;
                Some((canary.permille, version))
            }
            None => None,
        };
        Ok(Candidates {
            in_use: self.version(organizer, choice, active).await?,
            on_trial,
        })
    }

    /// The template that a choice names: its version in use, and the trial.
    async fn named(
        &self,
        organizer: &Organizer,
        choice: TemplateChoice<'_>,
    ) -> Result<(TemplateVersionId, Option<Canary>), LibraryError> {
        let name = choice.name();
        let template: Option<Template> = match (name, organizer.default_template) {
            ("default", Some(id)) => self.storage.template_by_id(organizer.id, id).await?,
            ("default", None) => None,
            (name, _) => self.storage.template(organizer.id, name).await?,
        };
        let template = template.ok_or_else(|| choice.missing())?;
        let active = template.active.ok_or_else(|| choice.missing())?;
        Ok((active, template.canary))
    }

    async fn version(
        &self,
        organizer: &Organizer,
        choice: TemplateChoice<'_>,
        id: TemplateVersionId,
    ) -> Result<(TemplateVersion, ReadyTemplate), LibraryError> {
        let version = self
            .storage
            .template_version(organizer.id, id)
            .await?
            .ok_or_else(|| choice.missing())?;
        let loaded = self.load(&version).await?;
        Ok((version, loaded))
    }

    /// A version's component, compiled and prepared; from memory or disk if it was before.
    ///
    /// # Errors
    /// [`LibraryError::NotReady`], or when the host fails.
    pub async fn load(&self, version: &TemplateVersion) -> Result<ReadyTemplate, LibraryError> {
        let loaded = self.load_parts(version).await?;
        Ok(ReadyTemplate::of_version(version, loaded))
    }

    async fn load_parts(
        &self,
        version: &TemplateVersion,
    ) -> Result<Arc<LoadedTemplate>, LibraryError> {
        if !matches!(version.state, VersionState::Ready { .. }) {
            return Err(LibraryError::NotReady {
                name: version.name.clone(),
                number: version.number,
                state: version.state.code(),
            });
        }
        let component = Digest::from_bytes(version.component.0);
        let assets: Vec<(&str, Digest)> = version
            .assets
            .iter()
            .map(|asset| (asset.name.as_str(), Digest::from_bytes(asset.digest.0)))
            .collect();
        let key = VersionKey::of(&component, &Digest::from_bytes(version.settings.0), &assets);
        if let Some(loaded) = self.workshop.loaded(&key) {
            return Ok(loaded);
        }
        let files = self.files_of(version).await?;
        let first_files = files.clone();
        let first = self
            .workshop
            .run(move |workshop| workshop.load(ComponentSource::Digest(component), &first_files))
            .await?;
        match first {
            // The compiled code was removed, or was made for another machine or engine.
            Err(LoadError::CodeMissing) => {
                let upload = self.blob(version.component).await?;
                let again = self
                    .workshop
                    .run(move |workshop| workshop.load(ComponentSource::Upload(&upload), &files))
                    .await?;
                Ok(again?)
            }
            loaded => Ok(loaded?),
        }
    }

    /// What a stored version consists of besides its component.
    pub(super) async fn files_of(
        &self,
        version: &TemplateVersion,
    ) -> Result<VersionFiles, LibraryError> {
        let mut files = VersionFiles {
            settings: self.blob(version.settings).await?,
            assets: Vec::with_capacity(version.assets.len()),
        };
        for asset in &version.assets {
            let bytes = self.blob(asset.digest).await?;
            files.assets.push(AssetFile {
                name: asset.name.clone(),
                bytes,
            });
        }
        Ok(files)
    }

    /// Lays one ticket out in a fresh instance, when it is its organizer's and its own turn, and does with it
    /// what computes too, such as rendering.
    ///
    /// # Errors
    /// [`LibraryError::Values`], [`LibraryError::Template`], [`LibraryError::Turn`],
    /// [`LibraryError::Suspended`].
    pub async fn lay_out<Made: Send + 'static>(
        &self,
        template: &ReadyTemplate,
        order: LayoutOrder,
        code: CodeText,
        then: impl FnOnce(LaidOut) -> Made + Send + 'static,
    ) -> Result<Made, LibraryError> {
        let Some(owner) = template.owner() else {
            return self.call(template.loaded(), order, code, then).await;
        };
        let admitted = self.breaker.admit(owner.version, Instant::now());
        admitted.map_err(|retry_after| LibraryError::Suspended {
            name: template.manifest().name.clone(),
            number: owner.number,
            retry_after,
        })?;
        let made = match self.turns.turn(owner.organizer, LONGEST_WAIT).await {
            Ok(_turn) => self.call(template.loaded(), order, code, then).await,
            Err(error) => Err(error.into()),
        };
        let ending = match &made {
            Ok(_) | Err(LibraryError::Template(TemplateFailure::Refused { .. })) => Ending::Sound,
            Err(LibraryError::Template(failure)) if failure.is_a_break() => Ending::Broken,
            Err(_) => Ending::Unknown,
        };
        if self.breaker.count(owner.version, ending, Instant::now()) {
            let plugin = self.plugins.label(&template.manifest().name);
            tracing::warn!(
                template = plugin,
                version = owner.number,
                "a version of a template breaks again and again, and is suspended for a while"
            );
            counter!(telemetry::PLUGIN_SUSPENSIONS, "plugin" => plugin).increment(1);
        }
        made
    }

    async fn call<Made: Send + 'static>(
        &self,
        template: &Arc<LoadedTemplate>,
        order: LayoutOrder,
        code: CodeText,
        then: impl FnOnce(LaidOut) -> Made + Send + 'static,
    ) -> Result<Made, LibraryError> {
        let plugin = self.plugins.label(&template.manifest().name);
        let template = Arc::clone(template);
        let (caller, layout) = (Span::current(), traced!("layout", template = plugin));
        let (laid_out, stats) = self
            .workshop
            .run(move |_| {
                let (laid_out, stats) =
                    layout.in_scope(|| template.lay_out_with_stats(&order, &code));
                drop(layout);
                (caller.in_scope(|| laid_out.map(then)), stats)
            })
            .await?;
        count_call(plugin, laid_out.as_ref().err(), stats);
        Ok(laid_out?)
    }

    /// The same at once and on this thread, for workers: these have turns of their own, and stop by themselves
    /// when nothing works.
    ///
    /// # Errors
    /// [`LibraryError::Values`], [`LibraryError::Template`].
    pub fn lay_out_now(
        &self,
        template: &LoadedTemplate,
        order: &LayoutOrder,
        code: &CodeText,
    ) -> Result<LaidOut, LibraryError> {
        let (laid_out, stats) = template.lay_out_with_stats(order, code);
        let plugin = self.plugins.label(&template.manifest().name);
        count_call(plugin, laid_out.as_ref().err(), stats);
        Ok(laid_out?)
    }

    /// Does what computes for long, when it is its turn.
    ///
    /// # Errors
    /// [`LibraryError::Turn`].
    pub async fn when_possible<Made: Send + 'static>(
        &self,
        work: impl FnOnce() -> Made + Send + 'static,
    ) -> Result<Made, LibraryError> {
        Ok(self.workshop.run(move |_| work()).await?)
    }

    pub(super) async fn blob(
        &self,
        digest: crate::storage::Digest,
    ) -> Result<Vec<u8>, LibraryError> {
        let found = self.storage.blob(digest).await?;
        found.ok_or(LibraryError::Fault("the bytes of a digest are missing"))
    }
}

impl From<LayOutError> for LibraryError {
    fn from(error: LayOutError) -> Self {
        match error {
            LayOutError::Values(problems) => Self::Values(problems),
            LayOutError::Template(failure) => Self::Template(failure),
        }
    }
}

fn count_call(plugin: String, failure: Option<&LayOutError>, stats: CallStats) {
    let outcome = match failure {
        None => "done",
        // The guest was not asked.
        Some(LayOutError::Values(_)) => return,
        Some(LayOutError::Template(failure)) => failure.name(),
    };
    let seconds = Duration::from_micros(stats.microseconds);
    counter!(telemetry::PLUGIN_CALLS, "plugin" => plugin.clone(), "outcome" => outcome)
        .increment(1);
    histogram!(telemetry::PLUGIN_SECONDS, "plugin" => plugin.clone()).record(seconds);
    histogram!(telemetry::PLUGIN_FUEL, "plugin" => plugin.clone()).record(stats.fuel as f64);
    histogram!(telemetry::PLUGIN_MEMORY, "plugin" => plugin).record(stats.peak_memory_bytes as f64);
}

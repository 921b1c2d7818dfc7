//! Everything that checks, loads and runs templates, behind one door.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use ticket_render::assets::PreparedFonts;
use ticket_render::fonts::FontSet;
use tokio::sync::Semaphore;
use wasmtime::component::Component;

use super::bindings::v0::Guest;
use super::cache::{CacheError, CodeCache, CodeKey};
use super::check::Inspection;
use super::compile::{CompileError, Compiler};
use super::digest::Digest;
use super::engine::{EngineError, RunningEngine};
use super::limits::TemplateLimits;
use super::loaded::{
    AssetFile, Ingredients, LoadedTemplate, PrepareError, VersionFiles, VersionKey,
};
use super::report::{Report, ReportState};
use super::values::Formats;

/// How long a call waits for its turn before the host says that it is overloaded.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Uploads that are tried out at one time. They take seconds, and have a turn of their own so that
/// tickets do not wait for them.
const CONCURRENT_CHECKS: u32 = 1;
/// How long an upload waits for the one before it.
const LONGEST_CHECK_WAIT: Duration = Duration::from_secs(60);

/// What a workshop is set up with.
pub struct WorkshopOptions {
    /// The bounds of every template.
    pub limits: TemplateLimits,
    /// Folder for compiled code; the host's alone.
    pub code_folder: PathBuf,
    /// Authenticates what lies there.
    pub code_key: CodeKey,
    /// Starts the compiling children.
    pub compiler: Compiler,
    /// Guests that may run at one time.
    pub concurrent_calls: u32,
    /// Guests that workers of jobs may run beside those, on threads of their own.
    pub batch_calls: u32,
    /// Bytes that loaded templates may keep in memory.
    pub loaded_bytes: u64,
}

/// Why a workshop cannot be set up.
#[derive(Debug, Error)]
pub enum SetUpError {
    /// No engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No folder.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The executable of the compiling child is not known.
    #[error("the host does not find its own executable: {0}")]
    Executable(#[from] io::Error),
}

/// Where a version's code comes from.
pub enum ComponentSource<'a> {
    /// The upload itself, compiled if need be.
    Upload(&'a [u8]),
    /// Only its digest: enough if its code is kept here, see [`Workshop::has_code`].
    Digest(Digest),
}

/// Why a version cannot be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The code is not kept here: load again with the upload itself.
    #[error("the template's code has to be compiled again")]
    CodeMissing,
    /// It cannot be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It cannot be linked.
    #[error("the component cannot be loaded: {0}")]
    Link(String),
    /// It cannot be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

/// The host had no turn for a call in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TurnError {
    /// Too many calls.
    #[error("too many template calls at one time")]
    Busy,
    /// The host is stopping.
    #[error("the host is stopping")]
    Stopping,
}

/// Checks, loads and runs templates.
pub struct Workshop {
    engine: RunningEngine,
    compiler: Compiler,
    cache: CodeCache,
    limits: TemplateLimits,
    fonts: PreparedFonts,
    formats: Arc<Formats>,
    loaded: Mutex<Shelf>,
    concurrent_calls: u32,
    turns: Semaphore,
    check_turns: Semaphore,
}

/// The result of checking an upload.
pub struct Checked {
    /// What was found.
    pub report: Report,
    /// The version, loaded, when it is ready.
    pub template: Option<Arc<LoadedTemplate>>,
}

impl Workshop {
    /// Sets everything up.
    ///
    /// # Errors
    /// See [`SetUpError`].
    pub fn set_up(options: WorkshopOptions) -> Result<Self, SetUpError> {
        let WorkshopOptions {
            limits,
            code_folder,
            code_key,
            compiler,
            concurrent_calls,
            batch_calls,
            loaded_bytes,
        } = options;
        let engine = RunningEngine::start(
            concurrent_calls
                .saturating_add(batch_calls)
                .saturating_add(CONCURRENT_CHECKS),
            &limits,
        )?;
        let cache = CodeCache::open(code_folder, code_key, engine.engine())?;
        Ok(Self {
            engine,
            compiler,
            cache,
            limits,
            fonts: PreparedFonts::new(FontSet::embedded()),
            formats: Arc::new(Formats::default()),
            loaded: Mutex::new(Shelf::with_budget(loaded_bytes)),
            concurrent_calls,
            turns: semaphore(concurrent_calls),
            check_turns: semaphore(CONCURRENT_CHECKS),
        })
    }

    /// Guests that may run at one time, those of workers of jobs left out.
    pub fn concurrent_calls(&self) -> u32 {
        self.concurrent_calls
    }

    /// The bounds in force.
    pub fn limits(&self) -> &TemplateLimits {
        &self.limits
    }

    /// Tries an upload out. Blocks for as long as compiling and the trials take.
    pub fn check(&self, upload: &[u8], files: &VersionFiles) -> Checked {
        let mut inspection = Inspection::of_upload(upload.len());
        let digest = Digest::of(upload);
        let begun = Instant::now();
        let template = match self.component(&digest, ComponentSource::Upload(upload)) {
            Ok(component) => {
                inspection.figures.compile_ms =
                    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.inspect(&component, files, &mut inspection)
            }
            Err(LoadError::Compile(error)) => {
                inspection.compile_failed(&error);
                None
            }
            Err(LoadError::Link(reason)) => {
                inspection.link_failed(&reason, &self.limits);
                None
            }
            Err(error @ (LoadError::CodeMissing | LoadError::Prepare(_))) => {
                inspection.link_failed(&error.to_string(), &self.limits);
                None
            }
        };
        let report = inspection.conclude(template.as_ref());
        let template = match report.state {
            ReportState::Ready => {
                template.map(|template| self.shelve(key_of(digest, files), template))
            }
            ReportState::Rejected | ReportState::Undecided => None,
        };
        Checked { report, template }
    }

    fn inspect(
        &self,
        component: &Component,
        files: &VersionFiles,
        inspection: &mut Inspection,
    ) -> Option<LoadedTemplate> {
        inspection.figures.code_bytes = code_bytes(component);
        let guest = match Guest::link(component) {
            Ok(guest) => guest,
            Err(error) => {
                inspection.link_failed(&format!("{error:#}"), &self.limits);
                return None;
            }
        };
        let (prepared, stats) = self.prepare(guest, component, files);
        inspection.figures.prepare = stats;
        match prepared {
            Ok((template, notes)) => {
                inspection.try_out(&template, &notes, &self.limits);
                Some(template)
            }
            Err(error) => {
                inspection.prepare_failed(&error);
                None
            }
        }
    }

    /// A version that is loaded already.
    pub fn loaded(&self, key: &VersionKey) -> Option<Arc<LoadedTemplate>> {
        self.shelf().get(key)
    }

    /// Whether an upload's code is kept on disk or in memory, so that its bytes are not needed.
    pub fn has_code(&self, component: &Digest) -> bool {
        self.cache.holds(component)
    }

    /// Loads a version that was found ready before. Blocks.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(
        &self,
        source: ComponentSource<'_>,
        files: &VersionFiles,
    ) -> Result<Arc<LoadedTemplate>, LoadError> {
        let digest = match &source {
            ComponentSource::Upload(upload) => Digest::of(upload),
            ComponentSource::Digest(digest) => *digest,
        };
        let key = key_of(digest, files);
        if let Some(template) = self.loaded(&key) {
            return Ok(template);
        }
        let component = self.component(&digest, source)?;
        let guest =
            Guest::link(&component).map_err(|error| LoadError::Link(format!("{error:#}")))?;
        let (template, _) = self.prepare(guest, &component, files).0?;
        Ok(self.shelve(key, template))
    }

    /// Runs work that computes, such as a guest's call or rendering, on the blocking pool when it
    /// is its turn.
    ///
    /// # Errors
    /// When no turn comes in time, or the host stops.
    pub async fn run<Made: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Made + Send + 'static,
    ) -> Result<Made, TurnError> {
        self.run_in_turn(&self.turns, LONGEST_WAIT, work).await
    }

    /// As [`Workshop::run`], for [`Workshop::check`].
    ///
    /// # Errors
    /// When no turn comes in time, or the host stops.
    pub async fn run_check(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Checked + Send + 'static,
    ) -> Result<Checked, TurnError> {
        self.run_in_turn(&self.check_turns, LONGEST_CHECK_WAIT, work)
            .await
    }

    async fn run_in_turn<Made: Send + 'static>(
        self: &Arc<Self>,
        turns: &Semaphore,
        longest_wait: Duration,
        work: impl FnOnce(&Self) -> Made + Send + 'static,
    ) -> Result<Made, TurnError> {
        let turn = tokio::time::timeout(longest_wait, turns.acquire())
            .await
            .map_err(|_| TurnError::Busy)?
            .map_err(|_| TurnError::Stopping)?;
        let workshop = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || work(&workshop))
            .await
            .map_err(|_| TurnError::Stopping)?;
        drop(turn);
        Ok(made)
    }

    fn component(
        &self,
        digest: &Digest,
        source: ComponentSource<'_>,
    ) -> Result<Component, LoadError> {
        let engine = self.engine.engine();
        if let Some(component) = self.cache.load(engine, digest) {
            return Ok(component);
        }
        let ComponentSource::Upload(upload) = source else {
            return Err(LoadError::CodeMissing);
        };
        let compiled = self.compiler.compile(upload, &self.limits)?;
        self.cache
            .admit(engine, digest, &compiled)
            .map_err(|error| LoadError::Link(format!("{error:#}")))
    }

    fn prepare(
        &self,
        guest: Guest,
        component: &Component,
        files: &VersionFiles,
    ) -> (
        Result<(LoadedTemplate, super::compose::AuthorNotes), PrepareError>,
        super::call::CallStats,
    ) {
        LoadedTemplate::prepare(Ingredients {
            guest,
            files,
            fonts: &self.fonts,
            formats: Arc::clone(&self.formats),
            limits: &self.limits,
            code_bytes: code_bytes(component),
        })
    }

    fn shelve(&self, key: VersionKey, template: LoadedTemplate) -> Arc<LoadedTemplate> {
        self.shelf().put(key, Arc::new(template))
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn semaphore(turns: u32) -> Semaphore {
    Semaphore::new(usize::try_from(turns).unwrap_or(1).max(1))
}

fn key_of(component: Digest, files: &VersionFiles) -> VersionKey {
    let assets: Vec<(&str, Digest)> = files
        .assets
        .iter()
        .map(|AssetFile { name, bytes }| (name.as_str(), Digest::of(bytes)))
        .collect();
    VersionKey::of(&component, &Digest::of(&files.settings), &assets)
}

fn code_bytes(component: &Component) -> u64 {
    let range = component.image_range();
    (range.end as usize).saturating_sub(range.start as usize) as u64
}

/// Loaded versions, of which the longest unused give way.
struct Shelf {
    budget_bytes: u64,
    used_bytes: u64,
    uses: u64,
    templates: HashMap<VersionKey, Shelved>,
}

struct Shelved {
    template: Arc<LoadedTemplate>,
    bytes: u64,
    last_use: u64,
}

impl Shelf {
    fn with_budget(budget_bytes: u64) -> Self {
        Self {
            budget_bytes,
            used_bytes: 0,
            uses: 0,
            templates: HashMap::new(),
        }
    }

    fn get(&mut self, key: &VersionKey) -> Option<Arc<LoadedTemplate>> {
        self.uses += 1;
        let shelved = self.templates.get_mut(key)?;
        shelved.last_use = self.uses;
        Some(Arc::clone(&shelved.template))
    }

    /// Gives the version that is now on the shelf: if two loaded it at one time, the first one.
    fn put(&mut self, key: VersionKey, template: Arc<LoadedTemplate>) -> Arc<LoadedTemplate> {
        if let Some(there) = self.get(&key) {
            return there;
        }
        let bytes = template.memory_bytes();
        self.used_bytes = self.used_bytes.saturating_add(bytes);
        let shelved = Shelved {
            template: Arc::clone(&template),
            bytes,
            last_use: self.uses,
        };
        self.templates.insert(key, shelved);
        self.make_room(&key);
        template
    }

    /// Takes away the longest unused, but never the newest: it is about to be used.
    fn make_room(&mut self, newest: &VersionKey) {
        while self.used_bytes > self.budget_bytes {
            let oldest = self
                .templates
                .iter()
                .filter(|(key, _)| *key != newest)
                .min_by_key(|(_, shelved)| shelved.last_use)
                .map(|(key, _)| *key);
            let Some(removed) = oldest.and_then(|key| self.templates.remove(&key)) else {
                return;
            };
            self.used_bytes = self.used_bytes.saturating_sub(removed.bytes);
        }
    }
}

//! What the sandbox tests share: an engine, a compiler, and the guests.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test program uses a part of it"
)]

pub mod bomb;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use guichet::templates::bindings::v0::{Guest, PrepareFailure};
use guichet::templates::cache::{CodeCache, CodeKey};
use guichet::templates::call::{CallStats, TemplateFailure};
use guichet::templates::compile::{CompileError, CompiledCode, Compiler};
use guichet::templates::digest::Digest;
use guichet::templates::engine::RunningEngine;
use guichet::templates::layout::Layout;
use guichet::templates::limits::TemplateLimits;
use guichet::templates::loaded::VersionFiles;
use guichet::templates::manifest::Prepared;
use guichet::templates::request::{LayoutRequest, NamedValue, Position, Value};
use guichet::templates::workshop::ComponentSource;
use guichet::templates::{LoadedTemplate, Workshop, WorkshopOptions};

/// The guest that sins on demand.
pub const SINNER: &str = "sinner";

/// A hostile guest's bytes.
pub fn guest(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/hostile");
    let path = folder.join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; run `cargo xtask build` first", path.display())
    })
}

/// Everything that runs templates.
pub struct Room {
    pub limits: TemplateLimits,
    pub engine: RunningEngine,
    compiler: Compiler,
}

impl Room {
    pub fn new() -> Self {
        let limits = patient_limits();
        let engine = RunningEngine::start(2, &limits).unwrap();
        let compiler = Compiler::with_executable(PathBuf::from(env!("CARGO_BIN_EXE_guichet")));
        Self {
            limits,
            engine,
            compiler,
        }
    }

    pub fn compile(&self, upload: &[u8]) -> Result<CompiledCode, CompileError> {
        self.compiler.compile(upload, &self.limits)
    }

    pub fn cache_folder(&self, name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
    }

    pub fn cache(&self, name: &str) -> CodeCache {
        CodeCache::open(
            self.cache_folder(name),
            CodeKey::new([7; 32]),
            self.engine.engine(),
        )
        .unwrap()
    }

    pub fn load(&self, name: &str) -> Guest {
        self.load_result(name).unwrap()
    }

    pub fn load_result(&self, name: &str) -> Result<Guest, String> {
        let upload = guest(name);
        let digest = Digest::of(&upload);
        let engine = self.engine.engine();
        // Shared by the tests of one build, so that each guest is compiled once.
        let cache = self.cache("code");
        let component = match cache.load(engine, &digest) {
            Some(component) => component,
            None => {
                let compiled = self.compile(&upload).map_err(|error| error.to_string())?;
                cache
                    .admit(engine, &digest, &compiled)
                    .map_err(|error| format!("{error:#}"))?
            }
        };
        Guest::link(&component).map_err(|error| format!("{error:#}"))
    }

    pub fn prepare(&self, guest: &Guest, settings: &[u8]) -> Result<Prepared, PrepareFailure> {
        guest.prepare(settings, &self.limits).0
    }

    pub fn layout(
        &self,
        guest: &Guest,
        prepared: &Prepared,
        holder: &str,
    ) -> (Result<Layout, TemplateFailure>, CallStats) {
        guest.layout(&prepared.state, &request(prepared, holder), &self.limits)
    }
}

/// The bounds of a host, but for time: fuel shall decide, however busy the machine is.
pub fn patient_limits() -> TemplateLimits {
    let mut limits = TemplateLimits::default();
    limits.set("deadline_ms", 60_000).unwrap();
    limits.set("prepare_deadline_ms", 120_000).unwrap();
    limits
}

/// A request with a holder's name.
pub fn request(prepared: &Prepared, holder: &str) -> LayoutRequest {
    LayoutRequest {
        ticket: vec![NamedValue {
            name: "holder".to_owned(),
            value: Value::Text(holder.to_owned()),
        }],
        event: Vec::new(),
        organizer: Vec::new(),
        page_format: prepared.manifest.page_formats[0].clone(),
        locale: "en".to_owned(),
        position: Position::ALONE,
    }
}

/// A workshop as the host has one.
pub struct Shop {
    pub workshop: Workshop,
}

impl Shop {
    pub fn set_up() -> Self {
        let options = WorkshopOptions {
            limits: patient_limits(),
            code_folder: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("code"),
            code_key: CodeKey::new([7; 32]),
            compiler: Compiler::with_executable(PathBuf::from(env!("CARGO_BIN_EXE_guichet"))),
            concurrent_calls: 2,
            batch_calls: 0,
            loaded_bytes: 64 * 1024 * 1024,
        };
        Self {
            workshop: Workshop::set_up(options).unwrap(),
        }
    }

    pub fn load(&self, name: &str) -> Arc<LoadedTemplate> {
        let upload = guest(name);
        let files = VersionFiles::default();
        self.workshop
            .load(ComponentSource::Upload(&upload), &files)
            .unwrap()
    }
}

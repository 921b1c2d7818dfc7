//! What the sandbox costs a ticket: a fresh instance and one `layout` of `classic`, then the same
//! with the host's own work on the answer.

use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use guichet::templates::bindings::v0::Guest;
use guichet::templates::cache::{CodeCache, CodeKey};
use guichet::templates::compile::Compiler;
use guichet::templates::digest::Digest;
use guichet::templates::engine::RunningEngine;
use guichet::templates::limits::TemplateLimits;
use guichet::templates::loaded::VersionFiles;
use guichet::templates::values::{Circumstances, LocaleFormats, fill};
use guichet::templates::workshop::ComponentSource;
use guichet::templates::{CodeText, Workshop, WorkshopOptions};

fn classic() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/templates/classic.wasm");
    std::fs::read(&path).expect("run `cargo xtask build` first")
}

fn compiler() -> Compiler {
    Compiler::with_executable(PathBuf::from(env!("CARGO_BIN_EXE_guichet")))
}

fn code_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("code")
}

fn sandbox(criterion: &mut Criterion) {
    let limits = TemplateLimits::default();
    let upload = classic();
    let workshop = Workshop::set_up(WorkshopOptions {
        limits: limits.clone(),
        code_folder: code_folder(),
        code_key: CodeKey::new([7; 32]),
        compiler: compiler(),
        concurrent_calls: 2,
        batch_calls: 0,
        loaded_bytes: 64 << 20,
    })
    .expect("a workshop");
    let template = workshop
        .load(ComponentSource::Upload(&upload), &VersionFiles::default())
        .expect("classic loads");
    let order = template.sample_order();
    let code = CodeText::Token(format!("TK1:{}", "6BF".repeat(50)));
    let laid_out = template.lay_out(&order, &code).expect("classic lays out");
    eprintln!("classic: {:?}", laid_out.stats);

    let engine = RunningEngine::start(2, &limits).expect("an engine");
    let cache =
        CodeCache::open(code_folder(), CodeKey::new([7; 32]), engine.engine()).expect("a cache");
    let component = cache
        .load(engine.engine(), &Digest::of(&upload))
        .expect("kept code");
    let guest = Guest::link(&component).expect("classic links");
    let prepared = guest.prepare(b"", &limits).0.expect("classic prepares");
    let formats = LocaleFormats::of("en");
    let circumstances = Circumstances {
        page_format: &prepared.manifest.page_formats[0],
        locale: "en",
        formats: &formats,
        position: order.position,
    };
    let filled = fill(&prepared.manifest, &order.values, &circumstances).expect("samples fit");

    let mut group = criterion.benchmark_group("sandbox");
    group.bench_function("fill request", |bencher| {
        bencher.iter(|| fill(&prepared.manifest, &order.values, &circumstances));
    });
    group.bench_function("fresh instance and layout", |bencher| {
        bencher.iter(|| {
            guest
                .layout(&prepared.state, &filled.request, &limits)
                .0
                .is_ok()
        });
    });
    group.bench_function("lay out: request, guest, text, code", |bencher| {
        bencher.iter(|| template.lay_out(&order, &code).is_ok());
    });
    group.finish();
}

criterion_group!(benches, sandbox);
criterion_main!(benches);

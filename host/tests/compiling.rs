//! The compiling child: what it makes, what it refuses, and what its limits stop.

mod sandbox_room;

use guichet::templates::compile::{CompileError, SourceKind};
use guichet::templates::digest::Digest;
use sandbox_room::{Room, SINNER, bomb, guest};

fn compile_error(upload: &[u8]) -> CompileError {
    Room::new().compile(upload).unwrap_err()
}

#[test]
fn guests_become_code() {
    let compiled = Room::new().compile(&guest(SINNER)).unwrap();
    assert!(matches!(
        compiled.source,
        SourceKind::Component | SourceKind::CoreModule
    ));
    assert!(compiled.code.len() > 10_000);
}

#[test]
fn bytes_that_are_no_component_are_told_what_they_are() {
    for (upload, words) in [
        (b"".as_slice(), "it is empty"),
        (
            b"\x7fELF garbage",
            "it does not begin with the bytes 00 61 73 6D",
        ),
        (
            b"(component)",
            "it is WebAssembly text; upload the binary format",
        ),
        (b"\n (module (func))", "it is WebAssembly text"),
        (b"\0asm", "it ends within its header"),
        (b"\0asm\x07\0\0\0", "its format version is unknown"),
        (b"\0asm\x01\0\0\0", "without the section `component-type`"),
    ] {
        let error = compile_error(upload);
        assert!(
            matches!(error, CompileError::NotWebAssembly { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn truncated_components_are_invalid() {
    let upload = guest(SINNER);
    for cut in [9, 100, upload.len() / 2, upload.len() - 1] {
        let error = compile_error(&upload[..cut]);
        let told = matches!(
            error,
            CompileError::Invalid { .. }
                | CompileError::NotWebAssembly { .. }
                | CompileError::WrongContract { .. }
        );
        assert!(told, "{cut}: {error:?}");
    }
}

#[test]
fn an_empty_component_lacks_the_contract() {
    assert_eq!(
        compile_error(b"\0asm\x0d\0\x01\0").to_string(),
        "the component does not fit guichet:template/plugin@0.1.0: it exports nothing, `guichet:template/plugin@0.1.0` is missing"
    );
}

#[test]
fn imports_are_refused_by_name() {
    // (module (import "wasi_snapshot_preview1" "fd_write" (func)))
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x23\x01\x16".to_vec();
    module.extend(b"wasi_snapshot_preview1\x08fd_write\0\0");
    assert_eq!(
        compile_error(&module).to_string(),
        "a template imports nothing, but this one imports `wasi_snapshot_preview1/fd_write`; build without WASI and without host functions"
    );
}

#[test]
fn an_upload_over_the_limit_is_refused_unread() {
    let error = compile_error(&vec![0; 32 * 1024 * 1024 + 1]);
    assert!(
        error.to_string().contains("`upload_bytes` = 33554432"),
        "{error}"
    );
}

#[test]
fn a_compile_bomb_is_stopped_by_a_limit_that_is_named() {
    let bomb = bomb::module();
    assert!((100_000..200_000).contains(&bomb.len()), "{}", bomb.len());
    let error = compile_error(&bomb);
    let stopped = match &error {
        CompileError::TooSlow { cpu_seconds } => *cpu_seconds == 7,
        CompileError::TooMuchMemory { address_space_mib } => *address_space_mib == 576,
        _ => false,
    };
    assert!(stopped, "{error:?}");
}

#[test]
fn foreign_or_changed_code_is_not_loaded() {
    let room = Room::new();
    let upload = guest(SINNER);
    let (digest, other) = (Digest::of(&upload), Digest::of(b"another upload"));
    // An earlier run may have left the code of an earlier guest.
    let _ = std::fs::remove_dir_all(room.cache_folder("tampered"));
    let cache = room.cache("tampered");
    let compiled = room.compile(&upload).unwrap();
    let engine = room.engine.engine();
    cache.admit(engine, &digest, &compiled).unwrap();
    assert!(cache.load(engine, &digest).is_some());
    assert!(cache.load(engine, &other).is_none());

    let file = std::fs::read_dir(room.cache_folder("tampered"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "cwasm")
        })
        .unwrap();
    let good = std::fs::read(&file).unwrap();
    for position in [0, 8, 20, 40, 1_000, good.len() - 1] {
        let mut changed = good.clone();
        changed[position] ^= 1;
        std::fs::write(&file, changed).unwrap();
        assert!(cache.load(engine, &digest).is_none(), "byte {position}");
    }
    std::fs::write(&file, &good[..30]).unwrap();
    assert!(cache.load(engine, &digest).is_none(), "cut");

    // Good code under another upload's name is foreign too.
    let renamed = file
        .to_string_lossy()
        .replace(&digest.to_string(), &other.to_string());
    std::fs::write(renamed, &good).unwrap();
    assert!(cache.load(engine, &other).is_none(), "renamed");

    cache.admit(engine, &digest, &compiled).unwrap();
    assert!(cache.load(engine, &digest).is_some(), "rebuilt");
}

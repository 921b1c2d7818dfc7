//! The child's side: confine, read, check against the contract, compile, answer.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use wit_component::ComponentEncoder;

use super::frame::{self, Answer, Refusal};
use super::{confine, contract};
use crate::templates::engine;
use crate::templates::limits::CompileBudget;

/// First argument of the hidden subcommand. The binary must look for it before anything else.
pub const CHILD_COMMAND: &str = "compile-template-child";

/// Runs the child and gives its exit code when the program was started as one.
///
/// To be called first in `main`, before any thread is started or any file opened: the child drops
/// its rights on the thread that it has.
pub fn run_if_child() -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next()? != CHILD_COMMAND {
        return None;
    }
    let numbers: Vec<u64> = arguments
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let &[upload_bytes, cpu_seconds, address_space_bytes] = numbers.as_slice() else {
        eprintln!("this command is used by the host itself");
        return Some(ExitCode::from(2));
    };
    let budget = CompileBudget {
        cpu_seconds,
        address_space_bytes,
        wall_clock: Duration::from_secs(0),
    };
    Some(match run(upload_bytes, &budget) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

fn run(upload_bytes: u64, budget: &CompileBudget) -> io::Result<()> {
    confine::confine(budget)?;
    let mut upload = Vec::new();
    io::stdin()
        .lock()
        .take(upload_bytes)
        .read_to_end(&mut upload)?;
    let answer = match compile(&upload) {
        Ok(answer) => answer,
        Err(refusal) => Answer::Refused(refusal),
    };
    let mut out = io::stdout().lock();
    frame::write(&answer, &mut out)?;
    out.flush()
}

fn compile(upload: &[u8]) -> Result<Answer, Refusal> {
    match encoding_of(upload)? {
        Encoding::Component => compile_component(upload).map(Answer::FromComponent),
        Encoding::CoreModule => {
            let component = componentize(upload)?;
            compile_component(&component).map(Answer::FromCoreModule)
        }
    }
}

fn compile_component(component: &[u8]) -> Result<Vec<u8>, Refusal> {
    contract::check(component)?;
    let engine = engine::compiling_engine().map_err(|error| Refusal::Unavailable {
        reason: error.to_string(),
    })?;
    engine
        .precompile_component(component)
        .map_err(|error| Refusal::Invalid {
            reason: format!("{error:#}"),
        })
}

enum Encoding {
    Component,
    CoreModule,
}

/// Tells the two binary formats apart, and names what else it may be.
fn encoding_of(upload: &[u8]) -> Result<Encoding, Refusal> {
    // The binary format begins with a magic number, a version and a layer (component model,
    // Binary.md: `0x00 0x61 0x73 0x6d`, version 0x0d, layer 1; a core module has 1 and 0).
    const MAGIC: &[u8] = b"\0asm";
    let refused = |reason: &str| {
        Err(Refusal::NotWebAssembly {
            reason: reason.to_owned(),
        })
    };
    let Some(header) = upload.strip_prefix(MAGIC) else {
        let start = upload.trim_ascii_start();
        return if upload.is_empty() {
            refused("it is empty")
        } else if start.starts_with(b"(component") || start.starts_with(b"(module") {
            refused("it is WebAssembly text; upload the binary format (`.wasm`)")
        } else {
            refused("it does not begin with the bytes 00 61 73 6D")
        };
    };
    match header {
        [_, _, 1, 0, ..] => Ok(Encoding::Component),
        [1, 0, 0, 0, ..] => Ok(Encoding::CoreModule),
        [_, _, _, _, ..] => refused("its format version is unknown"),
        _ => refused("it ends within its header"),
    }
}

/// Makes a component of a core module that wit-bindgen has described.
fn componentize(module: &[u8]) -> Result<Vec<u8>, Refusal> {
    contract::check_core_module(module)?;
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| Refusal::Invalid {
            reason: format!("the core module cannot be made into a component: {error:#}"),
        })
}

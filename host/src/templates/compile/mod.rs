//! Compiles uploads in a child process that can do nothing else.
//!
//! Machine code is made from untrusted input, and Cranelift takes far more than linear time and
//! memory on hostile input (146 KB: 10 s and 750 MiB). So the work is done by a child of this very
//! executable which gives up every right it does not need before it reads the first byte
//! ([`confine`]), and which the parent bounds in time, memory and length of the answer.

mod child;
mod confine;
mod contract;
mod frame;
mod parent;

use thiserror::Error;

pub use child::{CHILD_COMMAND, run_if_child};
pub use parent::Compiler;

/// What the child made of an upload. The bytes are machine code: whoever loads them must know that
/// they come from here.
#[derive(Clone, Debug)]
pub struct CompiledCode {
    /// Serialized code for this machine and this wasmtime.
    pub code: Vec<u8>,
    /// What was uploaded.
    pub source: SourceKind,
}

/// What an upload turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A component.
    Component,
    /// A core module made with wit-bindgen, which the child made into a component.
    CoreModule,
}

/// Why an upload did not become code.
///
/// All but [`CompileError::Unavailable`] are about the upload, and their messages are for its author.
#[derive(Debug, Error)]
pub enum CompileError {
    /// More bytes than allowed.
    #[error(
        "the upload has {bytes} bytes, more than the limit `upload_bytes` = {limit}; build with optimisation for size and strip debug information"
    )]
    UploadTooLarge {
        /// Bytes uploaded.
        bytes: u64,
        /// The bound.
        limit: u64,
    },
    /// Neither a component nor a core module.
    #[error("the upload is not a WebAssembly component: {reason}")]
    NotWebAssembly {
        /// What it seems to be, and what to upload.
        reason: String,
    },
    /// Broken or with features that are not part of the contract.
    #[error("the upload is not a valid component: {reason}")]
    Invalid {
        /// The validator's words.
        reason: String,
    },
    /// It wants something from the host.
    #[error("a template imports nothing, but this one imports {}; build without WASI and without host functions", quoted(.names))]
    Imports {
        /// What it imports.
        names: Vec<String>,
    },
    /// It does not have the exports of the contract.
    #[error("the component does not fit {contract}: {}", .problems.join("; "))]
    WrongContract {
        /// The interface asked for, with its version.
        contract: String,
        /// Each difference, named.
        problems: Vec<String>,
    },
    /// Compiling took too much CPU time.
    #[error(
        "compiling took more than {cpu_seconds} s of CPU time (limits `compile_cpu_s` and `compile_cpu_s_per_mib`); split very large functions and remove unused code"
    )]
    TooSlow {
        /// The bound in seconds.
        cpu_seconds: u64,
    },
    /// Compiling took too much memory.
    #[error(
        "compiling needs more than {address_space_mib} MiB (limits `compile_memory_mib` and `compile_memory_mib_per_mib`); split very large functions and remove unused code"
    )]
    TooMuchMemory {
        /// The bound in MiB.
        address_space_mib: u64,
    },
    /// The compiler itself gave up.
    #[error("the compiler stopped on this component: {reason}")]
    CompilerStopped {
        /// How it ended.
        reason: String,
    },
    /// The host could not run the child; not the author's fault.
    #[error("templates cannot be compiled at present: {reason}")]
    Unavailable {
        /// For the log.
        reason: String,
    },
}

fn quoted(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut list = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        list.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    list
}

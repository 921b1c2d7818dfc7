//! The parent's side: start, feed, wait, and put the child's end into words.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use super::frame::{self, Answer, Refusal};
use super::{CHILD_COMMAND, CompileError, CompiledCode, SourceKind, contract};
use crate::templates::limits::{CompileBudget, TemplateLimits};

/// Code may be this many times longer than its source...
const CODE_BYTES_PER_SOURCE_BYTE: u64 = 24;
/// ... and this much besides.
const CODE_BYTES_BASE: u64 = 16 * 1024 * 1024;
/// What is kept of the child's last words.
const STDERR_BYTES: u64 = 8 * 1024;

/// Compiles uploads, each in a child of its own.
#[derive(Clone, Debug)]
pub struct Compiler {
    executable: PathBuf,
}

impl Compiler {
    /// A compiler whose children are this very executable.
    ///
    /// # Errors
    /// When the system does not say where the executable is.
    pub fn of_this_executable() -> io::Result<Self> {
        std::env::current_exe().map(Self::with_executable)
    }

    /// A compiler whose children are that executable, which must be a `guichet` binary.
    pub fn with_executable(executable: PathBuf) -> Self {
        Self { executable }
    }

    /// Compiles one upload. Blocks for as long as that takes; to be called where that is allowed.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub fn compile(
        &self,
        upload: &[u8],
        limits: &TemplateLimits,
    ) -> Result<CompiledCode, CompileError> {
        let bytes = upload.len() as u64;
        if bytes > limits.upload_bytes {
            return Err(CompileError::UploadTooLarge {
                bytes,
                limit: limits.upload_bytes,
            });
        }
        let budget = limits.compile_budget(bytes);
        let code_limit = bytes
            .saturating_mul(CODE_BYTES_PER_SOURCE_BYTE)
            .saturating_add(CODE_BYTES_BASE);
        let mut child = self
            .start(bytes, &budget)
            .map_err(|error| CompileError::Unavailable {
                reason: format!("the compiling process cannot start: {error}"),
            })?;
        let conversation = converse(&mut child, upload, &budget, code_limit);
        // Killing a child that has ended does nothing; waiting leaves no zombie.
        let _ = child.kill();
        let status = child.wait().map_err(|error| CompileError::Unavailable {
            reason: format!("the compiling process is lost: {error}"),
        })?;
        conclude(conversation, status, &budget)
    }

    fn start(&self, upload_bytes: u64, budget: &CompileBudget) -> io::Result<Child> {
        Command::new(&self.executable)
            .arg(CHILD_COMMAND)
            .arg(upload_bytes.to_string())
            .arg(budget.cpu_seconds.to_string())
            .arg(budget.address_space_bytes.to_string())
            // The host's environment holds its secrets.
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }
}

struct Conversation {
    /// `None` when the child neither answered nor closed its output in time.
    answer: Option<io::Result<Answer>>,
    last_words: String,
}

fn converse(
    child: &mut Child,
    upload: &[u8],
    budget: &CompileBudget,
    code_limit: u64,
) -> Conversation {
    let (Some(mut input), Some(mut output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        let error = io::Error::other("the compiling process has no streams");
        return Conversation {
            answer: Some(Err(error)),
            last_words: String::new(),
        };
    };
    thread::scope(|scope| {
        scope.spawn(move || {
            // A child that ends early closes its input; its answer says why.
            let _ = input.write_all(upload);
        });
        let last_words = scope.spawn(move || {
            let mut words = Vec::new();
            let mut errors = errors.take(STDERR_BYTES);
            let _ = errors.read_to_end(&mut words);
            // Keep draining, so that the child never waits for us to read its complaints.
            let _ = io::copy(&mut errors.into_inner(), &mut io::sink());
            String::from_utf8_lossy(&words).trim().to_owned()
        });
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || {
            let _ = sender.send(frame::read(&mut output, code_limit));
        });
        let answer = receiver.recv_timeout(budget.wall_clock).ok();
        if answer.is_none() || matches!(answer, Some(Err(_))) {
            // Its streams close with it, which ends the three threads.
            let _ = kill_unless_ended(child);
        }
        Conversation {
            answer,
            last_words: last_words.join().unwrap_or_default(),
        }
    })
}

fn kill_unless_ended(child: &mut Child) -> io::Result<()> {
    // A child that has just died by its own limit shall keep that cause of death.
    let patience = std::time::Instant::now() + std::time::Duration::from_millis(200);
    while std::time::Instant::now() < patience {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill()
}

fn conclude(
    conversation: Conversation,
    status: ExitStatus,
    budget: &CompileBudget,
) -> Result<CompiledCode, CompileError> {
    match conversation.answer {
        Some(Ok(Answer::FromComponent(code))) => Ok(CompiledCode {
            code,
            source: SourceKind::Component,
        }),
        Some(Ok(Answer::FromCoreModule(code))) => Ok(CompiledCode {
            code,
            source: SourceKind::CoreModule,
        }),
        Some(Ok(Answer::Refused(refusal))) => Err(refused(refusal)),
        None => Err(CompileError::TooSlow {
            cpu_seconds: budget.cpu_seconds,
        }),
        Some(Err(error)) => Err(died(status, &conversation.last_words, &error, budget)),
    }
}

fn refused(refusal: Refusal) -> CompileError {
    match refusal {
        Refusal::NotWebAssembly { reason } => CompileError::NotWebAssembly { reason },
        Refusal::Invalid { reason } => CompileError::Invalid { reason },
        Refusal::Imports { names } => CompileError::Imports { names },
        Refusal::WrongContract { problems } => CompileError::WrongContract {
            contract: contract::INTERFACE.to_owned(),
            problems,
        },
        Refusal::Unavailable { reason } => CompileError::Unavailable { reason },
    }
}

/// The child ended without an answer: by one of its limits, or by a fault of the compiler.
fn died(
    status: ExitStatus,
    last_words: &str,
    error: &io::Error,
    budget: &CompileBudget,
) -> CompileError {
    match status.signal() {
        Some(libc::SIGXCPU) | Some(libc::SIGKILL) => CompileError::TooSlow {
            cpu_seconds: budget.cpu_seconds,
        },
        // Rust's allocator aborts with these words when the address space is used up; an `mmap`
        // that fails elsewhere ends in the others.
        Some(libc::SIGABRT) | None
            if [
                "memory allocation of",
                "out of memory",
                "Cannot allocate memory",
                "ENOMEM",
            ]
            .iter()
            .any(|sign| last_words.contains(sign)) =>
        {
            CompileError::TooMuchMemory {
                address_space_mib: budget.address_space_bytes / (1024 * 1024),
            }
        }
        Some(signal) => CompileError::CompilerStopped {
            reason: format!("signal {signal}: {}", first_line(last_words)),
        },
        None if last_words.contains("panicked") => CompileError::CompilerStopped {
            reason: first_line(last_words).to_owned(),
        },
        None => CompileError::Unavailable {
            reason: format!("{status}: {error}: {last_words}"),
        },
    }
}

fn first_line(words: &str) -> &str {
    words.lines().next().unwrap_or("no reason given")
}

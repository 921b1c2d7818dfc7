//! One call of a guest: a fresh instance, its bounds, and what became of it.

use std::time::Instant;

use thiserror::Error;
use wasmtime::{Engine, PoolConcurrencyLimitError, ResourceLimiter, Store, Trap, WasmBacktrace};

use super::engine::{STACK_BYTES, epoch_ticks};
use super::layout::LayoutProblem;
use super::limits::TemplateLimits;

/// Frames of a backtrace that an author gets to see.
const BACKTRACE_FRAMES: usize = 20;
/// A function's name, as much as is shown of it.
const FRAME_CHARACTERS: usize = 200;
/// Reasons and messages that a guest may give, in bytes; as the contract says.
pub const MESSAGE_BYTES: usize = 1_000;

/// What one call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallStats {
    /// Units of fuel, instantiation included. The same for the same input on every machine.
    pub fuel: u64,
    /// Bytes over all linear memories at their largest. The same on every machine.
    pub peak_memory_bytes: u64,
    /// Wall-clock time in microseconds.
    pub microseconds: u64,
}

/// Why a guest gave no page, in the seven ways that callers tell apart.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateFailure {
    /// The author's own rule says no.
    #[error("the template refuses this ticket: {reason}")]
    Refused {
        /// The template's words.
        reason: String,
    },
    /// The template caught an exception of its own.
    #[error("the template failed: {message}")]
    Failed {
        /// The template's words.
        message: String,
    },
    /// The template broke.
    #[error("the template broke: {message}")]
    Trapped {
        /// What happened.
        message: String,
        /// Names of the functions that were running, innermost first.
        backtrace: Vec<String>,
    },
    /// It computed for too long.
    #[error(
        "the template used up its `{name}` = {limit}; do less for each ticket, or do it once in `prepare`"
    )]
    OutOfFuel {
        /// Name of the bound.
        name: &'static str,
        /// The bound.
        limit: u64,
    },
    /// It asked for too much memory.
    #[error("the template asked for {asked}, more than `{name}` = {limit}")]
    OutOfMemory {
        /// Name of the bound.
        name: &'static str,
        /// The bound.
        limit: u64,
        /// What it would have had in all.
        asked: u64,
    },
    /// Its answer breaks the contract.
    #[error("the template's layout is refused: {}", first_problem(.problems))]
    BadLayout {
        /// What is wrong, at most as many as `problems` allows; never empty.
        problems: Vec<LayoutProblem>,
    },
    /// The host had no time or room; the same request may succeed later.
    #[error("the host is overloaded: {reason}")]
    Overloaded {
        /// For the log.
        reason: String,
    },
}

fn first_problem(problems: &[LayoutProblem]) -> String {
    match problems {
        [] => "no reason given".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

impl TemplateFailure {
    /// Whether the template's author has to act. A refusal is the author's own rule at work, and an
    /// overload is the host's.
    pub fn is_a_break(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Overloaded { .. } => false,
            Self::Failed { .. }
            | Self::Trapped { .. }
            | Self::OutOfFuel { .. }
            | Self::OutOfMemory { .. }
            | Self::BadLayout { .. } => true,
        }
    }

    /// Its name in figures.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Trapped { .. } => "trapped",
            Self::OutOfFuel { .. } => "out of fuel",
            Self::OutOfMemory { .. } => "out of memory",
            Self::BadLayout { .. } => "bad layout",
            Self::Overloaded { .. } => "overloaded",
        }
    }

    /// An answer that is wrong as a whole.
    pub(super) fn bad_answer(message: String) -> Self {
        Self::BadLayout {
            problems: vec![LayoutProblem::of_document("", message)],
        }
    }
}

/// Which function is called, and so which bounds hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Prepare,
    Layout,
}

impl Entry {
    fn fuel(self, limits: &TemplateLimits) -> (&'static str, u64) {
        match self {
            Self::Prepare => ("prepare_fuel", limits.prepare_fuel),
            Self::Layout => ("fuel", limits.fuel),
        }
    }

    fn deadline_ms(self, limits: &TemplateLimits) -> u64 {
        match self {
            Self::Prepare => limits.prepare_deadline_ms,
            Self::Layout => limits.deadline_ms,
        }
    }
}

/// What a store holds: the host gives a guest nothing but bounds.
pub(super) struct GuestState {
    memory: MemoryBudget,
}

/// Runs `act` on a fresh instance and says what it used.
///
/// `act` instantiates in the store and calls; the store dies with this call, so that nothing passes
/// from one ticket to the next. Instantiation runs the guest's code too, within the same bounds.
pub(super) fn on_fresh_instance<Answer>(
    engine: &Engine,
    entry: Entry,
    limits: &TemplateLimits,
    act: impl FnOnce(&mut Store<GuestState>) -> wasmtime::Result<Answer>,
) -> (Result<Answer, TemplateFailure>, CallStats) {
    let begun = Instant::now();
    let (_, fuel) = entry.fuel(limits);
    let mut store = Store::new(
        engine,
        GuestState {
            memory: MemoryBudget::new(limits),
        },
    );
    store.limiter(|state| &mut state.memory);
    store.set_epoch_deadline(epoch_ticks(entry.deadline_ms(limits)));
    store.set_hostcall_fuel(usize::try_from(limits.returned_bytes).unwrap_or(usize::MAX));
    let outcome = store.set_fuel(fuel).and_then(|()| act(&mut store));
    let stats = CallStats {
        fuel: fuel.saturating_sub(store.get_fuel().unwrap_or(0)),
        peak_memory_bytes: store.data().memory.bytes,
        microseconds: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
    };
    (
        outcome.map_err(|error| failure_of(&error, entry, limits)),
        stats,
    )
}

fn failure_of(error: &wasmtime::Error, entry: Entry, limits: &TemplateLimits) -> TemplateFailure {
    if let Some(exceeded) = error.downcast_ref::<BudgetExceeded>() {
        let BudgetExceeded { name, limit, asked } = *exceeded;
        return TemplateFailure::OutOfMemory { name, limit, asked };
    }
    if let Some(full) = error.downcast_ref::<PoolConcurrencyLimitError>() {
        return TemplateFailure::Overloaded {
            reason: full.to_string(),
        };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => {
            let (name, limit) = entry.fuel(limits);
            TemplateFailure::OutOfFuel { name, limit }
        }
        // The backstop: fuel would have ended it on a machine with time to spare.
        Some(Trap::Interrupt) => TemplateFailure::Overloaded {
            reason: format!("a template call passed {} ms", entry.deadline_ms(limits)),
        },
        Some(Trap::StackOverflow) => TemplateFailure::Trapped {
            message: format!(
                "call stack exhausted: recursion is deeper than the stack of {} KiB allows",
                STACK_BYTES / 1024
            ),
            backtrace: backtrace_of(error),
        },
        Some(trap) => TemplateFailure::Trapped {
            message: trap.to_string(),
            backtrace: backtrace_of(error),
        },
        None => broken_answer(error, limits),
    }
}

/// Errors that are not traps: the guest's answer could not be copied out of it.
fn broken_answer(error: &wasmtime::Error, limits: &TemplateLimits) -> TemplateFailure {
    let words = format!("{:#}", error.root_cause());
    // wasmtime keeps the type of this error to itself; a test watches over its words.
    if words.contains("fuel allocated for hostcalls has been exhausted") {
        return TemplateFailure::bad_answer(format!(
            "the answer takes more than `returned_bytes` = {} to hold",
            limits.returned_bytes
        ));
    }
    TemplateFailure::Trapped {
        message: format!("its answer cannot be read: {words}"),
        backtrace: backtrace_of(error),
    }
}

fn backtrace_of(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    backtrace
        .frames()
        .iter()
        .take(BACKTRACE_FRAMES)
        .map(|frame| match frame.func_name() {
            // The alternate form leaves out the hash that ends a Rust symbol.
            Some(name) => format!("{:#}", rustc_demangle::demangle(name))
                .chars()
                .filter(|character| !character.is_control())
                .take(FRAME_CHARACTERS)
                .collect(),
            None => format!("function {}", frame.func_index()),
        })
        .collect()
}

/// Counts memory over all linear memories and tables of one instance.
struct MemoryBudget {
    bytes: u64,
    bytes_limit: u64,
    elements: u64,
    elements_limit: u64,
}

#[derive(Debug, Error)]
#[error("`{name}` = {limit} exceeded")]
struct BudgetExceeded {
    name: &'static str,
    limit: u64,
    asked: u64,
}

impl MemoryBudget {
    fn new(limits: &TemplateLimits) -> Self {
        Self {
            bytes: 0,
            bytes_limit: limits.memory_bytes,
            elements: 0,
            elements_limit: limits.table_elements,
        }
    }
}

impl ResourceLimiter for MemoryBudget {
    /// A refusal ends the guest at once, with a backtrace to whoever asked. Answering "no" instead
    /// would let it go on and break later for a reason that says nothing.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let asked = self
            .bytes
            .saturating_add(desired.saturating_sub(current) as u64);
        if asked > self.bytes_limit {
            let limit = self.bytes_limit;
            return Err(BudgetExceeded {
                name: "memory_bytes",
                limit,
                asked,
            }
            .into());
        }
        self.bytes = asked;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let asked = self
            .elements
            .saturating_add(desired.saturating_sub(current) as u64);
        if asked > self.elements_limit {
            let limit = self.elements_limit;
            return Err(BudgetExceeded {
                name: "table_elements",
                limit,
                asked,
            }
            .into());
        }
        self.elements = asked;
        Ok(true)
    }
}

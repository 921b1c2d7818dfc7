//! The two engines: one runs templates from a pool, one compiles them in the child process.
//!
//! Both share [`code_config`], so that what the child compiles is what the host may run; wasmtime
//! checks that again when code is loaded.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use thiserror::Error;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig,
    VariableOperatorCost, WasmBacktraceDetails,
};

use super::limits::TemplateLimits;

/// How often the epoch moves on; deadlines are rounded up to it.
pub const EPOCH_TICK: Duration = Duration::from_millis(20);

/// Stack of a guest. A constant: it is compiled into nothing, but an author must be able to rely
/// on it.
pub const STACK_BYTES: usize = 512 * 1024;

/// Core instances of one component. A Python template has 38.
pub const CORE_INSTANCES: u32 = 64;
/// Linear memories of one component.
pub const MEMORIES: u32 = 8;
/// Tables of one component.
pub const TABLES: u32 = 16;

/// The engine could not be set up.
#[derive(Debug, Error)]
#[error("the WebAssembly engine cannot start: {0}")]
pub struct EngineError(wasmtime::Error);

/// The engine that runs templates, and the thread that moves its epoch on.
pub struct RunningEngine {
    engine: Engine,
    _ticker: Ticker,
}

impl RunningEngine {
    /// An engine with room for `concurrent_calls` guests at one time.
    ///
    /// # Errors
    /// When neither the pool nor plain allocation can be set up on this machine.
    pub fn start(concurrent_calls: u32, limits: &TemplateLimits) -> Result<Self, EngineError> {
        let mut pooled = code_config();
        pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(
            concurrent_calls,
            limits,
        )));
        let engine = match Engine::new(&pooled) {
            Ok(engine) => engine,
            Err(error) => {
                // The pool reserves address space (never memory) for every slot; a container with
                // a small limit on it still runs, only slower.
                tracing::warn!(
                    error = format!("{error:#}"),
                    "no room for the instance pool"
                );
                Engine::new(&code_config()).map_err(EngineError)?
            }
        };
        let ticker = Ticker::start(&engine);
        Ok(Self {
            engine,
            _ticker: ticker,
        })
    }

    /// The engine itself.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// The engine of the compiling child: no pool, which would reserve too much address space.
///
/// # Errors
/// When the processor lacks what compiled code needs.
pub fn compiling_engine() -> Result<Engine, EngineError> {
    Engine::new(&code_config()).map_err(EngineError)
}

/// Ticks for a wall-clock deadline of so many milliseconds.
pub fn epoch_ticks(deadline_ms: u64) -> u64 {
    // One more, because the tick that is under way may end at once.
    let tick_ms = u64::try_from(EPOCH_TICK.as_millis()).unwrap_or(1).max(1);
    deadline_ms.div_ceil(tick_ms).saturating_add(1)
}

/// Everything that shapes compiled code. The feature list is part of the contract with authors.
fn code_config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_simd(true)
        .wasm_bulk_memory(true)
        .wasm_multi_value(true)
        .wasm_multi_memory(true)
        .wasm_extended_const(true)
        .wasm_tail_call(true);
    // Off: results that may differ between machines, shared memory, and what no author needs yet.
    config
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false);
    config
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true);
    config
        .consume_fuel(true)
        .operator_cost(operator_cost())
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .memory_init_cow(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .native_unwind_info(false);
    config
}

/// Fuel follows time: an instruction that takes many times longer than an addition costs more, so
/// that no guest can burn the wall clock with little fuel and turn its own fault into overload.
/// Bulk copies cost one per byte (wasmtime's default).
fn operator_cost() -> OperatorCost {
    let mut cost = OperatorCost::new();
    // These leave the guest for the host, whatever their size.
    const HOST_CALL: u8 = 200;
    cost.MemoryGrow = HOST_CALL;
    cost.TableGrow = HOST_CALL;
    cost.MemoryCopy = 40;
    cost.MemoryFill = 40;
    cost.MemoryInit = HOST_CALL;
    cost.DataDrop = HOST_CALL;
    cost.ElemDrop = HOST_CALL;
    cost.TableCopy = HOST_CALL;
    cost.TableFill = HOST_CALL;
    cost.TableInit = HOST_CALL;
    // Division takes tens of cycles.
    const DIVISION: u8 = 8;
    cost.I64DivS = DIVISION;
    cost.I64DivU = DIVISION;
    cost.I64RemS = DIVISION;
    cost.I64RemU = DIVISION;
    cost.I32DivS = DIVISION;
    cost.I32DivU = DIVISION;
    cost.I32RemS = DIVISION;
    cost.I32RemU = DIVISION;
    cost.F64Sqrt = DIVISION;
    cost.F64Div = DIVISION;
    cost.F32Sqrt = DIVISION;
    cost.F32Div = DIVISION;
    // A page is cleared by the kernel when it is first touched.
    cost.variable = VariableOperatorCost {
        memory_grow_per_page: 255,
        ..cost.variable
    };
    cost
}

fn pool(concurrent_calls: u32, limits: &TemplateLimits) -> PoolingAllocationConfig {
    // Honest components have one or two memories; hostile ones may take all that one may have, and
    // others then wait for a slot (an overload answer) rather than the host reserving eightfold.
    let instances = concurrent_calls.max(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
        .total_memories(instances.saturating_mul(2).saturating_add(MEMORIES))
        .total_tables(instances.saturating_mul(4).saturating_add(TABLES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memories_per_module(MEMORIES)
        .max_tables_per_module(TABLES)
        .max_component_instance_size(4 * 1024 * 1024)
        .table_elements(usize::try_from(limits.table_elements).unwrap_or(usize::MAX))
        .max_memory_size(usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX))
        // A small guest's memory is cleared in place, which is cheaper than giving its pages back
        // and faulting them in again for the next ticket.
        .linear_memory_keep_resident(256 * 1024)
        .table_keep_resident(64 * 1024)
        .max_unused_warm_slots(instances.min(16))
        .pagemap_scan(Enabled::Auto);
    pool
}

/// The thread that moves the epoch on, until it is dropped.
struct Ticker {
    _stop: Sender<()>,
}

impl Ticker {
    fn start(engine: &Engine) -> Self {
        let (stop, stopped) = mpsc::channel::<()>();
        let weak = engine.weak();
        let spawned = thread::Builder::new()
            .name("template-epoch".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(EPOCH_TICK) == Err(RecvTimeoutError::Timeout) {
                    match weak.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => break,
                    }
                }
            });
        if let Err(error) = spawned {
            // Fuel still stops every guest; only the backstop is missing.
            tracing::error!(%error, "the epoch thread cannot start");
        }
        Self { _stop: stop }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_child_compiles_what_the_host_runs() {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let running = RunningEngine::start(2, &TemplateLimits::default()).unwrap();
        let hash = |engine: &Engine| {
            let mut hasher = DefaultHasher::new();
            engine.precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(running.engine()), hash(&compiling_engine().unwrap()));
    }

    #[test]
    fn deadlines_round_up_to_ticks() {
        assert_eq!(epoch_ticks(2_000), 101);
        assert_eq!(epoch_ticks(1), 2);
    }
}

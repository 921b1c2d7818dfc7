//! The gate for JavaScript: the WebAssembly half of the npm package `@guichet/verifier`.
//!
//! A thin skin over `ticket-gate`. The other half, `package/index.js`, gives options their defaults,
//! reads the clock, draws nonces and turns answers into objects; nobody else calls this one.

// Without the standard library, a panic is a trap and nothing else: its messages, which nobody would
// see, and the code that makes them are a quarter of the module.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod answer;
mod decimal;
mod json;
mod refusal;

use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU16;

use ticket_gate::{
    DeviceName, Gate, GateName, Moment, Nonce, Purpose, Question, RecordId, ScanAction, ScanRequest,
};
use ticket_token::PublicKey;
use wasm_bindgen::prelude::*;

use crate::refusal::{bad_option, key_rule, label_rule, refusal};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// JavaScript gets a `RuntimeError`.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// One scanner's gate.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    gate: Gate,
}

/// A page of check-ins on its way to the host.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug, Clone)]
pub struct Page {
    /// The page, for `POST …/checkins`.
    #[wasm_bindgen(readonly)]
    pub bytes: Vec<u8>,
    /// Where to go on.
    #[wasm_bindgen(readonly)]
    pub cursor: u32,
    /// Whether there is more after `cursor`.
    #[wasm_bindgen(readonly)]
    pub more: bool,
}

#[wasm_bindgen]
impl Core {
    /// Pairs with `root_key` (32 bytes) and takes the event's first bundle.
    #[wasm_bindgen(constructor)]
    pub fn new(bundle: &[u8], root_key: &[u8]) -> Result<Core, String> {
        let root = read_root_key(root_key)?;
        Gate::pair(bundle, &root)
            .map(|gate| Core { gate })
            .map_err(refusal)
    }

    /// What `exportState` saved.
    #[wasm_bindgen(js_name = importState)]
    pub fn import_state(state: &[u8], root_key: &[u8]) -> Result<Core, String> {
        let root = read_root_key(root_key)?;
        Gate::import_state(state, &root)
            .map(|gate| Core { gate })
            .map_err(refusal)
    }

    /// Judges a text as JSON. `gate` may be empty: not known.
    pub fn verify(
        &self,
        qr_text: &str,
        at_ms: f64,
        gate: &str,
        count: u16,
        tolerance_ms: f64,
    ) -> Result<String, String> {
        let gate = read_gate(gate)?;
        let question = Question {
            at: moment(at_ms),
            gate: gate.as_ref(),
            purpose: Purpose::Entry {
                count: read_count(count)?,
            },
            clock_tolerance_ms: tolerance_ms as u64,
        };
        let judgement = self.gate.verify(qr_text, &question);
        Ok(answer::judgement(&judgement, self.gate.bundle()))
    }

    /// Judges and records; answers as JSON. `kind` is 0 entry, 1 exit, 2 undo; `undoes` may be empty:
    /// the latest.
    #[expect(
        clippy::too_many_arguments,
        reason = "each crosses the border as it is; index.js has them by name"
    )]
    pub fn scan(
        &mut self,
        qr_text: &str,
        at_ms: f64,
        gate: &str,
        device: &str,
        kind: u8,
        count: u16,
        undoes: &str,
        confirmed: bool,
        tolerance_ms: f64,
        nonce: &[u8],
    ) -> Result<String, String> {
        let gate = read_gate(gate)?;
        let device =
            DeviceName::new(device).map_err(|error| bad_option("device", label_rule(&error)))?;
        let nonce = nonce
            .try_into()
            .map_err(|_| bad_option("nonce", "8 bytes"))?;
        let action = match kind {
            0 => ScanAction::Entry {
                count: read_count(count)?,
            },
            1 => ScanAction::Exit {
                count: read_count(count)?,
            },
            _ => ScanAction::Undo {
                undoes: read_record_id(undoes)?,
            },
        };
        let request = ScanRequest {
            at: moment(at_ms),
            gate: gate.as_ref(),
            device: &device,
            nonce: Nonce(nonce),
            action,
            confirmed,
            clock_tolerance_ms: tolerance_ms as u64,
        };
        let scan = self.gate.scan(qr_text, &request);
        Ok(answer::scan(&scan, self.gate.bundle()))
    }

    /// Takes in a newer bundle.
    pub fn update(&mut self, bundle: &[u8]) -> Result<(), String> {
        self.gate.update(bundle).map_err(refusal)
    }

    /// Takes in a status list.
    #[wasm_bindgen(js_name = setStatusList)]
    pub fn set_status_list(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.gate.set_status_list(bytes).map_err(refusal)
    }

    /// What was recorded here after `cursor`.
    #[wasm_bindgen(js_name = exportCheckins)]
    pub fn export_checkins(&self, cursor: u32) -> Page {
        let (bytes, cursor) = self.gate.export_checkins(cursor);
        Page {
            bytes,
            cursor,
            more: cursor < self.gate.ledger().made_here(),
        }
    }

    /// Takes in a page; answers how many records were new.
    #[wasm_bindgen(js_name = mergeCheckins)]
    pub fn merge_checkins(&mut self, page: &[u8]) -> Result<usize, String> {
        self.gate.merge_checkins(page).map_err(refusal)
    }

    /// Everything but the root key.
    #[wasm_bindgen(js_name = exportState)]
    pub fn export_state(&self) -> Vec<u8> {
        self.gate.export_state()
    }

    /// What is held, as JSON.
    pub fn info(&self) -> String {
        answer::info(&self.gate)
    }
}

fn moment(at_ms: f64) -> Moment {
    // Saturates; index.js lets only finite numbers through.
    Moment(at_ms as u64)
}

fn read_root_key(bytes: &[u8]) -> Result<PublicKey, String> {
    let bytes = bytes
        .try_into()
        .map_err(|_| bad_option("rootKey", "32 bytes"))?;
    PublicKey::from_bytes(bytes).map_err(|error| bad_option("rootKey", key_rule(&error)))
}

fn read_gate(name: &str) -> Result<Option<GateName>, String> {
    if name.is_empty() {
        return Ok(None);
    }
    GateName::new(name)
        .map(Some)
        .map_err(|error| bad_option("gate", label_rule(&error)))
}

fn read_count(count: u16) -> Result<NonZeroU16, String> {
    NonZeroU16::new(count).ok_or_else(|| bad_option("count", "1 to 65535"))
}

fn read_record_id(text: &str) -> Result<Option<RecordId>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| bad_option("undoes", "the id of a record"))
}

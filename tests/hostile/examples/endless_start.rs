//! Computes for ever before any function of it is called.

use guichet_hostile_guests::contract::*;
use guichet_hostile_guests::{export_component, good};

/// Called while the component is instantiated.
#[expect(unsafe_code, reason = "the name is what makes it run at start")]
#[unsafe(no_mangle)]
pub extern "C" fn _initialize() {
    loop {
        std::hint::black_box(());
    }
}

struct Template;

impl Guest for Template {
    fn prepare(settings: Vec<u8>) -> Result<Prepared, Vec<Problem>> {
        Ok(good::prepared(settings))
    }

    fn layout(_: Request) -> Result<Document, Failure> {
        Ok(good::document(""))
    }
}

export_component!(Template);

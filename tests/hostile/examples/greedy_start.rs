//! Wants more memory than it may have before it has begun.

use std::hint::black_box;
use std::sync::atomic::{AtomicU8, Ordering};

use guichet_hostile_guests::contract::*;
use guichet_hostile_guests::{export_component, good};

static HOARD: [AtomicU8; 80 * 1024 * 1024] = [const { AtomicU8::new(0) }; 80 * 1024 * 1024];

struct Template;

impl Guest for Template {
    fn prepare(settings: Vec<u8>) -> Result<Prepared, Vec<Problem>> {
        Ok(good::prepared(settings))
    }

    fn layout(request: Request) -> Result<Document, Failure> {
        let place = black_box(request.position.index as usize);
        let value = HOARD
            .get(place)
            .map(|byte| byte.fetch_add(1, Ordering::Relaxed));
        Ok(good::document(&format!("{value:?}")))
    }
}

export_component!(Template);

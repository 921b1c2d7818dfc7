//! A manifest in which everything is wrong.

use guichet_hostile_guests::contract::*;
use guichet_hostile_guests::{export_component, good};

struct Template;

impl Guest for Template {
    fn prepare(settings: Vec<u8>) -> Result<Prepared, Vec<Problem>> {
        let mut prepared = good::prepared(settings);
        let manifest = &mut prepared.manifest;
        manifest.name = "No Name".to_owned();
        manifest.version = "one".to_owned();
        manifest.languages = vec!["english please".to_owned()];
        manifest.page_formats.clear();
        manifest.fields.extend(manifest.fields.clone());
        manifest.fonts.push(FontNeed {
            family: String::new(),
            weight: 0,
            slant: Slant::Upright,
        });
        prepared.backgrounds.push(Background {
            size: good::PAGE,
            items: vec![good::slot(good::SLOT)],
        });
        Ok(prepared)
    }

    fn layout(_: Request) -> Result<Document, Failure> {
        Ok(good::document(""))
    }
}

export_component!(Template);

//! `classic`: a ticket on A4 that folds twice to A6.
//!
//! The page has four quarters, and nothing but the fold marks lies on a fold:
//!
//! ```text
//! ┌────────────┬────────────┐
//! │ pass       │ details    │   pass: all that a gate needs, with the code
//! ├────────────┼────────────┤   details: times with zone, place, price, order
//! │ terms      │ advice     │   terms and advice: the same on each ticket, so a background
//! └────────────┴────────────┘
//! ```
//!
//! Values of unknown length share one flowing text box with their neighbours, so that a missing value
//! leaves no hole and a long one moves what stands below it. It works without colour: the accent is
//! never the only bearer of a meaning, and never the colour of a text.

mod advice;
mod choices;
mod details;
mod grid;
mod labels;
mod pass;
mod styles;

use guichet_template_sdk::export_template;
use guichet_template_sdk::prelude::*;
use guichet_template_sdk::words;

use choices::Choices;
use labels::Labels;

/// The template.
#[derive(Debug)]
pub struct Classic;

impl Template for Classic {
    fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>> {
        let choices = Choices::read(settings)?;
        let mut preparation = Preparation::new(manifest(&choices)).state(choices.state());
        for (id, style) in styles::all() {
            preparation = preparation.style(id, style);
        }
        for labels in &labels::ALL {
            preparation =
                preparation.background(labels.background, Size::A4, advice::draw(labels, &choices));
        }
        preparation.finish()
    }

    fn layout(request: &Request) -> Result<Document, Failure> {
        let labels = Labels::for_language(request.language());
        let title = request.event().require_text("title")?;
        let number = request.ticket().require_text("number")?;

        // In reading order. The background comes last: terms are read after the facts, and it overlaps
        // nothing.
        let mut page = Drawing::new();
        pass::draw(&mut page, request, labels, title, number);
        details::draw(&mut page, request, labels);
        page.background(labels.background, Point::ORIGIN);

        Ok(
            Document::new(&format!("{title} · {number}"), labels.words.language).page(Page::new(
                "ticket",
                request.page_format.size,
                page,
            )),
        )
    }
}

export_template!(Classic);

fn manifest(choices: &Choices) -> Manifest {
    let manifest = Manifest::new(
        "classic",
        env!("CARGO_PKG_VERSION"),
        "A4 ticket that folds to A6, with the code and all that a gate needs on one quarter.",
    )
    .languages(words::LANGUAGES)
    .page_format("a4", Size::A4)
    .settings_schema(choices::SCHEMA)
    .token(TokenProfile::Standard)
    .field(Field::event("title", "Name of the event", text("Jazz at the Lake")).required())
    .field(Field::event(
        "starts",
        "When it begins",
        moment(1_794_682_800),
    ))
    .field(Field::event("ends", "When it ends", moment(1_794_693_600)))
    .field(Field::event(
        "doors",
        "When the doors open",
        moment(1_794_679_200),
    ))
    .field(Field::event(
        "venue",
        "Name of the place",
        text("Salle des Fêtes"),
    ))
    .field(Field::event(
        "address",
        "Address of the place, in one or several lines",
        text("12 Quai du Mont-Blanc\n1201 Genève"),
    ))
    .field(Field::ticket("number", "Ticket number for people", text("7K3D9QXA2M")).required())
    .field(Field::ticket(
        "type",
        "Name of the ticket type",
        text("Reduced"),
    ))
    .field(Field::ticket("price", "What was paid", money(2_450, "CHF")))
    .field(Field::ticket(
        "holder",
        "Name of the holder",
        text("Zoë Østergård"),
    ))
    .field(Field::ticket(
        "zone",
        "Zone, block or entrance",
        text("Balcony left"),
    ))
    .field(Field::ticket(
        "seat",
        "Row and seat",
        text("Row 4, seat 12"),
    ))
    .field(Field::ticket(
        "order",
        "Order number",
        text("A-20261114-0042"),
    ))
    .field(Field::organizer(
        "name",
        "Name of the organizer",
        text("Lakeside Concerts"),
    ))
    .field(Field::organizer(
        "website",
        "Where holders find help",
        text("https://lakeside.example"),
    ))
    .field(Field::organizer(
        "email",
        "Address that answers holders",
        text("tickets@lakeside.example"),
    ));
    match &choices.logo {
        // A logo by settings takes the place of the organizer's own, which is then not asked for.
        Some(asset) => manifest.asset(asset, "Logo at the top of the ticket, up to 55 × 12 mm"),
        None => manifest.field(Field::organizer(
            "logo",
            "Logo at the top of the ticket, up to 55 × 12 mm",
            picture(550, 120),
        )),
    }
}

#[cfg(test)]
mod tests;

//! `badge`: a conference badge on A6, printed on both sides.
//!
//! The front is for people: whom one talks to, from where, and in which role. The back is for the gate
//! and for the wearer: the code in large, the place, and where to bring a badge that was found. Badges
//! turn around on their lanyards, so that the front has a small code of its own. The first 12 mm of both
//! pages carry no text, because that is where they are punched.

mod back;
mod choices;
mod front;
mod styles;

use guichet_template_sdk::export_template;
use guichet_template_sdk::prelude::*;
use guichet_template_sdk::words::{self, Words};

use choices::Choices;

/// Text keeps this distance in millimetres from the sides.
const MARGIN: f64 = 9.0;
const WIDTH: f64 = 105.0;
const HEIGHT: f64 = 148.0;
const COLUMN_WIDTH: f64 = WIDTH - 2.0 * MARGIN;

/// Behind the event's name.
const HEADER: BackgroundId = BackgroundId(0);
/// Behind the ticket type.
const BAND: BackgroundId = BackgroundId(1);
/// At the edge of a page that has nothing to say there.
const STRIP: BackgroundId = BackgroundId(2);
const HEADER_HEIGHT: f64 = 39.0;
const BAND_HEIGHT: f64 = 19.0;
const STRIP_HEIGHT: f64 = 5.0;

/// Quiet zone of a code's slot on each side, as a share of the printed symbol: 4 of 41 modules.
const QUIET_SHARE: f64 = 4.0 / 41.0;

/// The template.
#[derive(Debug)]
pub struct Badge;

impl Template for Badge {
    fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>> {
        let choices = Choices::read(settings)?;
        let mut preparation =
            Preparation::new(manifest()).state(choices.note.unwrap_or_default().into_bytes());
        for (id, height) in [
            (HEADER, HEADER_HEIGHT),
            (BAND, BAND_HEIGHT),
            (STRIP, STRIP_HEIGHT),
        ] {
            let mut ground = Drawing::new();
            let frame = Frame::mm(0.0, 0.0, WIDTH, height);
            ground.decoration(Rectangle::filled(frame, choices.accent.clone()));
            preparation = preparation.background(id, Size::mm(WIDTH, height), ground);
        }
        for (id, style) in styles::all(&choices.accent.ink()) {
            preparation = preparation.style(id, style);
        }
        preparation.finish()
    }

    fn layout(request: &Request) -> Result<Document, Failure> {
        let words = Words::of(request);
        let title = request.event().require_text("title")?;
        let number = request.ticket().require_text("number")?;
        let front = front::draw(request, words, title, number);
        let back = back::draw(request, words, title, number);
        let document = Document::new(&format!("{title} · {number}"), words.language)
            .page(Page::new("front", Size::A6, front))
            .page(Page::new("back", Size::A6, back));
        Ok(document)
    }
}

export_template!(Badge);

fn manifest() -> Manifest {
    Manifest::new(
        "badge",
        env!("CARGO_PKG_VERSION"),
        "Conference badge on A6, front and back, with the name in large letters.",
    )
    .languages(words::LANGUAGES)
    .page_format("a6", Size::A6)
    .settings_schema(choices::SCHEMA)
    .token(TokenProfile::Standard)
    .field(Field::event("title", "Name of the event", text("Open Rails 2026")).required())
    .field(Field::event(
        "starts",
        "When it begins",
        moment(1_789_538_400),
    ))
    .field(Field::event("ends", "When it ends", moment(1_789_743_600)))
    .field(Field::event(
        "doors",
        "When the doors open",
        moment(1_789_534_800),
    ))
    .field(Field::event(
        "venue",
        "Name of the place",
        text("Palais de Beaulieu"),
    ))
    .field(Field::event(
        "address",
        "Address of the place, in one or several lines",
        text("Avenue des Bergières 10\n1004 Lausanne"),
    ))
    .field(Field::ticket("number", "Ticket number for people", text("7K3D9QXA2M")).required())
    .field(Field::ticket(
        "holder",
        "Name of the wearer",
        text("Zoë Østergård"),
    ))
    .field(Field::ticket(
        "company",
        "Where the wearer works",
        text("Nordic Signal Works"),
    ))
    .field(Field::ticket(
        "job",
        "What the wearer does there",
        text("Interlocking engineer"),
    ))
    .field(Field::ticket("type", "Role at the event", text("Speaker")))
    .field(Field::ticket(
        "zone",
        "Halls that are open to the wearer",
        text("Halls 1 to 4"),
    ))
    .field(Field::organizer(
        "name",
        "Name of the organizer",
        text("Open Rails Foundation"),
    ))
    .field(Field::organizer(
        "email",
        "Where lost badges are asked for",
        text("desk@openrails.example"),
    ))
}

/// The slot whose printed symbol fills this square.
const fn slot_around(left: f64, top: f64, side: f64) -> Frame {
    let quiet = side * QUIET_SHARE;
    let whole = side + 2.0 * quiet;
    Frame::mm(left - quiet, top - quiet, whole, whole)
}

#[cfg(test)]
mod tests;

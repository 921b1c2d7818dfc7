//! `wristband`: a band of 250 × 25 mm around a wrist.
//!
//! ```text
//! ┌──────────────┬──────┬────────────────┬┄─────────┐
//! │ panel        │ code │ event, holder  ┆ adhesive │
//! └──────────────┴──────┴────────────────┴┄─────────┘
//! ```
//!
//! The panel says from afar what its wearer may do. The code lies in the middle of what is seen, on top
//! of the wrist, where the band is nearly flat; code and number are turned together, so that they stand
//! upright when the arm is stretched out to the gate. Nothing is printed on the adhesive end but where it
//! begins: the other end comes to lie on it.

mod choices;
mod styles;

use guichet_template_sdk::export_template;
use guichet_template_sdk::prelude::*;
use guichet_template_sdk::times::When;
use guichet_template_sdk::words::{self, Words};

use choices::Choices;
use styles::{
    FACT, FACT_BOLD, HINT, LEAD, LONG_LEAD, LONG_TITLE, LONG_ZONE, LONGER_LEAD, LONGEST_LEAD,
    NUMBER, TITLE, ZONE,
};

// All lengths are millimetres.
const WIDTH: f64 = 250.0;
const HEIGHT: f64 = 25.0;
/// Printers for bands leave the edges free.
const EDGE: f64 = 2.0;

const PANEL_LEFT: f64 = 5.0;
const PANEL_WIDTH: f64 = 88.0;
const PANEL_PADDING: f64 = 5.0;

/// 0.47 mm a module; the slot with its quiet zone takes nearly all of the band's height.
const SLOT_SIDE: f64 = 23.0;
const SLOT_LEFT: f64 = 97.0;
const SLOT_TOP: f64 = (HEIGHT - SLOT_SIDE) / 2.0;
const NUMBER_HEIGHT: f64 = 4.5;

const FACTS_LEFT: f64 = SLOT_LEFT + SLOT_SIDE + NUMBER_HEIGHT + 5.0;
const ADHESIVE_LEFT: f64 = 220.0;

const BAND: BackgroundId = BackgroundId(0);

/// The template.
#[derive(Debug)]
pub struct Wristband;

impl Template for Wristband {
    fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>> {
        let choices = Choices::read(settings)?;
        let mut preparation = Preparation::new(manifest())
            .background(BAND, Size::mm(WIDTH, HEIGHT), band(&choices.accent))
            .state(choices.message.unwrap_or_default().into_bytes());
        for (id, style) in styles::all(&choices.accent.ink()) {
            preparation = preparation.style(id, style);
        }
        preparation.finish()
    }

    fn layout(request: &Request) -> Result<Document, Failure> {
        let words = Words::of(request);
        let title = request.event().require_text("title")?;
        let number = request.ticket().require_text("number")?;
        let ticket_type = request.ticket().text("type");

        let mut page = Drawing::new();
        page.background(BAND, Point::ORIGIN);
        draw_panel(&mut page, request, ticket_type.unwrap_or(title));
        draw_code(&mut page, words, number);
        // The event's name stands on the panel if there is no type.
        draw_facts(&mut page, request, words, ticket_type.map(|_| title));
        draw_hint(&mut page, request);

        let document = Document::new(&format!("{title} · {number}"), words.language);
        Ok(document.page(Page::new("band", Size::mm(WIDTH, HEIGHT), page)))
    }
}

export_template!(Wristband);

fn manifest() -> Manifest {
    Manifest::new(
        "wristband",
        env!("CARGO_PKG_VERSION"),
        "Wristband of 250 × 25 mm: the ticket type in large letters, the code in the middle, the last 30 mm \
         free for the adhesive.",
    )
    .languages(words::LANGUAGES)
    .page_format("band-250", Size::mm(WIDTH, HEIGHT))
    .settings_schema(choices::SCHEMA)
    .token(TokenProfile::Standard)
    .field(Field::event("title", "Name of the event", text("Sommerklang Open Air")).required())
    .field(Field::event("starts", "When it begins", moment(1_785_510_000)))
    .field(Field::event("ends", "When it ends", moment(1_785_697_200)))
    .field(Field::event("venue", "Name of the place", text("Seewiese Thun")))
    .field(Field::ticket("number", "Ticket number for people", text("7K3D9QXA2M")).required())
    .field(Field::ticket("type", "What the wearer may do", text("Backstage")))
    .field(Field::ticket("zone", "Zone, block or entrance", text("Gate C")))
    .field(Field::ticket("holder", "Name of the wearer", text("Zoë Østergård")))
}

/// The panel, and where the adhesive begins.
fn band(accent: &Colour) -> Drawing {
    let mut band = Drawing::new();
    let panel = Frame::mm(PANEL_LEFT, EDGE, PANEL_WIDTH, HEIGHT - 2.0 * EDGE);
    band.decoration(Rectangle::filled(panel, accent.clone()).rounded(mm(2.0)));
    let stroke = Stroke::new(Colour::BLACK, mm(0.35)).dashed(&[mm(1.5), mm(1.5)]);
    band.decoration(Line::new(
        Point::mm(ADHESIVE_LEFT, EDGE),
        Point::mm(ADHESIVE_LEFT, HEIGHT - EDGE),
        stroke,
    ));
    band
}

fn draw_panel(page: &mut Drawing, request: &Request, lead: &str) {
    let larger = [(10, 10, LEAD), (16, 16, LONG_LEAD), (44, 24, LONGER_LEAD)];
    let style = StyleId::by_length(lead, &larger, LONGEST_LEAD);
    let zone = request.ticket().text("zone").map(|zone| {
        let style = StyleId::by_length(zone, &[(32, 32, ZONE)], LONG_ZONE);
        Paragraph::of(style, zone).leading(1150)
    });
    let frame = Frame::mm(
        PANEL_LEFT + PANEL_PADDING,
        EDGE + 1.0,
        PANEL_WIDTH - 2.0 * PANEL_PADDING,
        HEIGHT - 2.0 * EDGE - 2.0,
    );
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .vertical(VerticalAlign::Middle)
            .paragraph(
                Paragraph::of(style, lead)
                    .role(Role::Heading1)
                    .leading(1080),
            )
            .maybe(zone),
    );
}

/// Code and number, turned together about the lower left corner of the slot: they read upwards.
fn draw_code(page: &mut Drawing, words: &Words, number: &str) {
    let turned = Group::at(Point::mm(SLOT_LEFT, SLOT_TOP + SLOT_SIDE)).quarter_turns(3);
    page.group(Role::None, turned, |inside| {
        let slot = Frame::mm(0.0, 0.0, SLOT_SIDE, SLOT_SIDE);
        inside.figure(words.code, Code::token(slot));
        let below = Frame::mm(0.0, SLOT_SIDE, SLOT_SIDE, NUMBER_HEIGHT);
        inside.text(
            Role::Paragraph,
            TextBox::new(below)
                .max_lines(1)
                .paragraph(Paragraph::of(NUMBER, number).centred()),
        );
    });
}

fn draw_facts(page: &mut Drawing, request: &Request, words: &Words, title: Option<&str>) {
    let event = request.event();
    let title = title.map(|title| {
        let style = StyleId::by_length(title, &[(32, 30, TITLE)], LONG_TITLE);
        Paragraph::of(style, title)
            .role(Role::Heading2)
            .leading(1150)
    });
    let When { day, last_day, .. } = When::of(event, words, |text| &text.long_date);
    let days = [day, last_day].into_iter().flatten().collect::<Vec<_>>();
    let venue = event.text("venue").map(str::to_owned);
    let days = (!days.is_empty()).then(|| days.join(" "));
    let where_and_when = [days, venue].into_iter().flatten().collect::<Vec<_>>();
    let holder = request.ticket().text("holder");
    let message = str::from_utf8(&request.state).unwrap_or_default();

    let frame = Frame::mm(
        FACTS_LEFT,
        EDGE,
        ADHESIVE_LEFT - 4.0 - FACTS_LEFT,
        HEIGHT - 2.0 * EDGE,
    );
    let mut text = TextBox::new(frame)
        .vertical(VerticalAlign::Middle)
        .maybe(title);
    let fact = |words: &str| Paragraph::of(FACT, words).leading(1250);
    if !where_and_when.is_empty() {
        text = text.paragraph(fact(&where_and_when.join(" · ")).space_before(mm(0.5)));
    }
    text = text.maybe(holder.map(|name| Paragraph::of(FACT_BOLD, name).space_before(mm(1.2))));
    if !message.is_empty() {
        text = text.paragraph(fact(message).space_before(mm(0.8)));
    }
    page.text(Role::Paragraph, text);
}

/// On the adhesive end, which is covered once the band is closed.
fn draw_hint(page: &mut Drawing, request: &Request) {
    let hint = match request.language() {
        "fr" => "Coller ici",
        "de" => "Hier kleben",
        _ => "Stick here",
    };
    let left = ADHESIVE_LEFT + 2.0;
    let frame = Frame::mm(left, EDGE, WIDTH - 2.0 - left, HEIGHT - 2.0 * EDGE);
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .vertical(VerticalAlign::Middle)
            .paragraph(Paragraph::of(HINT, hint).centred()),
    );
}

#[cfg(test)]
mod tests;

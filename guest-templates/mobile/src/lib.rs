//! `mobile`: a ticket to show on a phone.
//!
//! One page with the proportions of a screen. The ground has a bold colour, that of the event; the code
//! lies on a white card that is as wide as the screen allows, because a reader needs the light around it.
//! Below a line as if to tear off, the card says whose ticket it is and where to sit. The card is as long
//! as it has rows to show.

mod card;
mod choices;
mod styles;

use guichet_template_sdk::export_template;
use guichet_template_sdk::prelude::*;
use guichet_template_sdk::times::When;
use guichet_template_sdk::words::{self, Words};

use choices::Choices;
use styles::{DAY, LONG_ORGANIZER, LONG_TITLE, LONGEST_TITLE, PLACE, TITLE};

// All lengths are millimetres.
const WIDTH: f64 = 90.0;
const HEIGHT: f64 = 195.0;
const SIZE: Size = Size::mm(WIDTH, HEIGHT);

/// Text is flush with the printed code.
const TEXT_LEFT: f64 = 13.0;
const TEXT_WIDTH: f64 = WIDTH - 2.0 * TEXT_LEFT;
const HEADER_TOP: f64 = 9.0;
const EVENT_TOP: f64 = 16.5;
const EVENT_BOTTOM: f64 = card::TOP - 5.0;

/// The template.
#[derive(Debug)]
pub struct Mobile;

impl Template for Mobile {
    fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>> {
        let choices = Choices::read(settings)?;
        let mut preparation = Preparation::new(manifest());
        for (id, rows) in card::ALL {
            preparation = preparation.background(id, SIZE, card::ground(&choices.accent, rows));
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

        let mut page = Drawing::new();
        let card = card::Card::of(request, words);
        page.background(card.ground(), Point::ORIGIN);
        draw_header(&mut page, request, words);
        draw_event(&mut page, request, words, title);
        card.draw(&mut page, words, number);

        let document = Document::new(&format!("{title} · {number}"), words.language);
        Ok(document.page(Page::new("screen", SIZE, page)))
    }
}

export_template!(Mobile);

fn manifest() -> Manifest {
    Manifest::new(
        "mobile",
        env!("CARGO_PKG_VERSION"),
        "A page for the phone: a bold colour, and a large code on a white card.",
    )
    .languages(words::LANGUAGES)
    .page_format("screen", SIZE)
    .settings_schema(choices::SCHEMA)
    .token(TokenProfile::Standard)
    .field(
        Field::event(
            "title",
            "Name of the event",
            text("Night of the Synthesizers"),
        )
        .required(),
    )
    .field(Field::event(
        "starts",
        "When it begins",
        moment(1_791_054_000),
    ))
    .field(Field::event("ends", "When it ends", moment(1_791_070_200)))
    .field(Field::event(
        "doors",
        "When the doors open",
        moment(1_791_050_400),
    ))
    .field(Field::event(
        "venue",
        "Name of the place",
        text("Kraftwerk, Hall 2"),
    ))
    .field(Field::ticket("number", "Ticket number for people", text("7K3D9QXA2M")).required())
    .field(Field::ticket(
        "holder",
        "Name of the holder",
        text("Zoë Østergård"),
    ))
    .field(Field::ticket(
        "zone",
        "Zone, block or entrance",
        text("Floor"),
    ))
    .field(Field::ticket("seat", "Row and seat", text("4 · 12")))
    .field(Field::ticket(
        "type",
        "Name of the ticket type",
        text("Early bird"),
    ))
    .field(Field::organizer(
        "name",
        "Name of the organizer",
        text("Lakeside Concerts"),
    ))
}

/// Who sells the ticket, and which one of its order it is.
fn draw_header(page: &mut Drawing, request: &Request, words: &Words) {
    let name_width = 37.0;
    let position_width = TEXT_WIDTH - name_width;
    let header = |left, width| {
        TextBox::new(Frame::mm(left, HEADER_TOP, width, EVENT_TOP - HEADER_TOP))
            .overflow(Overflow::Shrink(500))
    };
    let organizer = request.organizer().text("name").map(|name| {
        Paragraph::of(
            StyleId::by_length(name, &[(18, 18, PLACE)], LONG_ORGANIZER),
            name,
        )
    });
    page.text(
        Role::Paragraph,
        header(TEXT_LEFT, name_width).maybe(organizer),
    );
    let position = words.position(request.position);
    page.text(
        Role::Paragraph,
        header(TEXT_LEFT + name_width, position_width)
            .maybe(position.map(|words| Paragraph::of(PLACE, &words).at_end())),
    );
}

/// What, when and where, down to the card.
fn draw_event(page: &mut Drawing, request: &Request, words: &Words, title: &str) {
    let larger = [(26, 12, TITLE), (45, 17, LONG_TITLE)];
    let style = StyleId::by_length(title, &larger, LONGEST_TITLE);
    let event = request.event();
    let When {
        day,
        last_day,
        clock,
    } = When::of(event, words, |text| &text.full_date);
    let place = |words: &str| Paragraph::of(PLACE, words).leading(1300);
    let height = EVENT_BOTTOM - EVENT_TOP;
    page.text(
        Role::Paragraph,
        TextBox::new(Frame::mm(TEXT_LEFT, EVENT_TOP, TEXT_WIDTH, height))
            .vertical(VerticalAlign::Bottom)
            .paragraph(
                Paragraph::of(style, title)
                    .role(Role::Heading1)
                    .leading(1060),
            )
            .maybe(day.map(|day| Paragraph::of(DAY, &day).space_before(mm(3.0))))
            .maybe(last_day.map(|day| Paragraph::of(DAY, &day)))
            .maybe(clock.map(|clock| place(&clock).space_before(mm(1.0))))
            .maybe(event.text("venue").map(place)),
    );
}

#[cfg(test)]
mod tests;

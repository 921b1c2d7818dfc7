//! `stub`: a third of A4 that is torn in two at the entrance.
//!
//! ```text
//! ┌───────────────────────────┬┄──────────┐
//! │ panel: event, day, place  ┆   code    │
//! │                           ┆           │
//! │ name              number  ┆ number    │
//! │ zone  seat  type  price   ┆ event     │
//! └───────────────────────────┴┄──────────┘
//!   the visitor keeps           the gate reads and keeps
//! ```
//!
//! The stub says all that a gate needs once it is alone: code, number, event and seat. Panel and printed
//! code have one height, so that both parts share their lines.

mod choices;
mod styles;

use guichet_template_sdk::export_template;
use guichet_template_sdk::prelude::*;
use guichet_template_sdk::times::When;
use guichet_template_sdk::words::{self, Words};

use choices::Choices;
use styles::{
    DAY, HINT, LABEL, LONG_ORGANIZER, LONG_TITLE, LONG_VALUE, LONGEST_TITLE, LONGEST_VALUE, NUMBER,
    PANEL, STUB, STUB_BOLD, TITLE, VALUE,
};

// All lengths are millimetres. Three tickets fill a sheet of A4, and one fits an envelope DL.
const SIZE: Size = Size::mm(210.0, 99.0);
const MARGIN: f64 = 7.0;
const PERFORATION: f64 = 146.0;

const PANEL_WIDTH: f64 = 130.0;
const PANEL_PADDING: f64 = 7.0;
/// Also the side of the printed code, which the panel stands beside.
const PANEL_HEIGHT: f64 = 50.0;

const FACTS_TOP: f64 = 63.0;
const FACTS_ROW: f64 = 17.0;
const FACTS_COLUMNS: u16 = 4;
const FACTS_GAP: f64 = 5.0;

const STUB_LEFT: f64 = 153.0;
const STUB_WIDTH: f64 = 50.0;

/// The slot is larger than the printed code by 4 modules of quiet zone on each side, of 49 in all; they
/// lie in the margins.
const SLOT_SIDE: f64 = PANEL_HEIGHT * 49.0 / 41.0;
const QUIET_ZONE: f64 = SLOT_SIDE * 4.0 / 49.0;

const HINT_LEFT: f64 = 140.2;
const HINT_HEIGHT: f64 = 4.0;

const PARTING: BackgroundId = BackgroundId(0);

/// The template.
#[derive(Debug)]
pub struct Stub;

impl Template for Stub {
    fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>> {
        let choices = Choices::read(settings)?;
        let mut preparation = Preparation::new(manifest())
            .background(PARTING, SIZE, parting(&choices.accent))
            .state(choices.hint.unwrap_or_default().into_bytes());
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
        page.background(PARTING, Point::ORIGIN);
        draw_panel(&mut page, request, words, title);
        draw_facts(&mut page, request, words, number);
        draw_hint(&mut page, request);
        draw_stub(&mut page, request, words, title, number);

        let document = Document::new(&format!("{title} · {number}"), words.language);
        Ok(document.page(Page::new("ticket", SIZE, page)))
    }
}

export_template!(Stub);

fn manifest() -> Manifest {
    Manifest::new(
        "stub",
        env!("CARGO_PKG_VERSION"),
        "A third of A4 with a stub to tear off, which carries the code.",
    )
    .languages(words::LANGUAGES)
    .page_format("third-of-a4", SIZE)
    .settings_schema(choices::SCHEMA)
    .token(TokenProfile::Standard)
    .field(Field::event("title", "Name of the event", text("Carmen")).required())
    .field(Field::event(
        "starts",
        "When it begins",
        moment(1_781_199_000),
    ))
    .field(Field::event("ends", "When it ends", moment(1_781_209_800)))
    .field(Field::event(
        "doors",
        "When the doors open",
        moment(1_781_195_400),
    ))
    .field(Field::event(
        "venue",
        "Name of the place",
        text("Opéra du Rhône, Grande Salle"),
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
        text("First balcony"),
    ))
    .field(Field::ticket("seat", "Row and seat", text("Row B, 14")))
    .field(Field::ticket(
        "type",
        "Name of the ticket type",
        text("Category 2"),
    ))
    .field(Field::ticket("price", "What was paid", money(8_600, "CHF")))
    .field(Field::organizer(
        "name",
        "Name of the organizer",
        text("Opéra du Rhône"),
    ))
}

/// The panel's ground and the line to tear along.
fn parting(accent: &Colour) -> Drawing {
    let mut parting = Drawing::new();
    let panel = Frame::mm(MARGIN, MARGIN, PANEL_WIDTH, PANEL_HEIGHT);
    parting.decoration(Rectangle::filled(panel, accent.clone()).rounded(mm(2.5)));
    let stroke = Stroke::new(Colour::BLACK, mm(0.35)).dashed(&[mm(2.0), mm(1.8)]);
    let edge = 3.0;
    parting.decoration(Line::new(
        Point::mm(PERFORATION, edge),
        Point::mm(PERFORATION, 99.0 - edge),
        stroke,
    ));
    parting
}

/// Organizer above; event, day, times and place on the lower edge.
fn draw_panel(page: &mut Drawing, request: &Request, words: &Words, title: &str) {
    let (left, width) = (MARGIN + PANEL_PADDING, PANEL_WIDTH - 2.0 * PANEL_PADDING);
    let [organizer_width, position_width] = [85.0, width - 85.0];
    let header_top = MARGIN + PANEL_PADDING - 1.0;
    let header = |x, width| TextBox::new(Frame::mm(x, header_top, width, 6.6));
    let organizer = request.organizer().text("name").map(|name| {
        Paragraph::of(
            StyleId::by_length(name, &[(48, 48, PANEL)], LONG_ORGANIZER),
            name,
        )
    });
    page.text(
        Role::Paragraph,
        header(left, organizer_width).maybe(organizer),
    );
    let position = words.position(request.position);
    page.text(
        Role::Paragraph,
        header(left + organizer_width, position_width)
            .maybe(position.map(|words| Paragraph::of(PANEL, &words).at_end())),
    );

    let style = StyleId::by_length(
        title,
        &[(22, 17, TITLE), (56, 26, LONG_TITLE)],
        LONGEST_TITLE,
    );
    let event = request.event();
    let when = When::of(event, words, |text| &text.full_date);
    let times_and_place: Vec<&str> = [when.clock.as_deref(), event.text("venue")]
        .into_iter()
        .flatten()
        .collect();
    let top = header_top + 6.5;
    let bottom = MARGIN + PANEL_HEIGHT - PANEL_PADDING + 1.0;
    let mut text = TextBox::new(Frame::mm(left, top, width, bottom - top))
        .vertical(VerticalAlign::Bottom)
        .paragraph(
            Paragraph::of(style, title)
                .role(Role::Heading1)
                .leading(1080),
        )
        .maybe(
            when.day
                .map(|day| Paragraph::of(DAY, &day).space_before(mm(2.5))),
        )
        .maybe(when.last_day.map(|day| Paragraph::of(DAY, &day)));
    if !times_and_place.is_empty() {
        let line = Paragraph::of(PANEL, &times_and_place.join(" · "));
        text = text.paragraph(line.space_before(mm(0.8)).leading(1300));
    }
    page.text(Role::Paragraph, text);
}

/// The name with the number beside it, and below it where to sit; what is missing leaves no hole.
fn draw_facts(page: &mut Drawing, request: &Request, words: &Words, number: &str) {
    let ticket = request.ticket();
    let row = |top| Frame::mm(MARGIN, top, PANEL_WIDTH, FACTS_ROW - 1.5);
    let columns = |row: Frame| row.columns(FACTS_COLUMNS, mm(FACTS_GAP));
    let (first, second) = (row(FACTS_TOP), row(FACTS_TOP + FACTS_ROW));

    let mut number_frame = first;
    if let Some(holder) = ticket.text("holder") {
        let name_width = (PANEL_WIDTH + FACTS_GAP) * 0.75 - FACTS_GAP;
        let frame = Frame::mm(MARGIN, FACTS_TOP, name_width, FACTS_ROW - 1.5);
        let sizes = [(45, 40, VALUE), (110, 60, LONG_VALUE)];
        let style = StyleId::by_length(holder, &sizes, LONGEST_VALUE);
        page.text(Role::Paragraph, fact(frame, words.holder, holder, style));
        number_frame = columns(first).last().unwrap_or(first);
    }
    page.text(
        Role::Paragraph,
        TextBox::new(number_frame)
            .paragraph(label(words.number))
            .paragraph(Paragraph::of(NUMBER, number)),
    );

    let price = ticket.money("price");
    let facts = [
        (words.zone, ticket.text("zone")),
        (words.seat, ticket.text("seat")),
        (words.ticket_type, ticket.text("type")),
        (words.price, price.map(|price| words.price_of(price))),
    ];
    let known: Vec<(&str, &str)> = facts
        .into_iter()
        .filter_map(|(words, value)| Some((words, value?)))
        .collect();
    // One size for all of the row, that of the longest.
    let sizes = [(13, 12, VALUE), (30, 15, LONG_VALUE)];
    let style = |(_, value): &(&str, &str)| StyleId::by_length(value, &sizes, LONGEST_VALUE);
    let style = known.iter().map(style).max().unwrap_or(VALUE);
    for (frame, (words, value)) in columns(second).zip(known) {
        page.text(Role::Paragraph, fact(frame, words, value, style));
    }
}

fn fact(frame: Frame, words: &str, value: &str, style: StyleId) -> TextBox {
    TextBox::new(frame)
        .paragraph(label(words))
        .paragraph(Paragraph::of(style, value).leading(1180))
}

fn label(words: &str) -> Paragraph {
    Paragraph::of(LABEL, words).leading(1350)
}

/// Along the perforation, from the bottom to the top.
fn draw_hint(page: &mut Drawing, request: &Request) {
    let chosen = str::from_utf8(&request.state).ok();
    let hint = chosen
        .filter(|hint| !hint.is_empty())
        .unwrap_or(match request.language() {
            "fr" => "À détacher seulement à l’entrée",
            "de" => "Erst am Eingang abtrennen",
            _ => "Tear off at the entrance only",
        });
    let bottom = 99.0 - MARGIN;
    let upwards = Group::at(Point::mm(HINT_LEFT, bottom)).quarter_turns(3);
    page.group(Role::None, upwards, |inside| {
        inside.text(
            Role::Paragraph,
            TextBox::new(Frame::mm(0.0, 0.0, bottom - MARGIN, HINT_HEIGHT))
                .paragraph(Paragraph::of(HINT, hint).centred())
                .vertical(VerticalAlign::Middle)
                .max_lines(1),
        );
    });
}

/// All that the gate has to know of a stub that it holds in its hand.
fn draw_stub(page: &mut Drawing, request: &Request, words: &Words, title: &str, number: &str) {
    let slot = Frame::mm(
        STUB_LEFT - QUIET_ZONE,
        MARGIN - QUIET_ZONE,
        SLOT_SIDE,
        SLOT_SIDE,
    );
    page.figure(words.code, Code::token(slot));
    let top = MARGIN + PANEL_HEIGHT + QUIET_ZONE;
    let frame = Frame::mm(STUB_LEFT, top, STUB_WIDTH, 99.0 - MARGIN - top);

    let ticket = request.ticket();
    let bold = |words: &str| Paragraph::of(STUB_BOLD, words).leading(1250);
    let day = When::of(request.event(), words, |text| &text.long_date).day;
    let text = TextBox::new(frame)
        .paragraph(Paragraph::of(NUMBER, number))
        .paragraph(bold(title).space_before(mm(1.2)))
        .maybe(day.map(|day| Paragraph::of(STUB, &day).leading(1250)))
        .maybe(
            ticket
                .text("zone")
                .map(|zone| bold(zone).space_before(mm(1.2))),
        )
        .maybe(ticket.text("seat").map(bold));
    page.text(Role::Paragraph, text);
}

#[cfg(test)]
mod tests;

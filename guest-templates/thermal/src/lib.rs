//! `thermal`: a ticket from a receipt printer with a roll of 80 mm.
//!
//! Such a printer has 8 dots to the millimetre, each black or white, on 72 of the 80 millimetres. So
//! there is no grey and no thin line; the bar behind the ticket type, rules and the code begin and end on
//! whole dots, and a module of the code is exactly ten dots wide.
//!
//! Event above, code in the middle, facts below. What stands above the code lies on its upper edge, and
//! the page ends where the facts do: missing values leave no hole, and waste no paper below.

mod choices;
mod styles;

use guichet_template_sdk::export_template;
use guichet_template_sdk::prelude::*;
use guichet_template_sdk::times::When;
use guichet_template_sdk::words::{self, Words};

use choices::Choices;
use styles::{
    DAY, FOOTER, LABEL, LINE, LONG_TITLE, LONG_TYPE, LONG_VALUE, LONGEST_TITLE, LONGEST_VALUE,
    NUMBER, TITLE, TYPE, VALUE,
};

// All lengths are millimetres; an eighth is a dot of the printer.
const DOT: f64 = 0.125;
const WIDTH: f64 = 80.0;
/// The longest that it becomes.
const HEIGHT: f64 = 233.0;
const LEFT: f64 = 4.0;
const PRINTED_WIDTH: f64 = 72.0;

const EVENT_TOP: f64 = 4.0;
const BAR_TOP: f64 = 54.0;
const BAR_HEIGHT: f64 = 13.0;

/// 41 modules and 4 of quiet zone on each side, of ten dots each.
const SLOT_SIDE: f64 = 49.0 * 10.0 * DOT;
const SLOT_LEFT: f64 = (WIDTH - SLOT_SIDE) / 2.0;
/// The quiet zone is the distance to the bar.
const SLOT_TOP: f64 = BAR_TOP + BAR_HEIGHT;

const NUMBER_TOP: f64 = SLOT_TOP + SLOT_SIDE - 0.25;
const RULE_TOP: f64 = NUMBER_TOP + 9.0;
const RULE_HEIGHT: f64 = 5.0 * DOT;
const FACTS_TOP: f64 = RULE_TOP + 3.0;
const ROW_HEIGHT: f64 = 14.5;

/// Letters that surely fit on a line of the footer, and its height.
const FOOTER_CHARACTERS: usize = 38;
const FOOTER_LINE: f64 = 4.0;

/// The template.
#[derive(Debug)]
pub struct Thermal;

impl Template for Thermal {
    fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>> {
        let choices = Choices::read(settings)?;
        let footer = choices.footer.unwrap_or_default();
        let mut preparation = Preparation::new(manifest()).state(footer.into_bytes());
        for (id, style) in styles::all() {
            preparation = preparation.style(id, style);
        }
        preparation.finish()
    }

    fn layout(request: &Request) -> Result<Document, Failure> {
        let words = Words::of(request);
        let title = request.event().require_text("title")?;
        let number = request.ticket().require_text("number")?;

        let mut page = Drawing::new();
        let bottom = match request.ticket().text("type") {
            Some(words) => {
                draw_bar(&mut page, words);
                BAR_TOP - 3.5
            }
            None => SLOT_TOP - 1.0,
        };
        draw_event(&mut page, request, words, title, bottom);
        draw_code(&mut page, words, number);
        let bottom = draw_facts(&mut page, request, words) + EVENT_TOP;

        let document = Document::new(&format!("{title} · {number}"), words.language);
        Ok(document.page(Page::new("receipt", Size::mm(WIDTH, bottom), page)))
    }
}

export_template!(Thermal);

fn manifest() -> Manifest {
    Manifest::new(
        "thermal",
        env!("CARGO_PKG_VERSION"),
        "For receipt printers with rolls of 80 mm: pure black and white, and a large code.",
    )
    .languages(words::LANGUAGES)
    .page_format("roll-80", Size::mm(WIDTH, HEIGHT))
    .settings_schema(choices::SCHEMA)
    .token(TokenProfile::Standard)
    .field(Field::event("title", "Name of the event", text("Midnight at the Museum")).required())
    .field(Field::event(
        "starts",
        "When it begins",
        moment(1_788_894_000),
    ))
    .field(Field::event("ends", "When it ends", moment(1_788_904_800)))
    .field(Field::event(
        "doors",
        "When the doors open",
        moment(1_788_890_400),
    ))
    .field(Field::event(
        "venue",
        "Name of the place",
        text("Natural History Museum"),
    ))
    .field(Field::ticket("number", "Ticket number for people", text("7K3D9QXA2M")).required())
    .field(Field::ticket(
        "type",
        "Name of the ticket type",
        text("Adult"),
    ))
    .field(Field::ticket(
        "zone",
        "Zone, block or entrance",
        text("East wing"),
    ))
    .field(Field::ticket("seat", "Row and seat", text("Tour 3")))
    .field(Field::ticket(
        "holder",
        "Name of the holder",
        text("Zoë Østergård"),
    ))
    .field(Field::ticket("price", "What was paid", money(2_200, "CHF")))
    .field(Field::ticket(
        "order",
        "Order number",
        text("A-20260908-0042"),
    ))
    .field(Field::organizer(
        "name",
        "Name of the organizer",
        text("City Museums"),
    ))
}

/// As white letters on black, the ticket type is seen from afar.
fn draw_bar(page: &mut Drawing, words: &str) {
    let bar = Frame::mm(LEFT, BAR_TOP, PRINTED_WIDTH, BAR_HEIGHT);
    page.decoration(Rectangle::filled(bar, Colour::BLACK));
    let style = StyleId::by_length(words, &[(20, 20, TYPE)], LONG_TYPE);
    let inside = Frame::mm(
        LEFT + 3.0,
        BAR_TOP + 1.0,
        PRINTED_WIDTH - 6.0,
        BAR_HEIGHT - 2.0,
    );
    page.text(
        Role::Paragraph,
        TextBox::new(inside)
            .vertical(VerticalAlign::Middle)
            .paragraph(Paragraph::of(style, words).centred().leading(1120)),
    );
}

fn draw_event(page: &mut Drawing, request: &Request, words: &Words, title: &str, bottom: f64) {
    let larger = [(38, 15, TITLE), (66, 20, LONG_TITLE)];
    let style = StyleId::by_length(title, &larger, LONGEST_TITLE);
    let event = request.event();
    let When {
        day,
        last_day,
        clock,
    } = When::of(event, words, |text| &text.full_date);
    let line = |words: &str| Paragraph::of(LINE, words).centred().leading(1250);
    let strong = |words: String| Paragraph::of(DAY, &words).centred();
    let organizer = request.organizer().text("name");
    let title = Paragraph::of(style, title)
        .centred()
        .role(Role::Heading1)
        .leading(1100)
        .space_before(mm(2.0));
    page.text(
        Role::Paragraph,
        TextBox::new(Frame::mm(
            LEFT,
            EVENT_TOP,
            PRINTED_WIDTH,
            bottom - EVENT_TOP,
        ))
        .vertical(VerticalAlign::Bottom)
        .maybe(organizer.map(line))
        .paragraph(title)
        .maybe(day.map(|day| strong(day).space_before(mm(3.0))))
        .maybe(last_day.map(strong))
        .maybe(clock.map(|clock| line(&clock)))
        .maybe(event.text("venue").map(line)),
    );
}

fn draw_code(page: &mut Drawing, words: &Words, number: &str) {
    let slot = Frame::mm(SLOT_LEFT, SLOT_TOP, SLOT_SIDE, SLOT_SIDE);
    page.figure(words.code, Code::token(slot));
    let frame = Frame::mm(LEFT, NUMBER_TOP + 0.25, PRINTED_WIDTH, 8.0);
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .max_lines(1)
            .paragraph(Paragraph::of(NUMBER, number).centred()),
    );
    let rule = Frame::mm(LEFT, RULE_TOP, PRINTED_WIDTH, RULE_HEIGHT);
    page.decoration(Rectangle::filled(rule, Colour::BLACK));
}

/// Rows of facts, without those that have nothing to say, and the footer. Answers where the paper may be
/// cut.
fn draw_facts(page: &mut Drawing, request: &Request, words: &Words) -> f64 {
    let ticket = request.ticket();
    let price = ticket.money("price").map(|price| words.price_of(price));
    let zone = fact(words.zone, ticket.text("zone"));
    let seat = fact(words.seat, ticket.text("seat"));
    let holder = fact(words.holder, ticket.text("holder"));
    let price = fact(words.price, price);
    let order = fact(words.order, ticket.text("order"));

    let mut top = FACTS_TOP;
    for row in [vec![zone, seat], vec![holder], vec![price, order]] {
        let known: Vec<(&str, &str)> = row.into_iter().flatten().collect();
        let columns = u16::try_from(known.len()).unwrap_or(1);
        if columns == 0 {
            continue;
        }
        let frame = Frame::mm(LEFT, top, PRINTED_WIDTH, ROW_HEIGHT - 1.0);
        let style = style_of(&known);
        for (frame, fact) in frame.columns(columns, mm(4.0)).zip(known) {
            draw_fact(page, frame, fact, style);
        }
        top += ROW_HEIGHT;
    }
    let footer = str::from_utf8(&request.state).unwrap_or_default();
    top + draw_footer(page, footer, top)
}

fn fact<'a>(label: &'a str, value: Option<&'a str>) -> Option<(&'a str, &'a str)> {
    Some((label, value?))
}

/// One size for all of a row, that of the longest.
fn style_of(row: &[(&str, &str)]) -> StyleId {
    let larger = match row {
        [_] => [(26, 26, VALUE), (72, 32, LONG_VALUE)],
        _ => [(12, 12, VALUE), (34, 16, LONG_VALUE)],
    };
    let styles = row
        .iter()
        .map(|(_, value)| StyleId::by_length(value, &larger, LONGEST_VALUE));
    styles.max().unwrap_or(VALUE)
}

fn draw_fact(page: &mut Drawing, frame: Frame, (label, value): (&str, &str), style: StyleId) {
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .paragraph(Paragraph::of(LABEL, label).leading(1300))
            .paragraph(Paragraph::of(style, value).leading(1120)),
    );
}

/// Answers how high it is.
fn draw_footer(page: &mut Drawing, footer: &str, top: f64) -> f64 {
    let lines = footer.lines().map(|line| {
        let lines = line.chars().count().div_ceil(FOOTER_CHARACTERS).max(1);
        u16::try_from(lines).map_or(0.0, f64::from)
    });
    let height = lines.sum::<f64>() * FOOTER_LINE;
    let mut text = TextBox::new(Frame::mm(LEFT, top + 1.0, PRINTED_WIDTH, height));
    for line in footer.lines() {
        text = text.paragraph(Paragraph::of(FOOTER, line).leading(1250));
    }
    page.text(Role::Paragraph, text);
    height
}

#[cfg(test)]
mod tests;

//! The back: the code in large, where to go, and whose badge it is when it was lost.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::times::When;
use guichet_template_sdk::words::Words;

use crate::styles::{FACT, FACT_BOLD, NOTE, NUMBER};
use crate::{COLUMN_WIDTH, HEIGHT, MARGIN, STRIP, STRIP_HEIGHT, WIDTH, slot_around};

const CODE_TOP: f64 = 17.0;
/// 1.3 mm a module.
const CODE_SIDE: f64 = 54.0;
const NUMBER_TOP: f64 = CODE_TOP + CODE_SIDE + 5.5;
const RULE_TOP: f64 = NUMBER_TOP + 9.5;
const FACTS_TOP: f64 = RULE_TOP + 3.5;
const NOTE_TOP: f64 = 127.0;
const NOTE_BOTTOM: f64 = HEIGHT - STRIP_HEIGHT - 3.0;

/// Draws the page in reading order.
pub fn draw(request: &Request, words: &Words, title: &str, number: &str) -> Drawing {
    let mut page = Drawing::new();
    page.background(STRIP, Point::mm(0.0, HEIGHT - STRIP_HEIGHT));
    let code_left = (WIDTH - CODE_SIDE) / 2.0;
    page.figure(
        words.code,
        Code::token(slot_around(code_left, CODE_TOP, CODE_SIDE)),
    );
    let number_frame = Frame::mm(MARGIN, NUMBER_TOP, COLUMN_WIDTH, 6.0);
    page.text(
        Role::Paragraph,
        TextBox::new(number_frame)
            .max_lines(1)
            .paragraph(Paragraph::of(NUMBER, number).centred()),
    );
    let rule = Frame::mm(MARGIN, RULE_TOP, COLUMN_WIDTH, 0.25);
    page.decoration(Rectangle::filled(rule, Colour::BLACK));
    draw_event(&mut page, request, words, title);
    draw_note(&mut page, request);
    page
}

fn draw_event(page: &mut Drawing, request: &Request, words: &Words, title: &str) {
    let event = request.event();
    let When {
        day,
        last_day,
        clock,
    } = When::of(event, words, |text| &text.full_date);
    let bold = |words: &str| Paragraph::of(FACT_BOLD, words).leading(1250);
    let fact = |words: &str| Paragraph::of(FACT, words).leading(1300);
    let times = [day, last_day, clock].into_iter().flatten();
    let frame = Frame::mm(MARGIN, FACTS_TOP, COLUMN_WIDTH, NOTE_TOP - FACTS_TOP - 2.0);
    let mut text = TextBox::new(frame).paragraph(bold(title).role(Role::Heading2));
    for line in times {
        text = text.paragraph(fact(&line));
    }
    let place = ["venue", "address"]
        .into_iter()
        .filter_map(|name| event.text(name));
    for (line, number) in place.zip(0..) {
        let space = if number == 0 { mm(1.5) } else { Length::ZERO };
        // Two lines of an address need not be two on the badge.
        text = text.paragraph(fact(&line.replace('\n', ", ")).space_before(space));
    }
    page.text(Role::Paragraph, text);
}

/// For who finds a lost badge.
fn draw_note(page: &mut Drawing, request: &Request) {
    let chosen = str::from_utf8(&request.state).ok();
    let note = chosen.filter(|note| !note.is_empty());
    let note = note.unwrap_or(match request.language() {
        "fr" => "Badge trouvé ? Merci de le remettre à l’organisateur.",
        "de" => "Ausweis gefunden? Bitte beim Veranstalter abgeben.",
        _ => "Found this badge? Please hand it to the organizer.",
    });
    let organizer = request.organizer();
    let contact: Vec<&str> = ["name", "email"]
        .into_iter()
        .filter_map(|name| organizer.text(name))
        .collect();
    let frame = Frame::mm(MARGIN, NOTE_TOP, COLUMN_WIDTH, NOTE_BOTTOM - NOTE_TOP);
    let mut text = TextBox::new(frame)
        .vertical(VerticalAlign::Bottom)
        .paragraph(Paragraph::of(NOTE, note).leading(1350));
    if !contact.is_empty() {
        text = text.paragraph(Paragraph::of(NOTE, &contact.join(" · ")).leading(1350));
    }
    page.text(Role::Paragraph, text);
}

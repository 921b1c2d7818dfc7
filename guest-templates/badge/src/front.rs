//! The front: who this is.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::times::When;
use guichet_template_sdk::words::Words;

use crate::styles::{
    COMPANY, EVENT, EVENT_DAY, FACT_BOLD, JOB, LABEL, LONG_EVENT, LONG_NAME, LONG_TYPE,
    LONGEST_NAME, NAME, NUMBER, TYPE,
};
use crate::{
    BAND, BAND_HEIGHT, COLUMN_WIDTH, HEADER, HEADER_HEIGHT, HEIGHT, MARGIN, STRIP, STRIP_HEIGHT,
    slot_around,
};

/// Where text may begin: above, the badge is punched.
const PUNCHED: f64 = 13.0;
const NAME_TOP: f64 = HEADER_HEIGHT + 8.0;

/// 0.68 mm a module.
const CODE_SIDE: f64 = 28.0;
/// Between code or number and what is below them.
const ABOVE_BAND: f64 = 7.0;

/// Draws the page in reading order.
pub fn draw(request: &Request, words: &Words, title: &str, number: &str) -> Drawing {
    let ticket_type = request.ticket().text("type");
    let (ground, ground_height) = match ticket_type {
        Some(_) => (BAND, BAND_HEIGHT),
        None => (STRIP, STRIP_HEIGHT),
    };
    let ground_top = HEIGHT - ground_height;
    let bottom = ground_top - ABOVE_BAND;

    let mut page = Drawing::new();
    page.background(HEADER, Point::ORIGIN);
    page.background(ground, Point::mm(0.0, ground_top));
    draw_event(&mut page, request, words, title);
    draw_wearer(&mut page, request, bottom - CODE_SIDE - 4.0);
    draw_access(&mut page, request, words, number, bottom);
    if let Some(words) = ticket_type {
        let style = StyleId::by_length(words, &[(16, 16, TYPE)], LONG_TYPE);
        let frame = Frame::mm(MARGIN, ground_top + 2.0, COLUMN_WIDTH, ground_height - 4.0);
        page.text(
            Role::Paragraph,
            TextBox::new(frame)
                .vertical(VerticalAlign::Middle)
                .paragraph(Paragraph::of(style, words).leading(1150)),
        );
    }
    page
}

fn draw_event(page: &mut Drawing, request: &Request, words: &Words, title: &str) {
    let style = StyleId::by_length(title, &[(44, 20, EVENT)], LONG_EVENT);
    let When { day, last_day, .. } = When::of(request.event(), words, |text| &text.long_date);
    let days: Vec<String> = [day, last_day].into_iter().flatten().collect();
    let days = (!days.is_empty()).then(|| Paragraph::of(EVENT_DAY, &days.join(" ")));
    let frame = Frame::mm(MARGIN, PUNCHED, COLUMN_WIDTH, HEADER_HEIGHT - PUNCHED - 5.0);
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .vertical(VerticalAlign::Bottom)
            .paragraph(
                Paragraph::of(style, title)
                    .role(Role::Heading2)
                    .leading(1100),
            )
            .maybe(days.map(|days| days.space_before(mm(1.0)))),
    );
}

/// Without a name, the page is a badge of the company, or of nobody in particular.
fn draw_wearer(page: &mut Drawing, request: &Request, bottom: f64) {
    let ticket = request.ticket();
    let name = ticket.text("holder").map(|name| {
        let larger = [(24, 12, NAME), (48, 17, LONG_NAME)];
        Paragraph::of(StyleId::by_length(name, &larger, LONGEST_NAME), name)
            .role(Role::Heading1)
            .leading(1060)
    });
    let company = ticket.text("company");
    let job = ticket.text("job");
    let frame = Frame::mm(MARGIN, NAME_TOP, COLUMN_WIDTH, bottom - NAME_TOP);
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .maybe(name)
            .maybe(company.map(|words| Paragraph::of(COMPANY, words).space_before(mm(4.0))))
            .maybe(job.map(|words| Paragraph::of(JOB, words).space_before(mm(1.0)))),
    );
}

/// Code on the right, and on its left what the code says, for people.
fn draw_access(page: &mut Drawing, request: &Request, words: &Words, number: &str, bottom: f64) {
    let left = MARGIN + COLUMN_WIDTH - CODE_SIDE;
    let zone = request.ticket().text("zone");
    let label = |words| Paragraph::of(LABEL, words).leading(1350);
    let frame = Frame::mm(
        MARGIN,
        bottom - CODE_SIDE,
        left - MARGIN - 6.0,
        CODE_SIDE + 1.0,
    );
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .vertical(VerticalAlign::Bottom)
            .maybe(zone.map(|_| label(words.zone)))
            .maybe(zone.map(|zone| Paragraph::of(FACT_BOLD, zone)))
            .paragraph(label(words.number).space_before(mm(3.0)))
            .paragraph(Paragraph::of(NUMBER, number)),
    );
    page.figure(
        words.code,
        Code::token(slot_around(left, bottom - CODE_SIDE, CODE_SIDE)),
    );
}

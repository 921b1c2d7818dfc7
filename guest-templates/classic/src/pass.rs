//! The upper left quarter: all that a gate and its visitor need, with the code.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::times::When;

use crate::choices::logo_in_background;
use crate::grid::{
    CODE_LEFT, CODE_RULE_TOP, CODE_SIDE, CODE_TOP, COLUMN_WIDTH, CONTENT_BOTTOM, CONTENT_TOP,
    HAIRLINE, HEADER_HEIGHT, HEADER_TOP, HOLDER_BOTTOM, HOLDER_LABEL_TOP, HOLDER_RULE_TOP,
    HOLDER_TOP, LEFT, QUIET_ZONE,
};
use crate::labels::Labels;
use crate::styles::{HEADING, LABEL, LONG_TITLE, NUMBER, TITLE, bold_fact, fact, label, lead};

/// Between the code's printed symbol and the column on its right.
const COLUMN_GAP: f64 = 6.0;

/// From the top of a label's line to the top of its capitals.
const LABEL_ABOVE_CAPITALS: f64 = 0.75;

/// A title of more characters takes three lines or more in the largest letters.
const TITLE_CHARACTERS: usize = 45;
/// A name of more characters may become smaller than is easy to read, before it is cut.
const NAME_CHARACTERS: usize = 100;
/// A zone or seat of more characters takes three lines or more in large letters.
const PLACE_CHARACTERS: usize = 30;

/// Where a logo goes, whether it comes with the settings or from the organizer's profile.
pub const LOGO_FRAME: Frame = Frame::mm(LEFT, HEADER_TOP, LOGO_WIDTH, HEADER_HEIGHT);
const LOGO_WIDTH: f64 = 55.0;

/// Draws the quarter in reading order.
pub fn draw(page: &mut Drawing, request: &Request, labels: &Labels, title: &str, number: &str) {
    let holder = request.ticket().text("holder");
    let rule_top = if holder.is_some() {
        HOLDER_RULE_TOP
    } else {
        CODE_RULE_TOP
    };
    draw_header(page, request, labels);
    draw_event(page, request, labels, title, rule_top - 1.5);
    let rule = Frame::mm(LEFT, rule_top, COLUMN_WIDTH, HAIRLINE);
    page.decoration(Rectangle::filled(rule, Colour::BLACK));
    if let Some(holder) = holder {
        draw_holder(page, labels, holder);
    }
    draw_admission(page, request, labels);
    draw_code(page, labels, number);
}

fn draw_header(page: &mut Drawing, request: &Request, labels: &Labels) {
    let position = labels.words.position(request.position);
    let organizer = request.organizer();
    let name = organizer.text("name");
    if let Some(logo) = organizer.image("logo") {
        let described = logo.description.as_deref().or(name);
        page.figure(
            described.unwrap_or(labels.words.logo),
            Image::value(logo, LOGO_FRAME).aligned(0, 1000),
        );
    } else if !logo_in_background(request) {
        let width = if position.is_some() {
            LOGO_WIDTH
        } else {
            COLUMN_WIDTH
        };
        let frame = Frame::mm(LEFT, HEADER_TOP, width, HEADER_HEIGHT);
        let text = TextBox::new(frame).vertical(VerticalAlign::Bottom);
        page.text(
            Role::Paragraph,
            text.maybe(name.map(|name| Paragraph::of(HEADING, name))),
        );
    }
    if let Some(words) = position {
        let left = LOGO_WIDTH + 2.0;
        let frame = Frame::mm(
            LEFT + left,
            HEADER_TOP,
            COLUMN_WIDTH - left,
            // So much higher than a heading's, small letters stand on its line.
            HEADER_HEIGHT - 0.3,
        );
        page.text(
            Role::Paragraph,
            TextBox::new(frame)
                .paragraph(Paragraph::of(LABEL, &words).at_end())
                .vertical(VerticalAlign::Bottom)
                .max_lines(1),
        );
    }
}

/// Title, date and place in one flow: a long title pushes the date down and, when the box is full,
/// makes all of it smaller alike.
fn draw_event(page: &mut Drawing, request: &Request, labels: &Labels, title: &str, bottom: f64) {
    let event = request.event();
    let When {
        day,
        last_day,
        clock,
    } = When::of(event, labels.words, |text| &text.full_date);

    let title_style = if title.chars().count() <= TITLE_CHARACTERS {
        TITLE
    } else {
        LONG_TITLE
    };
    let frame = Frame::mm(LEFT, CONTENT_TOP, COLUMN_WIDTH, bottom - CONTENT_TOP);
    let text = TextBox::new(frame)
        .overflow(Overflow::Shrink(600))
        .paragraph(
            Paragraph::of(title_style, title)
                .role(Role::Heading1)
                .leading(1120),
        )
        .maybe(day.map(|words| lead(&words).space_before(mm(3.2))))
        .maybe(last_day.map(|words| lead(&words)))
        .maybe(clock.map(|words| fact(&words).space_before(mm(0.8))))
        .maybe(
            event
                .text("venue")
                .map(|venue| bold_fact(venue).space_before(mm(2.2))),
        );
    page.text(Role::Paragraph, text);
}

/// Over the whole width, because no name may be cut; the label keeps its size when a name shrinks.
fn draw_holder(page: &mut Drawing, labels: &Labels, holder: &str) {
    let label_frame = Frame::mm(
        LEFT,
        HOLDER_LABEL_TOP,
        COLUMN_WIDTH,
        HOLDER_TOP - HOLDER_LABEL_TOP,
    );
    page.text(
        Role::Paragraph,
        TextBox::new(label_frame).paragraph(label(labels.words.holder)),
    );
    let least = if holder.chars().count() <= NAME_CHARACTERS {
        600
    } else {
        400
    };
    let frame = Frame::mm(LEFT, HOLDER_TOP, COLUMN_WIDTH, HOLDER_BOTTOM - HOLDER_TOP);
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .overflow(Overflow::Shrink(least))
            .paragraph(lead(holder)),
    );
}

/// Beside the code: where to go, and as what.
fn draw_admission(page: &mut Drawing, request: &Request, labels: &Labels) {
    let ticket = request.ticket();
    let place = |text: &str| {
        if text.chars().count() <= PLACE_CHARACTERS {
            lead(text)
        } else {
            bold_fact(text)
        }
    };
    let facts = [
        (labels.words.zone, ticket.text("zone").map(place)),
        (labels.words.seat, ticket.text("seat").map(place)),
        (labels.words.ticket_type, ticket.text("type").map(bold_fact)),
    ];
    let left = CODE_LEFT + CODE_SIDE - QUIET_ZONE + COLUMN_GAP;
    let top = CODE_TOP + QUIET_ZONE - LABEL_ABOVE_CAPITALS;
    let mut text = TextBox::new(Frame::mm(
        left,
        top,
        LEFT + COLUMN_WIDTH - left,
        CONTENT_BOTTOM - top,
    ))
    .overflow(Overflow::Shrink(450));
    for (words, value) in facts {
        if let Some(value) = value {
            text = text
                .paragraph(label(words).space_before(mm(3.0)))
                .paragraph(value);
        }
    }
    page.text(Role::Paragraph, text);
}

fn draw_code(page: &mut Drawing, labels: &Labels, number: &str) {
    page.figure(
        labels.words.code,
        Code::token(Frame::mm(CODE_LEFT, CODE_TOP, CODE_SIDE, CODE_SIDE)),
    );
    let top = CODE_TOP + CODE_SIDE;
    let width = CODE_SIDE - 2.0 * QUIET_ZONE;
    page.text(
        Role::Paragraph,
        TextBox::new(Frame::mm(LEFT, top, width, CONTENT_BOTTOM - top))
            .paragraph(Paragraph::of(NUMBER, number))
            .max_lines(1),
    );
}

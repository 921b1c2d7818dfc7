//! The upper left quarter: all that a gate and its visitor need, with the code.

use guichet_template_sdk::prelude::*;

use crate::choices::logo_in_background;
use crate::grid::{
    self, CODE_LEFT, CODE_SIDE, CODE_TOP, COLUMN_WIDTH, CONTENT_BOTTOM, CONTENT_TOP, HEADER_HEIGHT,
    HEADER_TOP, LEFT, QUIET_ZONE,
};
use crate::labels::Labels;
use crate::styles::{DATE, FACT, FACT_BOLD, HEADING, LABEL, NUMBER, PLACE, TITLE};

/// An event that lasts longer than this is one of several days: a concert that ends after midnight is
/// not.
const SEVERAL_DAYS_SECONDS: i64 = 20 * 3600;

/// Between the code's printed symbol and the column on its right.
const COLUMN_GAP: f64 = 7.0;

/// Where a logo goes, whether it comes with the settings or from the organizer's profile.
pub const LOGO_FRAME: Frame = grid::frame(LEFT, HEADER_TOP, 55.0, HEADER_HEIGHT);

/// Draws the quarter in reading order.
pub fn draw(page: &mut Drawing, request: &Request, labels: &Labels, title: &str, number: &str) {
    draw_organizer(page, request, labels);
    draw_event(page, request, labels, title);
    draw_admission(page, request, labels);
    page.figure(
        labels.code,
        Code::token(grid::frame(CODE_LEFT, CODE_TOP, CODE_SIDE, CODE_SIDE)),
    );
    let number_top = CODE_TOP + CODE_SIDE;
    page.text(
        Role::Paragraph,
        TextBox::new(grid::frame(
            LEFT,
            number_top,
            CODE_SIDE - QUIET_ZONE,
            CONTENT_BOTTOM - number_top,
        ))
        .paragraph(Paragraph::of(NUMBER, number))
        .max_lines(1),
    );
}

fn draw_organizer(page: &mut Drawing, request: &Request, labels: &Labels) {
    let organizer = request.organizer();
    let name = organizer.text("name");
    if let Some(logo) = organizer.image("logo") {
        let described = logo.description.as_deref().or(name);
        page.figure(
            described.unwrap_or(labels.logo),
            Image::value(logo, LOGO_FRAME).aligned(0, 500),
        );
    } else if !logo_in_background(request) {
        let text = TextBox::new(LOGO_FRAME).vertical(VerticalAlign::Middle);
        page.text(
            Role::Paragraph,
            text.maybe(name.map(|name| Paragraph::of(HEADING, name))),
        );
    }
    let Position { index, total } = request.position;
    if total > 1 {
        let words = format!("{} {index} {} {total}", labels.ticket, labels.of);
        let frame = grid::frame(LEFT + 57.0, HEADER_TOP, COLUMN_WIDTH - 57.0, HEADER_HEIGHT);
        page.text(
            Role::Paragraph,
            TextBox::new(frame)
                .paragraph(Paragraph::of(LABEL, &words).at_end())
                .vertical(VerticalAlign::Middle)
                .max_lines(1),
        );
    }
}

/// Title, date and place in one flow: a long title pushes the date down and, when the box is full,
/// makes all of it smaller alike.
fn draw_event(page: &mut Drawing, request: &Request, labels: &Labels, title: &str) {
    let event = request.event();
    let starts = event.moment("starts");
    let last_day = starts
        .zip(event.moment("ends"))
        .filter(|(starts, ends)| ends.unix_seconds - starts.unix_seconds > SEVERAL_DAYS_SECONDS)
        .map(|(_, ends)| format!("{} {}", labels.until, ends.formatted.full_date));
    let date = |text: &str| Paragraph::of(DATE, text).leading(1250);

    let height = CODE_TOP - CONTENT_TOP - 1.0;
    let text = TextBox::new(grid::frame(LEFT, CONTENT_TOP, COLUMN_WIDTH, height))
        .overflow(Overflow::Shrink(450))
        .paragraph(
            Paragraph::of(TITLE, title)
                .role(Role::Heading1)
                .leading(1120),
        )
        .maybe(starts.map(|starts| date(&starts.formatted.full_date).space_before(mm(3.5))))
        .maybe(last_day.map(|words| date(&words)))
        .maybe(times(event.moment("doors"), starts, labels))
        .maybe(
            event
                .text("venue")
                .map(|venue| Paragraph::of(FACT_BOLD, venue).space_before(mm(2.5))),
        );
    page.text(Role::Paragraph, text);
}

/// "Doors 19:00 · Start 20:00", as far as known.
fn times(
    doors: Option<&MomentValue>,
    starts: Option<&MomentValue>,
    labels: &Labels,
) -> Option<Paragraph> {
    let known: Vec<String> = [(labels.doors, doors), (labels.starts, starts)]
        .into_iter()
        .filter_map(|(label, moment)| {
            let moment = moment.filter(|moment| moment.precision == Precision::Minute)?;
            // No-break spaces keep each time with its label.
            Some(format!("{label} {}", moment.formatted.time).replace(' ', "\u{a0}"))
        })
        .collect();
    (!known.is_empty()).then(|| Paragraph::of(FACT, &known.join(" · ")).space_before(mm(0.8)))
}

/// Beside the code: where to go, and what and who is admitted.
fn draw_admission(page: &mut Drawing, request: &Request, labels: &Labels) {
    let ticket = request.ticket();
    let facts = [
        (labels.zone, ticket.text("zone"), PLACE),
        (labels.seat, ticket.text("seat"), PLACE),
        (labels.ticket_type, ticket.text("type"), FACT_BOLD),
        (labels.holder, ticket.text("holder"), FACT_BOLD),
    ];
    let left = CODE_LEFT + CODE_SIDE - QUIET_ZONE + COLUMN_GAP;
    let top = CODE_TOP + QUIET_ZONE - 1.0;
    let mut text = TextBox::new(grid::frame(
        left,
        top,
        LEFT + COLUMN_WIDTH - left,
        CONTENT_BOTTOM - top,
    ))
    .overflow(Overflow::Shrink(450));
    for (label, value, style) in facts {
        if let Some(value) = value {
            text = text
                .paragraph(Paragraph::of(LABEL, label).space_before(mm(3.0)))
                .paragraph(Paragraph::of(style, value).leading(1180));
        }
    }
    page.text(Role::Paragraph, text);
}

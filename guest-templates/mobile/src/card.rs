//! The white card: code and number, and rows of facts below a line as if to tear off.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::words::Words;

use crate::styles::{LABEL, LONG_VALUE, LONGEST_VALUE, NUMBER, VALUE};
use crate::{HEIGHT, TEXT_LEFT, TEXT_WIDTH, WIDTH};

const LEFT: f64 = 6.0;
pub const TOP: f64 = 62.0;
const CARD_WIDTH: f64 = WIDTH - 2.0 * LEFT;
const CORNER: f64 = 5.0;

/// The slot is larger than the printed code by 4 modules of quiet zone on each side, of 49 in all, and
/// the card goes on around it. 1.56 mm a module.
const SLOT_SIDE: f64 = TEXT_WIDTH * 49.0 / 41.0;
const SLOT_LEFT: f64 = (WIDTH - SLOT_SIDE) / 2.0;
/// Far enough down to keep the corners of the slot inside of the card's round ones.
const SLOT_TOP: f64 = TOP + 2.5;

const NUMBER_TOP: f64 = SLOT_TOP + SLOT_SIDE;
const TEAR: f64 = NUMBER_TOP + 11.0;
const NOTCH: f64 = 3.0;

const ROWS_TOP: f64 = TEAR + 5.0;
const ROW: f64 = 14.0;
const COLUMNS: u16 = 3;
const GAP: f64 = 3.0;

/// A ground for each number of rows.
pub const ALL: [(BackgroundId, u16); 3] = [
    (BackgroundId(0), 0),
    (BackgroundId(1), 1),
    (BackgroundId(2), 2),
];

/// What there is to say below the line.
pub struct Card<'a> {
    holder: Option<(&'a str, &'a str)>,
    /// Where to sit, and as what.
    place: Vec<(&'a str, &'a str)>,
}

impl<'a> Card<'a> {
    /// Reads what is there.
    pub fn of(request: &'a Request, words: &'a Words) -> Self {
        let ticket = request.ticket();
        let fact = |words, name| Some((words, ticket.text(name)?));
        let place = [
            fact(words.zone, "zone"),
            fact(words.seat, "seat"),
            fact(words.ticket_type, "type"),
        ];
        Self {
            holder: fact(words.holder, "holder"),
            place: place.into_iter().flatten().collect(),
        }
    }

    /// The ground that has room for all of it, and no more.
    pub fn ground(&self) -> BackgroundId {
        let rows = u32::from(self.holder.is_some()) + u32::from(!self.place.is_empty());
        BackgroundId(rows)
    }

    /// Draws what lies on the card.
    pub fn draw(&self, page: &mut Drawing, words: &Words, number: &str) {
        let slot = Frame::mm(SLOT_LEFT, SLOT_TOP, SLOT_SIDE, SLOT_SIDE);
        page.figure(words.code, Code::token(slot));
        let frame = Frame::mm(TEXT_LEFT, NUMBER_TOP, TEXT_WIDTH, 7.0);
        page.text(
            Role::Paragraph,
            TextBox::new(frame)
                .max_lines(1)
                .paragraph(Paragraph::of(NUMBER, number).centred()),
        );
        let mut row = Frame::mm(TEXT_LEFT, ROWS_TOP, TEXT_WIDTH, ROW - 1.5);
        if let Some(holder) = self.holder {
            let style = style_of(holder, &[(26, 26, VALUE), (70, 38, LONG_VALUE)]);
            draw_fact(page, row, holder, style);
            row = Frame::mm(TEXT_LEFT, ROWS_TOP + ROW, TEXT_WIDTH, ROW - 1.5);
        }
        // One size for all of the row, that of the longest.
        let sizes = [(8, 8, VALUE), (22, 11, LONG_VALUE)];
        let place = self.place.iter();
        let style = place.map(|fact| style_of(*fact, &sizes)).max();
        for (frame, fact) in row.columns(COLUMNS, mm(GAP)).zip(&self.place) {
            draw_fact(page, frame, *fact, style.unwrap_or(VALUE));
        }
    }
}

fn style_of((_, value): (&str, &str), larger: &[(usize, usize, StyleId)]) -> StyleId {
    StyleId::by_length(value, larger, LONGEST_VALUE)
}

fn draw_fact(page: &mut Drawing, frame: Frame, (label, value): (&str, &str), style: StyleId) {
    page.text(
        Role::Paragraph,
        TextBox::new(frame)
            .paragraph(Paragraph::of(LABEL, label).leading(1350))
            .paragraph(Paragraph::of(style, value).leading(1180)),
    );
}

/// The page's ground and the card, with room for so many rows.
pub fn ground(accent: &Colour, rows: u16) -> Drawing {
    let mut ground = Drawing::new();
    let mut filled = |frame: Frame, colour: &Colour, radius: f64| {
        ground.decoration(Rectangle::filled(frame, colour.clone()).rounded(mm(radius)));
    };
    filled(Frame::mm(0.0, 0.0, WIDTH, HEIGHT), accent, 0.0);
    let bottom = match rows {
        0 => TEAR - 3.0,
        rows => ROWS_TOP + f64::from(rows) * ROW + 2.0,
    };
    let card = Frame::mm(LEFT, TOP, CARD_WIDTH, bottom - TOP);
    filled(card, &Colour::WHITE, CORNER);
    if rows == 0 {
        return ground;
    }
    for x in [LEFT, LEFT + CARD_WIDTH] {
        let notch = Frame::mm(x - NOTCH, TEAR - NOTCH, 2.0 * NOTCH, 2.0 * NOTCH);
        filled(notch, accent, NOTCH);
    }
    let stroke = Stroke::new(Colour::Gray(150), mm(0.35)).dashed(&[mm(1.6), mm(1.6)]);
    ground.decoration(Line::new(
        Point::mm(TEXT_LEFT, TEAR),
        Point::mm(TEXT_LEFT + TEXT_WIDTH, TEAR),
        stroke,
    ));
    ground
}

//! What is the same on each ticket of a language: rules, fold marks, terms, advice and how to fold.

use guichet_template_sdk::prelude::*;

use crate::choices::Choices;
use crate::grid::{
    COLUMN_WIDTH, FOLD_X, FOLD_Y, HAIRLINE, LEFT, LOWER_CONTENT_BOTTOM, LOWER_CONTENT_TOP,
    LOWER_HEADER_TOP, LOWER_RULE_TOP, RIGHT, RULE_HEIGHT, RULE_TOP,
};
use crate::labels::Labels;
use crate::pass::LOGO_FRAME;
use crate::styles::{ADVICE, HEADING, TERMS};

const SHEET_WIDTH: f64 = 210.0;
const SHEET_HEIGHT: f64 = 297.0;

/// Fold marks begin where every printer prints and end before the text.
const MARK_START: f64 = 5.0;
const MARK_LENGTH: f64 = 5.0;

/// The pictures of the sheet, in a tenth of its size.
const PICTURE_WIDTH: f64 = SHEET_WIDTH / 10.0;
const PICTURE_HEIGHT: f64 = SHEET_HEIGHT / 10.0;
const PICTURE_TOP: f64 = 216.0;
const ARROW_LENGTH: f64 = 6.0;
const ARROW_MARGIN: f64 = 3.5;

/// Longer terms are set closer before they are set smaller.
const MANY_TERMS_BYTES: usize = 1_500;

/// Draws the background of one language.
pub fn draw(labels: &Labels, choices: &Choices) -> Drawing {
    let mut background = Drawing::new();
    if let Some(asset) = &choices.logo {
        background.figure(
            labels.words.logo,
            Image::asset(asset, LOGO_FRAME).aligned(0, 1000),
        );
    }
    draw_rules(&mut background, choices);
    draw_fold_marks(&mut background);
    draw_terms(&mut background, labels, choices);
    draw_advice(&mut background, labels);
    background
}

fn draw_rules(background: &mut Drawing, choices: &Choices) {
    let rule = |x, y, height, colour: Colour| {
        Rectangle::filled(Frame::mm(x, y, COLUMN_WIDTH, height), colour)
    };
    // Flush at the lower edge, so that text below them starts at one distance.
    background.decoration(rule(LEFT, RULE_TOP, RULE_HEIGHT, choices.accent.clone()));
    let upper = RULE_TOP + RULE_HEIGHT - HAIRLINE;
    background.decoration(rule(RIGHT, upper, HAIRLINE, Colour::BLACK));
    background.decoration(rule(LEFT, LOWER_RULE_TOP, HAIRLINE, Colour::BLACK));
    background.decoration(rule(RIGHT, LOWER_RULE_TOP, HAIRLINE, Colour::BLACK));
}

/// Short lines at the edges and a cross in the middle: enough to fold by, and none of them near text.
fn draw_fold_marks(background: &mut Drawing) {
    let mut mark = |x1, y1, x2, y2| {
        let stroke = Stroke::new(Colour::Gray(130), mm(0.2));
        background.decoration(Line::new(Point::mm(x1, y1), Point::mm(x2, y2), stroke));
    };
    let (near, far) = (MARK_START, MARK_START + MARK_LENGTH);
    mark(FOLD_X, near, FOLD_X, far);
    mark(FOLD_X, SHEET_HEIGHT - far, FOLD_X, SHEET_HEIGHT - near);
    mark(near, FOLD_Y, far, FOLD_Y);
    mark(SHEET_WIDTH - far, FOLD_Y, SHEET_WIDTH - near, FOLD_Y);
    mark(FOLD_X - 2.5, FOLD_Y, FOLD_X + 2.5, FOLD_Y);
    mark(FOLD_X, FOLD_Y - 2.5, FOLD_X, FOLD_Y + 2.5);
}

fn draw_heading(background: &mut Drawing, x: f64, words: &str) {
    let frame = Frame::mm(x, LOWER_HEADER_TOP, COLUMN_WIDTH, 6.5);
    background.text(
        Role::Heading2,
        TextBox::new(frame)
            .paragraph(Paragraph::of(HEADING, words))
            .vertical(VerticalAlign::Bottom)
            .max_lines(1),
    );
}

fn draw_terms(background: &mut Drawing, labels: &Labels, choices: &Choices) {
    draw_heading(background, LEFT, labels.terms);
    let height = LOWER_CONTENT_BOTTOM - LOWER_CONTENT_TOP;
    let mut text = TextBox::new(Frame::mm(LEFT, LOWER_CONTENT_TOP, COLUMN_WIDTH, height))
        .overflow(Overflow::Shrink(500));
    let terms = choices.terms.as_deref().unwrap_or(labels.default_terms);
    let (leading, space) = if terms.len() > MANY_TERMS_BYTES {
        (1250, mm(1.0))
    } else {
        (1400, mm(2.0))
    };
    for line in terms.lines().filter(|line| !line.trim().is_empty()) {
        text = text.paragraph(
            Paragraph::of(TERMS, line)
                .leading(leading)
                .space_before(space),
        );
    }
    background.text(Role::Paragraph, text);
}

fn draw_advice(background: &mut Drawing, labels: &Labels) {
    draw_heading(background, RIGHT, labels.advice);
    let height = PICTURE_TOP - 4.0 - LOWER_CONTENT_TOP;
    let mut text = TextBox::new(Frame::mm(RIGHT, LOWER_CONTENT_TOP, COLUMN_WIDTH, height));
    for line in labels.advice_lines {
        text = text.paragraph(
            Paragraph::of(ADVICE, line)
                .leading(1400)
                .space_before(mm(2.5)),
        );
    }
    background.text(Role::Paragraph, text);
    draw_folding(background, labels);
}

/// The sheet, the sheet folded once, and folded twice; the quarter with the code stays in front.
fn draw_folding(background: &mut Drawing, labels: &Labels) {
    let (full, half) = (PICTURE_WIDTH, PICTURE_WIDTH / 2.0);
    let (tall, low) = (PICTURE_HEIGHT, PICTURE_HEIGHT / 2.0);
    let step = ARROW_LENGTH + 2.0 * ARROW_MARGIN;
    let second = RIGHT + full + step;
    let third = second + full + step;
    let (top, middle, bottom) = (PICTURE_TOP, PICTURE_TOP + low, PICTURE_TOP + tall);

    let fold = |from: Point, to: Point| {
        let stroke = Stroke::new(Colour::BLACK, mm(0.15)).dashed(&[mm(1.0), mm(0.8)]);
        Path::from(from).line_to(to).outlined(stroke)
    };
    draw_sheet(background, labels, RIGHT, full, tall);
    background.decoration(fold(
        Point::mm(RIGHT, middle),
        Point::mm(RIGHT + full, middle),
    ));
    background.decoration(fold(
        Point::mm(RIGHT + half, top),
        Point::mm(RIGHT + half, bottom),
    ));
    draw_arrow(background, RIGHT + full + ARROW_MARGIN);

    draw_sheet(background, labels, second, full, low);
    background.decoration(fold(
        Point::mm(second + half, top),
        Point::mm(second + half, middle),
    ));
    draw_arrow(background, second + full + ARROW_MARGIN);

    draw_sheet(background, labels, third, half, low);
}

fn draw_sheet(background: &mut Drawing, labels: &Labels, x: f64, width: f64, height: f64) {
    let outline = Stroke::new(Colour::BLACK, mm(0.3));
    background.figure(
        labels.folding,
        Rectangle::outlined(Frame::mm(x, PICTURE_TOP, width, height), outline),
    );
    // The accent bar, title and date, the name, the code and the seat.
    let mark = |left: f64, top: f64, width: f64, height: f64| {
        let frame = Frame::mm(x + left, PICTURE_TOP + top, width, height);
        Rectangle::filled(frame, Colour::BLACK)
    };
    background.decoration(mark(1.4, 2.7, 8.1, 0.2));
    background.decoration(mark(1.4, 3.5, 6.0, 0.9));
    background.decoration(mark(1.4, 4.9, 4.0, 0.5));
    background.decoration(mark(1.4, 8.3, 5.0, 0.5));
    background.decoration(mark(1.4, 9.6, 3.5, 3.5));
    background.decoration(mark(5.5, 9.6, 2.5, 0.5));
}

fn draw_arrow(background: &mut Drawing, x: f64) {
    let y = PICTURE_TOP + PICTURE_HEIGHT / 4.0;
    let tip = x + ARROW_LENGTH;
    let arrow = Path::from(Point::mm(x, y))
        .line_to(Point::mm(tip, y))
        .move_to(Point::mm(tip - 1.6, y - 1.2))
        .line_to(Point::mm(tip, y))
        .line_to(Point::mm(tip - 1.6, y + 1.2))
        .outlined(Stroke::new(Colour::BLACK, mm(0.3)).round());
    background.decoration(arrow);
}

//! Time to lay out the text of a whole ticket.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ticket_render::fonts::{BOLD, FontSet, MONO, REGULAR, SANS, Slant};
use ticket_render::length::{Length, Rect};
use ticket_render::scene::Role;
use ticket_render::text::{
    Align, Direction, LineHeight, Overflow, Paragraph, Span, TextBox, TextStyle, VerticalAlign,
    lay_out,
};

/// What stands on a ticket: labels, values, and terms of several lines.
const PLAIN: [&str; 20] = [
    "Summer Night Concert",
    "Saturday, 19 June 2027, 19:30",
    "Doors open 18:30",
    "Grand Théâtre de Genève",
    "Place de Neuve 5, 1204 Genève",
    "Block",
    "B",
    "Row",
    "12",
    "Seat",
    "147",
    "Holder",
    "Jürgen Łukaszewicz-Ñandú",
    "Type",
    "Adult, full price",
    "Price",
    "CHF 129.50",
    "Order 2027-000419",
    "7K3M-9QXT-2F",
    "Not valid without its code. One admission.",
];
const TERMS: &str = "This ticket admits one person once. Resale above the printed price is void. \
    Bags larger than A4 stay in the cloakroom. Doors close when the music begins; latecomers \
    are led to their seats at the first pause. Keep the code dry, flat and out of sight.";
const GREEK_AND_CYRILLIC: [&str; 20] = [
    "Συναυλία της καλοκαιρινής νύχτας",
    "Σάββατο 19 Ιουνίου 2027, 19:30",
    "Είσοδος 18:30",
    "Ωδείο Ηρώδου του Αττικού",
    "Διονυσίου Αρεοπαγίτου, Αθήνα",
    "Θύρα",
    "Β",
    "Σειρά",
    "12",
    "Θέση",
    "147",
    "Владелец",
    "Олександра Ґалаґан-Їжакевич",
    "Тип",
    "Взрослый",
    "Цена",
    "€ 129,50",
    "Заказ 2027-000419",
    "7K3M-9QXT-2F",
    "Nguye\u{302}\u{303}n Thi\u{323} Mai",
];

struct Styles {
    title: TextStyle,
    text: TextStyle,
    code: TextStyle,
}

fn text_box<'a>(text: &'a str, style: &'a TextStyle, height_mm: i32) -> TextBox<'a> {
    TextBox {
        frame: Rect {
            x: Length::mm(15),
            y: Length::mm(20),
            width: Length::mm(120),
            height: Length::mm(height_mm),
        },
        paragraphs: vec![Paragraph {
            role: Role::Paragraph,
            spans: vec![Span {
                text,
                style,
                link: None,
            }],
            align: Align::Start,
            line_height: LineHeight::Normal,
            space_before: Length::ZERO,
            direction: Direction::Automatic,
        }],
        vertical_align: VerticalAlign::Top,
        max_lines: None,
        overflow: Overflow::Shrink(600),
    }
}

fn lay_out_ticket(texts: &[&str], terms: Option<&str>, styles: &Styles, fonts: &FontSet) {
    for (index, text) in texts.iter().enumerate() {
        let style = match index {
            0 => &styles.title,
            18 => &styles.code,
            _ => &styles.text,
        };
        black_box(lay_out(&text_box(text, style, 12), fonts).expect("it fits"));
    }
    if let Some(terms) = terms {
        black_box(lay_out(&text_box(terms, &styles.text, 30), fonts).expect("it fits"));
    }
}

fn benchmarks(criterion: &mut Criterion) {
    let fonts = FontSet::embedded();
    let style = |family, weight, size| {
        TextStyle::new(fonts.find(family, weight, Slant::Upright), Length::pt(size))
    };
    let styles = Styles {
        title: style(SANS, BOLD, 18),
        text: style(SANS, REGULAR, 10),
        code: style(MONO, REGULAR, 10),
    };
    criterion.bench_function("text/20 plain lines", |bencher| {
        bencher.iter(|| lay_out_ticket(&PLAIN, None, &styles, &fonts));
    });
    criterion.bench_function("text/20 plain lines and terms", |bencher| {
        bencher.iter(|| lay_out_ticket(&PLAIN, Some(TERMS), &styles, &fonts));
    });
    criterion.bench_function("text/20 Greek and Cyrillic lines", |bencher| {
        bencher.iter(|| lay_out_ticket(&GREEK_AND_CYRILLIC, None, &styles, &fonts));
    });
    let long_name = "Maximiliane Wolfeschlegelsteinhausen-Bergerdorff von und zu Hohenstein";
    criterion.bench_function("text/one name shrunk", |bencher| {
        bencher.iter(|| lay_out(&text_box(black_box(long_name), &styles.title, 8), &fonts));
    });
    criterion.bench_function("text/parse embedded fonts", |bencher| {
        bencher.iter(FontSet::embedded);
    });
    criterion.bench_function("text/parse fonts and first line", |bencher| {
        bencher.iter(|| {
            let fonts = FontSet::embedded();
            lay_out(&text_box("Row 12", &styles.text, 8), &fonts)
        });
    });
}

criterion_group!(text, benchmarks);
criterion_main!(text);

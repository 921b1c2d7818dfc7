//! Sins of the layout's size and form.

use crate::contract::*;
use crate::good::{self, MM, PAGE, SLOT, document_of, group, grouped, item, rectangle, slot, text};

type Answer = Result<Document, Failure>;

const SMALL: Frame = Frame {
    x: 10 * MM,
    y: 10 * MM,
    width: 20 * MM,
    height: 10 * MM,
};

fn with(content: Item) -> Answer {
    Ok(document_of(vec![content, slot(SLOT)]))
}

pub fn million_items(_: &str) -> Answer {
    let empty = || item(ItemContent::GroupEnd);
    Ok(document_of((0..1_000_000).map(|_| empty()).collect()))
}

pub fn too_many_items(_: &str) -> Answer {
    let mut items: Vec<Item> = (0..5_000).map(|_| rectangle(SMALL)).collect();
    items.push(slot(SLOT));
    Ok(document_of(items))
}

pub fn too_many_pages(holder: &str) -> Answer {
    let mut document = good::document(holder);
    document.pages = (1..=21)
        .map(|number| Page {
            name: format!("page {number}"),
            size: PAGE,
            bleed: 0,
            items: vec![slot(SLOT)],
        })
        .collect();
    Ok(document)
}

pub fn too_much_text(_: &str) -> Answer {
    with(text(&"word ".repeat(60_000), SMALL))
}

pub fn too_many_notes(holder: &str) -> Answer {
    let mut document = good::document(holder);
    document.notes = (0..150)
        .map(|number| Note {
            level: NoteLevel::Info,
            text: format!("note {number}"),
        })
        .collect();
    Ok(document)
}

pub fn no_pages(holder: &str) -> Answer {
    let mut document = good::document(holder);
    document.pages.clear();
    Ok(document)
}

pub fn far_away(_: &str) -> Answer {
    with(rectangle(Frame {
        x: i32::MAX,
        y: i32::MIN,
        ..SMALL
    }))
}

pub fn negative_size(_: &str) -> Answer {
    with(rectangle(Frame { width: -1, ..SMALL }))
}

pub fn huge_page(holder: &str) -> Answer {
    let mut document = good::document(holder);
    document.pages[0].size = Size {
        width: i32::MAX,
        height: 9 * MM,
    };
    Ok(document)
}

pub fn open_group(_: &str) -> Answer {
    Ok(document_of(vec![
        slot(SLOT),
        item(ItemContent::GroupStart(group())),
    ]))
}

pub fn closed_group(_: &str) -> Answer {
    with(item(ItemContent::GroupEnd))
}

pub fn deep_groups(_: &str) -> Answer {
    let mut items = vec![rectangle(SMALL)];
    for _ in 0..17 {
        items = grouped(group(), items);
    }
    items.push(slot(SLOT));
    Ok(document_of(items))
}

pub fn flat_group(_: &str) -> Answer {
    let mut items = grouped(
        Group {
            scale_x: 0,
            ..group()
        },
        vec![rectangle(SMALL)],
    );
    items.push(slot(SLOT));
    Ok(document_of(items))
}

pub fn unknown_style(_: &str) -> Answer {
    let mut words = text("words", SMALL);
    if let ItemContent::Text(text_box) = &mut words.content {
        text_box.paragraphs[0].spans[0].style = 7;
    }
    with(words)
}

pub fn unknown_family(holder: &str) -> Answer {
    let mut document = good::document(holder);
    document.styles.push(TextStyle {
        family: "Comic".to_owned(),
        ..good::style()
    });
    if let ItemContent::Text(text_box) = &mut document.pages[0].items[0].content {
        text_box.paragraphs[0].spans[0].style = 1;
    }
    Ok(document)
}

pub fn unknown_background(_: &str) -> Answer {
    with(item(ItemContent::Background(BackgroundReference {
        index: 3,
        at: Point { x: 0, y: 0 },
    })))
}

fn image(source: ImageSource) -> Answer {
    with(item(ItemContent::Image(Image {
        frame: SMALL,
        source,
        fit: ImageFit::Contain,
        align_x: 500,
        align_y: 500,
        crop: None,
    })))
}

pub fn unknown_asset(_: &str) -> Answer {
    image(ImageSource::Asset("portrait".to_owned()))
}

pub fn unknown_image_value(_: &str) -> Answer {
    image(ImageSource::Value(4))
}

pub fn script_link(_: &str) -> Answer {
    with(item(ItemContent::Link(LinkArea {
        frame: SMALL,
        target: "javascript:alert(1)".to_owned(),
    })))
}

pub fn control_character(_: &str) -> Answer {
    with(text("bell \u{7}", SMALL))
}

pub fn empty_title(holder: &str) -> Answer {
    let mut document = good::document(holder);
    document.title.clear();
    Ok(document)
}

pub fn same_page_name(holder: &str) -> Answer {
    let mut document = good::document(holder);
    document.pages.extend(good::document(holder).pages);
    Ok(document)
}

pub fn overfull_text(_: &str) -> Answer {
    let mut words = text(&"words without end ".repeat(50), SMALL);
    if let ItemContent::Text(text_box) = &mut words.content {
        text_box.overflow = Overflow::Refuse;
    }
    with(words)
}

pub fn many_faults(_: &str) -> Answer {
    let mut items: Vec<Item> = (0..1_000)
        .map(|_| rectangle(Frame { width: -1, ..SMALL }))
        .collect();
    items.push(slot(SLOT));
    Ok(document_of(items))
}

fn painted(paint: Paint) -> Answer {
    with(item(ItemContent::Rectangle(Rectangle {
        frame: SMALL,
        radius: 0,
        fill: Some(paint),
        stroke: None,
    })))
}

pub fn gradient(_: &str) -> Answer {
    painted(Paint::Gradient(Gradient {
        shape: GradientShape::Linear(LinearGradient {
            from: Point { x: 0, y: 0 },
            to: Point { x: MM, y: 0 },
        }),
        stops: vec![
            GradientStop {
                offset: 0,
                colour: Colour::Gray(0),
            },
            GradientStop {
                offset: 1_000,
                colour: Colour::Gray(255),
            },
        ],
    }))
}

pub fn spot_colour(_: &str) -> Answer {
    painted(Paint::Colour(Colour::Spot(Spot {
        name: "Gold".to_owned(),
        tint: 255,
        fallback: ProcessColour::Gray(128),
    })))
}

pub fn stack(_: &str) -> Answer {
    Ok(document_of(vec![
        item(ItemContent::StackStart(Stack {
            frame: SMALL,
            axis: StackAxis::Vertical,
            gap: 0,
            distribute: StackDistribute::Start,
            align: StackAlign::Start,
            overflow: StackOverflow::Clip,
        })),
        text("words", SMALL),
        item(ItemContent::StackEnd),
        slot(SLOT),
    ]))
}

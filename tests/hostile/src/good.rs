//! A template with nothing wrong, which each sin changes in one place.

use crate::contract::*;

/// One millimetre.
pub const MM: i32 = 36_000;
/// The page that the good template fills.
pub const PAGE: Size = Size {
    width: 105 * MM,
    height: 148 * MM,
};
/// Where its code slot is.
pub const SLOT: Frame = Frame {
    x: 60 * MM,
    y: 100 * MM,
    width: 30 * MM,
    height: 30 * MM,
};

/// The answer of `prepare`: the state is the settings.
pub fn prepared(settings: Vec<u8>) -> Prepared {
    Prepared {
        manifest: Manifest {
            name: "sinner".to_owned(),
            version: "1.0.0".to_owned(),
            description: "Sins when told to.".to_owned(),
            languages: vec!["en".to_owned()],
            page_formats: vec![PageFormat {
                name: "a6".to_owned(),
                size: PAGE,
            }],
            fields: vec![
                text_field("holder", "Ada Lovelace"),
                text_field("sin", "none"),
            ],
            settings_schema: Vec::new(),
            assets: Vec::new(),
            fonts: Vec::new(),
            token: TokenUse::Required(TokenProfile::Standard),
        },
        state: settings,
        styles: vec![style()],
        backgrounds: Vec::new(),
    }
}

/// The answer of a template whose codes say the holder's name, and that cannot do without one.
pub fn named() -> Prepared {
    let mut prepared = prepared(Vec::new());
    prepared.manifest.token = TokenUse::Required(TokenProfile::Named);
    for field in &mut prepared.manifest.fields {
        field.required = field.name == "holder";
    }
    prepared
}

fn text_field(name: &str, sample: &str) -> Field {
    Field {
        source: Subject::Ticket,
        name: name.to_owned(),
        required: false,
        description: String::new(),
        sample: Sample::Text(sample.to_owned()),
    }
}

/// Style 0.
pub fn style() -> TextStyle {
    TextStyle {
        family: "sans".to_owned(),
        weight: 400,
        slant: Slant::Upright,
        size: 12 * 12_700,
        colour: Colour::Gray(0),
        underline: false,
        letter_spacing: 0,
        baseline_shift: 0,
        features: Vec::new(),
        language: None,
    }
}

/// A page with the holder's name and a code.
pub fn document(holder: &str) -> Document {
    document_of(vec![
        text(
            holder,
            Frame {
                x: 10 * MM,
                y: 10 * MM,
                width: 80 * MM,
                height: 10 * MM,
            },
        ),
        slot(SLOT),
    ])
}

/// A page with these items.
pub fn document_of(items: Vec<Item>) -> Document {
    Document {
        title: "Ticket".to_owned(),
        language: "en".to_owned(),
        pages: vec![Page {
            name: "front".to_owned(),
            size: PAGE,
            bleed: 0,
            items,
        }],
        styles: Vec::new(),
        notes: Vec::new(),
    }
}

/// An item without a role.
pub fn item(content: ItemContent) -> Item {
    Item {
        role: Role::None,
        alternative: None,
        content,
    }
}

/// One line of text in style 0.
pub fn text(words: &str, frame: Frame) -> Item {
    item(ItemContent::Text(TextBox {
        frame,
        paragraphs: vec![Paragraph {
            role: Role::None,
            spans: vec![Span {
                text: words.to_owned(),
                style: 0,
                link: None,
            }],
            align: TextAlign::Start,
            line_height: LineHeight::Normal,
            space_before: 0,
            direction: Direction::Automatic,
            hyphenate: false,
        }],
        vertical_align: VerticalAlign::Top,
        max_lines: None,
        overflow: Overflow::Ellipsis,
    }))
}

/// A slot for the token.
pub fn slot(frame: Frame) -> Item {
    item(ItemContent::Code(code(frame, CodeContent::Token)))
}

/// A QR code.
pub fn code(frame: Frame, content: CodeContent) -> Code {
    Code {
        frame,
        symbology: Symbology::Qr,
        content,
        error_correction: ErrorCorrection::Medium,
        colours: None,
    }
}

/// A black rectangle.
pub fn rectangle(frame: Frame) -> Item {
    item(ItemContent::Rectangle(Rectangle {
        frame,
        radius: 0,
        fill: Some(Paint::Colour(Colour::Gray(0))),
        stroke: None,
    }))
}

/// A group that changes nothing.
pub fn group() -> Group {
    Group {
        translate: Point { x: 0, y: 0 },
        rotate: 0,
        scale_x: 1_000_000,
        scale_y: 1_000_000,
        clip: None,
        opacity: 255,
    }
}

/// Items between the start and the end of a group.
pub fn grouped(group: Group, items: Vec<Item>) -> Vec<Item> {
    let mut all = vec![item(ItemContent::GroupStart(group))];
    all.extend(items);
    all.push(item(ItemContent::GroupEnd));
    all
}

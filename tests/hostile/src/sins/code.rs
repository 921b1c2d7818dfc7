//! Sins against the code.

use crate::contract::*;
use crate::good::{self, MM, PAGE, SLOT, code, document_of, group, grouped, item, rectangle, slot};

type Answer = Result<Document, Failure>;

const ELSEWHERE: Frame = Frame {
    x: 5 * MM,
    y: 60 * MM,
    width: 25 * MM,
    height: 25 * MM,
};

fn only(code: Code) -> Answer {
    Ok(document_of(vec![item(ItemContent::Code(code))]))
}

fn slot_in(group: Group) -> Answer {
    Ok(document_of(grouped(group, vec![slot(SLOT)])))
}

fn slot_and(other: Item) -> Answer {
    Ok(document_of(vec![slot(SLOT), other]))
}

pub fn missing(_: &str) -> Answer {
    Ok(document_of(vec![rectangle(ELSEWHERE)]))
}

/// 49 modules in 15 mm: 0.306 mm each.
pub fn too_small(_: &str) -> Answer {
    only(code(
        Frame {
            width: 15 * MM,
            height: 15 * MM,
            ..SLOT
        },
        CodeContent::Token,
    ))
}

/// 49 modules in 18 mm: 0.367 mm each, allowed but reported.
pub fn tight(_: &str) -> Answer {
    only(code(
        Frame {
            width: 18 * MM,
            height: 18 * MM,
            ..SLOT
        },
        CodeContent::Token,
    ))
}

pub fn off_page(_: &str) -> Answer {
    only(code(
        Frame {
            x: PAGE.width - 29 * MM,
            ..SLOT
        },
        CodeContent::Token,
    ))
}

pub fn moved_off_page(_: &str) -> Answer {
    slot_in(Group {
        translate: Point { x: 30 * MM, y: 0 },
        ..group()
    })
}

pub fn scaled(_: &str) -> Answer {
    slot_in(Group {
        scale_x: 900_000,
        ..group()
    })
}

pub fn turned_askew(_: &str) -> Answer {
    slot_in(Group {
        rotate: 2_000,
        ..group()
    })
}

/// Allowed.
pub fn turned_by_quarter(_: &str) -> Answer {
    slot_in(Group {
        translate: Point { x: 140 * MM, y: 0 },
        rotate: 90_000,
        ..group()
    })
}

pub fn transparent(_: &str) -> Answer {
    slot_in(Group {
        opacity: 128,
        ..group()
    })
}

pub fn clipped(_: &str) -> Answer {
    slot_in(Group {
        clip: Some(Clip::Rectangle(ClipRectangle {
            frame: SLOT,
            radius: 0,
        })),
        ..group()
    })
}

pub fn overlapped(_: &str) -> Answer {
    slot_and(rectangle(Frame {
        x: 70 * MM,
        y: 110 * MM,
        width: 5 * MM,
        height: 5 * MM,
    }))
}

/// Only the outermost hundredth of a millimetre.
pub fn quiet_zone_overlapped(_: &str) -> Answer {
    slot_and(rectangle(Frame {
        x: SLOT.x + SLOT.width - 360,
        y: SLOT.y,
        width: 5 * MM,
        height: 5 * MM,
    }))
}

pub fn overlapped_by_code(_: &str) -> Answer {
    let text = CodeContent::Text("https://example.org/".to_owned());
    slot_and(item(ItemContent::Code(code(
        Frame {
            x: SLOT.x - 10 * MM,
            ..SLOT
        },
        text,
    ))))
}

/// Allowed: a panel beneath the whole slot does not reach into it, the host paints its own ground.
pub fn on_a_panel(_: &str) -> Answer {
    Ok(document_of(vec![
        rectangle(Frame {
            x: 0,
            y: 90 * MM,
            width: PAGE.width,
            height: 50 * MM,
        }),
        slot(SLOT),
    ]))
}

pub fn pale(_: &str) -> Answer {
    only(Code {
        colours: Some(CodeColours {
            dark: Colour::Gray(160),
            light: Colour::Gray(255),
        }),
        ..code(SLOT, CodeContent::Token)
    })
}

pub fn low_correction(_: &str) -> Answer {
    only(Code {
        error_correction: ErrorCorrection::Low,
        ..code(SLOT, CodeContent::Token)
    })
}

pub fn aztec(_: &str) -> Answer {
    slot_and(item(ItemContent::Code(Code {
        symbology: Symbology::Aztec,
        ..code(ELSEWHERE, CodeContent::Text("text".to_owned()))
    })))
}

pub fn forged(_: &str) -> Answer {
    slot_and(item(ItemContent::Code(code(
        ELSEWHERE,
        CodeContent::Text("TK1:6BF".to_owned()),
    ))))
}

/// As some readers would show it.
pub fn forged_in_disguise(holder: &str) -> Answer {
    let mut document = good::document(holder);
    let text = CodeContent::Text(" tk1:6BF".to_owned());
    document.pages[0]
        .items
        .push(item(ItemContent::Code(code(ELSEWHERE, text))));
    Ok(document)
}

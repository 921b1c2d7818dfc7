//! The faces that ship with the crate; `fonts/subset.py` makes the files.

use std::sync::Arc;

use super::{BOLD, FALLBACK, Face, FontSet, MONO, Member, REGULAR, SANS, Slant};

macro_rules! font_file {
    ($name:literal) => {
        include_bytes!(concat!("../../fonts/", $name)).as_slice()
    };
}

/// Family, weight, slant and file; the first is the last resort.
static FILES: [(&str, u16, Slant, &[u8]); 7] = [
    (
        SANS,
        REGULAR,
        Slant::Upright,
        font_file!("Inter-Regular.ttf"),
    ),
    (SANS, BOLD, Slant::Upright, font_file!("Inter-Bold.ttf")),
    (SANS, REGULAR, Slant::Italic, font_file!("Inter-Italic.ttf")),
    (
        SANS,
        BOLD,
        Slant::Italic,
        font_file!("Inter-BoldItalic.ttf"),
    ),
    (
        MONO,
        REGULAR,
        Slant::Upright,
        font_file!("NotoSansMono-Regular.ttf"),
    ),
    (
        FALLBACK,
        REGULAR,
        Slant::Upright,
        font_file!("NotoSans-Regular.ttf"),
    ),
    (
        FALLBACK,
        BOLD,
        Slant::Upright,
        font_file!("NotoSans-Bold.ttf"),
    ),
];

pub(super) fn embedded() -> FontSet {
    let mut members = FILES.iter().map(|(family, weight, slant, bytes)| {
        let face = Face::from_static(bytes).expect("the embedded fonts are sound, as a test says");
        Member {
            family: (*family).to_owned(),
            weight: *weight,
            slant: *slant,
            face: Arc::new(face),
        }
    });
    let mut set = FontSet::new(members.next().expect("the list above is not empty"));
    for member in members {
        set.push(member);
    }
    set
}

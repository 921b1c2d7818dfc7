//! Text styles. Nothing is smaller than 9 points: below that, the strokes of a letter are less than two
//! dots of the printer.

use guichet_template_sdk::prelude::*;

pub const TITLE: StyleId = StyleId(0);
pub const LONG_TITLE: StyleId = StyleId(1);
pub const LONGEST_TITLE: StyleId = StyleId(2);
pub const DAY: StyleId = StyleId(3);
pub const LINE: StyleId = StyleId(4);
/// White on the black bar.
pub const TYPE: StyleId = StyleId(5);
pub const LONG_TYPE: StyleId = StyleId(6);
pub const NUMBER: StyleId = StyleId(7);
pub const VALUE: StyleId = StyleId(8);
pub const LONG_VALUE: StyleId = StyleId(9);
pub const LONGEST_VALUE: StyleId = StyleId(10);
pub const LABEL: StyleId = StyleId(11);
pub const FOOTER: StyleId = StyleId(12);

/// All styles in the order of their numbers.
pub fn all() -> [(StyleId, TextStyle); 13] {
    let sans = |points| TextStyle::new("sans", pt(points));
    [
        (TITLE, sans(22.0).bold()),
        (LONG_TITLE, sans(16.0).bold()),
        (LONGEST_TITLE, sans(12.0).bold()),
        (DAY, sans(13.0).bold()),
        (LINE, sans(11.0)),
        (TYPE, sans(17.0).bold().coloured(Colour::WHITE)),
        (LONG_TYPE, sans(11.0).bold().coloured(Colour::WHITE)),
        (NUMBER, TextStyle::new("mono", pt(16.0)).spaced(60)),
        (VALUE, sans(14.0).bold()),
        (LONG_VALUE, sans(10.0).bold()),
        (LONGEST_VALUE, sans(9.0).bold()),
        (LABEL, sans(9.0)),
        (FOOTER, sans(9.0)),
    ]
}

//! Text styles: three sizes for three distances (title, facts, small print), two weights.

use guichet_template_sdk::prelude::*;

pub const TITLE: StyleId = StyleId(0);
pub const DATE: StyleId = StyleId(1);
pub const FACT: StyleId = StyleId(2);
pub const FACT_BOLD: StyleId = StyleId(3);
pub const PLACE: StyleId = StyleId(4);
pub const LABEL: StyleId = StyleId(5);
pub const NUMBER: StyleId = StyleId(6);
pub const HEADING: StyleId = StyleId(7);
pub const ADVICE: StyleId = StyleId(8);
pub const TERMS: StyleId = StyleId(9);

/// Dark enough for 7.5 pt on a laser printer: contrast 7 to 1.
const MUTED: Colour = Colour::Gray(85);

/// All styles in the order of their numbers.
pub fn all() -> [(StyleId, TextStyle); 10] {
    let sans = |points| TextStyle::new("sans", pt(points));
    [
        (TITLE, sans(23.0).bold().spaced(-15)),
        (DATE, sans(13.0).bold()),
        (FACT, sans(10.5)),
        (FACT_BOLD, sans(10.5).bold()),
        (PLACE, sans(15.0).bold()),
        (LABEL, sans(7.5).coloured(MUTED)),
        (NUMBER, TextStyle::new("mono", pt(11.0)).spaced(40)),
        (HEADING, sans(11.0).bold()),
        (ADVICE, sans(9.5)),
        (TERMS, sans(8.5).coloured(Colour::Gray(50))),
    ]
}

//! Text styles: four sizes for four distances (title, lead, facts, small print), two weights.

use guichet_template_sdk::prelude::*;

pub const TITLE: StyleId = StyleId(0);
/// What a gate reads: date, holder, zone and seat.
pub const LEAD: StyleId = StyleId(1);
pub const FACT: StyleId = StyleId(2);
pub const FACT_BOLD: StyleId = StyleId(3);
pub const LABEL: StyleId = StyleId(4);
pub const NUMBER: StyleId = StyleId(5);
pub const HEADING: StyleId = StyleId(6);
pub const ADVICE: StyleId = StyleId(7);
pub const TERMS: StyleId = StyleId(8);
/// A title of several lines, so that it does not make what stands below it small.
pub const LONG_TITLE: StyleId = StyleId(9);

/// All styles. None is gray: printers that know only black would break small letters into dots. The size alone
/// tells a label. In the order of their numbers.
pub fn all() -> [(StyleId, TextStyle); 10] {
    let sans = |points| TextStyle::new("sans", pt(points));
    [
        (TITLE, sans(22.0).bold().spaced(-15)),
        (LEAD, sans(13.0).bold()),
        (FACT, sans(10.5)),
        (FACT_BOLD, sans(10.5).bold()),
        (LABEL, sans(7.5)),
        (NUMBER, TextStyle::new("mono", pt(10.5)).spaced(40)),
        (HEADING, sans(11.0).bold()),
        (ADVICE, sans(9.5)),
        (TERMS, sans(8.5)),
        (LONG_TITLE, sans(17.0).bold().spaced(-10)),
    ]
}

/// A label above a value, at the same small distance from it everywhere.
pub fn label(text: &str) -> Paragraph {
    Paragraph::of(LABEL, text).leading(1250)
}

/// A date, a name or a place that a gate reads.
pub fn lead(text: &str) -> Paragraph {
    Paragraph::of(LEAD, text).leading(1220)
}

/// A value to look up.
pub fn fact(text: &str) -> Paragraph {
    Paragraph::of(FACT, text).leading(1300)
}

/// A value to look up, and the first of its kind.
pub fn bold_fact(text: &str) -> Paragraph {
    Paragraph::of(FACT_BOLD, text).leading(1300)
}

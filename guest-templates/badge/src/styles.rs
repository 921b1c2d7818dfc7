//! Text styles: names in letters that are read across a table, facts in letters for the hand.

use guichet_template_sdk::prelude::*;

pub const NAME: StyleId = StyleId(0);
pub const LONG_NAME: StyleId = StyleId(1);
pub const LONGEST_NAME: StyleId = StyleId(2);
pub const COMPANY: StyleId = StyleId(3);
pub const JOB: StyleId = StyleId(4);
/// On the accent.
pub const EVENT: StyleId = StyleId(5);
pub const LONG_EVENT: StyleId = StyleId(6);
pub const EVENT_DAY: StyleId = StyleId(7);
pub const TYPE: StyleId = StyleId(8);
pub const LONG_TYPE: StyleId = StyleId(9);
/// On paper.
pub const LABEL: StyleId = StyleId(10);
pub const NUMBER: StyleId = StyleId(11);
pub const FACT: StyleId = StyleId(12);
pub const FACT_BOLD: StyleId = StyleId(13);
pub const NOTE: StyleId = StyleId(14);

/// All styles in the order of their numbers.
pub fn all(ink: &Colour) -> [(StyleId, TextStyle); 15] {
    let sans = |points| TextStyle::new("sans", pt(points));
    let on_accent = |points| sans(points).coloured(ink.clone());
    [
        (NAME, sans(34.0).bold().spaced(-20)),
        (LONG_NAME, sans(24.0).bold().spaced(-15)),
        (LONGEST_NAME, sans(16.0).bold().spaced(-8)),
        (COMPANY, sans(15.0)),
        (JOB, sans(11.0)),
        (EVENT, on_accent(18.0).bold().spaced(-10)),
        (LONG_EVENT, on_accent(11.5).bold()),
        (EVENT_DAY, on_accent(10.0)),
        (TYPE, on_accent(22.0).bold().spaced(-10)),
        (LONG_TYPE, on_accent(13.0).bold()),
        (LABEL, sans(7.5)),
        (NUMBER, TextStyle::new("mono", pt(11.0)).spaced(40)),
        (FACT, sans(9.5)),
        (FACT_BOLD, sans(10.5).bold()),
        (NOTE, sans(8.5)),
    ]
}

//! Text styles: large on the panel, which is read at arm's length; small beside the code.

use guichet_template_sdk::prelude::*;

/// On the panel.
pub const LEAD: StyleId = StyleId(0);
pub const LONG_LEAD: StyleId = StyleId(1);
pub const LONGER_LEAD: StyleId = StyleId(2);
pub const LONGEST_LEAD: StyleId = StyleId(3);
pub const ZONE: StyleId = StyleId(4);
pub const LONG_ZONE: StyleId = StyleId(5);
/// On the band itself.
pub const TITLE: StyleId = StyleId(6);
pub const LONG_TITLE: StyleId = StyleId(7);
pub const FACT: StyleId = StyleId(8);
pub const FACT_BOLD: StyleId = StyleId(9);
pub const NUMBER: StyleId = StyleId(10);
pub const HINT: StyleId = StyleId(11);

/// All styles in the order of their numbers.
pub fn all(ink: &Colour) -> [(StyleId, TextStyle); 12] {
    let sans = |points| TextStyle::new("sans", pt(points));
    let on_panel = |points| sans(points).bold().coloured(ink.clone());
    [
        (LEAD, on_panel(36.0).spaced(-20)),
        (LONG_LEAD, on_panel(25.0).spaced(-15)),
        (LONGER_LEAD, on_panel(16.0).spaced(-10)),
        (LONGEST_LEAD, on_panel(10.0)),
        (ZONE, on_panel(12.0)),
        (LONG_ZONE, on_panel(8.0)),
        (TITLE, sans(13.0).bold()),
        (LONG_TITLE, sans(8.5).bold()),
        (FACT, sans(8.5)),
        (FACT_BOLD, sans(9.5).bold()),
        (NUMBER, TextStyle::new("mono", pt(8.0)).spaced(20)),
        (HINT, sans(7.0)),
    ]
}

//! Text styles: on the panel in the ink that reads on its colour, black everywhere else.

use guichet_template_sdk::prelude::*;

pub const TITLE: StyleId = StyleId(0);
pub const LONG_TITLE: StyleId = StyleId(1);
pub const LONGEST_TITLE: StyleId = StyleId(2);
/// The day.
pub const DAY: StyleId = StyleId(3);
/// Times and place, organizer, and which ticket of its order it is.
pub const PANEL: StyleId = StyleId(4);
pub const LABEL: StyleId = StyleId(5);
pub const VALUE: StyleId = StyleId(6);
pub const LONG_VALUE: StyleId = StyleId(7);
pub const LONGEST_VALUE: StyleId = StyleId(8);
pub const NUMBER: StyleId = StyleId(9);
pub const STUB: StyleId = StyleId(10);
pub const STUB_BOLD: StyleId = StyleId(11);
pub const HINT: StyleId = StyleId(12);
/// An organizer with a long name, on the panel.
pub const LONG_ORGANIZER: StyleId = StyleId(13);

/// All styles in the order of their numbers.
pub fn all(panel_ink: &Colour) -> [(StyleId, TextStyle); 14] {
    let sans = |points| TextStyle::new("sans", pt(points));
    let on_panel = |points| sans(points).coloured(panel_ink.clone());
    [
        (TITLE, on_panel(26.0).bold().spaced(-18)),
        (LONG_TITLE, on_panel(19.0).bold().spaced(-12)),
        (LONGEST_TITLE, on_panel(14.0).bold().spaced(-5)),
        (DAY, on_panel(13.0).bold()),
        (PANEL, on_panel(10.0)),
        (LABEL, sans(7.5)),
        (VALUE, sans(12.0).bold()),
        (LONG_VALUE, sans(9.5).bold()),
        (LONGEST_VALUE, sans(7.5).bold()),
        (NUMBER, TextStyle::new("mono", pt(11.0)).spaced(40)),
        (STUB, sans(8.5)),
        (STUB_BOLD, sans(8.5).bold()),
        (HINT, sans(6.5).spaced(40)),
        (LONG_ORGANIZER, on_panel(7.5)),
    ]
}

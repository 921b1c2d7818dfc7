//! Text styles: on the ground in the ink that reads on its colour, on the card in black.

use guichet_template_sdk::prelude::*;

/// On the ground.
pub const TITLE: StyleId = StyleId(0);
pub const LONG_TITLE: StyleId = StyleId(1);
pub const LONGEST_TITLE: StyleId = StyleId(2);
pub const DAY: StyleId = StyleId(3);
pub const PLACE: StyleId = StyleId(4);
/// On the card.
pub const NUMBER: StyleId = StyleId(5);
pub const LABEL: StyleId = StyleId(6);
pub const VALUE: StyleId = StyleId(7);
pub const LONG_VALUE: StyleId = StyleId(8);
pub const LONGEST_VALUE: StyleId = StyleId(9);
/// An organizer with a long name, on the ground.
pub const LONG_ORGANIZER: StyleId = StyleId(10);

/// All styles in the order of their numbers.
pub fn all(ink: &Colour) -> [(StyleId, TextStyle); 11] {
    let sans = |points| TextStyle::new("sans", pt(points));
    let on_ground = |points| sans(points).coloured(ink.clone());
    [
        (TITLE, on_ground(26.0).bold().spaced(-20)),
        (LONG_TITLE, on_ground(19.0).bold().spaced(-12)),
        (LONGEST_TITLE, on_ground(14.0).bold().spaced(-5)),
        (DAY, on_ground(12.0).bold()),
        (PLACE, on_ground(10.5)),
        (NUMBER, TextStyle::new("mono", pt(13.0)).spaced(60)),
        (LABEL, sans(7.5)),
        (VALUE, sans(13.0).bold()),
        (LONG_VALUE, sans(10.0).bold()),
        (LONGEST_VALUE, sans(7.0).bold()),
        (LONG_ORGANIZER, on_ground(7.5)),
    ]
}

//! Where things are. All lengths are millimetres on A4.
//!
//! Text keeps 14 mm from the edges of the sheet and 10 mm from the folds. Both columns share their
//! lines: header, rule, content.

/// The folds: the middle of the sheet.
pub const FOLD_X: f64 = 105.0;
pub const FOLD_Y: f64 = 148.5;

pub const LEFT: f64 = 14.0;
pub const RIGHT: f64 = 115.0;
pub const COLUMN_WIDTH: f64 = 81.0;

/// Headings and logos stand on the lower edge of the header, at one distance from the rule below.
pub const HEADER_TOP: f64 = 13.0;
pub const HEADER_HEIGHT: f64 = 12.0;
pub const RULE_TOP: f64 = 27.0;
pub const RULE_HEIGHT: f64 = 1.6;
pub const CONTENT_TOP: f64 = 34.0;
pub const CONTENT_BOTTOM: f64 = 139.5;

/// A rule no wider than a hair, which still prints on any printer.
pub const HAIRLINE: f64 = 0.25;

/// The lower quarters have smaller headers: they are for reading at home.
pub const LOWER_HEADER_TOP: f64 = 158.5;
pub const LOWER_RULE_TOP: f64 = 167.0;
pub const LOWER_CONTENT_TOP: f64 = 172.0;
pub const LOWER_CONTENT_BOTTOM: f64 = 283.0;

/// The holder's strip between the event and the code: rule, label, name.
pub const HOLDER_RULE_TOP: f64 = 78.5;
pub const HOLDER_LABEL_TOP: f64 = 80.5;
pub const HOLDER_TOP: f64 = 83.9;
pub const HOLDER_BOTTOM: f64 = 92.2;
/// Where the rule goes when there is no holder.
pub const CODE_RULE_TOP: f64 = 90.2;

/// The code's slot. Its quiet zone (4 of 49 modules: 3.4 mm) reaches into the margin, so that the
/// printed symbol, not the empty space around it, is flush with the text above. 0.86 mm a module.
pub const CODE_SIDE: f64 = 42.0;
pub const CODE_LEFT: f64 = LEFT - QUIET_ZONE;
pub const CODE_TOP: f64 = 92.3;

/// Between the slot's edges and the printed symbol.
pub const QUIET_ZONE: f64 = CODE_SIDE * 4.0 / 49.0;

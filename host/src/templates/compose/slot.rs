//! The place that a template leaves for the signed code.

use ticket_render::length::{Angle, Length, Point, Rect, Size};

use crate::templates::layout::Group;

/// Modules of light ground on each side (ISO/IEC 18004 clause 6.3.8).
pub(super) const QUIET_MODULES: u8 = 4;
/// Smaller modules are refused: cameras of gates lose them.
pub(super) const LEAST_MODULE: Length = Length::emu(11_880);
/// Smaller modules are reported.
pub(super) const GOOD_MODULE: Length = Length::emu(14_400);

/// How the groups around an item place it, for as long as that is fit for a signed code: moved and
/// turned by quarters, in whole EMU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotPlacement {
    /// Fit.
    Upright {
        /// Quarter turns clockwise, 0 to 3.
        quarters: u8,
        /// Where the innermost origin lies on the page.
        origin: Point,
    },
    /// A group around it makes it unfit, and how.
    Unfit(&'static str),
}

impl SlotPlacement {
    /// The page itself.
    pub const PAGE: Self = Self::Upright {
        quarters: 0,
        origin: Point {
            x: Length::ZERO,
            y: Length::ZERO,
        },
    };

    /// Inside of a group.
    pub fn within(self, group: &Group) -> Self {
        let Self::Upright { quarters, origin } = self else {
            return self;
        };
        if group.scale_ppm != (1_000_000, 1_000_000) {
            return Self::Unfit("scaled or mirrored");
        }
        if !group.rotate.is_quarter_turn() {
            return Self::Unfit("turned otherwise than by quarters");
        }
        if group.clip.is_some() {
            return Self::Unfit("clipped");
        }
        if group.opacity != u8::MAX {
            return Self::Unfit("made transparent");
        }
        let moved = turned(group.translate, quarters);
        Self::Upright {
            quarters: (quarters + quarters_of(group.rotate)) % 4,
            origin: Point {
                x: origin.x + moved.x,
                y: origin.y + moved.y,
            },
        }
    }

    /// Where a frame comes to lie on the page.
    pub fn place(self, frame: Rect) -> Result<Rect, &'static str> {
        match self {
            Self::Unfit(reason) => Err(reason),
            Self::Upright { quarters, origin } => {
                let near = turned(frame.origin(), quarters);
                let far = turned(
                    Point {
                        x: frame.right(),
                        y: frame.bottom(),
                    },
                    quarters,
                );
                let (left, right) = (near.x.min(far.x), near.x.max(far.x));
                let (top, bottom) = (near.y.min(far.y), near.y.max(far.y));
                Ok(Rect {
                    x: origin.x + left,
                    y: origin.y + top,
                    width: right - left,
                    height: bottom - top,
                })
            }
        }
    }
}

fn quarters_of(angle: Angle) -> u8 {
    u8::try_from(angle.to_millidegrees() / 90_000).unwrap_or(0) % 4
}

/// A point turned clockwise about the origin, y down.
fn turned(point: Point, quarters: u8) -> Point {
    match quarters {
        0 => point,
        1 => Point {
            x: -point.y,
            y: point.x,
        },
        2 => Point {
            x: -point.x,
            y: -point.y,
        },
        _ => Point {
            x: point.y,
            y: -point.x,
        },
    }
}

/// A symbol with its quiet zone, as large as fits a frame, centred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fitted {
    /// Side of a module.
    pub module: Length,
    /// Top left corner of the quiet zone.
    pub origin: Point,
    /// Whether frame and quiet zone are the same area.
    pub fills_frame: bool,
}

/// Fits a symbol of so many modules a side.
pub(super) fn fit(frame: Rect, symbol_modules: u8) -> Fitted {
    let modules = i32::from(symbol_modules) + 2 * i32::from(QUIET_MODULES);
    let module = frame.width.min(frame.height).to_emu() / modules;
    let side = Length::emu(module * modules);
    Fitted {
        module: Length::emu(module),
        origin: Point {
            x: frame.x + (frame.width - side).half(),
            y: frame.y + (frame.height - side).half(),
        },
        fills_frame: frame.width == side && frame.height == side,
    }
}

/// Whether a frame lies wholly on a trimmed page.
pub(super) fn is_on_page(frame: Rect, page: Size) -> bool {
    let whole = Rect {
        width: page.width,
        height: page.height,
        ..Rect::default()
    };
    whole.contains(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(x: i32, y: i32, degrees: i32) -> Group {
        Group {
            translate: Point {
                x: Length::mm(x),
                y: Length::mm(y),
            },
            rotate: Angle::millidegrees(degrees * 1_000),
            scale_ppm: (1_000_000, 1_000_000),
            clip: None,
            opacity: 255,
        }
    }

    fn rect(x: i32, y: i32, width: i32, height: i32) -> Rect {
        Rect {
            x: Length::mm(x),
            y: Length::mm(y),
            width: Length::mm(width),
            height: Length::mm(height),
        }
    }

    #[test]
    fn quarter_turns_are_exact() {
        let frame = rect(1, 2, 30, 20);
        let check = |degrees, expected| {
            let placement = SlotPlacement::PAGE.within(&group(100, 100, degrees));
            assert_eq!(placement.place(frame), Ok(expected), "{degrees}");
        };
        check(0, rect(101, 102, 30, 20));
        check(90, rect(78, 101, 20, 30));
        check(180, rect(69, 78, 30, 20));
        check(270, rect(102, 69, 20, 30));
        check(-90, rect(102, 69, 20, 30));
    }

    #[test]
    fn turns_add_up_through_groups() {
        let placement = SlotPlacement::PAGE
            .within(&group(100, 0, 90))
            .within(&group(10, 20, 90));
        assert_eq!(placement.place(rect(0, 0, 5, 5)), Ok(rect(75, 5, 5, 5)));
    }

    #[test]
    fn what_spoils_a_code_is_named() {
        let askew = Group {
            rotate: Angle::millidegrees(1),
            ..group(0, 0, 0)
        };
        let placement = SlotPlacement::PAGE.within(&askew).within(&group(0, 0, 90));
        assert_eq!(
            placement.place(rect(0, 0, 1, 1)),
            Err("turned otherwise than by quarters")
        );
        let clear = Group {
            opacity: 254,
            ..group(0, 0, 0)
        };
        assert_eq!(
            SlotPlacement::PAGE.within(&clear).place(rect(0, 0, 1, 1)),
            Err("made transparent")
        );
    }

    #[test]
    fn a_symbol_is_centred_in_whole_modules() {
        let fitted = fit(rect(10, 10, 30, 40), 41);
        assert_eq!(fitted.module, Length::emu(22_040));
        assert_eq!(fitted.origin.x, Length::mm(10) + Length::emu(20));
        assert!(!fitted.fills_frame);
        let exact = Rect {
            width: Length::emu(49 * 14_400),
            height: Length::emu(49 * 14_400),
            ..rect(0, 0, 0, 0)
        };
        assert!(fit(exact, 41).fills_frame);
        assert_eq!(fit(exact, 41).module, GOOD_MODULE);
    }
}

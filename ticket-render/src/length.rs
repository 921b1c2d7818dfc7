//! Lengths, angles and the shapes made of them.
//!
//! One unit for every distance on a page: the English Metric Unit (EMU), of which a millimetre has
//! exactly 36,000 and a point exactly 12,700. Layout is therefore exact integer arithmetic, and the
//! same on every machine. The origin is the top left corner of the trimmed page and y grows
//! downwards; only the PDF exporter turns y.

use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// A distance in EMU, from -59.6 m to 59.6 m.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length(i32);

impl Length {
    /// No distance at all.
    pub const ZERO: Self = Self(0);
    const EMU_PER_MM: i32 = 36_000;
    const EMU_PER_PT: i32 = 12_700;

    /// A length of so many EMU.
    pub const fn emu(emu: i32) -> Self {
        Self(emu)
    }

    /// A length of whole millimetres, clamped to the range of the type.
    pub const fn mm(mm: i32) -> Self {
        Self(mm.saturating_mul(Self::EMU_PER_MM))
    }

    /// A length of whole points (1/72 inch), clamped to the range of the type.
    pub const fn pt(pt: i32) -> Self {
        Self(pt.saturating_mul(Self::EMU_PER_PT))
    }

    /// The value in EMU.
    pub const fn to_emu(self) -> i32 {
        self.0
    }

    /// The value in points, the unit of PDF user space.
    pub fn to_pt(self) -> f64 {
        f64::from(self.0) / f64::from(Self::EMU_PER_PT)
    }

    /// The value in millimetres, for messages and SVG.
    pub fn to_mm(self) -> f64 {
        f64::from(self.0) / f64::from(Self::EMU_PER_MM)
    }

    /// The larger of two lengths.
    pub fn max(self, other: Self) -> Self {
        Ord::max(self, other)
    }

    /// The smaller of two lengths.
    pub fn min(self, other: Self) -> Self {
        Ord::min(self, other)
    }

    /// This length times `numerator / denominator`, rounded to nearest and clamped.
    /// A zero denominator gives zero.
    pub fn scaled(self, numerator: i64, denominator: i64) -> Self {
        if denominator == 0 {
            return Self::ZERO;
        }
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let half = denominator.abs() / 2;
        let away_from_zero = if (product < 0) == (denominator < 0) {
            half
        } else {
            -half
        };
        let sign_safe = if denominator < 0 {
            -away_from_zero
        } else {
            away_from_zero
        };
        let rounded = (product + sign_safe) / denominator;
        Self(rounded.clamp(i128::from(i32::MIN), i128::from(i32::MAX)) as i32)
    }

    /// Half of it, rounded towards zero.
    pub const fn half(self) -> Self {
        Self(self.0 / 2)
    }
}

impl Add for Length {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Length {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Length {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Length {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

/// A position: `x` to the right, `y` down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Point {
    /// Distance from the left edge.
    pub x: Length,
    /// Distance from the top edge.
    pub y: Length,
}

/// An extent; both sides are meant to be zero or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Extent along x.
    pub width: Length,
    /// Extent along y.
    pub height: Length,
}

/// An axis-parallel rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: Length,
    /// Top edge.
    pub y: Length,
    /// Extent along x.
    pub width: Length,
    /// Extent along y.
    pub height: Length,
}

impl Rect {
    /// The right edge.
    pub fn right(self) -> Length {
        self.x + self.width
    }

    /// The bottom edge.
    pub fn bottom(self) -> Length {
        self.y + self.height
    }

    /// The top left corner.
    pub fn origin(self) -> Point {
        Point {
            x: self.x,
            y: self.y,
        }
    }

    /// Whether `other` lies inside, edges included.
    pub fn contains(self, other: Self) -> bool {
        other.x >= self.x
            && other.y >= self.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    /// Whether the two share an area; touching edges do not count.
    pub fn overlaps(self, other: Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }
}

/// An angle in thousandths of a degree, clockwise on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Angle(i32);

impl Angle {
    /// An angle of so many thousandths of a degree, brought into 0..360,000.
    pub const fn millidegrees(millidegrees: i32) -> Self {
        Self(millidegrees.rem_euclid(360_000))
    }

    /// The value, 0..360,000.
    pub const fn to_millidegrees(self) -> i32 {
        self.0
    }

    /// Whether it is a whole number of quarter turns, which keeps a code slot's modules on axis.
    pub const fn is_quarter_turn(self) -> bool {
        self.0 % 90_000 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_and_points_are_exact() {
        assert_eq!(Length::mm(127).to_emu(), Length::pt(360).to_emu());
    }

    #[test]
    fn scaling_rounds_to_nearest_on_both_sides_of_zero() {
        assert_eq!(Length::emu(5).scaled(1, 2).to_emu(), 3);
        assert_eq!(Length::emu(-5).scaled(1, 2).to_emu(), -3);
        assert_eq!(Length::emu(5).scaled(1, -2).to_emu(), -3);
        assert_eq!(Length::emu(i32::MAX).scaled(1000, 1).to_emu(), i32::MAX);
        assert_eq!(Length::emu(9).scaled(1, 0), Length::ZERO);
    }

    #[test]
    fn touching_rectangles_do_not_overlap() {
        let left = Rect {
            width: Length::mm(10),
            height: Length::mm(10),
            ..Rect::default()
        };
        let right = Rect {
            x: Length::mm(10),
            ..left
        };
        assert!(!left.overlaps(right));
        assert!(left.overlaps(Rect {
            x: Length::emu(Length::mm(10).to_emu() - 1),
            ..left
        }));
    }
}

//! Lengths and what is made of them: points, sizes, frames.

use core::iter::Sum;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use crate::contract::{Emu, Frame, Point, Size};

/// A length in English Metric Units: 36,000 a millimetre, 12,700 a point, both exact.
///
/// Arithmetic saturates, so that an absurd length is still absurd (and refused by the host) instead of
/// a trap or a small number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length(Emu);

/// A length in millimetres; the same as [`Length::mm`].
#[must_use]
pub const fn mm(millimetres: f64) -> Length {
    Length::mm(millimetres)
}

/// A length in points of 1/72 inch; the same as [`Length::pt`].
#[must_use]
pub const fn pt(points: f64) -> Length {
    Length::pt(points)
}

impl Length {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From millimetres, rounded to the nearest unit (28 nm).
    #[must_use]
    pub const fn mm(millimetres: f64) -> Self {
        Self::rounded(millimetres * 36_000.0)
    }

    /// From points of 1/72 inch, rounded to the nearest unit.
    #[must_use]
    pub const fn pt(points: f64) -> Self {
        Self::rounded(points * 12_700.0)
    }

    /// From the contract's unit.
    #[must_use]
    pub const fn from_emu(emu: Emu) -> Self {
        Self(emu)
    }

    /// In the contract's unit.
    #[must_use]
    pub const fn emu(self) -> Emu {
        self.0
    }

    const fn rounded(emu: f64) -> Self {
        // `as` saturates, and makes 0 of NaN.
        Self(if emu < 0.0 { emu - 0.5 } else { emu + 0.5 } as Emu)
    }
}

impl Add for Length {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Length {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Length {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Length {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Mul<i32> for Length {
    type Output = Self;
    fn mul(self, factor: i32) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Div<i32> for Length {
    type Output = Self;
    /// Towards zero. Division by zero is zero.
    fn div(self, divisor: i32) -> Self {
        Self(self.0.checked_div(divisor).unwrap_or(0))
    }
}

impl Sum for Length {
    fn sum<I: Iterator<Item = Self>>(lengths: I) -> Self {
        lengths.fold(Self::ZERO, Add::add)
    }
}

impl Point {
    /// The corner of the page, group or cell.
    pub const ORIGIN: Self = Self { x: 0, y: 0 };

    /// A place: `x` to the right, `y` down.
    #[must_use]
    pub const fn new(x: Length, y: Length) -> Self {
        Self { x: x.0, y: y.0 }
    }

    /// The same in millimetres.
    #[must_use]
    pub const fn mm(x: f64, y: f64) -> Self {
        Self::new(Length::mm(x), Length::mm(y))
    }
}

impl Size {
    /// ISO 216 A4, upright.
    pub const A4: Self = Self::new(Length::mm(210.0), Length::mm(297.0));
    /// ISO 216 A6, upright.
    pub const A6: Self = Self::new(Length::mm(105.0), Length::mm(148.0));

    /// An extent.
    #[must_use]
    pub const fn new(width: Length, height: Length) -> Self {
        Self {
            width: width.0,
            height: height.0,
        }
    }

    /// The same in millimetres.
    #[must_use]
    pub const fn mm(width: f64, height: f64) -> Self {
        Self::new(Length::mm(width), Length::mm(height))
    }
}

impl Frame {
    /// A rectangle by its top-left corner and extent.
    #[must_use]
    pub const fn new(x: Length, y: Length, width: Length, height: Length) -> Self {
        Self {
            x: x.0,
            y: y.0,
            width: width.0,
            height: height.0,
        }
    }

    /// The same in millimetres.
    #[must_use]
    pub const fn mm(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self::new(
            Length::mm(x),
            Length::mm(y),
            Length::mm(width),
            Length::mm(height),
        )
    }

    /// The x coordinate of the right edge.
    #[must_use]
    pub fn right(&self) -> Length {
        Length(self.x.saturating_add(self.width))
    }

    /// The y coordinate of the bottom edge.
    #[must_use]
    pub fn bottom(&self) -> Length {
        Length(self.y.saturating_add(self.height))
    }

    /// So many columns of one width, side by side, from left to right.
    pub fn columns(self, count: u16, gap: Length) -> impl Iterator<Item = Self> {
        let count = i32::from(count.max(1));
        let width = (Length(self.width) - gap * (count - 1)) / count;
        (0..count).map(move |column| Self {
            x: (Length(self.x) + (width + gap) * column).0,
            width: width.0,
            ..self
        })
    }

    /// The same frame with each edge moved inwards.
    #[must_use]
    pub fn inset(&self, by: Length) -> Self {
        Self {
            x: self.x.saturating_add(by.0),
            y: self.y.saturating_add(by.0),
            width: self.width.saturating_sub(by.0.saturating_mul(2)),
            height: self.height.saturating_sub(by.0.saturating_mul(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_and_points_are_exact() {
        assert_eq!(mm(1.0).emu(), 36_000);
        assert_eq!(pt(1.0).emu(), 12_700);
        assert_eq!(mm(25.4), pt(72.0));
        assert_eq!(mm(0.1).emu(), 3_600);
        assert_eq!(mm(-0.1).emu(), -3_600);
    }

    #[test]
    fn columns_fill_their_frame() {
        let columns: Vec<Frame> = Frame::mm(10.0, 5.0, 70.0, 8.0)
            .columns(3, mm(5.0))
            .collect();
        let expected = [10.0, 35.0, 60.0].map(|x| Frame::mm(x, 5.0, 20.0, 8.0));
        assert_eq!(columns, expected);
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(mm(1e30).emu(), i32::MAX);
        assert_eq!((mm(50_000.0) + mm(50_000.0)).emu(), i32::MAX);
        assert_eq!(mm(1.0) / 0, Length::ZERO);
    }
}

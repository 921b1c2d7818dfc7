//! Affine maps, computed the same on every machine.

use crate::length::{Angle, Point, Rect};
use crate::scene::Group;

/// `(x, y)` goes to `(a x + c y + e, b x + d y + f)`; distances in EMU, y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Transform {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
    pub e: f64,
    pub f: f64,
}

impl Transform {
    pub const IDENTITY: Self = Self {
        a: 1.0,
        b: 0.0,
        c: 0.0,
        d: 1.0,
        e: 0.0,
        f: 0.0,
    };

    /// From a group's coordinates to its parent's.
    pub fn of_group(group: &Group) -> Self {
        let (sin, cos) = sin_cos(group.rotate);
        let (scale_x, scale_y) = group.scale_ppm;
        let (scale_x, scale_y) = (f64::from(scale_x) / 1e6, f64::from(scale_y) / 1e6);
        Self {
            a: cos * scale_x,
            b: sin * scale_x,
            c: -sin * scale_y,
            d: cos * scale_y,
            e: f64::from(group.translate.x.to_emu()),
            f: f64::from(group.translate.y.to_emu()),
        }
    }

    /// First `inner`, then this.
    pub fn after(self, inner: Self) -> Self {
        let (e, f) = self.apply(inner.e, inner.f);
        Self {
            a: self.a * inner.a + self.c * inner.b,
            b: self.b * inner.a + self.d * inner.b,
            c: self.a * inner.c + self.c * inner.d,
            d: self.b * inner.c + self.d * inner.d,
            e,
            f,
        }
    }

    pub fn apply(self, x: f64, y: f64) -> (f64, f64) {
        (
            self.a * x + self.c * y + self.e,
            self.b * x + self.d * y + self.f,
        )
    }

    /// The four corners of a rectangle: top left, top right, bottom right, bottom left.
    pub fn corners(self, rect: Rect) -> [(f64, f64); 4] {
        let at =
            |point: Point| self.apply(f64::from(point.x.to_emu()), f64::from(point.y.to_emu()));
        [
            at(rect.origin()),
            at(Point {
                x: rect.right(),
                y: rect.y,
            }),
            at(Point {
                x: rect.right(),
                y: rect.bottom(),
            }),
            at(Point {
                x: rect.x,
                y: rect.bottom(),
            }),
        ]
    }

    /// The map back; `None` where everything falls on a line.
    pub fn inverse(self) -> Option<Self> {
        let determinant = self.a * self.d - self.b * self.c;
        if determinant == 0.0 || !determinant.is_finite() {
            return None;
        }
        let (a, b) = (self.d / determinant, -self.b / determinant);
        let (c, d) = (-self.c / determinant, self.a / determinant);
        Some(Self {
            a,
            b,
            c,
            d,
            e: -(a * self.e + c * self.f),
            f: -(b * self.e + d * self.f),
        })
    }
}

/// The smallest axis-parallel box around points: left, top, right, bottom.
pub(crate) fn bounds(points: &[(f64, f64)]) -> (f64, f64, f64, f64) {
    points.iter().fold(
        (
            f64::INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NEG_INFINITY,
        ),
        |(left, top, right, bottom), &(x, y)| {
            (left.min(x), top.min(y), right.max(x), bottom.max(y))
        },
    )
}

/// Sine and cosine, exact for quarter turns and elsewhere within 1e-15. The standard library's
/// differ from platform to platform.
fn sin_cos(angle: Angle) -> (f64, f64) {
    let millidegrees = angle.to_millidegrees();
    let quarter = (millidegrees + 45_000) / 90_000;
    let radians =
        f64::from(millidegrees - quarter * 90_000) / 1000.0 * (std::f64::consts::PI / 180.0);
    let (sin, cos) = taylor_sin_cos(radians);
    match quarter % 4 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// For |x| of at most π/4, where the terms left out are below 1e-17.
fn taylor_sin_cos(x: f64) -> (f64, f64) {
    let square = x * x;
    let series = |first_factor: f64| {
        (0..8).rev().fold(1.0, |sum, term| {
            let factor = first_factor + 2.0 * f64::from(term);
            1.0 - sum * square / (factor * (factor + 1.0))
        })
    };
    (x * series(2.0), series(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarter_turns_are_exact() {
        let at = |degrees: i32| sin_cos(Angle::millidegrees(degrees * 1000));
        assert_eq!(at(0), (0.0, 1.0));
        assert_eq!(at(90), (1.0, 0.0));
        assert_eq!(at(180), (0.0, -1.0));
        assert_eq!(at(270), (-1.0, 0.0));
    }

    #[test]
    fn other_angles_agree_with_the_standard_library() {
        for millidegrees in (0..360_000).step_by(777) {
            let (sin, cos) = sin_cos(Angle::millidegrees(millidegrees));
            let (std_sin, std_cos) = (f64::from(millidegrees) / 1000.0).to_radians().sin_cos();
            assert!(
                (sin - std_sin).abs() < 2e-15,
                "{millidegrees}: {sin} {std_sin}"
            );
            assert!(
                (cos - std_cos).abs() < 2e-15,
                "{millidegrees}: {cos} {std_cos}"
            );
        }
    }

    #[test]
    fn inverse_undoes() {
        let (sin, cos) = sin_cos(Angle::millidegrees(30_000));
        let map = Transform {
            a: 2.0 * cos,
            b: 2.0 * sin,
            c: -sin,
            d: cos,
            e: 70.0,
            f: -3.0,
        };
        let back = map.inverse().unwrap().after(map);
        let (x, y) = back.apply(11.0, 13.0);
        assert!((x - 11.0).abs() < 1e-12 && (y - 13.0).abs() < 1e-12);
        assert!(
            Transform {
                a: 0.0,
                b: 0.0,
                ..map
            }
            .inverse()
            .is_none()
        );
    }
}

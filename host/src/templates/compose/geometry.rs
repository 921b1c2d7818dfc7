//! Where things come to lie on a page after the groups around them.

use ticket_render::length::{Angle, Length, Point, Rect};
use ticket_render::scene::{FillRule, Segment};

use crate::templates::layout::{Group, ShapeOutline};

/// Straight pieces per curve. A ticket's curves are small; a hundredth of a millimetre is enough.
const CURVE_PIECES: u32 = 16;
const WHOLE_PPM: f64 = 1_000_000.0;

/// An affine map from an item's coordinates to the page's, in EMU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placement {
    xx: f64,
    xy: f64,
    yx: f64,
    yy: f64,
    dx: f64,
    dy: f64,
}

impl Placement {
    /// The page itself.
    pub const PAGE: Self = Self {
        xx: 1.0,
        xy: 0.0,
        yx: 0.0,
        yy: 1.0,
        dx: 0.0,
        dy: 0.0,
    };

    /// What is inside of a group: scaled, then turned, then moved, then placed as the group is.
    pub fn within(&self, group: &Group) -> Self {
        let (sin, cos) = sin_cos(group.rotate);
        let (scale_x, scale_y) = (
            f64::from(group.scale_ppm.0) / WHOLE_PPM,
            f64::from(group.scale_ppm.1) / WHOLE_PPM,
        );
        // With y down, a clockwise turn takes x towards y.
        let own = Self {
            xx: cos * scale_x,
            xy: -sin * scale_y,
            yx: sin * scale_x,
            yy: cos * scale_y,
            dx: f64::from(group.translate.x.to_emu()),
            dy: f64::from(group.translate.y.to_emu()),
        };
        self.after(&own)
    }

    /// What is inside of something that is only moved.
    pub fn moved(&self, by: Point) -> Self {
        let own = Self {
            dx: f64::from(by.x.to_emu()),
            dy: f64::from(by.y.to_emu()),
            ..Self::PAGE
        };
        self.after(&own)
    }

    fn after(&self, own: &Self) -> Self {
        Self {
            xx: self.xx * own.xx + self.xy * own.yx,
            xy: self.xx * own.xy + self.xy * own.yy,
            yx: self.yx * own.xx + self.yy * own.yx,
            yy: self.yx * own.xy + self.yy * own.yy,
            dx: self.xx * own.dx + self.xy * own.dy + self.dx,
            dy: self.yx * own.dx + self.yy * own.dy + self.dy,
        }
    }

    fn place(&self, point: Spot) -> Spot {
        Spot {
            x: self.xx * point.x + self.xy * point.y + self.dx,
            y: self.yx * point.x + self.yy * point.y + self.dy,
        }
    }

    /// The upright rectangle around a placed rectangle, grown on all sides by a placed length.
    pub fn bounds_of(&self, rect: Rect, reach: Length) -> Bounds {
        let around = Bounds::of_spots(corners(rect).into_iter().map(|spot| self.place(spot)));
        if reach == Length::ZERO {
            // As most: each line of text asks, and the stretch takes longer than all else here.
            return around;
        }
        around.grown(f64::from(reach.to_emu()) * self.stretch())
    }

    /// The most that a length may grow under this map.
    fn stretch(&self) -> f64 {
        libm::hypot(self.xx, self.yx).max(libm::hypot(self.xy, self.yy))
    }
}

/// Exact for quarter turns; elsewhere from a library in plain Rust, because the system's functions
/// differ in the last bit between machines.
fn sin_cos(angle: Angle) -> (f64, f64) {
    match angle.to_millidegrees() {
        0 => (0.0, 1.0),
        90_000 => (1.0, 0.0),
        180_000 => (0.0, -1.0),
        270_000 => (-1.0, 0.0),
        millidegrees => {
            let radians = f64::from(millidegrees) * std::f64::consts::PI / 180_000.0;
            (libm::sin(radians), libm::cos(radians))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Spot {
    x: f64,
    y: f64,
}

impl From<Point> for Spot {
    fn from(point: Point) -> Self {
        Self {
            x: f64::from(point.x.to_emu()),
            y: f64::from(point.y.to_emu()),
        }
    }
}

/// An upright rectangle on the page, in EMU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Bounds {
    pub fn of_rect(rect: Rect) -> Self {
        Self {
            left: f64::from(rect.x.to_emu()),
            top: f64::from(rect.y.to_emu()),
            right: f64::from(rect.x.to_emu()) + f64::from(rect.width.to_emu()),
            bottom: f64::from(rect.y.to_emu()) + f64::from(rect.height.to_emu()),
        }
    }

    fn of_spots(spots: impl Iterator<Item = Spot>) -> Self {
        let nothing = Self {
            left: f64::INFINITY,
            top: f64::INFINITY,
            right: f64::NEG_INFINITY,
            bottom: f64::NEG_INFINITY,
        };
        spots.fold(nothing, |bounds, spot| Self {
            left: bounds.left.min(spot.x),
            top: bounds.top.min(spot.y),
            right: bounds.right.max(spot.x),
            bottom: bounds.bottom.max(spot.y),
        })
    }

    fn grown(self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            right: self.right + by,
            bottom: self.bottom + by,
        }
    }

    /// Whether the two share an area; touching edges do not count.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn centre(&self) -> Spot {
        Spot {
            x: (self.left + self.right) / 2.0,
            y: (self.top + self.bottom) / 2.0,
        }
    }
}

/// An outline on the page as straight pieces.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// Each a run of corners; closed for filling.
    runs: Vec<Vec<Spot>>,
    rule: FillRule,
    bounds: Bounds,
    /// Half of a stroke's width with its pointed corners, in page units; zero without stroke.
    reach: f64,
    filled: bool,
}

/// How a figure stands to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// They share nothing.
    Apart,
    /// It lies beneath all of the slot, and no edge of it is in the slot.
    Beneath,
    /// It reaches into the slot.
    Reaches,
}

impl Figure {
    /// An outline as placed. A stroke reaches `stroke_reach` beyond it on both sides.
    pub fn of_outline(
        outline: &ShapeOutline,
        placement: &Placement,
        filled: bool,
        stroke_reach: Length,
    ) -> Self {
        let (runs, rule) = match outline {
            // Round corners only leave out what a square one would cover.
            ShapeOutline::Rectangle { frame, .. } => (
                vec![corners(*frame).map(|spot| placement.place(spot)).to_vec()],
                FillRule::NonZero,
            ),
            ShapeOutline::Path { segments, rule } => (flatten(segments, placement), *rule),
        };
        let reach = f64::from(stroke_reach.to_emu()) * placement.stretch();
        let bounds = Bounds::of_spots(runs.iter().flatten().copied()).grown(reach);
        Self {
            runs,
            rule,
            bounds,
            reach,
            filled,
        }
    }

    /// The upright rectangle around the figure of a background, where the background is placed.
    pub fn placed_bounds(&self, placement: &Placement) -> Bounds {
        let Bounds {
            left,
            top,
            right,
            bottom,
        } = self.bounds;
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        Bounds::of_spots(
            corners
                .into_iter()
                .map(|(x, y)| placement.place(Spot { x, y })),
        )
    }

    /// The figure of a background, where the background is placed.
    pub fn placed(&self, placement: &Placement) -> Self {
        let place = |run: &Vec<Spot>| run.iter().map(|spot| placement.place(*spot)).collect();
        let runs: Vec<Vec<Spot>> = self.runs.iter().map(place).collect();
        let reach = self.reach * placement.stretch();
        let bounds = Bounds::of_spots(runs.iter().flatten().copied()).grown(reach);
        Self {
            runs,
            rule: self.rule,
            bounds,
            reach,
            filled: self.filled,
        }
    }

    /// How it stands to a slot.
    pub fn relation_to(&self, slot: &Bounds) -> Relation {
        if !self.bounds.overlaps(slot) {
            return Relation::Apart;
        }
        let near = slot.grown(self.reach);
        let edge_inside = self
            .runs
            .iter()
            .any(|run| pieces(run, self.filled).any(|(from, to)| crosses(from, to, &near)));
        if edge_inside {
            Relation::Reaches
        } else if self.filled && self.contains(slot.centre()) {
            Relation::Beneath
        } else {
            Relation::Apart
        }
    }

    /// Winding number or crossings of a ray to the right.
    fn contains(&self, spot: Spot) -> bool {
        let (mut winding, mut crossings) = (0_i32, 0_u32);
        for run in &self.runs {
            for (from, to) in pieces(run, true) {
                let downwards = from.y <= spot.y && to.y > spot.y;
                let upwards = to.y <= spot.y && from.y > spot.y;
                if !downwards && !upwards {
                    continue;
                }
                let along = (spot.y - from.y) / (to.y - from.y);
                if from.x + along * (to.x - from.x) > spot.x {
                    crossings += 1;
                    winding += if downwards { 1 } else { -1 };
                }
            }
        }
        match self.rule {
            FillRule::NonZero => winding != 0,
            FillRule::EvenOdd => crossings % 2 == 1,
        }
    }
}

fn corners(rect: Rect) -> [Spot; 4] {
    let Bounds {
        left,
        top,
        right,
        bottom,
    } = Bounds::of_rect(rect);
    [
        Spot { x: left, y: top },
        Spot { x: right, y: top },
        Spot {
            x: right,
            y: bottom,
        },
        Spot { x: left, y: bottom },
    ]
}

fn flatten(segments: &[Segment], placement: &Placement) -> Vec<Vec<Spot>> {
    let mut runs: Vec<Vec<Spot>> = Vec::new();
    let mut run: Vec<Spot> = Vec::new();
    for segment in segments {
        match segment {
            Segment::Move(to) => {
                runs.push(std::mem::take(&mut run));
                run.push(placement.place((*to).into()));
            }
            Segment::Line(to) => run.push(placement.place((*to).into())),
            Segment::Cubic(control1, control2, to) => {
                let Some(&from) = run.last() else { continue };
                let controls =
                    [*control1, *control2, *to].map(|point| placement.place(point.into()));
                run.extend((1..=CURVE_PIECES).map(|piece| on_curve(from, controls, piece)));
            }
            Segment::Close => {
                let begin = run.first().copied();
                run.extend(begin);
                runs.push(std::mem::take(&mut run));
                run.extend(begin);
            }
        }
    }
    runs.push(run);
    runs.retain(|run| run.len() > 1);
    runs
}

fn on_curve(from: Spot, [control1, control2, to]: [Spot; 3], piece: u32) -> Spot {
    let along = f64::from(piece) / f64::from(CURVE_PIECES);
    let back = 1.0 - along;
    let weights = [
        back * back * back,
        3.0 * back * back * along,
        3.0 * back * along * along,
        along * along * along,
    ];
    let blend = |values: [f64; 4]| -> f64 {
        values
            .iter()
            .zip(weights)
            .map(|(value, weight)| value * weight)
            .sum()
    };
    Spot {
        x: blend([from.x, control1.x, control2.x, to.x]),
        y: blend([from.y, control1.y, control2.y, to.y]),
    }
}

/// The straight pieces of a run, with the one that closes it if it is filled.
fn pieces(run: &[Spot], closed: bool) -> impl Iterator<Item = (Spot, Spot)> {
    let closing = match (run.last(), run.first()) {
        (Some(&last), Some(&first)) if closed => Some((last, first)),
        _ => None,
    };
    run.windows(2)
        .filter_map(|pair| match pair {
            [from, to] => Some((*from, *to)),
            _ => None,
        })
        .chain(closing)
}

/// Whether a straight piece passes through the inside of a rectangle (Liang and Barsky's clipping).
fn crosses(from: Spot, to: Spot, bounds: &Bounds) -> bool {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let edges = [
        (-dx, from.x - bounds.left),
        (dx, bounds.right - from.x),
        (-dy, from.y - bounds.top),
        (dy, bounds.bottom - from.y),
    ];
    for (direction, distance) in edges {
        if direction == 0.0 {
            // Parallel to this edge; outside of it, or exactly on it, nothing is inside.
            if distance <= 0.0 {
                return false;
            }
        } else {
            let at = distance / direction;
            if direction < 0.0 {
                enter = enter.max(at);
            } else {
                leave = leave.min(at);
            }
        }
    }
    enter < leave
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A filled upright rectangle, as placed.
    fn filled(frame: Rect, placement: &Placement) -> Figure {
        let outline = ShapeOutline::Rectangle {
            frame,
            radius: Length::ZERO,
        };
        Figure::of_outline(&outline, placement, true, Length::ZERO)
    }

    fn rect(x: i32, y: i32, width: i32, height: i32) -> Rect {
        Rect {
            x: Length::mm(x),
            y: Length::mm(y),
            width: Length::mm(width),
            height: Length::mm(height),
        }
    }

    fn check(figure: &Figure, expected: Relation) {
        let slot = Bounds::of_rect(rect(60, 100, 30, 30));
        assert_eq!(figure.relation_to(&slot), expected, "{figure:?}");
    }

    fn group(translate: (i32, i32), degrees: i32, ppm: (i32, i32)) -> Group {
        Group {
            translate: Point {
                x: Length::mm(translate.0),
                y: Length::mm(translate.1),
            },
            rotate: Angle::millidegrees(degrees * 1_000),
            scale_ppm: ppm,
            clip: None,
            opacity: 255,
        }
    }

    const SAME: (i32, i32) = (1_000_000, 1_000_000);

    #[test]
    fn rectangles_touch_reach_or_lie_beneath() {
        let figure = |x, y, width, height| filled(rect(x, y, width, height), &Placement::PAGE);
        check(&figure(0, 0, 60, 200), Relation::Apart);
        check(&figure(0, 0, 61, 200), Relation::Reaches);
        check(&figure(70, 110, 5, 5), Relation::Reaches);
        check(&figure(0, 90, 105, 50), Relation::Beneath);
        check(&figure(60, 100, 30, 30), Relation::Beneath);
        check(&figure(60, 100, 30, 29), Relation::Reaches);
    }

    #[test]
    fn a_stroke_reaches_beyond_its_line() {
        let line = ShapeOutline::Path {
            segments: vec![
                Segment::Move(Point {
                    x: Length::mm(59),
                    y: Length::mm(90),
                }),
                Segment::Line(Point {
                    x: Length::mm(59),
                    y: Length::mm(140),
                }),
            ],
            rule: FillRule::NonZero,
        };
        let figure = |reach| Figure::of_outline(&line, &Placement::PAGE, false, Length::mm(reach));
        check(&figure(1), Relation::Apart);
        check(&figure(2), Relation::Reaches);
    }

    #[test]
    fn a_frame_around_the_slot_is_apart_when_it_is_only_stroked() {
        let outline = ShapeOutline::Rectangle {
            frame: rect(55, 95, 40, 40),
            radius: Length::ZERO,
        };
        check(
            &Figure::of_outline(&outline, &Placement::PAGE, false, Length::mm(1)),
            Relation::Apart,
        );
        check(
            &Figure::of_outline(&outline, &Placement::PAGE, true, Length::mm(1)),
            Relation::Beneath,
        );
    }

    #[test]
    fn groups_move_turn_and_scale() {
        let turned = Placement::PAGE.within(&group((90, 100), 90, SAME));
        // The square 0..30 turned about its corner comes to lie exactly on the slot.
        check(&filled(rect(0, 0, 30, 30), &turned), Relation::Beneath);
        check(&filled(rect(0, 0, 30, 29), &turned), Relation::Reaches);
        let doubled = Placement::PAGE.within(&group((0, 0), 0, (2_000_000, 2_000_000)));
        check(&filled(rect(30, 50, 15, 15), &doubled), Relation::Beneath);
        check(&filled(rect(30, 50, 15, 14), &doubled), Relation::Reaches);
        let nested = doubled
            .within(&group((10, 10), 45, SAME))
            .moved(Point::default());
        check(&filled(rect(0, 0, 1, 1), &nested), Relation::Apart);
    }

    #[test]
    fn a_diagonal_whose_bounds_hold_the_slot_may_miss_it() {
        let line = |to_y| ShapeOutline::Path {
            segments: vec![
                Segment::Move(Point {
                    x: Length::mm(0),
                    y: Length::mm(90),
                }),
                Segment::Line(Point {
                    x: Length::mm(105),
                    y: Length::mm(to_y),
                }),
            ],
            rule: FillRule::NonZero,
        };
        let figure = |to_y| Figure::of_outline(&line(to_y), &Placement::PAGE, false, Length::ZERO);
        check(&figure(95), Relation::Apart);
        check(&figure(140), Relation::Reaches);
    }

    #[test]
    fn a_hole_lets_the_slot_through_by_its_rule() {
        let square = |from: i32, to: i32| {
            let corner = |x, y| Point {
                x: Length::mm(x),
                y: Length::mm(y),
            };
            [
                Segment::Move(corner(from, from)),
                Segment::Line(corner(to, from)),
                Segment::Line(corner(to, to)),
                Segment::Line(corner(from, to)),
                Segment::Close,
            ]
        };
        let segments: Vec<Segment> = [square(0, 200), square(50, 150)].concat();
        let figure = |rule| {
            let outline = ShapeOutline::Path {
                segments: segments.clone(),
                rule,
            };
            Figure::of_outline(&outline, &Placement::PAGE, true, Length::ZERO)
        };
        check(&figure(FillRule::EvenOdd), Relation::Apart);
        check(&figure(FillRule::NonZero), Relation::Beneath);
    }
}

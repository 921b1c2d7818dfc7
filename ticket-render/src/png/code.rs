//! Matrix codes: every edge on the edge of a pixel.

use tiny_skia::{FillRule as Winding, PathBuilder, Rect, Transform as Matrix};

use super::shape::{brush, fill_outline, matrix, runs_along_axes};
use super::surface::{PixelBox, Surface};
use crate::length::{self, Length};
use crate::scene::{FillRule, Outline, PlacedCode};
use crate::transform::Transform;

/// The side of the whole code, quiet zone included.
pub(super) fn side(code: &PlacedCode) -> Length {
    code.module.scaled(i64::from(modules(code)), 1)
}

/// Modules along each side, quiet zone included.
fn modules(code: &PlacedCode) -> u32 {
    u32::from(code.symbol.width()) + 2 * u32::from(code.quiet_modules)
}

/// Draws a code. Unless it is turned by other than quarters, its edges are rounded to whole pixels:
/// neighbours share their edge, so that no seam can show, and no module is blurred.
pub(super) fn draw(surface: &mut Surface, space: Transform, code: &PlacedCode) {
    let module = f64::from(code.module.to_emu());
    let grid = space.after(Transform {
        a: module,
        d: module,
        e: f64::from(code.origin.x.to_emu()),
        f: f64::from(code.origin.y.to_emu()),
        ..Transform::IDENTITY
    });
    if runs_along_axes(grid) {
        draw_snapped(surface, grid, code);
    } else {
        draw_turned(surface, space, grid, code);
    }
}

/// `grid` maps modules, counted from the quiet zone's corner, to pixels of the page.
fn draw_snapped(surface: &mut Surface, grid: Transform, code: &PlacedCode) {
    let pixels = |left: u32, top: u32, right: u32, bottom: u32| {
        let snapped = |x: u32, y: u32| {
            let (x, y) = grid.apply(f64::from(x), f64::from(y));
            ((x + 0.5).floor() as i32, (y + 0.5).floor() as i32)
        };
        let ((x1, y1), (x2, y2)) = (snapped(left, top), snapped(right, bottom));
        PixelBox {
            left: x1.min(x2),
            top: y1.min(y2),
            right: x1.max(x2),
            bottom: y1.max(y2),
        }
    };
    let ground = pixels(0, 0, modules(code), modules(code));
    if ground.intersection(surface.area()).size() == (0, 0) {
        return;
    }
    surface.fill_box(ground, code.light.to_rgb());
    let dark = code.dark.to_rgb();
    let quiet = u32::from(code.quiet_modules);
    for part in code.symbol.rectangles() {
        let (left, top) = (quiet + u32::from(part.x), quiet + u32::from(part.y));
        let (right, bottom) = (left + u32::from(part.width), top + u32::from(part.height));
        surface.fill_box(pixels(left, top, right, bottom), dark);
    }
}

fn draw_turned(surface: &mut Surface, space: Transform, grid: Transform, code: &PlacedCode) {
    let (x, y, side) = (code.origin.x, code.origin.y, side(code));
    let ground = Outline::Rect {
        rect: length::Rect {
            x,
            y,
            width: side,
            height: side,
        },
        radius: Length::ZERO,
    };
    fill_outline(
        surface,
        space,
        &ground,
        FillRule::NonZero,
        &brush(code.light),
    );
    // One path, whose parts cover shared pixels in sum.
    let mut builder = PathBuilder::new();
    let quiet = f32::from(code.quiet_modules);
    for part in code.symbol.rectangles() {
        let (left, top) = (quiet + f32::from(part.x), quiet + f32::from(part.y));
        let rect = Rect::from_xywh(left, top, f32::from(part.width), f32::from(part.height));
        if let Some(rect) = rect {
            builder.push_rect(rect);
        }
    }
    let local = surface.space(grid);
    let path = builder
        .finish()
        .and_then(|path| path.transform(matrix(local)));
    if let Some(path) = path {
        let brush = brush(code.dark);
        surface
            .pixmap()
            .fill_path(&path, &brush, Winding::Winding, Matrix::identity(), None);
    }
}

//! Raster images: averaged where they shrink, interpolated where they grow.

use tiny_skia::{FilterQuality, Paint as Brush, Pattern, Pixmap, SpreadMode};

use super::resample::{Axis, resample};
use super::shape::{fill_outline, matrix};
use super::surface::{PixelBox, Surface, pixmap};
use super::{Drawing, bounds};
use crate::error::RenderError;
use crate::images::PreparedImage;
use crate::length::{Length, Rect};
use crate::scene::{FillRule, Outline, PlacedImage};
use crate::transform::Transform;

impl Drawing<'_> {
    pub(super) fn image(
        &mut self,
        surface: &mut Surface,
        space: Transform,
        placed: &PlacedImage,
    ) -> Result<(), RenderError> {
        let image = self
            .assets
            .image(placed.image)
            .ok_or(RenderError::UnknownImage(placed.image))?;
        let Some(shown) = shown_part(placed) else {
            return Ok(());
        };
        let window = bounds::of_rect(space, shown)
            .to_pixels()
            .intersection(surface.area());
        if window.size() == (0, 0) {
            return Ok(());
        }
        let emu = |length: Length| f64::from(length.to_emu());
        let from_image = space.after(Transform {
            a: emu(placed.place.width) / f64::from(image.width_px()),
            d: emu(placed.place.height) / f64::from(image.height_px()),
            e: emu(placed.place.x),
            f: emu(placed.place.y),
            ..Transform::IDENTITY
        });
        let upright =
            from_image.b == 0.0 && from_image.c == 0.0 && from_image.a > 0.0 && from_image.d > 0.0;
        let sampled = if upright {
            sample_upright(image, from_image, window)
        } else {
            sample_turned(image, from_image)
        };
        let Some((pixels, from_pixels, quality)) = sampled else {
            return Ok(());
        };
        let from_pixels = matrix(surface.space(from_pixels));
        let shader = Pattern::new(pixels.as_ref(), SpreadMode::Pad, quality, 1.0, from_pixels);
        let brush = Brush {
            shader,
            ..Brush::default()
        };
        let outline = Outline::Rect {
            rect: shown,
            radius: Length::ZERO,
        };
        fill_outline(surface, space, &outline, FillRule::NonZero, &brush);
        Ok(())
    }
}

/// The part of the image's place that is not cropped away.
fn shown_part(placed: &PlacedImage) -> Option<Rect> {
    let place = placed.place;
    let crop = placed.crop.unwrap_or(place);
    if !place.overlaps(crop) {
        return None;
    }
    let (x, y) = (place.x.max(crop.x), place.y.max(crop.y));
    Some(Rect {
        x,
        y,
        width: place.right().min(crop.right()) - x,
        height: place.bottom().min(crop.bottom()) - y,
    })
}

/// The pixels to paint with, their map to the page, and how they are looked up.
type Sampled = Option<(Pixmap, Transform, FilterQuality)>;

/// The very pixels of the page that the image covers.
fn sample_upright(image: &PreparedImage, from_image: Transform, window: PixelBox) -> Sampled {
    let columns = Axis::aligned(
        image.width_px(),
        from_image.a,
        from_image.e,
        window.left..window.right,
    );
    let rows = Axis::aligned(
        image.height_px(),
        from_image.d,
        from_image.f,
        window.top..window.bottom,
    );
    let pixels = pixmap(
        resample(image.rgba(), image.width_px(), &columns, &rows),
        window.size(),
    )?;
    let from_pixels = Transform {
        e: f64::from(window.left),
        f: f64::from(window.top),
        ..Transform::IDENTITY
    };
    Some((pixels, from_pixels, FilterQuality::Nearest))
}

/// The whole image, no larger than it is shown; turned while it is painted.
fn sample_turned(image: &PreparedImage, from_image: Transform) -> Sampled {
    let (width, height) = (image.width_px(), image.height_px());
    let shrunk = |pixels: u32, x: f64, y: f64| {
        let shown = (f64::from(pixels) * (x * x + y * y).sqrt()).ceil();
        (shown as u32).clamp(1, pixels)
    };
    let columns = shrunk(width, from_image.a, from_image.b);
    let rows = shrunk(height, from_image.c, from_image.d);
    let samples = resample(
        image.rgba(),
        width,
        &Axis::whole(width, columns),
        &Axis::whole(height, rows),
    );
    let from_pixels = from_image.after(Transform {
        a: f64::from(width) / f64::from(columns),
        d: f64::from(height) / f64::from(rows),
        ..Transform::IDENTITY
    });
    Some((
        pixmap(samples, (columns, rows))?,
        from_pixels,
        FilterQuality::Bilinear,
    ))
}

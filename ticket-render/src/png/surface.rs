//! A rectangle of pixels of the page.

use tiny_skia::{
    Color as Paint, IntSize, Mask, Pixmap, PixmapPaint, PremultipliedColorU8, Transform as Matrix,
};

use crate::transform::Transform;

/// Whole pixels of the page, from the left and top edges up to, but not including, the right and
/// bottom ones; empty if those are not beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PixelBox {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl PixelBox {
    /// The pixels that both have.
    pub fn intersection(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// Width and height; zero if it is empty.
    pub fn size(self) -> (u32, u32) {
        if self.left >= self.right || self.top >= self.bottom {
            return (0, 0);
        }
        (
            self.right.abs_diff(self.left),
            self.bottom.abs_diff(self.top),
        )
    }
}

/// The pixels of some area, premultiplied.
pub(super) struct Surface {
    area: PixelBox,
    pixmap: Pixmap,
}

impl Surface {
    /// A surface to draw upon; `None` for an empty area.
    pub fn transparent(area: PixelBox) -> Option<Self> {
        let (width, height) = area.size();
        Some(Self {
            area,
            pixmap: Pixmap::new(width, height)?,
        })
    }

    /// A surface of one colour; `None` for an empty area.
    pub fn filled(area: PixelBox, paint: Paint) -> Option<Self> {
        let mut surface = Self::transparent(area)?;
        surface.pixmap.fill(paint);
        Some(surface)
    }

    /// Which pixels of the page these are.
    pub fn area(&self) -> PixelBox {
        self.area
    }

    pub fn width(&self) -> u32 {
        self.pixmap.width()
    }

    pub fn height(&self) -> u32 {
        self.pixmap.height()
    }

    /// The pixels themselves, the first of them at the area's top left corner.
    pub fn pixmap(&mut self) -> &mut Pixmap {
        &mut self.pixmap
    }

    /// The same map, to this surface's pixels instead of the page's.
    pub fn space(&self, space: Transform) -> Transform {
        Transform {
            e: space.e - f64::from(self.area.left),
            f: space.f - f64::from(self.area.top),
            ..space
        }
    }

    /// Paints whole pixels with an opaque colour.
    pub fn fill_box(&mut self, pixels: PixelBox, [r, g, b]: [u8; 3]) {
        let inside = pixels.intersection(self.area);
        let (width, height) = inside.size();
        let Some(color) = PremultipliedColorU8::from_rgba(r, g, b, u8::MAX) else {
            return;
        };
        if width == 0 {
            return;
        }
        let row_length = self.pixmap.width() as usize;
        let columns = inside.left.abs_diff(self.area.left) as usize;
        let rows = inside.top.abs_diff(self.area.top) as usize;
        let all = self.pixmap.pixels_mut().chunks_exact_mut(row_length);
        for row in all.skip(rows).take(height as usize) {
            if let Some(run) = row.get_mut(columns..columns + width as usize) {
                run.fill(color);
            }
        }
    }

    /// Clears what the mask does not cover; everything, without a mask.
    pub fn keep_inside(&mut self, mask: Option<&Mask>) {
        match mask {
            Some(mask) => self.pixmap.apply_mask(mask),
            None => self.pixmap.fill(Paint::TRANSPARENT),
        }
    }

    /// Lays another surface over this one; 255 is opaque.
    pub fn composite(&mut self, layer: &Self, opacity: u8) {
        let paint = PixmapPaint {
            opacity: f32::from(opacity) / 255.0,
            ..PixmapPaint::default()
        };
        let x = layer.area.left - self.area.left;
        let y = layer.area.top - self.area.top;
        self.pixmap.draw_pixmap(
            x,
            y,
            layer.pixmap.as_ref(),
            &paint,
            Matrix::identity(),
            None,
        );
    }

    /// Red, green, blue and an unused byte of each pixel, row by row, of a surface that nothing
    /// shows through.
    pub fn opaque_pixels(&self) -> &[u8] {
        self.pixmap.data()
    }
}

/// A pixmap of premultiplied pixels; `None` if the length is not that of the size.
pub(super) fn pixmap(premultiplied: Vec<u8>, (width, height): (u32, u32)) -> Option<Pixmap> {
    Pixmap::from_vec(premultiplied, IntSize::from_wh(width, height)?)
}

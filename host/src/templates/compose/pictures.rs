//! Images in their frames.

use std::collections::BTreeSet;

use ticket_render::images::ImageId;
use ticket_render::length::{Length, Rect};
use ticket_render::scene::PlacedImage;

use super::{Findings, KnownImage};
use crate::templates::layout::{Crop, Image, ImageFit};

const WHOLE_PER_MILLE: i64 = 1_000;

/// Images that a document has shown, each counted once.
#[derive(Default)]
pub(super) struct ShownImages {
    ids: BTreeSet<u32>,
    pixels: u64,
}

impl ShownImages {
    /// Counts an image; `false` when there are now too many pixels.
    pub fn add(&mut self, image: KnownImage, limit: u64, findings: &mut Findings) -> bool {
        let ImageId(id) = image.id;
        if self.ids.insert(u32::from(id)) {
            let pixels = u64::from(image.width_px).saturating_mul(u64::from(image.height_px));
            self.pixels = self.pixels.saturating_add(pixels);
        }
        if self.pixels > limit {
            findings.problem(
                "source",
                format!(
                    "{} pixels over all images, more than `image_pixels` = {limit}",
                    self.pixels
                ),
            );
            return false;
        }
        true
    }
}

/// Where an image comes to lie so that the used part fits its frame as asked.
pub(super) fn place(image: &Image, known: KnownImage) -> PlacedImage {
    let part = image.crop.unwrap_or(Crop {
        left: 0,
        top: 0,
        right: 1_000,
        bottom: 1_000,
    });
    let across = i64::from(part.right.saturating_sub(part.left)).max(1);
    let down = i64::from(part.bottom.saturating_sub(part.top)).max(1);
    // The used part's extent in thousandths of pixels.
    let part_width = i64::from(known.width_px.max(1)).saturating_mul(across);
    let part_height = i64::from(known.height_px.max(1)).saturating_mul(down);
    let shown = fitted(image, part_width, part_height);
    let whole = Rect {
        x: shown.x - shown.width.scaled(i64::from(part.left), across),
        y: shown.y - shown.height.scaled(i64::from(part.top), down),
        width: shown.width.scaled(WHOLE_PER_MILLE, across),
        height: shown.height.scaled(WHOLE_PER_MILLE, down),
    };
    let visible = intersection(shown, image.frame);
    PlacedImage {
        image: known.id,
        place: whole,
        crop: (visible != whole).then_some(visible),
    }
}

/// The used part, as large as the fit makes it, aligned in the frame.
fn fitted(image: &Image, part_width: i64, part_height: i64) -> Rect {
    let frame = image.frame;
    let by_width = frame.width.scaled(part_height, part_width);
    let by_height = frame.height.scaled(part_width, part_height);
    let (width, height) = match image.fit {
        ImageFit::Stretch => (frame.width, frame.height),
        ImageFit::Contain if by_width <= frame.height => (frame.width, by_width),
        ImageFit::Contain => (by_height, frame.height),
        ImageFit::Cover if by_width >= frame.height => (frame.width, by_width),
        ImageFit::Cover => (by_height, frame.height),
    };
    let aligned = |room: Length, taken: Length, per_mille: u16| {
        (room - taken).scaled(i64::from(per_mille), WHOLE_PER_MILLE)
    };
    Rect {
        x: frame.x + aligned(frame.width, width, image.align_x_per_mille),
        y: frame.y + aligned(frame.height, height, image.align_y_per_mille),
        width,
        height,
    }
}

fn intersection(one: Rect, other: Rect) -> Rect {
    let (x, y) = (one.x.max(other.x), one.y.max(other.y));
    Rect {
        x,
        y,
        width: (one.right().min(other.right()) - x).max(Length::ZERO),
        height: (one.bottom().min(other.bottom()) - y).max(Length::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::layout::ImageSource;

    fn rect(x: i32, y: i32, width: i32, height: i32) -> Rect {
        Rect {
            x: Length::mm(x),
            y: Length::mm(y),
            width: Length::mm(width),
            height: Length::mm(height),
        }
    }

    fn check(fit: ImageFit, align: u16, crop: Option<Crop>, place_at: Rect, visible: Option<Rect>) {
        let image = Image {
            frame: rect(10, 10, 40, 20),
            source: ImageSource::Value { id: 0 },
            fit,
            align_x_per_mille: align,
            align_y_per_mille: align,
            crop,
        };
        let known = KnownImage {
            id: ImageId(0),
            width_px: 100,
            height_px: 100,
        };
        let placed = place(&image, known);
        assert_eq!(
            (placed.place, placed.crop),
            (place_at, visible),
            "{fit:?} {align} {crop:?}"
        );
    }

    #[test]
    fn images_fit_as_asked() {
        check(ImageFit::Contain, 500, None, rect(20, 10, 20, 20), None);
        check(ImageFit::Contain, 0, None, rect(10, 10, 20, 20), None);
        check(ImageFit::Stretch, 0, None, rect(10, 10, 40, 20), None);
        check(
            ImageFit::Cover,
            1_000,
            None,
            rect(10, -10, 40, 40),
            Some(rect(10, 10, 40, 20)),
        );
    }

    #[test]
    fn a_part_of_an_image_fills_the_frame() {
        let left_half = Crop {
            left: 0,
            top: 0,
            right: 500,
            bottom: 1_000,
        };
        check(
            ImageFit::Stretch,
            0,
            Some(left_half),
            rect(10, 10, 80, 20),
            Some(rect(10, 10, 40, 20)),
        );
        let lower_quarter = Crop {
            left: 0,
            top: 750,
            right: 1_000,
            bottom: 1_000,
        };
        check(
            ImageFit::Contain,
            0,
            Some(lower_quarter),
            rect(10, -20, 40, 40),
            Some(rect(10, 10, 40, 10)),
        );
    }
}

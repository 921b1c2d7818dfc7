//! Links.

use pdf_writer::types::{ActionType, AnnotationType};
use pdf_writer::{Finish, Rect, Ref, Str};

use super::objects::Objects;
use crate::length::Length;
use crate::scene::Link;
use crate::transform::{Transform, bounds};

/// A link in page coordinates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PageLink {
    /// Corners in points: top left, top right, bottom right, bottom left of the area.
    corners: [(f32, f32); 4],
    uri: String,
}

impl PageLink {
    pub fn new(link: &Link, to_page: Transform) -> Self {
        let points = |emu: f64| {
            let thousandths = (emu / f64::from(Length::pt(1).to_emu()) * 1000.0).round();
            (thousandths / 1000.0) as f32
        };
        Self {
            corners: to_page
                .corners(link.area)
                .map(|(x, y)| (points(x), points(y))),
            uri: link.uri.clone(),
        }
    }

    /// Writes the annotation.
    pub fn write(&self, objects: &mut Objects) -> Ref {
        let object = objects.allocate();
        let wide = self.corners.map(|(x, y)| (f64::from(x), f64::from(y)));
        let (left, bottom, right, top) = bounds(&wide);
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = self.corners;
        let mut annotation = objects.begin(object).annotation(object);
        annotation
            .subtype(AnnotationType::Link)
            .rect(Rect::new(
                left as f32,
                bottom as f32,
                right as f32,
                top as f32,
            ))
            .border(0.0, 0.0, 0.0, None)
            // For a turned area, in the order that viewers expect rather than the one of the text.
            .quad_points([x0, y0, x1, y1, x3, y3, x2, y2])
            .flags(pdf_writer::types::AnnotationFlags::PRINT);
        annotation
            .action()
            .action_type(ActionType::Uri)
            .uri(Str(self.uri.as_bytes()));
        annotation.finish();
        object
    }
}

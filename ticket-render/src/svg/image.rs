//! Raster images, embedded as they came.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Drawing;
use super::number::{Coordinate, escape};
use crate::error::RenderError;
use crate::length::Length;
use crate::scene::{Outline, PlacedImage};

impl Drawing<'_> {
    pub(super) fn image(
        &mut self,
        placed: &PlacedImage,
        alternative: Option<&str>,
    ) -> Result<(), RenderError> {
        let image = self
            .assets
            .image(placed.image)
            .ok_or(RenderError::UnknownImage(placed.image))?;
        let clip = placed.crop.map(|rect| {
            self.define_clip(&Outline::Rect {
                rect,
                radius: Length::ZERO,
            })
        });
        let _ = write!(
            self.body,
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\"",
            Coordinate(placed.place.x),
            Coordinate(placed.place.y),
            Coordinate(placed.place.width),
            Coordinate(placed.place.height),
        );
        if let Some(text) = alternative {
            let _ = write!(self.body, " role=\"img\" aria-label=\"{}\"", escape(text));
        }
        if let Some(clip) = clip {
            let _ = write!(self.body, " clip-path=\"url(#{clip})\"");
        }
        let _ = write!(
            self.body,
            " xlink:href=\"data:{};base64,",
            image.media_type()
        );
        STANDARD.encode_string(image.file(), &mut self.body);
        self.body.push_str("\"/>");
        Ok(())
    }
}

//! Backgrounds, written once for each template version.

use super::Drawing;
use super::text::GlyphUse;
use crate::assets::Assets;
use crate::error::RenderError;
use crate::scene::{BackgroundId, Element};

/// A background as text to copy.
#[derive(Debug)]
pub(crate) struct PreparedBackground {
    body: String,
    clips: String,
    glyphs: GlyphUse,
}

impl PreparedBackground {
    /// Draws elements, in page coordinates.
    ///
    /// # Errors
    /// They refer to an image that `assets` lacks, or to a background.
    pub fn draw(
        id: BackgroundId,
        elements: &[Element],
        assets: &Assets,
    ) -> Result<Self, RenderError> {
        let mut drawing = Drawing::new(assets, format!("b{}", id.0));
        drawing.elements(elements)?;
        let Drawing {
            mut body,
            clips,
            glyphs,
            ..
        } = drawing;
        body.shrink_to_fit();
        Ok(Self {
            body,
            clips,
            glyphs,
        })
    }
}

impl Drawing<'_> {
    pub(super) fn background(&mut self, id: BackgroundId) -> Result<(), RenderError> {
        let background = self
            .assets
            .svg_background(id)
            .ok_or(RenderError::UnknownBackground(id))??;
        self.body.push_str(&background.body);
        if !self.backgrounds.contains(&id) {
            self.backgrounds.push(id);
            self.clips.push_str(&background.clips);
            self.glyphs.add_all(&background.glyphs);
        }
        Ok(())
    }
}

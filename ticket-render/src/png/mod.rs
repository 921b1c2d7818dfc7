//! One page as PNG, upon white paper.
//!
//! Edges are anti-aliased, except those of codes, which are snapped to whole pixels. A page is drawn
//! in bands, so that layers for groups need little memory however large the page is.

mod bounds;
mod code;
mod encode;
mod image;
mod resample;
mod shape;
mod surface;
mod text;

use tiny_skia::{Color as Paint, FillRule as Winding, Mask};

use crate::assets::Assets;
use crate::error::RenderError;
use crate::length::Length;
use crate::scene::{Content, Element, Group, Page, Scene};
use crate::transform::Transform;

use self::encode::Samples;
use self::surface::{PixelBox, Surface};
use self::text::GlyphPaths;

/// How a page becomes pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PngOptions {
    /// Pixels per inch of paper, [`PngOptions::MIN_DPI`] to [`PngOptions::MAX_DPI`].
    pub dpi: u32,
}

impl PngOptions {
    /// The least resolution.
    pub const MIN_DPI: u32 = 10;
    /// The greatest resolution.
    pub const MAX_DPI: u32 = 2400;
    /// A page with more pixels than this is refused.
    pub const MAX_PIXELS: u64 = 64_000_000;
}

/// Pixels that are drawn at a time: 4 MB, and as much again for each nested layer that fills them.
const BAND_PIXELS: u32 = 1 << 20;

/// Draws a page, counted from 0, in its trimmed size rounded to whole pixels: RGB, or gray where no
/// pixel has a colour.
///
/// # Errors
/// [`RenderError::NoSuchPage`], [`RenderError::Resolution`], [`RenderError::TooManyPixels`],
/// [`RenderError::UnknownImage`] and [`RenderError::UnknownBackground`].
pub fn render(
    scene: &Scene,
    page: usize,
    assets: &Assets,
    options: &PngOptions,
) -> Result<Vec<u8>, RenderError> {
    let pages = scene.pages.len();
    let page = scene
        .pages
        .get(page)
        .ok_or(RenderError::NoSuchPage { page, pages })?;
    let (width, height) = size_in_pixels(page, options.dpi)?;

    // The page's edges are pixel edges: what reaches from edge to edge leaves no pale line. The
    // stretch is under half a pixel over the whole page.
    let paper_to_pixels = Transform {
        a: pixels_per_emu(width, page.size.width),
        d: pixels_per_emu(height, page.size.height),
        ..Transform::IDENTITY
    };
    let mut drawing = Drawing {
        assets,
        glyphs: GlyphPaths::default(),
        pixels_per_emu: f64::from(options.dpi) / f64::from(EMU_PER_INCH),
    };
    let mut samples = Samples::with_capacity(width, height);
    let band_rows = (BAND_PIXELS / width).clamp(1, height);
    for top in (0..height).step_by(band_rows as usize) {
        let bottom = (top + band_rows).min(height);
        let area = PixelBox {
            left: 0,
            top: top as i32,
            right: width as i32,
            bottom: bottom as i32,
        };
        let Some(mut band) = Surface::filled(area, Paint::WHITE) else {
            continue;
        };
        drawing.elements(&mut band, paper_to_pixels, &page.elements)?;
        samples.append(band.opaque_pixels());
    }
    encode::encode(&samples, width, height, options.dpi)
}

const EMU_PER_INCH: i32 = 914_400;

fn size_in_pixels(page: &Page, dpi: u32) -> Result<(u32, u32), RenderError> {
    let (min, max) = (PngOptions::MIN_DPI, PngOptions::MAX_DPI);
    if !(min..=max).contains(&dpi) {
        return Err(RenderError::Resolution {
            found: dpi,
            min,
            max,
        });
    }
    let pixels = |length: Length| {
        let emu = u64::try_from(length.to_emu()).unwrap_or(0);
        let inch = EMU_PER_INCH as u64;
        ((emu * u64::from(dpi) + inch / 2) / inch).max(1)
    };
    let (width, height) = (pixels(page.size.width), pixels(page.size.height));
    let max = PngOptions::MAX_PIXELS;
    if width * height > max {
        return Err(RenderError::TooManyPixels { width, height, max });
    }
    Ok((width as u32, height as u32))
}

fn pixels_per_emu(pixels: u32, length: Length) -> f64 {
    f64::from(pixels) / f64::from(length.to_emu().max(1))
}

/// What one rendering needs and remembers.
struct Drawing<'a> {
    assets: &'a Assets,
    glyphs: GlyphPaths,
    /// About this, before any group scales: the unit in which strokes are shaped.
    pixels_per_emu: f64,
}

impl Drawing<'_> {
    /// Draws elements whose coordinates `space` maps to pixels of the page.
    fn elements(
        &mut self,
        surface: &mut Surface,
        space: Transform,
        elements: &[Element],
    ) -> Result<(), RenderError> {
        elements
            .iter()
            .try_for_each(|element| self.element(surface, space, &element.content))
    }

    fn element(
        &mut self,
        surface: &mut Surface,
        space: Transform,
        content: &Content,
    ) -> Result<(), RenderError> {
        match content {
            Content::Group(group) => self.group(surface, space, group)?,
            Content::Glyphs(run) => self.glyph_run(surface, space, run),
            Content::Shape(shape) => self.shape(surface, space, shape),
            Content::Image(placed) => self.image(surface, space, placed)?,
            Content::Code(code) => code::draw(surface, space, code),
            Content::Link(_) => {}
            Content::Background(id) => {
                let assets = self.assets;
                let elements = assets
                    .background(*id)
                    .ok_or(RenderError::UnknownBackground(*id))?;
                self.elements(surface, space, elements)?;
            }
        }
        Ok(())
    }

    fn group(
        &mut self,
        surface: &mut Surface,
        space: Transform,
        group: &Group,
    ) -> Result<(), RenderError> {
        let space = space.after(Transform::of_group(group));
        if group.opacity == u8::MAX && group.clip.is_none() {
            return self.elements(surface, space, &group.elements);
        }
        let mut area = surface.area();
        let painted = bounds::of_elements(self.assets, space, &group.elements);
        area = area.intersection(painted.to_pixels());
        if let Some(outline) = &group.clip {
            area = area.intersection(bounds::of_outline(space, outline).to_pixels());
        }
        // One of no area or opacity is drawn all the same, so that what its elements lack is found.
        let Some(mut layer) = Surface::transparent(area) else {
            return Ok(());
        };
        self.elements(&mut layer, space, &group.elements)?;
        if let Some(outline) = &group.clip {
            let mut mask = Mask::new(layer.width(), layer.height());
            if let (Some(mask), Some(path)) = (&mut mask, shape::path(layer.space(space), outline))
            {
                mask.fill_path(
                    &path,
                    Winding::Winding,
                    true,
                    tiny_skia::Transform::identity(),
                );
            }
            layer.keep_inside(mask.as_ref());
        }
        surface.composite(&layer, group.opacity);
        Ok(())
    }
}

//! A page in krilla's own types, and the file that krilla makes of it.

use std::error::Error;
use std::path::Path as FilePath;

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

use crate::page::{self, Item, Page, Step};

/// All that a page needs, made before the clock runs.
pub struct Drawing {
    settings: PageSettings,
    parts: Vec<Part>,
}

enum Part {
    Glyphs {
        font: Font,
        size: f32,
        start: Point,
        fill: Fill,
        text: String,
        glyphs: Vec<KrillaGlyph>,
    },
    Path {
        path: Path,
        fill: Option<Fill>,
        stroke: Option<Stroke>,
    },
    Image {
        image: Image,
        place: Transform,
        size: Size,
    },
}

impl Drawing {
    /// Loads the fonts and images of a page from its folder.
    pub fn load(page: &Page, folder: &FilePath) -> Result<Self, Box<dyn Error>> {
        let read = |name: &String| std::fs::read(folder.join(name));
        let fonts: Vec<Font> = page
            .fonts
            .iter()
            .map(|name| {
                Font::new(read(name)?.into(), 0).ok_or_else(|| format!("{name}: no font").into())
            })
            .collect::<Result<_, Box<dyn Error>>>()?;
        let images: Vec<Image> = page
            .images
            .iter()
            .map(|name| Ok(Image::from_png(read(name)?.into(), false)?))
            .collect::<Result<_, Box<dyn Error>>>()?;
        let [width, height] = page.size;
        Ok(Self {
            settings: PageSettings::from_wh(width, height).ok_or("the page has no size")?,
            parts: page
                .items
                .iter()
                .map(|item| part(item, &fonts, &images))
                .collect::<Option<_>>()
                .ok_or("an item of the page makes no sense")?,
        })
    }

    /// A document of this page, without what ours does not have either: tags and XMP metadata.
    pub fn write(&self) -> Vec<u8> {
        let mut document = Document::new_with(SerializeSettings {
            xmp_metadata: false,
            enable_tagging: false,
            ..SerializeSettings::default()
        });
        let mut page = document.start_page_with(self.settings.clone());
        let mut surface = page.surface();
        for part in &self.parts {
            part.draw(&mut surface);
        }
        surface.finish();
        page.finish();
        document.finish().expect("krilla writes what it has drawn")
    }
}

impl Part {
    fn draw(&self, surface: &mut Surface<'_>) {
        match self {
            Self::Glyphs {
                font,
                size,
                start,
                fill,
                text,
                glyphs,
            } => {
                surface.set_stroke(None);
                surface.set_fill(Some(fill.clone()));
                surface.draw_glyphs(*start, glyphs, font.clone(), text, *size, false);
            }
            Self::Path { path, fill, stroke } => {
                surface.set_fill(fill.clone());
                surface.set_stroke(stroke.clone());
                surface.draw_path(path);
            }
            Self::Image { image, place, size } => {
                surface.push_transform(place);
                surface.draw_image(image.clone(), *size);
                surface.pop();
            }
        }
    }
}

fn part(item: &Item, fonts: &[Font], images: &[Image]) -> Option<Part> {
    Some(match item {
        Item::Glyphs(run) => Part::Glyphs {
            font: fonts.get(run.font)?.clone(),
            size: run.size,
            start: point(run.origin),
            fill: fill(run.color),
            text: run.text.clone(),
            glyphs: run.glyphs.iter().map(glyph).collect(),
        },
        Item::Path(outline) => Part::Path {
            path: path(&outline.steps)?,
            fill: outline.fill.map(fill),
            stroke: outline.stroke.as_ref().map(stroke),
        },
        Item::Image(placed) => Part::Image {
            image: images.get(placed.image)?.clone(),
            place: Transform::from_translate(placed.origin[0], placed.origin[1]),
            size: Size::from_wh(placed.size[0], placed.size[1])?,
        },
    })
}

fn glyph(glyph: &page::Glyph) -> KrillaGlyph {
    let [start, end] = glyph.text;
    KrillaGlyph {
        glyph_id: GlyphId::new(glyph.id.into()),
        text_range: start..end,
        x_advance: glyph.advance,
        x_offset: glyph.offset[0],
        y_offset: glyph.offset[1],
        y_advance: 0.0,
        location: None,
    }
}

fn path(steps: &[Step]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for step in steps {
        match *step {
            Step::Move([x, y]) => path.move_to(x, y),
            Step::Line([x, y]) => path.line_to(x, y),
            Step::Cubic([[x1, y1], [x2, y2], [x, y]]) => path.cubic_to(x1, y1, x2, y2, x, y),
            Step::Rect {
                origin: [x, y],
                size: [width, height],
            } => path.push_rect(Rect::from_xywh(x, y, width, height)?),
            Step::Close => path.close(),
        }
    }
    path.finish()
}

fn stroke(stroke: &page::Stroke) -> Stroke {
    let (line_cap, line_join) = match stroke.is_round {
        true => (LineCap::Round, LineJoin::Round),
        false => (LineCap::Butt, LineJoin::Miter),
    };
    Stroke {
        paint: color(stroke.color).into(),
        width: stroke.width,
        dash: (!stroke.dashes.is_empty()).then(|| StrokeDash {
            array: stroke.dashes.clone(),
            offset: 0.0,
        }),
        line_cap,
        line_join,
        ..Stroke::default()
    }
}

fn fill(rgb: [u8; 3]) -> Fill {
    Fill {
        paint: color(rgb).into(),
        ..Fill::default()
    }
}

fn color([red, green, blue]: [u8; 3]) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn point([x, y]: [f32; 2]) -> Point {
    Point::from_xy(x, y)
}

//! Leaves a laid out page for other writers of PDF: what stands where, and no more to decide.

use std::path::{Path, PathBuf};

use ticket_render::assets::Assets;
use ticket_render::fonts::FontId;
use ticket_render::images::{Format, ImageId};
use ticket_render::length::{Angle, Length, Point};
use ticket_render::scene::{
    Content, Element, FillRule, GlyphRun, Group, LineCap, LineJoin, Paint, PlacedCode, PlacedImage,
    Scene, Segment, Shape,
};

use super::page::{self, Item, Ours, Page, Step};

/// Writes the first page of a scene with its fonts and images, and what it took us to write it.
///
/// Knows what the pages of `classic` have, and panics where a page has more: what is left out
/// would make the others fast. Links alone are left out.
pub fn leave(scene: &Scene, assets: &Assets, ours: Vec<Ours>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target")
        .join(page::FOLDER);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let first = &scene.pages[0];
    let mut leaving = Leaving {
        assets,
        folder,
        fonts: Vec::new(),
        images: Vec::new(),
        page: Page {
            size: [pt(first.size.width), pt(first.size.height)],
            fonts: Vec::new(),
            images: Vec::new(),
            items: Vec::new(),
            ours,
        },
    };
    let corner = Point {
        x: Length::ZERO,
        y: Length::ZERO,
    };
    leaving.elements(&first.elements, corner);
    let description = serde_json::to_vec(&leaving.page).expect("it is plain data");
    leaving.write(page::FILE, &description);
}

struct Leaving<'a> {
    assets: &'a Assets,
    folder: PathBuf,
    /// Whose files are written, in the order of the page's.
    fonts: Vec<FontId>,
    images: Vec<ImageId>,
    page: Page,
}

impl Leaving<'_> {
    /// Elements whose coordinates begin at `origin`.
    fn elements(&mut self, elements: &[Element], origin: Point) {
        for element in elements {
            match &element.content {
                Content::Group(group) => self.group(group, origin),
                Content::Glyphs(run) => self.glyphs(run, origin),
                Content::Shape(shape) => self.shape(shape, origin),
                Content::Image(image) => self.image(image, origin),
                Content::Code(code) => self.code(code, origin),
                // Ours writes it as an annotation; others are spared that.
                Content::Link(_) => {}
                Content::Background(id) => {
                    let assets = self.assets;
                    self.elements(assets.background(*id).expect("a known one"), origin);
                }
            }
        }
    }

    fn group(&mut self, group: &Group, origin: Point) {
        let only_moved = group.rotate == Angle::default()
            && group.scale_ppm == (1_000_000, 1_000_000)
            && group.clip.is_none()
            && group.opacity == u8::MAX;
        assert!(only_moved, "others are told of groups that move only");
        let inner = Point {
            x: origin.x + group.translate.x,
            y: origin.y + group.translate.y,
        };
        self.elements(&group.elements, inner);
    }

    fn glyphs(&mut self, run: &GlyphRun, origin: Point) {
        let font = self.font(run.font);
        let em = f32::from(self.assets.fonts().face(run.font).metrics().units_per_em);
        let spacing = pt(run.letter_spacing) / pt(run.size);
        let starts = run.glyphs.iter().map(|glyph| glyph.cluster as usize);
        let ends = starts.clone().skip(1).chain([run.text.len()]);
        let glyphs = run
            .glyphs
            .iter()
            .zip(starts.zip(ends))
            .map(|(glyph, (start, end))| page::Glyph {
                id: glyph.id,
                text: [start, end],
                advance: glyph.advance as f32 / em + spacing,
                offset: [glyph.x_offset as f32 / em, glyph.y_offset as f32 / em],
            })
            .collect();
        self.page.items.push(Item::Glyphs(page::Glyphs {
            font,
            size: pt(run.size),
            origin: at(run.origin, origin),
            color: run.color.to_rgb(),
            text: run.text.clone(),
            glyphs,
        }));
    }

    fn shape(&mut self, shape: &Shape, origin: Point) {
        let steps = shape.outline.segments();
        let steps = steps.iter().map(|segment| match segment {
            Segment::Move(to) => Step::Move(at(*to, origin)),
            Segment::Line(to) => Step::Line(at(*to, origin)),
            Segment::Cubic(first, second, to) => {
                Step::Cubic([first, second, to].map(|point| at(*point, origin)))
            }
            Segment::Close => Step::Close,
        });
        let path = page::Path {
            steps: steps.collect(),
            fill: shape.fill.as_ref().map(|fill| {
                assert_eq!(fill.rule, FillRule::NonZero);
                let Paint::Solid(color) = fill.paint;
                color.to_rgb()
            }),
            stroke: shape.stroke.as_ref().map(|stroke| {
                assert_eq!(stroke.dash_phase, Length::ZERO);
                page::Stroke {
                    color: stroke.color.to_rgb(),
                    width: pt(stroke.width),
                    dashes: stroke.dashes.iter().map(|dash| pt(*dash)).collect(),
                    is_round: match (stroke.cap, stroke.join) {
                        (LineCap::Butt, LineJoin::Miter) => false,
                        (LineCap::Round, LineJoin::Round) => true,
                        other => panic!("others are not told of strokes with {other:?}"),
                    },
                }
            }),
        };
        self.page.items.push(Item::Path(path));
    }

    fn image(&mut self, placed: &PlacedImage, origin: Point) {
        assert_eq!(placed.crop, None, "others are told of whole images");
        let image = page::Image {
            image: self.image_file(placed.image),
            origin: at(placed.place.origin(), origin),
            size: [pt(placed.place.width), pt(placed.place.height)],
        };
        self.page.items.push(Item::Image(image));
    }

    /// The ground, then all dark modules as one path, as our own writer does.
    fn code(&mut self, code: &PlacedCode, origin: Point) {
        let modules = |count: i64| code.module.scaled(count, 1);
        let quiet = i64::from(code.quiet_modules);
        let side = pt(modules(i64::from(code.symbol.width()) + 2 * quiet));
        let ground = Step::Rect {
            origin: at(code.origin, origin),
            size: [side; 2],
        };
        let dark = code.symbol.rectangles().into_iter().map(|rect| {
            let corner = Point {
                x: code.origin.x + modules(quiet + i64::from(rect.x)),
                y: code.origin.y + modules(quiet + i64::from(rect.y)),
            };
            Step::Rect {
                origin: at(corner, origin),
                size: [rect.width, rect.height].map(|count| pt(modules(count.into()))),
            }
        });
        for (steps, color) in [(vec![ground], code.light), (dark.collect(), code.dark)] {
            self.page.items.push(Item::Path(page::Path {
                steps,
                fill: Some(color.to_rgb()),
                stroke: None,
            }));
        }
    }

    /// The number of a font among the page's, whose file is written when it is first asked for.
    fn font(&mut self, id: FontId) -> usize {
        if let Some(known) = self.fonts.iter().position(|font| *font == id) {
            return known;
        }
        let face = self.assets.fonts().face(id);
        let name = format!("{}.ttf", face.postscript_name());
        self.write(&name, face.data());
        self.fonts.push(id);
        self.page.fonts.push(name);
        self.fonts.len() - 1
    }

    /// The same for an image.
    fn image_file(&mut self, id: ImageId) -> usize {
        if let Some(known) = self.images.iter().position(|image| *image == id) {
            return known;
        }
        let image = self.assets.image(id).expect("a known image");
        assert_eq!(image.format(), Format::Png, "others are told of PNG images");
        let name = format!("image-{}.png", id.0);
        self.write(&name, image.file());
        self.images.push(id);
        self.page.images.push(name);
        self.images.len() - 1
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.join(name), bytes).expect("the file can be written");
    }
}

fn at(point: Point, origin: Point) -> [f32; 2] {
    [pt(origin.x + point.x), pt(origin.y + point.y)]
}

fn pt(length: Length) -> f32 {
    length.to_pt() as f32
}

//! Puts pieces where they belong and makes elements of a scene out of them.

use super::block::{Block, Scale, Vertical, size_at, to_emu};
use super::fit::{Fitted, to_length};
use super::lines::Line;
use super::notes::{LaidOut, Note, Notes};
use super::pieces::{Cutter, Piece, PieceText};
use super::text_box::{Align, Paragraph, Span, VerticalAlign};
use crate::length::{Angle, Length, Point, Rect, Size};
use crate::scene::{
    Color, Content, Element, Fill, FillRule, GlyphRun, Group, Link, Outline, Paint, Role, Shape,
};

/// Places all lines.
pub(super) fn place(mut block: Block<'_>, fitted: Fitted, notes: Notes) -> LaidOut {
    let frame = block.text_box.frame;
    let places: Vec<LinePlace> = fitted
        .lines
        .iter()
        .map(|line| LinePlace {
            space_before: block.space_before(line),
            vertical: block.vertical(line, fitted.scale),
        })
        .collect();
    let height = places.iter().map(LinePlace::height);
    let height = height.fold(0, i64::saturating_add);
    let room = i64::from(frame.height.to_emu()) - height;
    let above = match block.text_box.vertical_align {
        VerticalAlign::Top => 0,
        VerticalAlign::Middle => room.max(0) / 2,
        VerticalAlign::Bottom => room.max(0),
    };
    let mut placer = Placer {
        scale: fitted.scale,
        cutter: Cutter::new(),
        pieces: Vec::new(),
        y: i64::from(frame.y.to_emu()) + above,
        widest: 0,
        first_baseline: None,
        elements: Vec::with_capacity(fitted.lines.len()),
        paragraph: ParagraphParts::default(),
    };
    let mut lines = fitted.lines.iter().zip(&places).peekable();
    while let Some((line, place)) = lines.next() {
        placer.add_line(&mut block, line, place);
        let paragraph = paragraph_of(&block, line);
        let next = lines.peek();
        if next.and_then(|(next, _)| paragraph_of(&block, next)) != paragraph
            && let Some(paragraph) = paragraph
        {
            let paragraph = block.text_box.paragraphs.get(paragraph as usize);
            placer.end_paragraph(paragraph.map_or(Role::Paragraph, |paragraph| paragraph.role));
        }
    }
    let lines = fitted.lines.len() as u32;
    placer.finish(&block, fitted.is_clipped, height, lines, notes)
}

fn paragraph_of(block: &Block<'_>, line: &Line) -> Option<u32> {
    block
        .source
        .stretches
        .get(line.stretch as usize)
        .map(|stretch| stretch.paragraph)
}

/// What a line takes of the height, in EMU.
struct LinePlace {
    space_before: i64,
    vertical: Vertical,
}

impl LinePlace {
    fn height(&self) -> i64 {
        self.vertical.height.saturating_add(self.space_before)
    }
}

struct Placer {
    scale: Scale,
    cutter: Cutter,
    pieces: Vec<Piece>,
    /// The top of the next line, in EMU.
    y: i64,
    /// The widest line, in EMU.
    widest: i64,
    first_baseline: Option<i64>,
    elements: Vec<Element>,
    paragraph: ParagraphParts,
}

/// The parts of a paragraph, in painting order.
#[derive(Default)]
struct ParagraphParts {
    underlines: Vec<(Rect, Color)>,
    runs: Vec<GlyphRun>,
    links: Vec<Link>,
}

impl Placer {
    fn add_line(&mut self, block: &mut Block<'_>, line: &Line, place: &LinePlace) {
        self.y = self.y.saturating_add(place.space_before);
        let vertical = place.vertical;
        let baseline = self.y.saturating_add(vertical.baseline);
        self.first_baseline.get_or_insert(baseline);

        let mut pieces = std::mem::take(&mut self.pieces);
        self.cutter.cut(block, line, self.scale, &mut pieces);
        let width: i64 = pieces.iter().map(Piece::width).sum();
        self.widest = self.widest.max(width);
        let frame = block.text_box.frame;
        let slack = i64::from(frame.width.to_emu()) - width;
        let paragraph = paragraph_of(block, line)
            .and_then(|index| block.text_box.paragraphs.get(index as usize));
        let align = paragraph.map_or(Align::Start, |paragraph: &Paragraph<'_>| paragraph.align);
        let mut x = i64::from(frame.x.to_emu());
        match align {
            Align::Start | Align::Left => {}
            Align::Center => x += slack.div_euclid(2),
            Align::End | Align::Right => x += slack,
            Align::Justify if line.is_last || slack <= 0 => {}
            Align::Justify => justify(block, &mut pieces, slack),
        }
        for piece in pieces.drain(..) {
            let width = piece.width();
            let Some(span) = block.source.spans.get(piece.span as usize).map(|s| s.span) else {
                continue;
            };
            let place = PiecePlace {
                x,
                width,
                baseline,
                top: self.y,
                height: vertical.height,
            };
            self.add_marks(block, span, &place);
            self.add_run(block, span, piece, &place);
            x += width;
        }
        self.pieces = pieces;
        self.y = self.y.saturating_add(vertical.height);
    }

    /// The underline and the link of a piece.
    fn add_marks(&mut self, block: &Block<'_>, span: &Span<'_>, place: &PiecePlace) {
        if place.width <= 0 {
            return;
        }
        if span.style.underline {
            let metrics = block.fonts.face(span.style.font).metrics();
            let size = size_at(span.style, self.scale);
            let emu = |units: i16| to_emu(i64::from(units), size, metrics.units_per_em);
            let rect = place.rect(
                place.baseline - emu(metrics.underline_position),
                emu(metrics.underline_thickness),
            );
            let underlines = &mut self.paragraph.underlines;
            match underlines.last_mut() {
                Some((last, color)) if *color == span.style.color && continues(*last, rect) => {
                    last.width += rect.width;
                }
                _ => underlines.push((rect, span.style.color)),
            }
        }
        if let Some(uri) = span.link {
            let area = place.rect(place.top, place.height);
            match self.paragraph.links.last_mut() {
                Some(last) if last.uri == uri && continues(last.area, area) => {
                    last.area.width += area.width;
                }
                _ => self.paragraph.links.push(Link {
                    area,
                    uri: uri.to_owned(),
                }),
            }
        }
    }

    fn add_run(&mut self, block: &Block<'_>, span: &Span<'_>, piece: Piece, place: &PiecePlace) {
        if piece.glyphs.is_empty() {
            return;
        }
        let shift = i64::from(span.style.baseline_shift_per_mille) * piece.size;
        let text = match piece.text {
            PieceText::Source(bytes) => block.source.slice(bytes).to_owned(),
            PieceText::Sign(sign) => sign.to_string(),
        };
        let spacing = if piece.is_spaced { 0 } else { piece.spacing };
        self.paragraph.runs.push(GlyphRun {
            font: piece.font,
            size: to_length(piece.size),
            origin: Point {
                x: to_length(place.x),
                y: to_length(place.baseline - (shift + 500).div_euclid(1000)),
            },
            letter_spacing: to_length(to_emu(spacing, piece.size, piece.em)),
            color: span.style.color,
            text,
            glyphs: piece.glyphs,
        });
    }

    fn end_paragraph(&mut self, role: Role) {
        // Drained, not taken: the next paragraph uses the same room.
        let ParagraphParts {
            underlines,
            runs,
            links,
        } = &mut self.paragraph;
        let underlines = underlines.drain(..).map(|(rect, color)| {
            Element::artifact(Content::Shape(Shape {
                outline: Outline::Rect {
                    rect,
                    radius: Length::ZERO,
                },
                fill: Some(Fill {
                    paint: Paint::Solid(color),
                    rule: FillRule::NonZero,
                }),
                stroke: None,
            }))
        });
        self.elements.extend(underlines);
        let content = match (runs.pop(), runs.is_empty()) {
            (None, _) => None,
            (Some(only), true) => Some(Content::Glyphs(only)),
            (Some(last), false) => {
                let runs = runs.drain(..).chain([last]);
                let parts = runs.map(|run| Element {
                    role: Role::Part,
                    alternative: None,
                    content: Content::Glyphs(run),
                });
                Some(Content::Group(plain_group(parts.collect(), None)))
            }
        };
        self.elements.extend(content.map(|content| Element {
            role,
            alternative: None,
            content,
        }));
        self.elements.extend(links.drain(..).map(|link| Element {
            role: Role::Link,
            alternative: None,
            content: Content::Link(link),
        }));
    }

    fn finish(
        self,
        block: &Block<'_>,
        is_clipped: bool,
        height: i64,
        lines: u32,
        mut notes: Notes,
    ) -> LaidOut {
        let frame = block.text_box.frame;
        let mut elements = self.elements;
        let size = Size {
            width: to_length(self.widest),
            height: to_length(height),
        };
        let beyond = |side: Length, room: Length| (side - room).max(Length::ZERO);
        let by = Size {
            width: beyond(size.width, frame.width),
            height: beyond(size.height, frame.height),
        };
        let is_overfull = by != Size::default();
        if is_clipped && is_overfull {
            let clip = Outline::Rect {
                rect: frame,
                radius: Length::ZERO,
            };
            elements = vec![Element {
                role: Role::Part,
                alternative: None,
                content: Content::Group(plain_group(elements, Some(clip))),
            }];
        } else if is_overfull {
            notes.push(Note::Overfull { by });
        }
        let first_baseline = self.first_baseline.map_or(frame.y, to_length);
        LaidOut {
            elements,
            size,
            first_baseline,
            lines,
            notes,
        }
    }
}

/// Where a piece is, in EMU.
struct PiecePlace {
    x: i64,
    width: i64,
    baseline: i64,
    /// The top of its line and the line's height.
    top: i64,
    height: i64,
}

impl PiecePlace {
    fn rect(&self, top: i64, height: i64) -> Rect {
        Rect {
            x: to_length(self.x),
            y: to_length(top),
            width: to_length(self.width),
            height: to_length(height),
        }
    }
}

/// Whether `next` goes on at the right of `last`.
fn continues(last: Rect, next: Rect) -> bool {
    last.right() == next.x && last.y == next.y && last.height == next.height
}

fn plain_group(elements: Vec<Element>, clip: Option<Outline>) -> Group {
    Group {
        translate: Point::default(),
        rotate: Angle::default(),
        scale_ppm: (1_000_000, 1_000_000),
        clip,
        opacity: 255,
        elements,
    }
}

/// Widens the spaces of a line so that it becomes wider by `slack` EMU.
fn justify(block: &Block<'_>, pieces: &mut [Piece], slack: i64) {
    let all = pieces
        .iter()
        .map(|piece| spaces_of(block, piece).count())
        .sum::<usize>() as i64;
    let mut done = 0i64;
    for piece in pieces {
        let spaces: Vec<usize> = spaces_of(block, piece).collect();
        let share_before = slack * done / all.max(1);
        let mut units_before = 0;
        for index in spaces {
            done += 1;
            // Each space ends where it should, so that no rounding adds up.
            let share = slack * done / all.max(1) - share_before;
            let units = (share * i64::from(piece.em)).div_euclid(piece.size.max(1));
            if let Some(glyph) = piece.glyphs.get_mut(index) {
                glyph.advance = glyph.advance.saturating_add((units - units_before) as i32);
            }
            units_before = units;
        }
    }
}

/// The glyphs of a piece that stand for a space within the line.
fn spaces_of<'a>(block: &'a Block<'_>, piece: &'a Piece) -> impl Iterator<Item = usize> + 'a {
    let text = match &piece.text {
        PieceText::Source(bytes) => block.source.slice(bytes.clone()),
        PieceText::Sign(_) => "",
    };
    let visible = piece.glyphs.iter().take(piece.visible).enumerate();
    visible
        .filter(move |(_, glyph)| {
            let here = text.get(glyph.cluster as usize..).unwrap_or("");
            here.starts_with([' ', '\u{A0}'])
        })
        .map(|(index, _)| index)
}

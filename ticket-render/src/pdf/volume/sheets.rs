//! Sheets in the making: tickets are painted upon the open one, which is written when it is full.

use pdf_writer::Ref;

use super::VolumeError;
use super::outline::Place;
use super::page_tree::PageTree;
use crate::deflate::Effort;
use crate::error::RenderError;
use crate::length::{Length, Size};
use crate::pdf::content::{ContentWriter, push_lengths};
use crate::pdf::document::Document;
use crate::pdf::imposition::{Cell, Grid, Imposition, Order, Sides, push_marks, stacked};
use crate::pdf::objects::Objects;
use crate::pdf::page::{DrawnPage, Painted};
use crate::scene::Page;

/// The open sheet, and what is known of all.
pub(super) struct Sheets {
    imposition: Imposition,
    /// Known from the first ticket on.
    grid: Option<FittedGrid>,
    /// Sheets that are full.
    full: usize,
    /// The next position on the open sheet; beyond the last if it is full.
    next: usize,
    front: Surface,
    back: Surface,
}

struct FittedGrid {
    /// The trimmed size of every ticket.
    ticket: Size,
    front: Grid,
    back: Grid,
}

/// One side of the open sheet.
#[derive(Default)]
struct Surface {
    page: Option<Ref>,
    painted: Painted,
}

/// A page of a ticket that was painted for its place.
pub(super) struct Impression {
    position: usize,
    is_back: bool,
    cell: Cell,
    painted: Painted,
}

impl Sheets {
    pub fn new(imposition: Imposition) -> Self {
        Self {
            imposition,
            grid: None,
            full: 0,
            next: 0,
            front: Surface::default(),
            back: Surface::default(),
        }
    }

    /// How many tickets were promised, if anything depends on it.
    pub fn promised(&self) -> Option<usize> {
        match self.imposition.order {
            Order::Rows | Order::Columns => None,
            Order::Stacks { tickets } => Some(tickets),
        }
    }

    /// Whether a ticket's pages have places on sheets.
    pub fn check(&mut self, ticket: usize, pages: &[Page]) -> Result<(), VolumeError> {
        if let Some(promised) = self.promised()
            && ticket >= promised
        {
            return Err(VolumeError::TooMany { promised });
        }
        let max = match (self.imposition.sides, self.imposition.order) {
            (Sides::Both, _) => 2,
            (Sides::Front, Order::Stacks { .. }) => 1,
            (Sides::Front, Order::Rows | Order::Columns) => usize::MAX,
        };
        let found = pages.len();
        if found > max {
            return Err(VolumeError::Pages { ticket, found, max });
        }
        for (number, page) in pages.iter().enumerate() {
            let expected = match &self.grid {
                Some(grid) => grid.ticket,
                None => self.fit(page.size)?,
            };
            if page.size != expected {
                return Err(VolumeError::PageSizes {
                    ticket,
                    page: number,
                    found: page.size,
                    expected,
                });
            }
        }
        Ok(())
    }

    fn fit(&mut self, ticket: Size) -> Result<Size, VolumeError> {
        let front = Grid::fit(&self.imposition, ticket)?;
        let back = front.mirrored();
        self.grid = Some(FittedGrid {
            ticket,
            front,
            back,
        });
        Ok(ticket)
    }

    /// Paints a ticket's pages for their places, which they do not take yet.
    pub fn paint(
        &self,
        document: &mut Document,
        pages: &[Page],
    ) -> Result<Vec<Impression>, RenderError> {
        let Some(grid) = &self.grid else {
            return Ok(Vec::new());
        };
        let positions = self.imposition.positions();
        let mut impressions = Vec::with_capacity(pages.len());
        for (number, page) in pages.iter().enumerate() {
            let (position, is_back) = match self.imposition.sides {
                Sides::Front => ((self.next + number) % positions, false),
                Sides::Both => (self.next % positions, number > 0),
            };
            let side = if is_back { &grid.back } else { &grid.front };
            let cell = side.cell(position);
            impressions.push(Impression {
                position,
                is_back,
                painted: paint_page(document, page, &cell, side.sheet(), self.imposition.bleed)?,
                cell,
            });
        }
        Ok(impressions)
    }

    /// Puts a ticket's pages upon sheets, and writes each sheet that no more goes upon. Gives the
    /// place of the first page.
    pub fn put(
        &mut self,
        impressions: Vec<Impression>,
        tree: &mut PageTree,
        objects: &mut Objects,
        effort: Effort,
    ) -> Option<Place> {
        let mut place = None;
        for impression in impressions {
            if impression.position == 0 && !impression.is_back {
                self.write_open(tree, objects, effort);
            }
            let surface = if impression.is_back {
                &mut self.back
            } else {
                &mut self.front
            };
            let page = *surface.page.get_or_insert_with(|| objects.allocate());
            surface.painted.add(impression.painted);
            let corner = impression.cell.trim.origin();
            place.get_or_insert(Place {
                page,
                corner: Some((
                    corner.x.to_pt() as f32,
                    (self.imposition.sheet.height - corner.y).to_pt() as f32,
                )),
            });
            if !impression.is_back {
                self.next = self.after(impression.position);
            }
        }
        place
    }

    /// Writes the open sheet, if anything stands on it.
    pub fn write_open(&mut self, tree: &mut PageTree, objects: &mut Objects, effort: Effort) {
        let (Some(grid), Some(_)) = (&self.grid, self.front.page) else {
            return;
        };
        let mut sides = vec![(&mut self.front, &grid.front)];
        if self.imposition.sides == Sides::Both {
            sides.push((&mut self.back, &grid.back));
        }
        for (surface, grid) in sides {
            let Surface { page, mut painted } = std::mem::take(surface);
            if let Some(marks) = &self.imposition.marks {
                push_marks(&mut painted.content, grid, marks);
            }
            let page = page.unwrap_or_else(|| objects.allocate());
            let parent = tree.push(page, objects);
            let sheet = DrawnPage {
                size: grid.sheet(),
                bleed: Length::ZERO,
                painted,
            };
            sheet.write(objects, page, parent, effort);
        }
        self.full += 1;
        self.next = 0;
    }

    /// The position after this one. Some of a stack's last positions stay blank.
    fn after(&self, position: usize) -> usize {
        let next = position + 1;
        let positions = self.imposition.positions();
        match self.imposition.order {
            Order::Rows | Order::Columns => next,
            Order::Stacks { tickets } => {
                let sheets = self.imposition.sheets(tickets);
                if next < positions && stacked(self.full, next, sheets) < tickets {
                    next
                } else {
                    // What is blank is followed by blanks: their numbers are higher still.
                    positions
                }
            }
        }
    }
}

fn paint_page(
    document: &mut Document,
    page: &Page,
    cell: &Cell,
    sheet: Size,
    bleed: Length,
) -> Result<Painted, RenderError> {
    let base = cell.to_sheet(sheet);
    let mut content = ContentWriter::new(document, base);
    content.save();
    let paint = cell.paint(page.bleed.min(bleed));
    let out = content.graphics();
    push_lengths(
        out,
        &[
            paint.x,
            sheet.height - paint.bottom(),
            paint.width,
            paint.height,
        ],
    );
    out.extend_from_slice(b"re W n\n");
    content.concatenate(base);
    content.elements(&page.elements)?;
    content.restore();
    Ok(content.finish())
}

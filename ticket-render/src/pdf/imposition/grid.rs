//! Where each ticket stands on a sheet.

use super::{Dimension, Edge, GridPlace, Imposition, ImpositionError, Order, Turn};
use crate::length::{Length, Point, Rect, Size};
use crate::transform::Transform;

/// A grid that was found to fit. Distances from the top left corner of the sheet, y down.
#[derive(Clone, Debug)]
pub(in crate::pdf) struct Grid {
    sheet: Size,
    columns: usize,
    rows: usize,
    by_columns: bool,
    /// Top left corner of the first trimmed ticket.
    corner: Point,
    /// What a trimmed ticket takes, turned if tickets are.
    cell: Size,
    gutter: Size,
    bleed: Length,
    direction: Direction,
    is_mirrored: bool,
}

/// Where the upper edge of a ticket points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pdf) enum Direction {
    Up,
    Right,
    Left,
}

/// The place of one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pdf) struct Cell {
    /// What remains after cutting.
    pub trim: Rect,
    /// How far bleed may reach out: left, top, right, bottom.
    room: [Length; 4],
    direction: Direction,
}

impl Grid {
    /// Places tickets of a trimmed size.
    pub fn fit(imposition: &Imposition, ticket: Size) -> Result<Self, ImpositionError> {
        imposition.check_itself()?;
        let turned = Size {
            width: ticket.height,
            height: ticket.width,
        };
        let upright = || Self::fit_cells(imposition, ticket, Direction::Up);
        let quarter = || Self::fit_cells(imposition, turned, Direction::Right);
        match imposition.turn {
            Turn::Upright => upright(),
            Turn::Quarter => quarter(),
            // What is said of tickets that fit neither way is said of the upright ones.
            Turn::IfNeeded => upright().or_else(|error| quarter().map_err(|_| error)),
        }
    }

    fn fit_cells(
        imposition: &Imposition,
        cell: Size,
        direction: Direction,
    ) -> Result<Self, ImpositionError> {
        let (sheet, gutter) = (imposition.sheet, imposition.gutter);
        let (at_x, at_y) = match imposition.place {
            GridPlace::Centred => (None, None),
            GridPlace::At(corner) => (Some(corner.x), Some(corner.y)),
        };
        let across = Row {
            count: imposition.columns,
            cell: cell.width,
            gutter: gutter.width,
            sheet: sheet.width,
            dimension: Dimension::Width,
            edges: [Edge::Left, Edge::Right],
        };
        let down = Row {
            count: imposition.rows,
            cell: cell.height,
            gutter: gutter.height,
            sheet: sheet.height,
            dimension: Dimension::Height,
            edges: [Edge::Top, Edge::Bottom],
        };
        let surround = imposition.surround();
        Ok(Self {
            sheet,
            columns: imposition.columns.into(),
            rows: imposition.rows.into(),
            by_columns: imposition.order == Order::Columns,
            corner: Point {
                x: across.begin(at_x, surround)?,
                y: down.begin(at_y, surround)?,
            },
            cell,
            gutter,
            bleed: imposition.bleed,
            direction,
            is_mirrored: false,
        })
    }

    /// The same for the back of the sheet.
    pub fn mirrored(&self) -> Self {
        Self {
            corner: Point {
                x: self.sheet.width - self.corner.x - self.size().width,
                y: self.corner.y,
            },
            direction: match self.direction {
                Direction::Up => Direction::Up,
                Direction::Right => Direction::Left,
                Direction::Left => Direction::Right,
            },
            is_mirrored: !self.is_mirrored,
            ..self.clone()
        }
    }

    /// The place with this number; the last for one beyond.
    pub fn cell(&self, position: usize) -> Cell {
        let position = position.min(self.columns * self.rows - 1);
        let (column, row) = if self.by_columns {
            (position / self.rows, position % self.rows)
        } else {
            (position % self.columns, position / self.columns)
        };
        let column = if self.is_mirrored {
            self.columns - 1 - column
        } else {
            column
        };
        let side = |is_outer: bool, gutter: Length| {
            if is_outer {
                self.bleed
            } else {
                self.bleed.min(gutter.half())
            }
        };
        Cell {
            trim: Rect {
                x: self.left(column),
                y: self.top(row),
                width: self.cell.width,
                height: self.cell.height,
            },
            room: [
                side(column == 0, self.gutter.width),
                side(row == 0, self.gutter.height),
                side(column + 1 == self.columns, self.gutter.width),
                side(row + 1 == self.rows, self.gutter.height),
            ],
            direction: self.direction,
        }
    }

    pub fn sheet(&self) -> Size {
        self.sheet
    }

    /// The left and right edges of each column of trimmed tickets.
    pub(super) fn columns(&self) -> impl Iterator<Item = (Length, Length)> + Clone {
        (0..self.columns).map(|column| (self.left(column), self.left(column) + self.cell.width))
    }

    /// The upper and lower edges of each row of trimmed tickets.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Length, Length)> + Clone {
        (0..self.rows).map(|row| (self.top(row), self.top(row) + self.cell.height))
    }

    fn left(&self, column: usize) -> Length {
        self.corner.x + (self.cell.width + self.gutter.width).scaled(column as i64, 1)
    }

    fn top(&self, row: usize) -> Length {
        self.corner.y + (self.cell.height + self.gutter.height).scaled(row as i64, 1)
    }

    /// From the first to the last trimmed edge.
    fn size(&self) -> Size {
        Size {
            width: self.left(self.columns - 1) + self.cell.width - self.corner.x,
            height: self.top(self.rows - 1) + self.cell.height - self.corner.y,
        }
    }
}

/// Tickets along one extent of a sheet.
struct Row {
    count: u16,
    cell: Length,
    gutter: Length,
    sheet: Length,
    dimension: Dimension,
    /// Of the sheet, at the beginning and the end of the row.
    edges: [Edge; 2],
}

impl Row {
    /// Where it begins: there, or so that it is in the middle. Something of the breadth `surround`
    /// is printed before and behind it.
    fn begin(&self, at: Option<Length>, surround: Length) -> Result<Length, ImpositionError> {
        let emu = |length: Length| i64::from(length.to_emu());
        // A hundred long tickets are more than a length holds.
        let count = i64::from(self.count);
        let row = count * emu(self.cell) + (count - 1) * emu(self.gutter);
        let missing_from = |emu: i64| Length::emu(i32::try_from(emu).unwrap_or(i32::MAX));
        let Some(at) = at else {
            let left = emu(self.sheet) - row - 2 * emu(surround);
            if left < 0 {
                return Err(ImpositionError::DoesNotFit {
                    dimension: self.dimension,
                    missing: missing_from(-left),
                });
            }
            return Ok(missing_from((emu(self.sheet) - row) / 2));
        };
        let beyond = [
            emu(surround) - emu(at),
            emu(at) + row + emu(surround) - emu(self.sheet),
        ];
        for (edge, beyond) in self.edges.into_iter().zip(beyond) {
            if beyond > 0 {
                let missing = missing_from(beyond);
                return Err(ImpositionError::BeyondEdge { edge, missing });
            }
        }
        Ok(at)
    }
}

impl Cell {
    /// What a ticket with so much bleed of its own may paint on.
    pub fn paint(&self, bleed: Length) -> Rect {
        let [left, top, right, bottom] = self.room.map(|room| room.min(bleed));
        Rect {
            x: self.trim.x - left,
            y: self.trim.y - top,
            width: left + self.trim.width + right,
            height: top + self.trim.height + bottom,
        }
    }

    /// From the ticket's coordinates (y down from its trimmed corner) to the sheet's as PDF counts
    /// them (y up).
    pub fn to_sheet(&self, sheet: Size) -> Transform {
        let [x, y, width, height] = [
            self.trim.x,
            sheet.height - self.trim.y,
            self.trim.width,
            self.trim.height,
        ]
        .map(|length| f64::from(length.to_emu()));
        let [a, b, c, d, e, f] = match self.direction {
            Direction::Up => [1.0, 0.0, 0.0, -1.0, x, y],
            Direction::Right => [0.0, -1.0, -1.0, 0.0, x + width, y],
            Direction::Left => [0.0, 1.0, 1.0, 0.0, x, y - height],
        };
        Transform { a, b, c, d, e, f }
    }
}

//! Imposition: several tickets upon one sheet of the printer, to be cut apart.

mod grid;
mod marks;
mod order;

use thiserror::Error;

use super::MAX_SIDE;
use crate::length::{Length, Point, Size};

pub(super) use grid::{Cell, Grid};
pub(super) use marks::push_marks;
pub use order::AddingOrder;
pub(super) use order::stacked;

/// How tickets are arranged upon sheets.
///
/// All tickets have one trimmed size, and stand in a grid. [`Imposition::new`] gives the plainest
/// one, whose fields are then changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imposition {
    /// The sheet of the printer; each side above zero and at most 5.08 m.
    pub sheet: Size,
    /// Tickets beside each other, 1 to [`Imposition::MAX_EACH`].
    pub columns: u16,
    /// Tickets below each other, 1 to [`Imposition::MAX_EACH`].
    pub rows: u16,
    /// Space between trimmed tickets; zero where one cut parts two neighbours, else at least twice
    /// the bleed.
    pub gutter: Size,
    /// Where the grid stands.
    pub place: GridPlace,
    /// How much of each ticket's bleed is kept, zero or more. Without a gutter neighbours touch, so
    /// that bleed is kept at the outer edges of the grid only.
    pub bleed: Length,
    /// Where to cut is shown by these.
    pub marks: Option<CropMarks>,
    /// Which ticket comes where.
    pub order: Order,
    /// Whether tickets are turned.
    pub turn: Turn,
    /// What is printed on.
    pub sides: Sides,
}

/// Where the grid of trimmed tickets stands on a sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GridPlace {
    /// In the middle.
    #[default]
    Centred,
    /// With its top left corner here; mirrored on the back.
    At(Point),
}

/// Thin black lines that say where to cut.
///
/// They stand outside of the grid, and within gutters as far as those have room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CropMarks {
    /// How long each is, above zero.
    pub length: Length,
    /// How far it stays away from the trimmed edge; at least the bleed.
    pub offset: Length,
    /// How thick it is, above zero and at most 5 mm; a quarter of a point is customary.
    pub weight: Length,
}

impl Default for CropMarks {
    /// 5 mm long, 3 mm away, a quarter of a point thick.
    fn default() -> Self {
        Self {
            length: Length::mm(5),
            offset: Length::mm(3),
            weight: Length::pt(1).scaled(1, 4),
        }
    }
}

/// Which ticket comes where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Row by row, sheet by sheet.
    #[default]
    Rows,
    /// Column by column, sheet by sheet.
    Columns,
    /// For cutting whole piles: position `p` of sheet `k` (row by row, both from 0) shows ticket
    /// `p × sheets + k`, so that the cut piles, laid upon each other in order of their positions,
    /// are in order. Tickets have to be added as [`Imposition::adding_order`] says.
    Stacks {
        /// How many tickets there will be.
        tickets: usize,
    },
}

/// Whether tickets are turned upon the sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// They stand upright.
    #[default]
    Upright,
    /// They are turned clockwise by a quarter.
    Quarter,
    /// They are turned if they fit only so.
    IfNeeded,
}

/// What is printed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sides {
    /// The front only. Each page of a ticket takes a position.
    #[default]
    Front,
    /// Both sides: a ticket has a front and perhaps a back, which take one position. Each sheet makes
    /// two pages. The back is printed with the sheet turned about its upright edge, as books are, so
    /// its columns are mirrored.
    Both,
}

/// One of the extents of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Dimension {
    Width,
    Height,
}

impl std::fmt::Display for Dimension {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Width => "width",
            Self::Height => "height",
        })
    }
}

/// One of the edges of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Edge {
    Left,
    Top,
    Right,
    Bottom,
}

impl std::fmt::Display for Edge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Left => "left",
            Self::Top => "top",
            Self::Right => "right",
            Self::Bottom => "bottom",
        })
    }
}

/// Why tickets cannot be arranged so.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ImpositionError {
    /// No column or row, or too many.
    #[error("a sheet has 1 to {max} {what}, not {found}")]
    Count {
        /// "columns" or "rows".
        what: &'static str,
        /// How many were asked for.
        found: u16,
        /// The bound.
        max: u16,
    },
    /// More positions than a sheet may have.
    #[error("a sheet has at most {max} tickets, not {found}")]
    Positions {
        /// How many were asked for.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A sheet without area, or larger than PDF allows.
    #[error("the sheet must measure more than 0 and at most {max_mm} mm on each side")]
    SheetSize {
        /// The bound.
        max_mm: u32,
    },
    /// A length that is too short or too long.
    #[error("{what} must be {bounds}")]
    Length {
        /// What it is the length of.
        what: &'static str,
        /// What is possible.
        bounds: &'static str,
    },
    /// Neighbours would print into each other.
    #[error(
        "the gutter's {dimension} must be 0, where one cut parts two tickets, or {} mm more, for the bleed of both",
        in_mm(*.missing)
    )]
    Gutter {
        /// Which of the two.
        dimension: Dimension,
        /// How much is missing.
        missing: Length,
    },
    /// Crop marks would be printed into the bleed, and could remain after cutting.
    #[error("crop marks must stay {} mm farther away, out of the bleed", in_mm(*.missing))]
    MarksInBleed {
        /// How much is missing.
        missing: Length,
    },
    /// The grid is too large.
    #[error(
        "the sheet's {dimension} is {} mm too small for the tickets with gutters, bleed and crop marks",
        in_mm(*.missing)
    )]
    DoesNotFit {
        /// Which of the two.
        dimension: Dimension,
        /// How much is missing.
        missing: Length,
    },
    /// The grid was put too far out.
    #[error(
        "the tickets with gutters, bleed and crop marks reach {} mm beyond the sheet's {edge} edge",
        in_mm(*.missing)
    )]
    BeyondEdge {
        /// Which edge.
        edge: Edge,
        /// How far.
        missing: Length,
    },
}

/// A length that is missing, in millimetres: rounded up, so that adding it helps.
fn in_mm(missing: Length) -> String {
    const EMU_IN_HUNDREDTH: i64 = 360;
    let hundredths = (i64::from(missing.to_emu()) + EMU_IN_HUNDREDTH - 1) / EMU_IN_HUNDREDTH;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Imposition {
    /// More columns, or more rows, are refused.
    pub const MAX_EACH: u16 = 100;
    /// More tickets on a sheet are refused: all of an open sheet is in memory.
    pub const MAX_POSITIONS: usize = 1_000;

    /// A grid in the middle of a sheet: no gutter, no bleed, no marks, upright, row by row, on the
    /// front.
    pub fn new(sheet: Size, columns: u16, rows: u16) -> Self {
        Self {
            sheet,
            columns,
            rows,
            gutter: Size::default(),
            place: GridPlace::default(),
            bleed: Length::ZERO,
            marks: None,
            order: Order::default(),
            turn: Turn::default(),
            sides: Sides::default(),
        }
    }

    /// How many tickets a sheet has room for.
    pub fn positions(&self) -> usize {
        usize::from(self.columns) * usize::from(self.rows)
    }

    /// How many sheets so many tickets of one position each take.
    pub fn sheets(&self, tickets: usize) -> usize {
        match self.positions() {
            0 => 0,
            positions => tickets.div_ceil(positions),
        }
    }

    /// The indexes of tickets in the order in which they have to be added to a
    /// [`Volume`](super::Volume): as they come, or sheet by sheet for [`Order::Stacks`], where
    /// `tickets` has to be the number given there.
    pub fn adding_order(&self, tickets: usize) -> AddingOrder {
        AddingOrder::of(self, tickets)
    }

    /// Whether tickets of this trimmed size can be arranged so. A
    /// [`Volume`](super::Volume) checks the same, once it sees the first ticket.
    ///
    /// # Errors
    /// [`ImpositionError`], which says how much room is missing.
    pub fn check(&self, ticket: Size) -> Result<(), ImpositionError> {
        Grid::fit(self, ticket).map(|_| ())
    }

    /// What can be checked before the size of tickets is known.
    pub(super) fn check_itself(&self) -> Result<(), ImpositionError> {
        for (what, found) in [("columns", self.columns), ("rows", self.rows)] {
            let max = Self::MAX_EACH;
            if !(1..=max).contains(&found) {
                return Err(ImpositionError::Count { what, found, max });
            }
        }
        let (found, max) = (self.positions(), Self::MAX_POSITIONS);
        if found > max {
            return Err(ImpositionError::Positions { found, max });
        }
        let is_possible = |side: Length| side > Length::ZERO && side <= MAX_SIDE;
        if !is_possible(self.sheet.width) || !is_possible(self.sheet.height) {
            return Err(ImpositionError::SheetSize { max_mm: 5_080 });
        }
        let within = |what, length: Length, range: std::ops::RangeInclusive<Length>, bounds| {
            if range.contains(&length) {
                Ok(())
            } else {
                Err(ImpositionError::Length { what, bounds })
            }
        };
        let room = Length::ZERO..=MAX_SIDE;
        let bounds = "0 to 5080 mm";
        within(
            "the gutter's width",
            self.gutter.width,
            room.clone(),
            bounds,
        )?;
        within(
            "the gutter's height",
            self.gutter.height,
            room.clone(),
            bounds,
        )?;
        within("the bleed", self.bleed, room.clone(), bounds)?;
        if let GridPlace::At(corner) = self.place {
            within("the grid's left edge", corner.x, room.clone(), bounds)?;
            within("the grid's top edge", corner.y, room.clone(), bounds)?;
        }
        if let Some(marks) = &self.marks {
            let some = Length::emu(1);
            within("the offset of crop marks", marks.offset, room, bounds)?;
            within(
                "the length of crop marks",
                marks.length,
                some..=MAX_SIDE,
                "above 0 and at most 5080 mm",
            )?;
            within(
                "the weight of crop marks",
                marks.weight,
                some..=Length::mm(5),
                "above 0 and at most 5 mm",
            )?;
            if marks.offset < self.bleed {
                let missing = self.bleed - marks.offset;
                return Err(ImpositionError::MarksInBleed { missing });
            }
        }
        let twice = self.bleed + self.bleed;
        for (dimension, gutter) in [
            (Dimension::Width, self.gutter.width),
            (Dimension::Height, self.gutter.height),
        ] {
            if gutter > Length::ZERO && gutter < twice {
                let missing = twice - gutter;
                return Err(ImpositionError::Gutter { dimension, missing });
            }
        }
        Ok(())
    }

    /// How far paint reaches beyond the grid on each side.
    fn surround(&self) -> Length {
        match &self.marks {
            None => self.bleed,
            Some(marks) => marks.offset + marks.length,
        }
    }
}

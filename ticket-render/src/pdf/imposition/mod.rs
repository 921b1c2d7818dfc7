//! Imposition: several tickets upon one sheet of the printer, to be cut apart.

mod error;
mod grid;
mod marks;
mod order;

use super::MAX_SIDE;
use crate::length::{Length, Point, Size};

pub use error::{Dimension, Edge, ImpositionError};
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::length::Rect;

    fn length(mm: std::ops::Range<i32>) -> impl Strategy<Value = Length> {
        (mm.start * 36_000..mm.end * 36_000).prop_map(Length::emu)
    }

    fn size(mm: std::ops::Range<i32>) -> impl Strategy<Value = Size> {
        (length(mm.clone()), length(mm)).prop_map(|(width, height)| Size { width, height })
    }

    fn marks() -> impl Strategy<Value = Option<CropMarks>> {
        let some = (length(1..9), length(0..9)).prop_map(|(length, offset)| CropMarks {
            length,
            offset,
            ..CropMarks::default()
        });
        prop_oneof![Just(None), some.prop_map(Some)]
    }

    fn impositions() -> impl Strategy<Value = Imposition> {
        let gutter = prop_oneof![Just(Size::default()), size(0..20)];
        let corner = (length(0..60), length(0..60)).prop_map(|(x, y)| Point { x, y });
        let place = prop_oneof![Just(GridPlace::Centred), corner.prop_map(GridPlace::At)];
        let order = prop_oneof![Just(Order::Rows), Just(Order::Columns)];
        let turn = prop_oneof![
            Just(Turn::Upright),
            Just(Turn::Quarter),
            Just(Turn::IfNeeded)
        ];
        let grid = (size(100..900), 1..6_u16, 1..6_u16);
        (grid, gutter, place, length(0..6), marks(), order, turn).prop_map(
            |((sheet, columns, rows), gutter, place, bleed, marks, order, turn)| Imposition {
                gutter,
                place,
                bleed,
                marks,
                order,
                turn,
                ..Imposition::new(sheet, columns, rows)
            },
        )
    }

    /// Nothing of one ticket lies upon another or beyond the sheet, and no mark upon a ticket.
    fn check(grid: &Grid, imposition: &Imposition) {
        let sheet = Rect {
            width: imposition.sheet.width,
            height: imposition.sheet.height,
            ..Rect::default()
        };
        let painted: Vec<Rect> = (0..imposition.positions())
            .map(|position| grid.cell(position).paint(Length::mm(4)))
            .collect();
        for (index, rect) in painted.iter().enumerate() {
            assert!(sheet.contains(*rect), "{rect:?} on {sheet:?}");
            for other in painted.iter().skip(index + 1) {
                assert!(!rect.overlaps(*other), "{rect:?} and {other:?}");
            }
        }
        for (from, to) in imposition
            .marks
            .iter()
            .flat_map(|marks| marks::lines(grid, marks))
        {
            // A line has no area, which touching rectangles do not count as.
            let mark = Rect {
                x: from.x,
                y: from.y,
                width: (to.x - from.x).max(Length::emu(1)),
                height: (to.y - from.y).max(Length::emu(1)),
            };
            assert!(sheet.contains(mark), "{mark:?} on {sheet:?}");
            for rect in &painted {
                assert!(!rect.overlaps(mark), "{mark:?} upon {rect:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_fits_lies_apart_and_on_the_sheet(
            imposition in impositions(),
            ticket in size(10..160),
        ) {
            if let Ok(grid) = Grid::fit(&imposition, ticket) {
                check(&grid, &imposition);
                check(&grid.mirrored(), &imposition);
            }
        }

        #[test]
        fn any_lengths_are_refused_or_fit(
            lengths in proptest::array::uniform10(any::<i32>()),
            counts in (any::<u16>(), any::<u16>()),
        ) {
            let [width, height, gutter_x, gutter_y, bleed, x, y, offset, long, weight] =
                lengths.map(Length::emu);
            let imposition = Imposition {
                gutter: Size { width: gutter_x, height: gutter_y },
                place: GridPlace::At(Point { x, y }),
                bleed,
                marks: Some(CropMarks { length: long, offset, weight }),
                ..Imposition::new(Size { width, height }, counts.0, counts.1)
            };
            if let Ok(grid) = Grid::fit(&imposition, Size { width, height }) {
                check(&grid, &imposition);
            }
        }
    }

    #[test]
    fn what_is_missing_is_enough_when_it_is_added() {
        for (emu, expected) in [(1, "0.01"), (360, "0.01"), (361, "0.02"), (36_000, "1")] {
            assert_eq!(error::in_mm(Length::emu(emu)), expected);
        }
        assert_eq!(error::in_mm(Length::mm(10)), "10");
        assert_eq!(error::in_mm(Length::emu(39_600)), "1.1");
    }
}

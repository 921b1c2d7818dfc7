//! Why tickets cannot be arranged so.

use thiserror::Error;

use crate::length::Length;

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
pub(super) fn in_mm(missing: Length) -> String {
    const EMU_IN_HUNDREDTH: i64 = 360;
    let hundredths = (i64::from(missing.to_emu()) + EMU_IN_HUNDREDTH - 1) / EMU_IN_HUNDREDTH;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

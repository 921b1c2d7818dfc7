//! Why a ticket cannot be bound into a volume.

use thiserror::Error;

use crate::error::RenderError;
use crate::length::Size;
use crate::pdf::imposition::ImpositionError;

/// Why a ticket cannot be bound into a volume, or the volume not be finished. Tickets and pages are
/// counted from 0, in the order in which they were added.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum VolumeError {
    /// The scene cannot be drawn.
    #[error("ticket {ticket}: {source}")]
    Ticket {
        /// Which ticket.
        ticket: usize,
        /// What is wrong with it.
        source: RenderError,
    },
    /// Tickets cannot be arranged so.
    #[error(transparent)]
    Imposition(#[from] ImpositionError),
    /// Tickets of several sizes do not stand in a grid.
    #[error(
        "page {page} of ticket {ticket} measures {}, those before it {}; bind tickets of other sizes into another volume",
        in_mm(.found),
        in_mm(.expected)
    )]
    PageSizes {
        /// Which ticket.
        ticket: usize,
        /// Which of its pages.
        page: usize,
        /// Its trimmed size.
        found: Size,
        /// That of the pages before it.
        expected: Size,
    },
    /// A ticket has more pages than its position on a sheet.
    #[error("ticket {ticket} has {found} pages; with this order and these sides it may have {max}")]
    Pages {
        /// Which ticket.
        ticket: usize,
        /// How many pages it has.
        found: usize,
        /// How many it may have.
        max: usize,
    },
    /// More tickets than stacks were planned for.
    #[error("stacks were planned for {promised} tickets, and there are more")]
    TooMany {
        /// How many there should be.
        promised: usize,
    },
    /// Fewer tickets than stacks were planned for.
    #[error("stacks were planned for {promised} tickets, of which {added} were added")]
    TooFew {
        /// How many there should be.
        promised: usize,
        /// How many there are.
        added: usize,
    },
    /// The file has as many objects as PDF/A allows.
    #[error("a file holds at most {max} objects; begin another volume")]
    Full {
        /// The bound.
        max: usize,
    },
    /// No ticket was added.
    #[error("a volume needs at least one ticket")]
    Empty,
    /// A font cannot be cut down to the glyphs in use.
    #[error(transparent)]
    Font(RenderError),
}

fn in_mm(size: &Size) -> String {
    let rounded = |mm: f64| (mm * 100.0).round() / 100.0;
    format!(
        "{} × {} mm",
        rounded(size.width.to_mm()),
        rounded(size.height.to_mm())
    )
}

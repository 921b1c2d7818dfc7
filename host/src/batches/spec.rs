//! What a job is to make, as it was asked for.

use serde::{Deserialize, Serialize};
use ticket_render::length::Length;
use zeroize::Zeroizing;

use super::BatchError;
use crate::keys::{JobSecret, KeyRing, system_randomness};
use crate::storage::Sealed;
use uuid::Uuid;

/// Tickets of one file, unless somebody asks for fewer: larger files are slow to open.
pub const TICKETS_OF_A_FILE: u32 = 25_000;

/// What is asked for beside the tickets themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobSpec {
    /// The template of all prints; each ticket's own if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The printed files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
    /// A list of the tickets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListFormat>,
    /// In which order they are printed.
    #[serde(default)]
    pub order_by: OrderBy,
    /// Tickets of one file.
    #[serde(default = "tickets_of_a_file")]
    pub split_every: u32,
}

fn tickets_of_a_file() -> u32 {
    TICKETS_OF_A_FILE
}

/// Printed files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "as")]
pub enum Pages {
    /// One PDF of all tickets.
    Merged {
        /// How pages are laid on sheets; one page a sheet if none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        imposition: Option<Sheets>,
    },
    /// A ZIP of one PDF a ticket.
    Pdfs,
    /// A ZIP of one PNG a ticket, of its first page.
    Pngs {
        /// Resolution, 36 to 600.
        dpi: u32,
    },
}

/// How pages are laid on sheets. Lengths in EMU, 36,000 a millimetre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheets {
    /// Width and height of a sheet.
    pub sheet_emu: (i32, i32),
    /// Columns and rows.
    pub grid: (u32, u32),
    /// Between columns and between rows.
    pub gutter_emu: (i32, i32),
    /// Whether crop marks are drawn.
    pub crop_marks: bool,
    /// How far colour reaches beyond where is cut.
    pub bleed_emu: i32,
    /// Whether stacks that are cut lie in order.
    pub stacks: bool,
}

impl Sheets {
    /// The sheet.
    #[must_use]
    pub fn sheet(&self) -> (Length, Length) {
        (Length::emu(self.sheet_emu.0), Length::emu(self.sheet_emu.1))
    }
}

/// The format of a list of tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListFormat {
    /// RFC 4180.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// In which order tickets are printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderBy {
    /// As they were ordered.
    #[default]
    Item,
    /// By their holders' names.
    Name,
    /// By type, then as they were ordered.
    Type,
    /// By block, then seat.
    Seat,
    /// By the caller's order, then as they were ordered.
    Order,
    /// By the number that is printed.
    Number,
    /// By a further value of this name.
    Custom(String),
}

impl JobSpec {
    /// A job without any files.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            split_every: TICKETS_OF_A_FILE,
            ..Self::default()
        }
    }

    /// Whether files are to be made.
    #[must_use]
    pub fn makes_files(&self) -> bool {
        self.pages.is_some() || self.list.is_some()
    }

    pub(super) fn seal(&self, keys: &KeyRing, job: Uuid) -> Result<Sealed, BatchError> {
        let plain = Zeroizing::new(serde_json::to_vec(self)?);
        Ok(keys.seal_job(job, JobSecret::Spec, &plain, &mut system_randomness()))
    }

    /// Reads it back.
    ///
    /// # Errors
    /// When it does not open, or was sealed by another version.
    pub fn open(keys: &KeyRing, job: Uuid, sealed: &Sealed) -> Result<Self, BatchError> {
        let plain = keys.open_job(job, JobSecret::Spec, sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }
}

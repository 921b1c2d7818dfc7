//! The files that a batch makes.

use serde::Deserialize;
use ticket_render::length::Length;
use utoipa::ToSchema;

use crate::batches::{JobSpec, ListFormat, OrderBy, Pages, Sheets, TICKETS_OF_A_FILE};
use crate::http::openapi::SheetWord;

/// Largest side of a sheet in millimetres.
const MAX_SHEET_MM: f64 = 2_000.0;
/// Most columns or rows.
const MAX_EACH: u32 = 100;
/// Widest gutter or bleed in millimetres.
const MAX_GAP_MM: f64 = 100.0;
/// Resolution of PNGs whose caller names none.
const DEFAULT_DPI: u32 = 300;

/// The files that a batch makes; none if nothing of it is given.
#[derive(Debug, Default, Clone)]
pub struct FileOptions {
    /// Print all tickets.
    pub include_pdf: Option<bool>,
    /// Bind them into one PDF; that is done unless this says `false`, which makes a ZIP of single ones.
    pub merge_pdfs: Option<bool>,
    /// `pdf`, or `png` for a ZIP of one picture a ticket.
    pub format: Option<String>,
    /// Resolution of pictures; 300 if not given.
    pub dpi: Option<u32>,
    /// A list of the tickets with their codes: `csv` or `ndjson`.
    pub list: Option<String>,
    /// In which order they are printed: `item` (as they were ordered), `name`, `type`, `seat`, `order`,
    /// `number`, or `custom:` and the name of a further value.
    pub order_by: Option<String>,
    /// Tickets of one file; 25,000 if not given.
    pub split_every: Option<u32>,
    /// Several tickets on a sheet of the printer.
    pub imposition: Option<ImpositionBody>,
}

/// Several tickets on a sheet of the printer.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "sheet": "A4", "columns": 2, "rows": 4, "gutterMm": 6, "bleedMm": 3, "cropMarks": true }))]
pub struct ImpositionBody {
    /// `A3`, `A4`, `SRA3`, `letter` or `tabloid`, upright; or `widthMm` and `heightMm`.
    #[schema(value_type = Option<SheetWord>, inline)]
    pub sheet: Option<String>,
    /// Width of the sheet.
    #[schema(minimum = 10, maximum = 2_000)]
    pub width_mm: Option<f64>,
    /// Height of the sheet.
    #[schema(minimum = 10, maximum = 2_000)]
    pub height_mm: Option<f64>,
    /// Tickets side by side.
    #[schema(minimum = 1, maximum = 100)]
    pub columns: u32,
    /// Tickets one below the other.
    #[schema(minimum = 1, maximum = 100)]
    pub rows: u32,
    /// Between tickets; 0 if not given.
    #[schema(minimum = 0, maximum = 100)]
    pub gutter_mm: Option<f64>,
    /// How far colour reaches beyond where is cut; 0 if not given.
    #[schema(minimum = 0, maximum = 100)]
    pub bleed_mm: Option<f64>,
    /// Lines that say where to cut.
    pub crop_marks: Option<bool>,
    /// Whether stacks that are cut lie in order, one upon the other.
    pub cut_stacks: Option<bool>,
}

impl FileOptions {
    /// What a job is to make, with every problem found told to `problem`.
    pub fn checked(&self, spec: JobSpec, mut problem: impl FnMut(&str, String)) -> JobSpec {
        let wants_pages = self.include_pdf == Some(true)
            || (self.include_pdf.is_none()
                && (self.merge_pdfs.is_some()
                    || self.format.is_some()
                    || self.imposition.is_some()));
        let dpi = self.dpi.unwrap_or(DEFAULT_DPI);
        if !(36..=600).contains(&dpi) {
            problem("dpi", "must be 36 to 600".to_owned());
        }
        let sheets = self.imposition.as_ref().and_then(|imposition| {
            imposition
                .checked(&mut |field, message| problem(&format!("imposition.{field}"), message))
        });
        let form = match self.format.as_deref() {
            None | Some("pdf") => match self.merge_pdfs {
                Some(false) => Pages::Pdfs,
                None | Some(true) => Pages::Merged { imposition: sheets },
            },
            Some("png") => Pages::Pngs { dpi },
            Some(_) => {
                problem("format", "must be pdf or png".to_owned());
                Pages::Pdfs
            }
        };
        if self.imposition.is_some() && !matches!(form, Pages::Merged { .. }) {
            problem(
                "imposition",
                "is for a merged PDF; leave format and mergePDFs out".to_owned(),
            );
        }
        let list = match self.list.as_deref() {
            None => None,
            Some("csv") => Some(ListFormat::Csv),
            Some("ndjson") => Some(ListFormat::Ndjson),
            Some(_) => {
                problem("list", "must be csv or ndjson".to_owned());
                None
            }
        };
        let order_by = match self.order_by.as_deref() {
            None => OrderBy::Item,
            Some(name) => order_named(name).unwrap_or_else(|| {
                problem(
                    "orderBy",
                    "must be item, name, type, seat, order, number, or custom: and the name of a value"
                        .to_owned(),
                );
                OrderBy::Item
            }),
        };
        let split_every = self.split_every.unwrap_or(TICKETS_OF_A_FILE);
        if !(1..=100_000).contains(&split_every) {
            problem("splitEvery", "must be 1 to 100000".to_owned());
        }
        JobSpec {
            pages: wants_pages.then_some(form),
            list,
            order_by,
            split_every,
            ..spec
        }
    }
}

fn order_named(name: &str) -> Option<OrderBy> {
    Some(match name {
        "item" => OrderBy::Item,
        "name" => OrderBy::Name,
        "type" => OrderBy::Type,
        "seat" => OrderBy::Seat,
        "order" => OrderBy::Order,
        "number" => OrderBy::Number,
        name => {
            let custom = name.strip_prefix("custom:")?;
            (!custom.is_empty() && custom.len() <= 100)
                .then(|| OrderBy::Custom(custom.to_owned()))?
        }
    })
}

impl ImpositionBody {
    fn checked(&self, problem: &mut dyn FnMut(&str, String)) -> Option<Sheets> {
        let named = match self.sheet.as_deref() {
            None => None,
            Some("A3") => Some((297.0, 420.0)),
            Some("A4") => Some((210.0, 297.0)),
            Some("SRA3") => Some((320.0, 450.0)),
            Some("letter") => Some((215.9, 279.4)),
            Some("tabloid") => Some((279.4, 431.8)),
            Some(_) => {
                problem(
                    "sheet",
                    "must be A3, A4, SRA3, letter or tabloid; or give widthMm and heightMm"
                        .to_owned(),
                );
                return None;
            }
        };
        let given = self.width_mm.zip(self.height_mm);
        let (width, height) = match (named, given) {
            (Some(_), Some(_)) => {
                problem(
                    "sheet",
                    "cannot stand beside widthMm and heightMm".to_owned(),
                );
                return None;
            }
            (Some(sides), None) | (None, Some(sides)) => sides,
            (None, None) => {
                problem("sheet", "is required, or widthMm and heightMm".to_owned());
                return None;
            }
        };
        for (field, side) in [("widthMm", width), ("heightMm", height)] {
            if !(10.0..=MAX_SHEET_MM).contains(&side) {
                problem(field, format!("must be 10 to {MAX_SHEET_MM}"));
                return None;
            }
        }
        for (field, count) in [("columns", self.columns), ("rows", self.rows)] {
            if !(1..=MAX_EACH).contains(&count) {
                problem(field, format!("must be 1 to {MAX_EACH}"));
                return None;
            }
        }
        let (gutter, bleed) = (self.gutter_mm.unwrap_or(0.0), self.bleed_mm.unwrap_or(0.0));
        for (field, gap) in [("gutterMm", gutter), ("bleedMm", bleed)] {
            if !(0.0..=MAX_GAP_MM).contains(&gap) {
                problem(field, format!("must be 0 to {MAX_GAP_MM}"));
                return None;
            }
        }
        Some(Sheets {
            sheet_emu: (emu(width), emu(height)),
            grid: (self.columns, self.rows),
            gutter_emu: (emu(gutter), emu(gutter)),
            crop_marks: self.crop_marks.unwrap_or(false),
            bleed_emu: emu(bleed),
            stacks: self.cut_stacks.unwrap_or(false),
        })
    }
}

/// In the unit of the renderer; the range was checked.
fn emu(mm: f64) -> i32 {
    (mm * f64::from(Length::mm(1).to_emu())).round() as i32
}

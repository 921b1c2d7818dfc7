//! Prints the tickets of a part into a file.

use std::sync::Arc;

use ticket_render::length::{Length, Size};
use ticket_render::pdf::{
    Bound, CropMarks, Imposition, Order, PdfOptions, Turn, Volume, VolumeError, VolumeOptions,
    render,
};
use ticket_render::png::{self, PngOptions};

use super::fault::{Blame, count_faults, fault_of};
use super::files::forget_objects;
use super::input::ItemFault;
use super::worker::Worker;
use super::{BatchError, JobSpec, Pages, Sheets};
use crate::artifacts::{ArtifactWriter, Attempt, ObjectKey, StoredArtifact, ZipWriter};
use crate::issue::{BulkPrinter, IssueError, Printable};
use crate::keys::{KeyRing, system_randomness};
use crate::storage::{
    By, ClaimedChunk, NewArtifact, PrintedChunk, StoredTicket, TicketKey, TicketState,
};

/// Tickets that are read, laid out and written at a time.
const TICKETS_AT_ONCE: usize = 100;
/// If the first so many cannot be printed because of their template, no others are tried.
const SAMPLE: usize = 20;

/// A ticket to be printed, with its place in the part.
struct Sheet {
    index: u32,
    printable: Printable,
}

/// What came of some tickets.
#[derive(Default)]
struct Outcome {
    printed: u32,
    faults: Vec<ItemFault>,
    /// The first code of a template's fault.
    template_fault: Option<&'static str>,
}

impl Outcome {
    fn fail(&mut self, index: u32, error: &PrintFault) {
        let (code, message) = match error {
            PrintFault::Issue(code, message, blame) => {
                if *blame == Blame::Template {
                    self.template_fault.get_or_insert(code);
                }
                (*code, message.clone())
            }
            PrintFault::Render(message) => {
                self.template_fault.get_or_insert("RENDER_FAILED");
                ("RENDER_FAILED", message.clone())
            }
        };
        self.faults.push(ItemFault {
            index,
            line: None,
            code: code.to_owned(),
            message,
        });
    }

    fn add(&mut self, other: Self) {
        self.printed += other.printed;
        self.faults.extend(other.faults);
        self.template_fault = self.template_fault.or(other.template_fault);
    }
}

enum PrintFault {
    Issue(&'static str, String, Blame),
    Render(String),
}

impl Worker {
    /// Prints a part, and notes the file that came of it.
    pub(super) async fn print_part(&self, claimed: &ClaimedChunk) -> Result<(), BatchError> {
        let ClaimedChunk { job, chunk, lease } = claimed;
        let keys = self.keys.ring(job.organizer, self.clock.now()).await?;
        let spec = JobSpec::open(&keys, job.uuid, &job.spec)?;
        let mut faults = Vec::new();
        let printed = match (&chunk.places, &spec.pages) {
            (None, _) => self.write_list(claimed, &keys, &spec).await?,
            (Some(_), None) => return Err(BatchError::Fault("a part has no form")),
            (Some(places), Some(pages)) => {
                let places: Vec<TicketKey> = places.0.iter().copied().flatten().collect();
                let part = Part {
                    worker: self,
                    claimed,
                    keys: &keys,
                    spec: &spec,
                };
                let made = match pages {
                    Pages::Merged { imposition } => {
                        part.merged(places, imposition.as_ref()).await?
                    }
                    Pages::Pdfs => part.archive(&places, None).await?,
                    Pages::Pngs { dpi } => part.archive(&places, Some(*dpi)).await?,
                };
                let (artifacts, outcome) = match made {
                    Made::File(stored, outcome) => {
                        let (name, media_type) = file_name(pages, claimed);
                        let file = artifact(&stored, name, media_type, outcome.printed.into());
                        (vec![file], outcome)
                    }
                    Made::Nothing(outcome) => (Vec::new(), outcome),
                    Made::Stopped(code) => {
                        let by = By::new("host", self.clock.now());
                        self.storage.fail_job(*lease, code.to_owned(), by).await?;
                        return Ok(());
                    }
                };
                faults = outcome.faults;
                PrintedChunk {
                    artifacts,
                    printed: outcome.printed,
                    failed: count(&faults),
                    faults: ItemFault::seal_all(&faults, &keys, job.uuid, chunk.number)?,
                }
            }
        };
        let written: Vec<String> = printed
            .artifacts
            .iter()
            .map(|artifact| artifact.object_key.clone())
            .collect();
        let by = By::new(job.actor.clone(), self.clock.now());
        let noted = self.storage.finish_print(*lease, printed, by).await;
        if noted.is_err() {
            // Whoever has the chunk now writes objects of its own. If it is not known whether this was
            // noted, the keeper finds out later.
            if let Err(crate::storage::StorageError::Conflict(_)) = &noted {
                forget_objects(&self.artifacts, &written).await;
            }
        }
        noted?;
        count_faults(&faults, "print");
        Ok(())
    }

    pub(super) fn begin_artifact(&self, claimed: &ClaimedChunk, keys: &KeyRing) -> ArtifactWriter {
        let ClaimedChunk { job, chunk, lease } = claimed;
        let attempt = Attempt {
            organizer: job.organizer,
            job: job.uuid,
            part: chunk.number,
            attempt: u32::try_from(lease.fence).unwrap_or(u32::MAX),
        };
        let key = ObjectKey::draw(attempt, &mut system_randomness());
        self.artifacts.create(keys, key, &mut system_randomness())
    }
}

/// A row for a file.
pub(super) fn artifact(
    stored: &StoredArtifact,
    file_name: String,
    media_type: &str,
    tickets: u64,
) -> NewArtifact {
    NewArtifact {
        part: 0,
        object_key: stored.key.to_string(),
        file_name,
        media_type: media_type.to_owned(),
        bytes: stored.bytes,
        stored_bytes: stored.stored_bytes,
        digest: stored.sha256,
        tickets,
    }
}

fn file_name(pages: &Pages, claimed: &ClaimedChunk) -> (String, &'static str) {
    let first = claimed.chunk.first_item + 1;
    let last = claimed.chunk.first_item + u64::from(claimed.chunk.items);
    let range = format!("tickets-{first:07}-{last:07}");
    match pages {
        Pages::Merged { .. } => (format!("{range}.pdf"), "application/pdf"),
        Pages::Pdfs => (format!("{range}-pdf.zip"), "application/zip"),
        Pages::Pngs { .. } => (format!("{range}-png.zip"), "application/zip"),
    }
}

fn count(faults: &[ItemFault]) -> u32 {
    u32::try_from(faults.len()).unwrap_or(u32::MAX)
}

/// What became of a part.
enum Made {
    File(StoredArtifact, Outcome),
    /// No ticket of it could be printed.
    Nothing(Outcome),
    /// The template prints nothing: the job makes no sense.
    Stopped(&'static str),
}

/// A part that is printed.
struct Part<'p> {
    worker: &'p Worker,
    claimed: &'p ClaimedChunk,
    keys: &'p KeyRing,
    spec: &'p JobSpec,
}

impl Part<'_> {
    /// One PDF.
    async fn merged(
        &self,
        mut places: Vec<TicketKey>,
        sheets: Option<&Sheets>,
    ) -> Result<Made, BatchError> {
        let mut left_out = Outcome::default();
        loop {
            let writer = self.worker.begin_artifact(self.claimed, self.keys);
            let bound = self.bind(&places, sheets, writer).await?;
            match bound {
                Bindery::Done(made) => return Ok(with(left_out, made)),
                // Stacks have a place for each ticket: without those that failed they are others.
                Bindery::Gaps(outcome) => {
                    let failed: std::collections::HashSet<u32> =
                        outcome.faults.iter().map(|fault| fault.index).collect();
                    let mut index = 0;
                    places.retain(|_| {
                        index += 1;
                        !failed.contains(&(index - 1))
                    });
                    left_out.faults.extend(outcome.faults);
                    if places.is_empty() {
                        return Ok(Made::Nothing(left_out));
                    }
                }
            }
        }
    }

    async fn bind(
        &self,
        places: &[TicketKey],
        sheets: Option<&Sheets>,
        mut writer: ArtifactWriter,
    ) -> Result<Bindery, BatchError> {
        let imposition = sheets.map(|sheets| imposition(sheets, places.len()));
        let order: Vec<usize> = match &imposition {
            Some(imposition) => imposition.adding_order(places.len()).collect(),
            None => (0..places.len()).collect(),
        };
        let is_stacked = imposition
            .as_ref()
            .is_some_and(|imposition| matches!(imposition.order, Order::Stacks { .. }));
        let options = VolumeOptions {
            title: "Tickets".to_owned(),
            imposition,
            ..VolumeOptions::default()
        };
        let mut volume = match Volume::begin(options) {
            Ok(volume) => volume,
            Err(error) => return Err(BatchError::Sheets(error.to_string())),
        };
        let mut printer = self.printer().await?;
        let mut outcome = Outcome::default();
        for page in order.chunks(TICKETS_AT_ONCE) {
            let wanted: Vec<(u32, TicketKey)> = page
                .iter()
                .filter_map(|index| {
                    let place = places.get(*index)?;
                    Some((u32::try_from(*index).unwrap_or(u32::MAX), *place))
                })
                .collect();
            let ready = self.prepare(&mut printer, &wanted, &mut outcome).await?;
            let issuer = Arc::clone(&self.worker.issuer);
            let (back, bytes, part) = self
                .worker
                .threads
                .run(move || {
                    let (mut bytes, mut part) = (Vec::new(), Outcome::default());
                    for sheet in ready {
                        let added = add(&issuer, &mut volume, &sheet, &mut bytes);
                        match added {
                            Ok(()) => part.printed += 1,
                            Err(error) => part.fail(sheet.index, &error?),
                        }
                    }
                    Ok::<_, BatchError>((volume, bytes, part))
                })
                .await??;
            volume = back;
            outcome.add(part);
            if let Some(code) = systematic(&outcome) {
                writer.abort().await;
                return Ok(Bindery::Done(Made::Stopped(code)));
            }
            if !bytes.is_empty() {
                writer.write(&bytes).await?;
            }
        }
        if outcome.printed == 0 || (is_stacked && !outcome.faults.is_empty()) {
            writer.abort().await;
            return Ok(match outcome.printed {
                0 => Bindery::Done(Made::Nothing(outcome)),
                _ => Bindery::Gaps(outcome),
            });
        }
        let end = self
            .worker
            .threads
            .run(move || {
                let mut bytes = Vec::new();
                volume.finish(&mut bytes).map(|()| bytes)
            })
            .await?
            .map_err(|error| BatchError::Sheets(error.to_string()))?;
        writer.write(&end).await?;
        let stored = writer.finish().await?;
        Ok(Bindery::Done(Made::File(stored, outcome)))
    }

    /// A ZIP of single files: PNGs of this resolution, or PDFs.
    async fn archive(&self, places: &[TicketKey], dpi: Option<u32>) -> Result<Made, BatchError> {
        let mut zip = ZipWriter::new(self.worker.begin_artifact(self.claimed, self.keys));
        let mut printer = self.printer().await?;
        let mut outcome = Outcome::default();
        let indexed: Vec<(u32, TicketKey)> = (0..).zip(places.iter().copied()).collect();
        for page in indexed.chunks(TICKETS_AT_ONCE / 2) {
            let ready = self.prepare(&mut printer, page, &mut outcome).await?;
            let issuer = Arc::clone(&self.worker.issuer);
            let first = self.claimed.chunk.first_item;
            let (files, part) = self
                .worker
                .threads
                .run(move || {
                    let (mut files, mut part) = (Vec::new(), Outcome::default());
                    for sheet in ready {
                        match draw(&issuer, &sheet, dpi) {
                            Ok(bytes) => {
                                let number = first + u64::from(sheet.index) + 1;
                                let ending = if dpi.is_some() { "png" } else { "pdf" };
                                let ticket = &sheet.printable.ticket_number;
                                files.push((format!("{number:07}-{ticket}.{ending}"), bytes));
                                part.printed += 1;
                            }
                            Err(error) => part.fail(sheet.index, &error?),
                        }
                    }
                    Ok::<_, BatchError>((files, part))
                })
                .await??;
            outcome.add(part);
            if let Some(code) = systematic(&outcome) {
                zip.abort().await;
                return Ok(Made::Stopped(code));
            }
            for (name, bytes) in files {
                zip.add(&name, &bytes).await?;
            }
        }
        if outcome.printed == 0 {
            zip.abort().await;
            return Ok(Made::Nothing(outcome));
        }
        Ok(Made::File(zip.finish().await?, outcome))
    }

    async fn printer(&self) -> Result<BulkPrinter<'_>, BatchError> {
        let organizer = self.claimed.job.organizer;
        // Tickets that this job issued have the template already.
        let template = match self.claimed.job.kind {
            crate::storage::JobKind::Pdfs => self.spec.template.as_deref(),
            crate::storage::JobKind::Tickets | crate::storage::JobKind::Full => None,
        };
        Ok(self.worker.issuer.bulk_printer(organizer, template).await?)
    }

    /// Reads tickets and finds what their prints depend on, in the order in which they are wanted.
    async fn prepare(
        &self,
        printer: &mut BulkPrinter<'_>,
        wanted: &[(u32, TicketKey)],
        outcome: &mut Outcome,
    ) -> Result<Vec<Sheet>, BatchError> {
        let keys = wanted.iter().map(|(_, key)| *key).collect();
        let tickets = self
            .worker
            .storage
            .tickets_at(self.claimed.job.organizer, keys)
            .await?;
        let mut ready = Vec::with_capacity(wanted.len());
        for (index, key) in wanted {
            let found = tickets.binary_search_by_key(key, |ticket| ticket.key);
            let ticket = found.ok().and_then(|at| tickets.get(at));
            let Some(ticket) = ticket.filter(|ticket| is_printed(ticket)) else {
                let fault = PrintFault::Issue(
                    "TICKET_REVOKED",
                    "the ticket was revoked or replaced before it was printed".to_owned(),
                    Blame::Item,
                );
                outcome.fail(*index, &fault);
                continue;
            };
            match printer.prepare(ticket).await {
                Ok(printable) => ready.push(Sheet {
                    index: *index,
                    printable,
                }),
                Err(error) => outcome.fail(*index, &of_issue(error)?),
            }
        }
        Ok(ready)
    }
}

/// How the binding of a part ended.
enum Bindery {
    Done(Made),
    /// Some could not be printed, and left gaps.
    Gaps(Outcome),
}

fn with(left_out: Outcome, made: Made) -> Made {
    let joined = |mut outcome: Outcome| {
        outcome.add(left_out);
        outcome
    };
    match made {
        Made::File(stored, outcome) => Made::File(stored, joined(outcome)),
        Made::Nothing(outcome) => Made::Nothing(joined(outcome)),
        Made::Stopped(code) => Made::Stopped(code),
    }
}

fn is_printed(ticket: &StoredTicket) -> bool {
    ticket.state != TicketState::Revoked && ticket.replaced_by.is_none()
}

/// If none of the first was printed, and a template is to blame.
fn systematic(outcome: &Outcome) -> Option<&'static str> {
    let enough = outcome.printed == 0 && outcome.faults.len() >= SAMPLE;
    outcome.template_fault.filter(|_| enough)
}

fn of_issue(error: IssueError) -> Result<PrintFault, BatchError> {
    let (code, message, blame) = fault_of(&error).ok_or(error)?;
    Ok(PrintFault::Issue(code, message, blame))
}

/// Why a ticket is not in a file: its own fault, or one for which the chunk is tried again.
type Refused = Result<PrintFault, BatchError>;

fn add(
    issuer: &crate::issue::Issuer,
    volume: &mut Volume,
    sheet: &Sheet,
    bytes: &mut Vec<u8>,
) -> Result<(), Refused> {
    let laid_out = issuer.lay_out_now(&sheet.printable).map_err(of_issue)?;
    let holder = sheet.printable.holder.as_deref();
    let bound = Bound {
        scene: &laid_out.scene,
        assets: &laid_out.assets,
        title: holder.or(Some(&sheet.printable.ticket_number)),
    };
    volume.add(bound, bytes).map_err(|error| match error {
        VolumeError::Full { .. } | VolumeError::Empty | VolumeError::Font(_) => {
            Err(BatchError::Sheets(error.to_string()))
        }
        VolumeError::Ticket { .. }
        | VolumeError::Imposition(_)
        | VolumeError::PageSizes { .. }
        | VolumeError::Pages { .. }
        | VolumeError::TooMany { .. }
        | VolumeError::TooFew { .. } => Ok(PrintFault::Render(error.to_string())),
    })
}

fn draw(
    issuer: &crate::issue::Issuer,
    sheet: &Sheet,
    dpi: Option<u32>,
) -> Result<Vec<u8>, Refused> {
    let laid_out = issuer.lay_out_now(&sheet.printable).map_err(of_issue)?;
    let drawn = match dpi {
        None => render(&laid_out.scene, &laid_out.assets, &PdfOptions::default()),
        Some(dpi) => png::render(&laid_out.scene, 0, &laid_out.assets, &PngOptions { dpi }),
    };
    drawn.map_err(|error| Ok(PrintFault::Render(error.to_string())))
}

fn imposition(sheets: &Sheets, tickets: usize) -> Imposition {
    let length = Length::emu;
    let size = |(width, height): (i32, i32)| Size {
        width: length(width),
        height: length(height),
    };
    let each = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    Imposition {
        gutter: size(sheets.gutter_emu),
        bleed: length(sheets.bleed_emu),
        marks: sheets.crop_marks.then(|| CropMarks {
            offset: length(sheets.bleed_emu.max(CropMarks::default().offset.to_emu())),
            ..CropMarks::default()
        }),
        order: match sheets.stacks {
            true => Order::Stacks { tickets },
            false => Order::Rows,
        },
        turn: Turn::IfNeeded,
        ..Imposition::new(
            size(sheets.sheet_emu),
            each(sheets.grid.0),
            each(sheets.grid.1),
        )
    }
}

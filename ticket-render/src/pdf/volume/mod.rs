//! Volumes: any number of tickets in one file, which is written while they come.

mod error;
mod ledger;
mod outline;
mod page_tree;
mod sheets;
mod shelf;

use pdf_writer::{Finish, Ref, TextStr};

use self::ledger::Ledger;
use self::outline::{Outline, Place};
use self::page_tree::PageTree;
use self::sheets::{Impression, Sheets};
use super::Aim;
use super::document::Document;
use super::imposition::Imposition;
use super::objects::Objects;
use super::page::{DrawnPage, check_size};
use crate::RENDERER_VERSION;
use crate::assets::Assets;
use crate::error::RenderError;
use crate::scene::Scene;

pub use self::error::VolumeError;
pub(super) use self::shelf::Shelf;

/// How a volume is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeOptions {
    /// Document title, shown by viewers.
    pub title: String,
    /// BCP 47 language tag of the document.
    pub language: String,
    /// Whether pages are compressed quickly or well. Fonts are cut down to the glyphs of the file
    /// in any case, as that is done once.
    pub aim: Aim,
    /// Tickets upon sheets; a page of its own for each page of a ticket if there is none.
    pub imposition: Option<Imposition>,
}

/// One ticket of a volume.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// Its pages.
    pub scene: &'a Scene,
    /// What they refer to.
    pub assets: &'a Assets,
    /// What the outline says, such as the holder's name. Without it, or if it is blank, the outline
    /// has no entry.
    pub title: Option<&'a str>,
}

/// A PDF that is written while tickets come, and of which hardly anything stays in memory.
///
/// [`Volume::add`] and [`Volume::finish`] append bytes to a buffer, which the caller writes
/// somewhere and clears when it likes; all of them in their order are the file. Tickets appear in the
/// order in which they are added. Fonts, images and backgrounds stand in the file once, if they are
/// the same in memory: those of one [`Assets`], of clones and of [`Assets::with_images`], and those
/// that several templates' assets share. So keep the assets of a template as long as its tickets
/// come: if they are prepared anew, fonts and images stand in the file again.
///
/// In memory stay eight bytes an object (24 to 32 a ticket of one page), the open node of each
/// level of the page tree and of the outline, numbers for the glyphs in use, and the open sheet;
/// faces and backgrounds that were shown stay alive, images do not. The file's bytes depend on
/// nothing but what is passed here.
///
/// Bytes of a volume that was not finished are no PDF.
///
/// ```
/// use ticket_render::assets::{Assets, PreparedFonts};
/// use ticket_render::fonts::FontSet;
/// use ticket_render::length::{Length, Size};
/// use ticket_render::pdf::{Bound, CropMarks, Imposition, Order, Volume, VolumeOptions};
/// use ticket_render::scene::{Page, Scene};
///
/// let mm = |width, height| Size { width: Length::mm(width), height: Length::mm(height) };
/// let assets = Assets::prepare(PreparedFonts::new(FontSet::embedded()), vec![], vec![])?;
/// let blank = Scene {
///     title: String::new(),
///     language: "en".to_owned(),
///     pages: vec![Page {
///         name: "front".to_owned(),
///         size: mm(85, 55),
///         bleed: Length::mm(3),
///         elements: vec![],
///     }],
/// };
/// let tickets = vec![blank; 100];
///
/// // Eight on a sheet, in piles that lie in order once they are cut.
/// let imposition = Imposition {
///     gutter: mm(6, 6),
///     bleed: Length::mm(3),
///     marks: Some(CropMarks::default()),
///     order: Order::Stacks { tickets: tickets.len() },
///     ..Imposition::new(mm(210, 297), 2, 4)
/// };
/// let mut volume = Volume::begin(VolumeOptions {
///     title: "Summer night".to_owned(),
///     language: "en".to_owned(),
///     imposition: Some(imposition.clone()),
///     ..VolumeOptions::default()
/// })?;
/// let (mut file, mut piece) = (Vec::new(), Vec::new());
/// for index in imposition.adding_order(tickets.len()) {
///     let name = format!("Guest {index}");
///     let ticket = Bound { scene: &tickets[index], assets: &assets, title: Some(&name) };
///     volume.add(ticket, &mut piece)?;
///     // Where others write it to a disk or a socket.
///     file.append(&mut piece);
/// }
/// volume.finish(&mut file)?;
/// assert!(file.ends_with(b"%%EOF\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Volume {
    options: VolumeOptions,
    /// Tickets so far.
    tickets: usize,
    /// The next free object number.
    next: Ref,
    shelf: Shelf,
    ledger: Ledger,
    tree: PageTree,
    outline: Outline,
    sheets: Option<Sheets>,
}

/// A ticket's pages, drawn.
enum Drawn {
    Pages(Vec<DrawnPage>),
    Impressions(Vec<Impression>),
}

impl Volume {
    /// More objects are refused, as PDF/A allows no more: some two million tickets of one page with a
    /// link and an entry in the outline.
    pub const MAX_OBJECTS: usize = Ledger::MAX_OBJECTS;

    /// Begins a volume.
    ///
    /// # Errors
    /// [`VolumeError::Imposition`], of what is known to be wrong before the first ticket.
    pub fn begin(options: VolumeOptions) -> Result<Self, VolumeError> {
        let sheets = match &options.imposition {
            None => None,
            Some(imposition) => {
                imposition.check_itself()?;
                Some(Sheets::new(imposition.clone()))
            }
        };
        let ledger = Ledger::new(options.aim.effort());
        Ok(Self {
            options,
            tickets: 0,
            next: Ref::new(1),
            shelf: Shelf::default(),
            ledger,
            tree: PageTree::default(),
            outline: Outline::default(),
            sheets,
        })
    }

    /// How many tickets were added.
    pub fn tickets(&self) -> usize {
        self.tickets
    }

    /// Draws a ticket and appends what is finished of the file to `out`; that can be nothing.
    ///
    /// # Errors
    /// [`VolumeError`], which names the ticket. It is left out of the file then, which stays sound,
    /// and others may follow; what was appended belongs to the file all the same.
    pub fn add(&mut self, ticket: Bound<'_>, out: &mut Vec<u8>) -> Result<(), VolumeError> {
        self.check(ticket.scene)?;
        let number = self.tickets;
        let effort = self.options.aim.effort();
        let shelf = std::mem::take(&mut self.shelf);
        let mut document = Document::for_volume(ticket.assets, effort, self.next, shelf);
        let drawn = draw(self.sheets.as_ref(), &mut document, ticket.scene);
        // What is shared was written and is listed, even where the ticket cannot be drawn.
        let (mut objects, shelf) = document.into_volume();
        self.shelf = shelf;
        let added = match drawn {
            Ok(drawn) => {
                let place = self.put(drawn, &mut objects);
                if let Some((place, title)) = place.zip(ticket.title) {
                    self.outline.push(title, place, &mut objects);
                }
                self.tickets += 1;
                Ok(())
            }
            Err(source) => Err(VolumeError::Ticket {
                ticket: number,
                source,
            }),
        };
        self.ledger.put(&mut objects, out);
        self.next = objects.next();
        added
    }

    /// Appends the rest of the file to `out`: the open sheet, fonts, page tree, outline, and where
    /// each object stands.
    ///
    /// # Errors
    /// There is no ticket, there are fewer than [`Order::Stacks`](super::Order::Stacks) promised,
    /// or a font cannot be cut.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), VolumeError> {
        if self.tickets == 0 {
            return Err(VolumeError::Empty);
        }
        let effort = self.options.aim.effort();
        let mut objects = Objects::new(self.next, 64 << 10);
        if let Some(sheets) = &mut self.sheets {
            let added = self.tickets;
            match sheets.promised() {
                Some(promised) if promised != added => {
                    return Err(VolumeError::TooFew { promised, added });
                }
                _ => sheets.write_open(&mut self.tree, &mut objects, effort),
            }
        }
        self.shelf
            .write_fonts(&mut objects)
            .map_err(VolumeError::Font)?;
        let pages = self.tree.finish(&mut objects).ok_or(VolumeError::Empty)?;
        let outline = self.outline.finish(&mut objects);
        let root = objects.allocate();
        let mut catalog = objects
            .begin(root)
            .indirect(root)
            .start::<pdf_writer::writers::Catalog>();
        catalog.pages(pages);
        if !self.options.language.is_empty() {
            catalog.lang(TextStr(&self.options.language));
        }
        if let Some(outline) = outline {
            catalog.outlines(outline);
        }
        catalog.viewer_preferences().display_doc_title(true);
        catalog.finish();
        let info = objects.allocate();
        objects
            .begin(info)
            .indirect(info)
            .start::<pdf_writer::writers::DocumentInfo>()
            .title(TextStr(&self.options.title))
            .producer(TextStr(RENDERER_VERSION));
        self.ledger.put(&mut objects, out);
        self.ledger.finish(objects, root, info, out);
        Ok(())
    }

    fn check(&mut self, scene: &Scene) -> Result<(), VolumeError> {
        /// For page tree, outline and fonts at the end, and for what one ticket may take.
        const ROOM: usize = 1 << 18;
        let ticket = self.tickets;
        let max = Self::MAX_OBJECTS;
        if usize::try_from(self.next.get()).unwrap_or(max) > max - ROOM {
            return Err(VolumeError::Full { max });
        }
        let refused = |source| VolumeError::Ticket { ticket, source };
        if scene.pages.is_empty() {
            return Err(refused(RenderError::NoPages));
        }
        for (number, page) in scene.pages.iter().enumerate() {
            check_size(number, page).map_err(refused)?;
        }
        match &mut self.sheets {
            None => Ok(()),
            Some(sheets) => sheets.check(ticket, &scene.pages),
        }
    }

    /// Gives drawn pages their places in the file; returns that of the first.
    fn put(&mut self, drawn: Drawn, objects: &mut Objects) -> Option<Place> {
        let effort = self.options.aim.effort();
        match drawn {
            Drawn::Impressions(impressions) => {
                let sheets = self.sheets.as_mut()?;
                sheets.put(impressions, &mut self.tree, objects, effort)
            }
            Drawn::Pages(pages) => {
                let mut place = None;
                for drawn in pages {
                    let page = objects.allocate();
                    let parent = self.tree.push(page, objects);
                    drawn.write(objects, page, parent, effort);
                    place.get_or_insert(Place { page, corner: None });
                }
                place
            }
        }
    }
}

impl std::fmt::Debug for Volume {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Volume({} tickets)", self.tickets)
    }
}

fn draw(
    sheets: Option<&Sheets>,
    document: &mut Document,
    scene: &Scene,
) -> Result<Drawn, RenderError> {
    match sheets {
        Some(sheets) => Ok(Drawn::Impressions(sheets.paint(document, &scene.pages)?)),
        None => {
            let pages = scene.pages.iter().enumerate();
            let drawn: Result<Vec<_>, _> = pages
                .map(|(number, page)| DrawnPage::draw(document, number, page))
                .collect();
            Ok(Drawn::Pages(drawn?))
        }
    }
}

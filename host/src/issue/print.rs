//! Pages of stored tickets. They are rendered again at each download: the same inputs give the same
//! bytes, so nothing is kept.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use ticket_render::assets::Assets;
use ticket_render::scene::Scene;
use ticket_token::encode_qr_text;

use super::describe::{ValueSources, layout_order, stand_in_for_erased, unread_fields};
use super::issuer::{IssueError, Issuer};
use super::ticket_values::TicketValues;
use crate::events::{KnownEvent, details_of};
use crate::storage::{StoredTicket, TemplateVersion, TicketRevision};
use crate::templates::loaded::LayoutOrder;
use crate::templates::manifest::Manifest;
use crate::templates::{CodeText, ReadyTemplate, TemplateChoice};
use crate::traces::traced;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// All pages.
    Pdf,
    /// One page as pixels.
    Png {
        /// Counted from 1.
        page: u32,
        /// Resolution, 36 to 600.
        dpi: u32,
    },
    /// One page as a drawing, text as outlines.
    Svg {
        /// Counted from 1.
        page: u32,
    },
}

/// Why a format cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Another name.
    #[error("must be pdf, png or svg")]
    Name,
    /// The resolution.
    #[error("must be 36 to 600 dots per inch")]
    Dpi,
    /// The page.
    #[error("must be 1 or more")]
    Page,
}

impl Format {
    /// Resolution of a PNG whose caller names none; that of office printers.
    pub const DEFAULT_DPI: u32 = 300;

    /// Reads the parts of a request.
    ///
    /// # Errors
    /// [`FormatError`], each about one part.
    pub fn parse(name: &str, page: Option<u32>, dpi: Option<u32>) -> Result<Self, FormatError> {
        let page = page.unwrap_or(1);
        let dpi = dpi.unwrap_or(Self::DEFAULT_DPI);
        if page == 0 {
            return Err(FormatError::Page);
        }
        if !(36..=600).contains(&dpi) {
            return Err(FormatError::Dpi);
        }
        match name {
            "pdf" => Ok(Self::Pdf),
            "png" => Ok(Self::Png { page, dpi }),
            "svg" => Ok(Self::Svg { page }),
            _ => Err(FormatError::Name),
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png { .. } => "image/png",
            Self::Svg { .. } => "image/svg+xml",
        }
    }

    /// Its name, which is also the ending of its files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png { .. } => "png",
            Self::Svg { .. } => "svg",
        }
    }
}

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// What it is.
    pub format: Format,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Which event data a print shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// The newest.
    Newest,
    /// Those of the day when the ticket was sold, and the ticket itself as it was then.
    AsIssued,
}

/// A stored ticket with all that its print depends on, before anything is rendered.
pub struct Print {
    /// The ticket.
    pub ticket: StoredTicket,
    /// Its event.
    pub event: Arc<KnownEvent>,
    pub(super) version: TemplateVersion,
    event_revision: u32,
}

impl Print {
    /// What its layout by a template is told.
    pub(super) async fn order(
        &self,
        issuer: &Issuer,
        manifest: &Manifest,
    ) -> Result<(LayoutOrder, CodeText), IssueError> {
        issuer
            .order_of(&self.ticket, &self.event, self.event_revision, manifest)
            .await
    }
}

/// Why a page could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The document has fewer pages.
    #[error("the ticket has {pages} pages, not {asked}")]
    NoSuchPage {
        /// The page asked for, from 1.
        asked: u32,
        /// How many there are.
        pages: usize,
    },
    /// The renderer cannot draw it.
    #[error(transparent)]
    Render(#[from] ticket_render::error::RenderError),
}

impl Issuer {
    /// Finds all that a ticket's print depends on.
    ///
    /// # Errors
    /// When storage fails or rows are missing.
    pub async fn prepare_print(
        &self,
        ticket: StoredTicket,
        edition: Edition,
    ) -> Result<Print, IssueError> {
        let ticket = match edition {
            Edition::Newest => ticket,
            Edition::AsIssued => self.as_issued(ticket).await?,
        };
        let event = self.event_of(&ticket).await?;
        let version = self.version_of(&ticket).await?;
        let event_revision = match edition {
            Edition::Newest => event.event.current.revision,
            Edition::AsIssued => ticket.current.event_revision,
        };
        Ok(Print {
            ticket,
            event,
            version,
            event_revision,
        })
    }

    /// All that the print of just this revision of a ticket depends on.
    pub(super) async fn prepare_print_of(&self, ticket: StoredTicket) -> Result<Print, IssueError> {
        Ok(Print {
            event: self.event_of(&ticket).await?,
            version: self.version_of(&ticket).await?,
            event_revision: ticket.current.event_revision,
            ticket,
        })
    }

    /// Lays a stored ticket out again, and renders it if a format is asked for. Answers what the
    /// layout noted for its author, too.
    pub(super) async fn reprint(
        &self,
        print: &Print,
        format: Option<Format>,
    ) -> Result<(Vec<String>, Option<Artifact>), IssueError> {
        let template = self.library.load(&print.version).await?;
        let (order, code) = print.order(self, template.manifest()).await?;
        let (mut notes, artifact) = self
            .lay_out_with_notes(&template, order, code, format)
            .await?;
        let values = self.values_of(&print.ticket).await?;
        notes.extend(unread_fields(&values, template.manifest()));
        Ok((notes, artifact))
    }

    /// Finds all that a ticket's print depends on, with the template of this name that is in use in
    /// the place of its own.
    ///
    /// # Errors
    /// As [`Issuer::prepare_print`], and when there is no such template.
    pub async fn prepare_print_as(
        &self,
        ticket: StoredTicket,
        edition: Edition,
        template: &str,
    ) -> Result<Print, IssueError> {
        let keys = self.keys.ring(ticket.organizer, self.clock.now()).await?;
        let choice = TemplateChoice {
            asked: Some(template),
            ..TemplateChoice::default()
        };
        const NO_TRIAL: u16 = 1_000;
        let (version, _) = self
            .library
            .choose(keys.organizer(), choice, NO_TRIAL)
            .await?;
        let print = self.prepare_print(ticket, edition).await?;
        Ok(Print { version, ..print })
    }

    /// The template version of a ticket's newest revision.
    pub(super) async fn version_of(
        &self,
        ticket: &StoredTicket,
    ) -> Result<TemplateVersion, IssueError> {
        self.storage
            .template_version(ticket.organizer, ticket.current.template_version)
            .await?
            .ok_or_else(|| IssueError::Fault("the ticket's template version is missing".to_owned()))
    }

    /// Lays a stored ticket out again and renders it.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn print(&self, print: &Print, format: Format) -> Result<Artifact, IssueError> {
        let template = self.library.load(&print.version).await?;
        self.print_with(print, &template, format).await
    }

    /// Prints a stored ticket with another template than its own, for a preview.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn print_with(
        &self,
        print: &Print,
        template: &ReadyTemplate,
        format: Format,
    ) -> Result<Artifact, IssueError> {
        let (order, code) = print.order(self, template.manifest()).await?;
        self.draw(template, order, code, format).await
    }

    /// What a stored ticket's layout by a template is told.
    pub(super) async fn order_of(
        &self,
        ticket: &StoredTicket,
        event: &KnownEvent,
        event_revision: u32,
        manifest: &Manifest,
    ) -> Result<(LayoutOrder, CodeText), IssueError> {
        let keys = self.keys.ring(ticket.organizer, self.clock.now()).await?;
        let KnownEvent { event, details, .. } = event;
        let earlier;
        let details = if event_revision == event.current.revision {
            details
        } else {
            let revision = self
                .storage
                .event_revision(ticket.organizer, event.number, event_revision)
                .await?
                .ok_or_else(|| IssueError::Fault("an event revision is missing".to_owned()))?;
            earlier = details_of(&revision.data, &event.number.0.to_string())?;
            &earlier
        };
        let values = self.values_of(ticket).await?;
        let type_name = self.type_name_of(ticket).await?;
        let sources = ValueSources {
            organizer: keys.organizer().into(),
            event_id: event.id.as_str(),
            event: details,
            type_name: &type_name,
            ticket_number: &ticket.ticket_number,
            issued: ticket.current.issued_at,
            values: &values,
        };
        let code = CodeText::Token(self.qr_text_of(ticket).await?);
        let order = stand_in_for_erased(layout_order(&sources), &values, manifest);
        Ok((order, code))
    }

    /// Lays out and renders when it is its turn: a page of pixels takes milliseconds.
    pub(super) async fn draw(
        &self,
        template: &ReadyTemplate,
        order: LayoutOrder,
        code: CodeText,
        format: Format,
    ) -> Result<Artifact, IssueError> {
        let drawn = self
            .library
            .lay_out(template, order, code, move |laid_out| {
                render_now(&laid_out.assets, &laid_out.scene, format)
            })
            .await?;
        Ok(drawn?)
    }

    /// What a ticket says of its holder and order.
    ///
    /// # Errors
    /// When keys fail, or the row does not open.
    pub async fn values_of(&self, ticket: &StoredTicket) -> Result<TicketValues, IssueError> {
        let keys = self.keys.ring(ticket.organizer, self.clock.now()).await?;
        let TicketRevision {
            revision, values, ..
        } = &ticket.current;
        let plain = keys.open_values(ticket.key, *revision, values)?;
        TicketValues::from_bytes(&plain).map_err(|error| IssueError::Fault(error.to_string()))
    }

    /// The token's COSE object.
    ///
    /// # Errors
    /// When keys fail, or the row does not open.
    pub async fn token_of(&self, ticket: &StoredTicket) -> Result<Vec<u8>, IssueError> {
        let keys = self.keys.ring(ticket.organizer, self.clock.now()).await?;
        let token = keys.open_token(ticket.key, &ticket.current.token_at_rest)?;
        Ok(token.to_vec())
    }

    /// The text of a ticket's code.
    ///
    /// # Errors
    /// As [`Issuer::token_of`].
    pub async fn qr_text_of(&self, ticket: &StoredTicket) -> Result<String, IssueError> {
        Ok(encode_qr_text(&self.token_of(ticket).await?))
    }

    /// A ticket's event.
    ///
    /// # Errors
    /// When storage fails or the row is missing.
    pub async fn event_of(&self, ticket: &StoredTicket) -> Result<Arc<KnownEvent>, IssueError> {
        let now = self.clock.now();
        let found = self
            .events
            .by_number(ticket.organizer, ticket.key.event, now)
            .await?;
        found.ok_or(IssueError::NoEvent)
    }

    /// Name of a ticket's type.
    ///
    /// # Errors
    /// When storage fails or the row is missing.
    pub async fn type_name_of(&self, ticket: &StoredTicket) -> Result<String, IssueError> {
        let event = self.event_of(ticket).await?;
        if let Some(name) = event.type_name(ticket.ticket_type) {
            return Ok(name.to_owned());
        }
        // Another replica numbered it a moment ago.
        self.events.forget(ticket.key.event);
        let event = self.event_of(ticket).await?;
        let name = event.type_name(ticket.ticket_type);
        name.map(str::to_owned)
            .ok_or_else(|| IssueError::Fault("the ticket's type is missing".to_owned()))
    }
}

/// The entity tag of a print: a hash of all that the bytes are a function of, known before
/// anything is rendered.
pub fn etag(print: &Print, format: Format) -> String {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(ticket_render::RENDERER_VERSION.as_bytes());
    field(&print.version.component.0);
    field(&print.version.settings.0);
    for asset in &print.version.assets {
        field(asset.name.as_bytes());
        field(&asset.digest.0);
    }
    field(print.ticket.uuid.as_bytes());
    field(&print.ticket.current.revision.to_be_bytes());
    // A revision never changes, but for what is erased from it.
    field(&print.ticket.current.values.0);
    field(&print.event_revision.to_be_bytes());
    match format {
        Format::Pdf => field(b"pdf"),
        Format::Png { page, dpi } => {
            field(b"png");
            field(&page.to_be_bytes());
            field(&dpi.to_be_bytes());
        }
        Format::Svg { page } => {
            field(b"svg");
            field(&page.to_be_bytes());
        }
    }
    let digest = hash.finalize();
    let hex: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}

/// Renders a scene.
///
/// # Errors
/// [`PrintError`].
pub fn render_now(assets: &Assets, scene: &Scene, format: Format) -> Result<Artifact, PrintError> {
    use ticket_render::{pdf, png, svg};
    let _span = traced!("render").entered();
    let page_index = |page: u32| {
        let index = page as usize - 1;
        let pages = scene.pages.len();
        if index < pages {
            Ok(index)
        } else {
            Err(PrintError::NoSuchPage { asked: page, pages })
        }
    };
    let bytes = match format {
        Format::Pdf => pdf::render(scene, assets, &pdf::PdfOptions::default())?,
        Format::Png { page, dpi } => {
            png::render(scene, page_index(page)?, assets, &png::PngOptions { dpi })?
        }
        Format::Svg { page } => svg::render(scene, page_index(page)?, assets)?.into_bytes(),
    };
    Ok(Artifact { format, bytes })
}

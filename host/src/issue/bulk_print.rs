//! Many stored tickets printed at once, for jobs: versions are loaded once.

use std::collections::HashMap;

use super::issuer::{IssueError, Issuer};
use crate::storage::{OrganizerId, StoredTicket, TemplateVersion, TemplateVersionId};
use crate::templates::{CodeText, LaidOut, LayoutOrder, ReadyTemplate, TemplateChoice};

/// Finds what each of many prints depends on.
pub struct BulkPrinter<'i> {
    issuer: &'i Issuer,
    /// The template of all prints; each ticket's own if none.
    template: Option<ReadyTemplate>,
    versions: HashMap<TemplateVersionId, ReadyTemplate>,
}

/// A ticket whose pages can be laid out.
pub struct Printable {
    template: ReadyTemplate,
    order: LayoutOrder,
    code: CodeText,
    /// The holder's name.
    pub holder: Option<String>,
    /// The number that is printed.
    pub ticket_number: String,
}

impl Issuer {
    /// Begins to print tickets of an organizer, with the template of this name in the place of their own.
    ///
    /// # Errors
    /// When there is no such template, or the organizer's keys cannot be used.
    pub async fn bulk_printer(
        &self,
        organizer: OrganizerId,
        template: Option<&str>,
    ) -> Result<BulkPrinter<'_>, IssueError> {
        let template = match template {
            None => None,
            Some(name) => {
                let keys = self.keys.ring(organizer, self.clock.now()).await?;
                let choice = TemplateChoice {
                    asked: Some(name),
                    ..TemplateChoice::default()
                };
                const NO_TRIAL: u16 = 1_000;
                let chosen = self
                    .library
                    .choose(keys.organizer(), choice, NO_TRIAL)
                    .await?;
                Some(chosen.1)
            }
        };
        Ok(BulkPrinter {
            issuer: self,
            template,
            versions: HashMap::new(),
        })
    }

    /// Lays a ticket out on this thread.
    ///
    /// # Errors
    /// When its template refuses or breaks.
    pub fn lay_out_now(&self, printable: &Printable) -> Result<LaidOut, IssueError> {
        let Printable {
            template,
            order,
            code,
            ..
        } = printable;
        Ok(self.library.lay_out_now(template, order, code)?)
    }
}

impl BulkPrinter<'_> {
    /// Finds what a ticket's print depends on.
    ///
    /// # Errors
    /// When storage or keys fail, or rows are missing.
    pub async fn prepare(&mut self, ticket: &StoredTicket) -> Result<Printable, IssueError> {
        let template = self.template_of(ticket).await?;
        let event = self.issuer.event_of(ticket).await?;
        let revision = event.event.current.revision;
        let (order, code) = self
            .issuer
            .order_of(ticket, &event, revision, template.manifest())
            .await?;
        let values = self.issuer.values_of(ticket).await?;
        Ok(Printable {
            template,
            order,
            code,
            holder: values.holder.name,
            ticket_number: ticket.ticket_number.clone(),
        })
    }

    async fn template_of(&mut self, ticket: &StoredTicket) -> Result<ReadyTemplate, IssueError> {
        if let Some(template) = &self.template {
            return Ok(template.clone());
        }
        let id = ticket.current.template_version;
        if let Some(loaded) = self.versions.get(&id) {
            return Ok(loaded.clone());
        }
        let version: TemplateVersion = self.issuer.version_of(ticket).await?;
        let loaded = self.issuer.library.load(&version).await?;
        self.versions.insert(id, loaded.clone());
        Ok(loaded)
    }
}

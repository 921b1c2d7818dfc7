//! Stored tickets, by the names that callers and holders have for them.

use super::capability::{Capabilities, Capability};
use super::issuer::{FIRST_REVISION, IssueError, Issued, Issuer};
use super::print::Format;
use super::ticket_uuid::TicketUuids;
use crate::keys::{IndexKind, KeyRing, unix_time};
use crate::storage::{CallerId, OrganizerId, StoredTicket, TicketKey, TicketState};

/// Serials that one ticket may have had; a chain that is longer is a circle.
pub(super) const MAX_SERIALS: usize = 100_000;

impl Issuer {
    /// The ticket that a path names: by the caller's id, or by Guichet's.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn find_ticket(
        &self,
        organizer: OrganizerId,
        name: &str,
    ) -> Result<Option<StoredTicket>, IssueError> {
        if let Ok(uuid) = uuid::Uuid::try_parse(name) {
            let keys = self.keys.ring(organizer, self.clock.now()).await?;
            return match TicketUuids(keys.ticket_id_hash()).ticket_of(uuid) {
                Some(key) => self.newest_at(organizer, key).await,
                None => Ok(None),
            };
        }
        match CallerId::try_from(name) {
            Ok(id) => Ok(self.storage.ticket_by_id(organizer, &id).await?),
            Err(_) => Ok(None),
        }
    }

    /// The ticket that was first at this place: it may have been replaced since, and what replaced it too.
    async fn newest_at(
        &self,
        organizer: OrganizerId,
        first: TicketKey,
    ) -> Result<Option<StoredTicket>, IssueError> {
        let mut key = first;
        for _ in 0..MAX_SERIALS {
            match self.storage.ticket(organizer, key).await? {
                Some(StoredTicket {
                    replaced_by: Some(serial),
                    ..
                }) => key.serial = serial,
                found => return Ok(found),
            }
        }
        Err(IssueError::Fault(format!(
            "the serials that ticket {first} had lead nowhere"
        )))
    }

    /// The tickets of an order, in the order of their issue.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn tickets_of_order(
        &self,
        organizer: OrganizerId,
        order_id: &str,
    ) -> Result<Vec<StoredTicket>, IssueError> {
        let keys = self.keys.ring(organizer, self.clock.now()).await?;
        let index = keys.blind_index(IndexKind::Order, order_id);
        let mut tickets = self.storage.tickets_of_order(organizer, index).await?;
        // The serials of two replicas do not grow with time; those of one order at one moment do.
        tickets.sort_by_key(|ticket| ticket.created_at);
        Ok(tickets)
    }

    /// A ticket as it was sold: its first revision, at its first serial.
    ///
    /// # Errors
    /// When storage or keys fail, or rows are missing.
    pub async fn as_issued(&self, ticket: StoredTicket) -> Result<StoredTicket, IssueError> {
        if ticket.current.revision == FIRST_REVISION {
            return Ok(ticket);
        }
        let missing = || IssueError::Fault("a ticket's first revision is missing".to_owned());
        let keys = self.keys.ring(ticket.organizer, self.clock.now()).await?;
        let key = TicketUuids(keys.ticket_id_hash())
            .ticket_of(ticket.uuid)
            .ok_or_else(missing)?;
        let first = self
            .storage
            .ticket_revision(ticket.organizer, key, FIRST_REVISION)
            .await?
            .ok_or_else(missing)?;
        let place = if key == ticket.key {
            ticket
        } else {
            let found = self.storage.ticket(ticket.organizer, key).await?;
            found.ok_or_else(missing)?
        };
        Ok(StoredTicket {
            current: first,
            ..place
        })
    }

    /// A ticket as it was after the act that made this revision of it, and in the state that it was
    /// in then. Laid out again, and rendered if a format is asked for.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn recall(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        revision: u32,
        state: TicketState,
        format: Option<Format>,
    ) -> Result<Issued, IssueError> {
        let missing = || IssueError::Fault("a ticket that was issued is missing".to_owned());
        let stored = self.storage.ticket(organizer, key).await?;
        let stored = stored.ok_or_else(missing)?;
        let current = self
            .storage
            .ticket_revision(organizer, key, revision)
            .await?
            .ok_or_else(missing)?;
        let ticket = StoredTicket {
            current,
            state,
            state_reason: None,
            ..stored
        };
        let print = self.prepare_print_of(ticket).await?;
        let (notes, artifact) = self.reprint(&print, format).await?;
        let keys = self.keys.ring(organizer, self.clock.now()).await?;
        Ok(Issued {
            token: self.token_of(&print.ticket).await?,
            capability: self.capability_of(&keys, &print.ticket),
            type_name: self.type_name_of(&print.ticket).await?,
            event: print.event,
            ticket: print.ticket,
            artifact,
            notes,
        })
    }

    /// The ticket and organizer of a holder's link; none if the link is not genuine or is over.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn open_link(
        &self,
        organizer: OrganizerId,
        capability: &Capability,
    ) -> Result<Option<StoredTicket>, IssueError> {
        let now = self.clock.now();
        let keys = self.keys.ring(organizer, now).await?;
        if !Capabilities(keys.capability_hash()).confirm(capability, now.as_second()) {
            return Ok(None);
        }
        self.newest_at(organizer, capability.ticket).await
    }

    /// Last part of the link for a ticket's holder; it ends with the ticket.
    pub fn capability_of(&self, keys: &KeyRing, ticket: &StoredTicket) -> String {
        Capabilities(keys.capability_hash()).link_to(ticket.key, unix_time(ticket.expires_at).0)
    }
}

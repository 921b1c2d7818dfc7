//! Erasing what tickets say of their holders, from every revision and every serial that a ticket had.

use std::collections::HashSet;

use jiff::Timestamp;
use ticket_token::{Claims, EventNumber, Extra, Serial, parse};

use super::draft::at_rest;
use super::find::MAX_SERIALS;
use super::issuer::{IssueError, Issuer};
use super::ticket_uuid::TicketUuids;
use super::ticket_values::TicketValues;
use crate::access::Principal;
use crate::keys::{IndexKind, KeyRing, system_randomness};
use crate::storage::{
    BlindIndex, By, Conflict, ErasedRevision, Erasure, Forgotten, NamelessToken, OrganizerId,
    StorageError, StoredTicket, TicketKey, TicketRevision,
};

/// Tickets of one act; between two acts others may write.
const CHUNK: u32 = 100;
/// Tickets of one request, some seconds of work. Who has more is asked to send it again.
const MAX_TICKETS: usize = 2_000;
/// A ticket that changes each time it is looked at is left to the caller.
const ATTEMPTS: u32 = 3;

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is.
    Erase,
    /// It is only counted what would be.
    Count,
}

/// What was erased, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Tickets.
    pub tickets: u32,
    /// Revisions of theirs.
    pub revisions: u32,
    /// More of them are left.
    pub more: bool,
}

/// Of whom something is erased.
#[derive(Clone, Copy)]
enum Whose {
    /// Of every holder that a ticket ever had.
    Anybody,
    /// Of the person with this address. A revision with another address speaks of somebody else; one
    /// without any, of whoever the ticket belonged to, and nobody can tell who that was.
    Person(BlindIndex),
}

impl Issuer {
    /// Erases what a ticket says, and said, of its holders.
    ///
    /// # Errors
    /// [`IssueError`]; the ticket then stayed as it was. Where its code says a name, a new one is signed,
    /// for which there has to be an active key.
    pub async fn erase_holder(
        &self,
        principal: &Principal,
        ticket: &StoredTicket,
    ) -> Result<Erased, IssueError> {
        let tickets = std::slice::from_ref(ticket);
        let by = principal.by(self.clock.now());
        let erased = self
            .erase_chunk(tickets, Whose::Anybody, Effect::Erase, by)
            .await?;
        self.purge(erased).await;
        Ok(erased)
    }

    /// Erases what tickets say of the person with this address, some hundred in one act and a bounded
    /// number in all. If the host stops in between, the rest is found again.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn erase_person(
        &self,
        principal: &Principal,
        email: &str,
        effect: Effect,
    ) -> Result<Erased, IssueError> {
        let organizer = principal.organizer;
        let keys = self.keys.ring(organizer, self.clock.now()).await?;
        let email = keys.blind_index(IndexKind::Email, email);
        let mut seen = HashSet::new();
        let mut answer = Erased::default();
        let mut after = None;
        loop {
            let found = self
                .storage
                .tickets_of_email(organizer, email, after, CHUNK)
                .await?;
            let Some(last) = found.last() else {
                break;
            };
            after = Some(*last);
            if seen.len() >= MAX_TICKETS {
                answer.more = true;
                break;
            }
            let mut tickets = Vec::with_capacity(found.len());
            for key in found {
                // A ticket is found by each of its serials.
                let ticket = self.storage.ticket(organizer, key).await?;
                tickets.extend(ticket.filter(|ticket| seen.insert(ticket.uuid)));
            }
            let by = principal.by(self.clock.now()).aside();
            let erased = self
                .erase_chunk(&tickets, Whose::Person(email), effect, by)
                .await?;
            answer.tickets += erased.tickets;
            answer.revisions += erased.revisions;
        }
        if effect == Effect::Erase {
            self.purge(answer).await;
        }
        Ok(answer)
    }

    /// Erases what the tickets of an event say of their holders, and answers how many did.
    ///
    /// # Errors
    /// [`IssueError`]; what was erased before stays erased.
    pub async fn erase_holders_of_event(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        by: &By,
    ) -> Result<u32, IssueError> {
        let mut after: Option<Serial> = None;
        let mut tickets = 0;
        loop {
            let found = self
                .storage
                .tickets_with_holders(organizer, event, after, CHUNK)
                .await?;
            let Some(last) = found.last() else {
                return Ok(tickets);
            };
            after = Some(last.serial);
            tickets += self.erase_places(organizer, &found, by).await?;
        }
    }

    /// Erases at these places alone: those that a ticket had before are places of the same event.
    async fn erase_places(
        &self,
        organizer: OrganizerId,
        places: &[TicketKey],
        by: &By,
    ) -> Result<u32, IssueError> {
        let mut attempt = 1;
        loop {
            match self.try_erase_places(organizer, places, by).await {
                Err(error) if attempt < ATTEMPTS && is_outdated(&error) => {
                    self.keys.forget(organizer);
                }
                done => return done,
            }
            attempt += 1;
        }
    }

    async fn try_erase_places(
        &self,
        organizer: OrganizerId,
        places: &[TicketKey],
        by: &By,
    ) -> Result<u32, IssueError> {
        let keys = self.keys.ring(organizer, by.at).await?;
        let mut erasures = Vec::with_capacity(places.len());
        for place in places {
            if let Some(row) = self.storage.ticket(organizer, *place).await? {
                erasures.extend(self.plan(&keys, &row, Whose::Anybody).await?);
            }
        }
        let erased = self.storage.erase_holders(organizer, erasures, by.clone());
        Ok(erased.await?)
    }

    /// Erases of whole tickets, in one act.
    async fn erase_chunk(
        &self,
        tickets: &[StoredTicket],
        whose: Whose,
        effect: Effect,
        by: By,
    ) -> Result<Erased, IssueError> {
        let Some(organizer) = tickets.first().map(|ticket| ticket.organizer) else {
            return Ok(Erased::default());
        };
        let mut attempt = 1;
        loop {
            match self.try_erase_chunk(tickets, whose, effect, &by).await {
                Err(error) if attempt < ATTEMPTS && is_outdated(&error) => {
                    self.keys.forget(organizer);
                }
                done => return done,
            }
            attempt += 1;
        }
    }

    async fn try_erase_chunk(
        &self,
        tickets: &[StoredTicket],
        whose: Whose,
        effect: Effect,
        by: &By,
    ) -> Result<Erased, IssueError> {
        let mut erased = Erased::default();
        let mut erasures = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            let keys = self.keys.ring(ticket.organizer, by.at).await?;
            let before = erased.revisions;
            for row in self.all_serials(&keys, ticket).await? {
                let plan = self.plan(&keys, &row, whose).await?;
                let Some(plan) = plan.filter(|plan| !plan.revisions.is_empty()) else {
                    continue;
                };
                erased.revisions += u32::try_from(plan.revisions.len()).unwrap_or(u32::MAX);
                erasures.push(plan);
            }
            erased.tickets += u32::from(erased.revisions > before);
        }
        let Some(first) = tickets.first() else {
            return Ok(erased);
        };
        if effect == Effect::Erase && !erasures.is_empty() {
            // The record has a line for each event.
            erasures.sort_by_key(|erasure| (erasure.key.event.0, erasure.key.serial.0));
            self.storage
                .erase_holders(first.organizer, erasures, by.clone())
                .await?;
        }
        Ok(erased)
    }

    /// A ticket's rows, from the serial that it was issued with to the newest.
    async fn all_serials(
        &self,
        keys: &KeyRing,
        ticket: &StoredTicket,
    ) -> Result<Vec<StoredTicket>, IssueError> {
        let mut next = TicketUuids(keys.ticket_id_hash()).ticket_of(ticket.uuid);
        let mut rows = Vec::new();
        while let Some(key) = next {
            let row = self.storage.ticket(ticket.organizer, key).await?;
            let Some(row) = row.filter(|_| rows.len() < MAX_SERIALS) else {
                return Err(IssueError::Fault(format!(
                    "the serials that ticket {} had lead nowhere",
                    ticket.key
                )));
            };
            next = row.replaced_by.map(|serial| TicketKey { serial, ..key });
            rows.push(row);
        }
        Ok(rows)
    }

    /// What is to be written over a row; `None` if it has no revisions any more.
    async fn plan(
        &self,
        keys: &KeyRing,
        row: &StoredTicket,
        whose: Whose,
    ) -> Result<Option<Erasure>, IssueError> {
        let revisions = self
            .storage
            .ticket_revisions(row.organizer, row.key)
            .await?;
        let Some(newest) = revisions.last().map(|newest| newest.revision) else {
            return Ok(None);
        };
        let mut erasure = Erasure {
            key: row.key,
            seen_revision: newest,
            seen_replaced_by: row.replaced_by,
            revisions: Vec::new(),
            next: None,
            newest_is_erased: false,
            forgotten: match whose {
                Whose::Anybody => Forgotten::All,
                Whose::Person(email) => Forgotten::Address(email),
            },
        };
        for revision in revisions {
            let plain = keys.open_values(row.key, revision.revision, &revision.values)?;
            let mut values = TicketValues::from_bytes(&plain)
                .map_err(|error| IssueError::Fault(error.to_string()))?;
            if is_somebody_elses(keys, &values, whose) {
                continue;
            }
            let is_newest = revision.revision == newest;
            erasure.newest_is_erased |= is_newest;
            let token = nameless(keys, row.key, &revision)?;
            if token.is_none() && !values.says_who() {
                continue;
            }
            values.erase();
            let plain = values
                .to_bytes()
                .map_err(|error| IssueError::Fault(error.to_string()))?;
            let mut randomness = system_randomness();
            let mut seal = |number| keys.seal_values(row.key, number, &plain, &mut randomness);
            erasure.revisions.push(ErasedRevision {
                revision: revision.revision,
                seen_values: revision.values,
                values: seal(revision.revision),
                token,
            });
            if is_newest && row.replaced_by.is_none() {
                erasure.next = Some(seal(newest.saturating_add(1)));
            }
        }
        Ok(Some(erasure))
    }

    /// What was erased is erased. If its traces cannot be removed now, they are the next time.
    async fn purge(&self, erased: Erased) {
        if erased.revisions == 0 {
            return;
        }
        if let Err(error) = self.storage.purge_overwritten().await {
            tracing::warn!(%error, "the journal still holds what was erased, encrypted; it is tried again within the hour");
        }
    }
}

/// Whether someone else changed a ticket, or a key, since they were read.
fn is_outdated(error: &IssueError) -> bool {
    matches!(
        error,
        IssueError::Storage(StorageError::Conflict(
            Conflict::StaleRevision { .. } | Conflict::KeyNotActive
        ))
    )
}

fn is_somebody_elses(keys: &KeyRing, values: &TicketValues, whose: Whose) -> bool {
    match (whose, &values.holder.email) {
        (Whose::Person(person), Some(email)) => keys.blind_index(IndexKind::Email, email) != person,
        (Whose::Person(_), None) | (Whose::Anybody, _) => false,
    }
}

/// A token that says all that the revision's says but the name; none if it says no name.
fn nameless(
    keys: &KeyRing,
    ticket: TicketKey,
    revision: &TicketRevision,
) -> Result<Option<NamelessToken>, IssueError> {
    let cose = keys.open_token(ticket, &revision.token_at_rest)?;
    let claims = parse(&cose)
        .map_err(|error| IssueError::Fault(format!("a stored token: {error}")))?
        .claims;
    let Extra::Holder(_) = claims.extra else {
        return Ok(None);
    };
    let claims = Claims {
        extra: Extra::None,
        ..claims
    };
    let signer = keys.ticket_signer()?;
    let token = ticket_token::sign(&claims, &signer.key).cose().to_vec();
    Ok(Some(NamelessToken {
        token: at_rest(keys, ticket, token),
        signing_key: signer.id,
        expires_at: Timestamp::from_second(claims.expires.0.into()).unwrap_or(Timestamp::MAX),
    }))
}

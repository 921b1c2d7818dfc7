//! Changing a stored ticket: a new revision, and a new serial and token only where the signed claims
//! have to differ.

use std::collections::BTreeMap;

use ticket_token::{Claims, Extra, encode_qr_text, parse};

use super::draft::{Draft, StoredToken, expiry};
use super::issuer::{IssueError, Issued, Issuer, settled_price};
use super::order::{CustomValue, Price, TypeName};
use super::print::Format;
use super::ticket_values::TicketValues;
use crate::access::Principal;
use crate::events::{EventDetails, KnownEvent};
use crate::storage::{By, Conflict, StorageError, StoredTicket, Successor, TemplateVersion};
use crate::templates::manifest::{TokenProfile, TokenUse};
use crate::templates::{ReadyTemplate, TemplateChoice};

/// What a field becomes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Edit<T> {
    /// What it is.
    #[default]
    Keep,
    /// Nothing.
    Clear,
    /// This.
    Set(T),
}

impl<T> Edit<T> {
    fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}

/// What changes of a ticket.
#[derive(Clone, Debug, Default)]
pub struct TicketPatch {
    /// Another type.
    pub ticket_type: Option<TypeName>,
    /// Price.
    pub price: Edit<Price>,
    /// Holder's name.
    pub name: Edit<String>,
    /// Holder's e-mail address.
    pub email: Edit<String>,
    /// Holder's telephone number.
    pub phone: Edit<String>,
    /// Seat.
    pub seat: Edit<String>,
    /// Block, gate or area.
    pub zone: Edit<String>,
    /// The order that it belongs to.
    pub order_id: Edit<String>,
    /// Language.
    pub language: Edit<String>,
    /// Further values; those not named stay.
    pub custom: BTreeMap<String, Edit<CustomValue>>,
    /// Another template, by name.
    pub template: Option<String>,
}

/// Whether a ticket gets a new serial and token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Only if what is signed has to change.
    IfClaimsChange,
    /// In any case, for this reason; the old code is lost, or others have it.
    Always {
        /// For staff; no personal data.
        reason: Option<String>,
    },
}

impl Issuer {
    /// Changes a ticket. Its id stays; if its token has to change, the old one is revoked.
    ///
    /// # Errors
    /// [`IssueError`]; whatever it is, the ticket stayed as it was. A revoked ticket is not changed
    /// ([`Conflict::Transition`]), nor one that someone else changed meanwhile
    /// ([`Conflict::StaleRevision`]).
    pub async fn change(
        &self,
        principal: &Principal,
        ticket: &StoredTicket,
        patch: &TicketPatch,
        renewal: &Renewal,
        format: Option<Format>,
    ) -> Result<Issued, IssueError> {
        let changed = self
            .try_change(principal, ticket, patch, renewal, format)
            .await;
        match changed {
            Err(IssueError::Storage(StorageError::Conflict(Conflict::KeyNotActive))) => {
                self.keys.forget(principal.organizer);
                self.try_change(principal, ticket, patch, renewal, format)
                    .await
            }
            changed => changed,
        }
    }

    async fn try_change(
        &self,
        principal: &Principal,
        ticket: &StoredTicket,
        patch: &TicketPatch,
        renewal: &Renewal,
        format: Option<Format>,
    ) -> Result<Issued, IssueError> {
        let by = principal.by(self.clock.now());
        let keys = self.keys.ring(principal.organizer, by.at).await?;
        let known = self.event_of(ticket).await?;
        let type_name = match &patch.ticket_type {
            Some(name) => name.as_str().to_owned(),
            None => self.type_name_of(ticket).await?,
        };
        let ticket_type = match &patch.ticket_type {
            Some(_) => self.type_for(&known, &type_name, by.at).await?,
            None => ticket.ticket_type,
        };
        let values = patched(self.values_of(ticket).await?, patch, &known.details)?;
        let (version, template) = self
            .template_after(ticket, patch, &known, keys.organizer())
            .await?;
        let draft = Draft {
            keys: &keys,
            known: &known,
            type_name: &type_name,
            ticket_type,
            version: version.id,
            template,
            values,
            now: by.at,
        };
        let changed = match (renewal, kept_token(&draft, ticket)) {
            (Renewal::IfClaimsChange, Some(token)) => {
                self.revise(ticket, &draft, token, format, by).await?
            }
            (Renewal::IfClaimsChange, None) => {
                let reason = "replaced: what its code says changed";
                self.replace(ticket, &draft, reason, format, by).await?
            }
            (Renewal::Always { reason }, _) => {
                let reason = reason
                    .as_deref()
                    .unwrap_or("replaced: its code was renewed");
                self.replace(ticket, &draft, reason, format, by).await?
            }
        };
        let (ticket, notes, artifact) = changed;
        Ok(Issued {
            capability: self.capability_of(&keys, &ticket),
            token: keys
                .open_token(ticket.key, &ticket.current.token_at_rest)?
                .to_vec(),
            ticket,
            event: known,
            type_name,
            artifact,
            notes,
        })
    }

    /// The ticket's own template version, unless the patch asks for another template, or for a type
    /// that has one of its own.
    async fn template_after(
        &self,
        ticket: &StoredTicket,
        patch: &TicketPatch,
        known: &KnownEvent,
        organizer: &crate::storage::Organizer,
    ) -> Result<(TemplateVersion, ReadyTemplate), IssueError> {
        let of_type = patch
            .ticket_type
            .as_ref()
            .and_then(|name| known.details.declared_type(name.as_str()))
            .and_then(|declared| declared.template.as_deref());
        if patch.template.is_some() || of_type.is_some() {
            let choice = TemplateChoice {
                asked: patch.template.as_deref(),
                of_type,
                of_event: None,
            };
            // No trial: who names a template for one ticket wants the one in use.
            const NO_TRIAL: u16 = 1_000;
            return Ok(self.library.choose(organizer, choice, NO_TRIAL).await?);
        }
        let version = self.version_of(ticket).await?;
        let template = self.library.load(&version).await?;
        Ok((version, template))
    }

    async fn revise(
        &self,
        ticket: &StoredTicket,
        draft: &Draft<'_>,
        token: StoredToken,
        format: Option<Format>,
        by: By,
    ) -> Result<Changed, IssueError> {
        let qr_text = encode_qr_text(&token.cose);
        let (notes, artifact) = self
            .lay_out_draft(draft, &ticket.ticket_number, qr_text, format)
            .await?;
        let expected = ticket.current.revision;
        let revision = draft.revision(ticket.key, expected + 1, token)?;
        let revised = self
            .storage
            .revise_ticket(
                ticket.organizer,
                ticket.key,
                expected,
                revision,
                draft.found_by(),
                by,
            )
            .await?;
        Ok((revised.ok_or_else(vanished)?, notes, artifact))
    }

    async fn replace(
        &self,
        ticket: &StoredTicket,
        draft: &Draft<'_>,
        reason: &str,
        format: Option<Format>,
        by: By,
    ) -> Result<Changed, IssueError> {
        let event = ticket.key.event;
        let place = self.next_place(ticket.organizer, event, by.at).await?;
        let expires_at = expiry(&draft.known.details, by.at).max(ticket.expires_at);
        let signed = draft.sign(&draft.claims(place, expires_at))?;
        let ticket_number = draft.ticket_number(place);
        let (notes, artifact) = self
            .lay_out_draft(draft, &ticket_number, signed.token.qr_text(), format)
            .await?;
        let expected = ticket.current.revision;
        let successor = Successor {
            serial: place.serial,
            ticket_number,
            ticket_type: draft.ticket_type,
            found_by: draft.found_by(),
            expires_at,
            revision: draft.revision(place, expected + 1, signed.into())?,
            reason: reason.to_owned(),
        };
        let replaced = self
            .storage
            .replace_ticket(ticket.organizer, ticket.key, expected, successor, by)
            .await?;
        Ok((replaced.ok_or_else(vanished)?, notes, artifact))
    }
}

/// The ticket as it is now, what its layout noted, and the file that was asked for.
type Changed = (StoredTicket, Vec<String>, Option<super::print::Artifact>);

fn vanished() -> IssueError {
    IssueError::Fault("a ticket vanished while it was changed".to_owned())
}

/// The ticket's token, if it says all that a new one would.
fn kept_token(draft: &Draft<'_>, ticket: &StoredTicket) -> Option<StoredToken> {
    let cose = draft
        .keys
        .open_token(ticket.key, &ticket.current.token_at_rest)
        .ok()?;
    let current = parse(&cose).ok()?;
    let wanted = draft.claims(ticket.key, ticket.expires_at);
    let token_use = draft.template.token_use();
    let extra = match (token_use, &current.claims.extra) {
        // It holds as long as it did, whatever became of the event's hours since.
        (TokenUse::Required(TokenProfile::Dated), extra @ Extra::NotBefore(_)) => extra.clone(),
        // Nobody sees the code.
        (TokenUse::None, extra) => extra.clone(),
        (TokenUse::Required(_), _) => wanted.extra.clone(),
    };
    let wanted = Claims { extra, ..wanted };
    let is_server = ticket.current.signing_key.is_none();
    let same_kind = match token_use {
        TokenUse::Required(profile) => (profile == TokenProfile::Server) == is_server,
        TokenUse::None => true,
    };
    (same_kind && wanted == current.claims).then(|| StoredToken {
        cose: cose.to_vec(),
        key: ticket.current.signing_key,
        at_rest: Some(ticket.current.token_at_rest.clone()),
    })
}

fn patched(
    mut values: TicketValues,
    patch: &TicketPatch,
    details: &EventDetails,
) -> Result<TicketValues, IssueError> {
    let patch = patch.clone();
    patch.name.apply(&mut values.holder.name);
    patch.email.apply(&mut values.holder.email);
    patch.phone.apply(&mut values.holder.phone);
    patch.seat.apply(&mut values.seat);
    patch.zone.apply(&mut values.zone);
    patch.order_id.apply(&mut values.order_id);
    patch.language.apply(&mut values.language);
    match patch.price {
        Edit::Keep => {}
        Edit::Clear => values.price = None,
        Edit::Set(price) => values.price = settled_price(Some(price), details)?,
    }
    for (name, edit) in patch.custom {
        let mut value = values.custom.remove(&name);
        edit.apply(&mut value);
        if let Some(value) = value {
            values.custom.insert(name, value);
        }
    }
    values.erased = values.erased && !values.says_who();
    Ok(values)
}

//! A ticket that is about to be signed.

use jiff::{SignedDuration, Timestamp};
use ticket_token::{Claims, Extra, HolderName, SignedToken, TicketType};

use super::describe::{ValueSources, layout_order, stand_in_for_erased, unread_fields};
use super::issuer::{FIRST_REVISION, IssueError, Issuer};
use super::print::{Artifact, Format, render_now};
use super::ticket_uuid::TicketUuids;
use super::ticket_values::TicketValues;
use crate::events::{EventDetails, KnownEvent};
use crate::keys::{IndexKind, KeyRing, system_randomness, unix_time};
use crate::storage::{
    CallerId, FoundBy, NewRevision, NewTicket, SigningKeyId, TemplateVersionId, TicketKey,
};
use crate::templates::manifest::{TokenProfile, TokenUse};
use crate::templates::{CodeText, LaidOut, LayoutOrder, ReadyTemplate};
use crate::traces::traced;

/// A token outlives its event by this much, so that a postponed event kills no printed ticket.
const VALID_AFTER_EVENT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// A `dated` token begins to hold this long before its event, so that an earlier start kills none.
const VALID_BEFORE_EVENT: SignedDuration = SignedDuration::from_hours(24);

/// All that a ticket's token and pages depend on.
pub(super) struct Draft<'a> {
    pub keys: &'a KeyRing,
    pub known: &'a KnownEvent,
    pub type_name: &'a str,
    pub ticket_type: TicketType,
    pub version: TemplateVersionId,
    pub template: ReadyTemplate,
    pub values: TicketValues,
    pub now: Timestamp,
}

/// A token, and who signed it.
pub(super) struct Signed {
    pub token: SignedToken,
    /// `None` for server tokens.
    pub key: Option<SigningKeyId>,
}

/// A token, and who signed it, for a row.
pub(super) struct StoredToken {
    pub cose: Vec<u8>,
    pub key: Option<SigningKeyId>,
    /// As it is stored already, so that it stays the same; `None` for a new one.
    pub at_rest: Option<Vec<u8>>,
}

impl From<Signed> for StoredToken {
    fn from(signed: Signed) -> Self {
        Self {
            cose: signed.token.cose().to_vec(),
            key: signed.key,
            at_rest: None,
        }
    }
}

impl Draft<'_> {
    /// What is to be signed.
    pub fn claims(&self, key: TicketKey, expires: Timestamp) -> Claims {
        let details = &self.known.details;
        let extra = match self.template.token_use() {
            TokenUse::Required(TokenProfile::Dated) => {
                let begin = details.doors.or(details.starts).unwrap_or(self.now);
                Extra::NotBefore(unix_time(
                    begin.saturating_sub(VALID_BEFORE_EVENT).unwrap_or(self.now),
                ))
            }
            TokenUse::Required(TokenProfile::Named) => self
                .values
                .holder
                .name
                .as_deref()
                .and_then(HolderName::clipped)
                .map_or(Extra::None, Extra::Holder),
            TokenUse::Required(TokenProfile::Standard | TokenProfile::Server) | TokenUse::None => {
                Extra::None
            }
        };
        Claims {
            expires: unix_time(expires),
            event: key.event,
            serial: key.serial,
            ticket_type: self.ticket_type,
            extra,
        }
    }

    /// Signs. Even a template without a code gets a signed token: the ticket can be printed by
    /// another later.
    pub fn sign(&self, claims: &Claims) -> Result<Signed, IssueError> {
        let _span = traced!("sign").entered();
        match self.template.token_use() {
            TokenUse::Required(TokenProfile::Server) => {
                let token = ticket_token::seal_mac(claims, self.keys.mac_key())
                    .map_err(|error| IssueError::Fault(error.to_string()))?;
                Ok(Signed { token, key: None })
            }
            TokenUse::Required(_) | TokenUse::None => {
                let signer = self.keys.ticket_signer()?;
                Ok(Signed {
                    token: ticket_token::sign(claims, &signer.key),
                    key: Some(signer.id),
                })
            }
        }
    }

    /// The short number for people.
    pub fn ticket_number(&self, key: TicketKey) -> String {
        self.keys
            .ticket_number_key(key.event)
            .number_of(key.serial)
            .to_string()
    }

    /// The ticket at its place, to be stored.
    pub fn row(
        &self,
        key: TicketKey,
        caller_id: Option<CallerId>,
        expires_at: Timestamp,
        signed: Signed,
    ) -> Result<NewTicket, IssueError> {
        let found_by = self.found_by();
        Ok(NewTicket {
            key,
            uuid: TicketUuids(self.keys.ticket_id_hash()).uuid_of(key),
            ticket_number: self.ticket_number(key),
            id: caller_id,
            ticket_type: self.ticket_type,
            order: found_by.order,
            email: found_by.email,
            expires_at,
            first: self.revision(key, FIRST_REVISION, signed.into())?,
        })
    }

    /// The row that says all this, with its values sealed to the place.
    pub fn revision(
        &self,
        key: TicketKey,
        number: u32,
        token: StoredToken,
    ) -> Result<NewRevision, IssueError> {
        let plain = self
            .values
            .to_bytes()
            .map_err(|error| IssueError::Fault(error.to_string()))?;
        Ok(NewRevision {
            event_revision: self.known.event.current.revision,
            template_version: self.version,
            signing_key: token.key,
            token: token
                .at_rest
                .unwrap_or_else(|| at_rest(self.keys, key, token.cose)),
            values: self
                .keys
                .seal_values(key, number, &plain, &mut system_randomness()),
        })
    }

    /// What its layout is told.
    pub fn layout_order(&self, ticket_number: &str) -> LayoutOrder {
        let sources = ValueSources {
            organizer: self.keys.organizer().into(),
            event_id: self.known.event.id.as_str(),
            event: &self.known.details,
            type_name: self.type_name,
            ticket_number,
            issued: self.now,
            values: &self.values,
        };
        stand_in_for_erased(
            layout_order(&sources),
            &self.values,
            self.template.manifest(),
        )
    }

    /// Under what the ticket is found.
    pub fn found_by(&self) -> FoundBy {
        let index = |kind, text: &Option<String>| {
            text.as_ref().map(|text| self.keys.blind_index(kind, text))
        };
        FoundBy {
            order: index(IndexKind::Order, &self.values.order_id),
            email: index(IndexKind::Email, &self.values.holder.email),
        }
    }
}

impl Issuer {
    /// Lays a draft out, which shows whether its template takes it, and renders it if a format is
    /// asked for. Answers what the layout noted for its author, too.
    pub(super) async fn lay_out_draft(
        &self,
        draft: &Draft<'_>,
        ticket_number: &str,
        qr_text: String,
        format: Option<Format>,
    ) -> Result<(Vec<String>, Option<Artifact>), IssueError> {
        let code = CodeText::Token(qr_text);
        let order = draft.layout_order(ticket_number);
        let (mut notes, artifact) = self
            .lay_out_with_notes(&draft.template, order, code, format)
            .await?;
        notes.extend(unread_fields(&draft.values, draft.template.manifest()));
        Ok((notes, artifact))
    }

    /// Lays an order out, and renders it if a format is asked for.
    pub(super) async fn lay_out_with_notes(
        &self,
        template: &ReadyTemplate,
        order: LayoutOrder,
        code: CodeText,
        format: Option<Format>,
    ) -> Result<(Vec<String>, Option<Artifact>), IssueError> {
        let (notes, artifact) = self
            .library
            .lay_out(template, order, code, move |laid_out| {
                let render = |format| render_now(&laid_out.assets, &laid_out.scene, format);
                (notes_of(&laid_out), format.map(render).transpose())
            })
            .await?;
        Ok((notes, artifact?))
    }
}

/// How a token is stored: encrypted if it says the holder's name, for all else that does is.
pub(super) fn at_rest(keys: &KeyRing, key: TicketKey, cose: Vec<u8>) -> Vec<u8> {
    match ticket_token::parse(&cose).map(|token| token.claims.extra) {
        Ok(Extra::Holder(_)) => keys.seal_token(key, &cose, &mut system_randomness()),
        Ok(Extra::None | Extra::NotBefore(_)) | Err(_) => cose,
    }
}

/// What the layout noted for its author, in words.
fn notes_of(laid_out: &LaidOut) -> Vec<String> {
    let entries = laid_out.notes.entries();
    entries
        .iter()
        .map(|note| format!("{}: {}", note.place, note.text))
        .collect()
}

/// When a token ends that is signed now.
pub(super) fn expiry(details: &EventDetails, now: Timestamp) -> Timestamp {
    let end = details.ends.or(details.starts).unwrap_or(now).max(now);
    end.saturating_add(VALID_AFTER_EVENT)
        .unwrap_or(Timestamp::MAX)
}

//! `PATCH /api/tickets/{ticketId}`: a ticket's next revision.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::order_body::{MAX_CUSTOM_FIELDS, MAX_NAME_CHARS, MAX_SHORT_CHARS};
use super::order_check::Check;
use super::read_ticket::{found_ticket, shown};
use super::ticket_json::TicketJson;
use crate::access::{Permission, Principal};
use crate::config::PriceUnit;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, PathOf, distinct, parse_json};
use crate::http::idempotency::{Recalled, figure, no_sense, ticket_of};
use crate::http::openapi::{
    CustomFieldsWord, EmailWord, LanguageWord, NameWord, PriceWord, ShortWord, TypeWord,
};
use crate::http::services::{Services, Shared};
use crate::issue::{Edit, Format, Issued, Renewal, TicketPatch, TypeName};
use crate::storage::{Act, Done, TicketState};

/// What changes. A field that is not given stays; `null` clears it (RFC 7396).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "attendeeName": "Zoë Kraus-Weber", "seat": "14", "zone": null, "customFields": { "table": "9" } }
))]
pub struct PatchBody {
    /// Name of another ticket type. It is signed: the ticket gets a new code.
    #[serde(alias = "ticketType")]
    #[schema(value_type = Option<TypeWord>, inline, extensions(("x-aliases" = json!(["ticketType"]))))]
    pub r#type: Option<String>,
    /// Price.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<PriceWord>, inline)]
    pub price: Option<Option<Value>>,
    /// Holder's name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<NameWord>, inline)]
    pub attendee_name: Option<Option<String>>,
    /// Holder's e-mail address.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<EmailWord>, inline)]
    pub attendee_email: Option<Option<String>>,
    /// Holder's telephone number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ShortWord>, inline)]
    pub attendee_phone: Option<Option<String>>,
    /// Seat.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ShortWord>, inline)]
    pub seat: Option<Option<String>>,
    /// Block, gate or area.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ShortWord>, inline)]
    pub zone: Option<Option<String>>,
    /// The order that it belongs to.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ShortWord>, inline)]
    pub order_id: Option<Option<String>>,
    /// Language of the ticket.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<LanguageWord>, inline)]
    pub language: Option<Option<String>>,
    /// Further values for the template; those not named stay, `null` takes one away.
    #[serde(default, deserialize_with = "distinct")]
    #[schema(value_type = CustomFieldsWord, inline)]
    pub custom_fields: BTreeMap<String, Value>,
    /// Another template, by name.
    pub template: Option<String>,
    /// Says that a ticket may change although a gate admitted it.
    #[expect(
        dead_code,
        reason = "understood, and changes nothing until gates record admissions"
    )]
    pub force: Option<bool>,
}

/// Tells `null` from a field that is not there.
fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A changed ticket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatchedTicket {
    #[serde(flatten)]
    ticket: TicketJson,
    /// Whether the ticket has a new code; the old one is revoked then.
    #[schema(example = false)]
    code_changed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// Changes a ticket, whose id stays. The members may stand under `ticketData` as in an order.
#[utoipa::path(
    patch,
    path = "/api/tickets/{ticketId}",
    tag = "Tickets",
    security(("bearer" = ["tickets.create"])),
    request_body = PatchBody,
    responses((status = 200, description = "the ticket was changed", body = Success<PatchedTicket>)),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_READY", "REVISION_CONFLICT", "STATE_CONFLICT", "TOO_MANY_TYPES", "SERIALS_EXHAUSTED", "NO_TICKET_KEY", "template"]))),
)]
pub async fn patch_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
    JsonBody(Members(body)): JsonBody<Members>,
) -> Result<Success<PatchedTicket>, ApiError> {
    let principal = caller.may(Permission::TicketsCreate)?;
    let (body, places) = joined(body)?;
    let patch = parse_json::<PatchBody>(body.to_string().as_bytes())
        .and_then(|body| body.into_patch(services.price_unit))
        .map_err(|error| places.named(error))?;
    let (changed, code_changed) = match done {
        Some(done) => {
            let changed = recalled_change(&services, &principal, &done, None).await?;
            (changed, done.act == Act::TicketReplaced)
        }
        None => {
            let ticket = found_ticket(&services, &principal, &id).await?;
            let changed = services
                .issuer
                .change(&principal, &ticket, &patch, &Renewal::IfClaimsChange, None)
                .await
                .map_err(|error| places.named(error.into()))?;
            let code_changed = changed.ticket.key != ticket.key;
            (changed, code_changed)
        }
    };
    Ok(Success::ok(
        "the ticket was changed",
        PatchedTicket {
            ticket: shown(&services, &changed.ticket).await?,
            code_changed,
            notes: changed.notes,
        },
    ))
}

/// A ticket as a request changed it when it came first.
///
/// # Errors
/// As the issuer's.
pub(super) async fn recalled_change(
    services: &Services,
    principal: &Principal,
    done: &Done,
    format: Option<Format>,
) -> Result<Issued, ApiError> {
    let (key, revision) = (ticket_of(done)?, figure(done, "revision")?);
    let state = recalled_state(done)?;
    Ok(services
        .issuer
        .recall(principal.organizer, key, revision, state, format)
        .await?)
}

/// The state in which an act left a ticket.
///
/// # Errors
/// When the row makes no sense.
pub(super) fn recalled_state(done: &Done) -> Result<TicketState, ApiError> {
    let code = done.details.get("state").and_then(Value::as_str);
    code.and_then(TicketState::from_code)
        .ok_or_else(|| no_sense(done))
}

/// The body as it is written; the members may stand at two places.
#[derive(Deserialize)]
pub struct Members(#[serde(deserialize_with = "distinct")] BTreeMap<String, Value>);

const WITHIN: &str = "ticketData";

/// Which members came within `ticketData`.
struct Places(BTreeSet<String>);

impl Places {
    /// The error, with the names under which the caller sent the fields.
    fn named(&self, error: ApiError) -> ApiError {
        error.with_fields_renamed(|field| {
            let field = match field.strip_prefix("ticketData.").unwrap_or(field) {
                "ticketType" => "type",
                field => field,
            };
            let member = field.split(['.', '[']).next()?;
            Some(match self.0.contains(member) {
                true => format!("{WITHIN}.{field}"),
                false => field.to_owned(),
            })
        })
    }
}

/// All members in one object.
fn joined(mut body: BTreeMap<String, Value>) -> Result<(Value, Places), ApiError> {
    let mut places = Places(BTreeSet::new());
    match body.remove(WITHIN) {
        None => {}
        Some(Value::Object(members)) => {
            for (name, value) in members {
                if body.insert(name.clone(), value).is_some() {
                    return Err(ApiError::field(name, "is given twice; give it once"));
                }
                places.0.insert(name);
            }
        }
        Some(_) => return Err(ApiError::field(WITHIN, "must be an object")),
    }
    if body.is_empty() {
        return Err(ApiError::body("names nothing to change"));
    }
    Ok((Value::Object(body.into_iter().collect()), places))
}

impl PatchBody {
    fn into_patch(self, price_unit: PriceUnit) -> Result<TicketPatch, ApiError> {
        let mut check = Check::default();
        let ticket_type = self
            .r#type
            .and_then(|name| check.parsed("type", TypeName::new(&name)));
        let price = edit(self.price, |value| check.price("price", &value, price_unit));
        let mut text = |field: &str, given: Option<Option<String>>, max_chars| {
            edit(given, |text| check.text(field, Some(&text), max_chars))
        };
        let name = text("attendeeName", self.attendee_name, MAX_NAME_CHARS);
        let email = text("attendeeEmail", self.attendee_email, 254);
        let phone = text("attendeePhone", self.attendee_phone, MAX_SHORT_CHARS);
        let seat = text("seat", self.seat, MAX_SHORT_CHARS);
        let zone = text("zone", self.zone, MAX_SHORT_CHARS);
        let order_id = text("orderId", self.order_id, MAX_SHORT_CHARS);
        let language = edit(self.language, |tag| check.language("language", Some(&tag)));
        if self.custom_fields.len() > MAX_CUSTOM_FIELDS {
            check.problem(
                "customFields",
                format!("holds more than {MAX_CUSTOM_FIELDS} values"),
            );
        }
        let custom = self
            .custom_fields
            .into_iter()
            .map(|(name, value)| {
                let edit = check
                    .custom("customFields", &name, &value)
                    .map_or(Edit::Clear, Edit::Set);
                (name, edit)
            })
            .collect();
        let patch = TicketPatch {
            ticket_type,
            price,
            name,
            email,
            phone,
            seat,
            zone,
            order_id,
            language,
            custom,
            template: self.template,
        };
        check.finish()?;
        Ok(patch)
    }
}

/// An empty text clears as `null` does; what is not valid has been noted, and the patch is not used.
fn edit<G, T>(given: Option<Option<G>>, read: impl FnOnce(G) -> Option<T>) -> Edit<T> {
    match given {
        None => Edit::Keep,
        Some(None) => Edit::Clear,
        Some(Some(value)) => read(value).map_or(Edit::Clear, Edit::Set),
    }
}

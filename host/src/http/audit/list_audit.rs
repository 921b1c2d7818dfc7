//! `GET /api/audit`.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::access::Permission;
use crate::audit::ChainHash;
use crate::http::authorize::Caller;
use crate::http::envelope::{Pagination, Success};
use crate::http::error::ApiError;
use crate::http::events::checked_page;
use crate::http::extract::QueryOf;
use crate::http::openapi::{ActWord, AnyObject};
use crate::http::services::Shared;
use crate::storage::{Act, AuditFilter, AuditSeal, ChainedEntry};

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only this act, such as `ticket.revoked`.
    #[param(value_type = Option<ActWord>, inline)]
    pub act: Option<String>,
    /// Not before this time; RFC 3339.
    #[param(format = DateTime)]
    pub from: Option<String>,
    /// Before this time; RFC 3339.
    #[param(format = DateTime)]
    pub to: Option<String>,
    /// From 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// 1 to 100; 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

impl AuditQuery {
    fn filter(&self) -> Result<AuditFilter, ApiError> {
        let act = self.act.as_deref().map(|name| {
            Act::from_code(name).ok_or_else(|| {
                let names = Act::ALL.map(Act::code);
                ApiError::field("act", format!("must be one of {}", names.join(", ")))
            })
        });
        let filter = AuditFilter {
            act: act.transpose()?,
            from: time("from", self.from.as_deref())?,
            until: time("to", self.to.as_deref())?,
        };
        match (filter.from, filter.until) {
            (Some(from), Some(until)) if from >= until => {
                Err(ApiError::field("to", "must be later than from"))
            }
            _ => Ok(filter),
        }
    }
}

fn time(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let parsed = text.map(str::parse).transpose();
    parsed.map_err(|_| ApiError::field(field, "must be RFC 3339, such as 2027-01-31T00:00:00Z"))
}

/// A page of entries, and how far the record is sealed.
#[derive(Serialize, ToSchema)]
pub struct AuditList {
    entries: Vec<EntryJson>,
    pagination: Pagination,
    /// The newest seal; `null` before the first.
    #[schema(required)]
    head: Option<HeadJson>,
}

/// One entry.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(
    {
        "id": 7, "at": "2027-03-01T09:00:00Z", "actor": "user:box-office", "act": "ticket.issued", "subject": "ticket 3/0",
        "details": {}, "digest": "5f0c3e9bb1cf3b0c7a8f5f4c2e6d8a0b1c3d5e7f90123456789abcdef0123456",
        "seal": { "number": 2, "position": 7 },
    }
))]
struct EntryJson {
    id: i64,
    at: Timestamp,
    /// `sub` of the token, `api-key:…`, or `host`.
    actor: String,
    #[schema(value_type = ActWord, inline)]
    act: &'static str,
    subject: String,
    #[schema(value_type = AnyObject, inline)]
    details: Value,
    /// Hash of a chain of this entry alone: equal as long as nothing of it changes.
    digest: String,
    /// Where it stands; `null`: it is sealed within seconds.
    #[schema(required)]
    seal: Option<LinkJson>,
}

/// A place in the chain.
#[derive(Serialize, ToSchema)]
struct LinkJson {
    number: u64,
    /// Counted from 1 over the whole chain.
    position: u64,
}

/// How far the record is sealed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "seal": 2, "entries": 7, "hash": "0c1d2e3f405162738495a6b7c8d9eafb0c1d2e3f405162738495a6b7c8d9eafb",
        "sealedAt": "2027-03-01T09:00:02Z", "signed": "0oRDoQEnoEtU…",
    }
))]
struct HeadJson {
    seal: u64,
    /// Entries of the whole chain, and their hash.
    entries: u64,
    hash: String,
    sealed_at: Timestamp,
    /// The COSE_Sign1 of these, in base64.
    signed: String,
}

impl From<ChainedEntry> for EntryJson {
    fn from(ChainedEntry { entry, link }: ChainedEntry) -> Self {
        Self {
            digest: ChainHash::beginning().followed_by(&entry).to_string(),
            id: entry.id,
            at: entry.at,
            actor: entry.actor,
            act: entry.act.code(),
            subject: entry.subject,
            details: entry.details,
            seal: link.map(|link| LinkJson {
                number: link.seal,
                position: link.position,
            }),
        }
    }
}

impl From<AuditSeal> for HeadJson {
    fn from(seal: AuditSeal) -> Self {
        Self {
            seal: seal.number,
            entries: seal.entries,
            hash: ChainHash(seal.hash).to_string(),
            sealed_at: seal.sealed_at,
            signed: STANDARD.encode(seal.signed),
        }
    }
}

/// Lists what was done, newest first.
#[utoipa::path(
    get,
    path = "/api/audit",
    tag = "Audit",
    security(("bearer" = ["audit.read"])),
    params(AuditQuery),
    responses((status = 200, description = "the record of what was done", body = Success<AuditList>)),
)]
pub async fn list_audit(
    State(services): State<Shared>,
    caller: Caller,
    QueryOf(query): QueryOf<AuditQuery>,
) -> Result<Success<AuditList>, ApiError> {
    let principal = caller.may(Permission::AuditRead)?;
    let request = checked_page(query.page, query.limit)?;
    let filter = query.filter()?;
    let organizer = principal.organizer;
    let page = services
        .storage
        .audit_page(organizer, filter, request)
        .await?;
    // After the entries: the head then covers each that is said to be sealed.
    let head = services.storage.newest_audit_seal(organizer).await?;
    let list = AuditList {
        entries: page.items.into_iter().map(EntryJson::from).collect(),
        pagination: Pagination::new(request.page, request.limit, page.total),
        head: head.map(HeadJson::from),
    };
    Ok(Success::ok("the record of what was done", list))
}

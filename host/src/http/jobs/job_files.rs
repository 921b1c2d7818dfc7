//! `GET /api/tickets/job/{jobId}/result` and the files of jobs.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::byte_range::{Wanted, wanted};
use super::job_json::{JobJson, shown_job};
use super::read_job::found_job;
use crate::access::Permission;
use crate::batches::FileLink;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::openapi::Binary;
use crate::http::services::{Services, Shared};
use crate::http::tickets::is_known;
use crate::storage::{Artifact, OrganizerId};

/// How long a link to a file holds.
const LINK_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// What a job made.
#[derive(Serialize, ToSchema)]
pub struct JobResult {
    #[serde(flatten)]
    job: JobJson,
    /// Its files, in their order.
    files: Vec<JobFile>,
}

/// A file that a job made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "id": 7, "fileName": "tickets-0000001-0025000.pdf", "mediaType": "application/pdf", "bytes": 61000000,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "tickets": 25000,
        "url": "https://tickets.example/f/AAAAAQAAAAAAAAAH", "expiresAt": "2027-03-02T10:00:00Z",
    }
))]
pub struct JobFile {
    /// Its number.
    id: i64,
    file_name: String,
    media_type: String,
    bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    sha256: String,
    /// Tickets in it.
    tickets: u64,
    /// Where anybody gets it who has this address, until `expiresAt`.
    url: String,
    expires_at: Timestamp,
}

/// Reads what a job made: its figures, and links to its files.
#[utoipa::path(
    get,
    path = "/api/tickets/job/{jobId}/result",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.read"])),
    responses((status = 200, description = "the result", body = Success<JobResult>)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND"]))),
)]
pub async fn read_result(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
) -> Result<Success<JobResult>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsRead)?;
    let job = found_job(&services, &principal, &id).await?;
    let now = services.clock.now();
    let keys = services.keys.ring(principal.organizer, now).await?;
    let expires_at = now.saturating_add(LINK_LIFE).unwrap_or(now);
    let expires = u32::try_from(expires_at.as_second()).unwrap_or(u32::MAX);
    let artifacts = services
        .storage
        .artifacts(principal.organizer, job.id)
        .await?;
    let files = artifacts.into_iter().map(|artifact| {
        let link = FileLink::text(
            keys.capability_hash(),
            artifact.organizer,
            artifact.id,
            expires,
        );
        JobFile {
            id: artifact.id,
            file_name: artifact.file.file_name,
            media_type: artifact.file.media_type,
            bytes: artifact.file.bytes,
            sha256: artifact.file.digest.to_string(),
            tickets: artifact.file.tickets,
            url: format!("{}/f/{link}", services.public_url),
            expires_at,
        }
    });
    let files = files.collect();
    let job = shown_job(&services, &job).await?;
    Ok(Success::ok("the result", JobResult { job, files }))
}

/// Downloads a file of a job, or with `Range` a part of it.
#[utoipa::path(
    get,
    path = "/api/tickets/job/{jobId}/files/{fileId}",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.read"])),
    responses(
        (status = 200, description = "the file", content(
            (inline(Binary) = "application/pdf"),
            (inline(Binary) = "application/zip"),
            (inline(Binary) = "text/csv"),
            (inline(Binary) = "application/x-ndjson"),
        ), headers(("ETag" = String), ("Content-Disposition" = String), ("Accept-Ranges" = String))),
    ),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND", "ARTIFACT_NOT_FOUND"]))),
)]
pub async fn download_file(
    State(services): State<Shared>,
    caller: Caller,
    PathOf((id, file)): PathOf<(String, u32)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::TicketsJobsRead)?;
    let job = found_job(&services, &principal, &id).await?;
    let artifact = services
        .storage
        .artifact(principal.organizer, file.into())
        .await?
        .filter(|artifact| artifact.job == job.id)
        .ok_or(ApiError::NotFound(Missing::Artifact))?;
    serve(&services, principal.organizer, artifact, &headers).await
}

/// Downloads the file of a link, or with `Range` a part of it. A link that is wrong or over is not told apart
/// from none.
#[utoipa::path(
    get,
    path = "/f/{fileLink}",
    tag = "Jobs",
    security(()),
    responses(
        (status = 200, description = "the file", content(
            (inline(Binary) = "application/pdf"),
            (inline(Binary) = "application/zip"),
            (inline(Binary) = "text/csv"),
            (inline(Binary) = "application/x-ndjson"),
        ), headers(("ETag" = String), ("Content-Disposition" = String), ("Accept-Ranges" = String))),
    ),
    extensions(("x-errors" = json!(["ARTIFACT_NOT_FOUND"]))),
)]
pub async fn open_file_link(
    State(services): State<Shared>,
    PathOf(text): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let missing = ApiError::NotFound(Missing::Artifact);
    let link = FileLink::parse(&text).ok_or_else(|| missing.clone())?;
    let now = services.clock.now();
    let keys = services
        .keys
        .ring(link.organizer, now)
        .await
        .map_err(|error| match error {
            crate::keys::KeysError::NoOrganizer => missing.clone(),
            error => error.into(),
        })?;
    if !link.is_confirmed(keys.capability_hash(), now.as_second()) {
        return Err(missing);
    }
    let artifact = services.storage.artifact(link.organizer, link.file).await?;
    serve(
        &services,
        link.organizer,
        artifact.ok_or(missing)?,
        &headers,
    )
    .await
}

async fn serve(
    services: &Services,
    organizer: OrganizerId,
    artifact: Artifact,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let file = artifact.file;
    let etag = format!("\"{}\"", file.digest);
    if is_known(headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response());
    }
    // A part of another edition would not fit the rest that the client has.
    let is_same = headers
        .get(IF_RANGE)
        .is_none_or(|known| known.as_bytes() == etag.as_bytes());
    let asked = headers.get(RANGE).filter(|_| is_same);
    let asked = asked.and_then(|range| range.to_str().ok());
    let (status, range) = match wanted(asked, file.bytes) {
        Wanted::Whole => (StatusCode::OK, 0..file.bytes),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => {
            let range = format!("bytes */{}", file.bytes);
            return Ok(
                (StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, range)]).into_response(),
            );
        }
    };
    let keys = services.keys.ring(organizer, services.clock.now()).await?;
    let body = services
        .batches
        .read_file(&keys, &file, range.clone())
        .await?;
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, &file.media_type)
        .header(CONTENT_LENGTH, range.end - range.start)
        .header(ACCEPT_RANGES, "bytes")
        .header(ETAG, etag)
        .header(CACHE_CONTROL, "private, no-store")
        .header(
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", file.file_name),
        );
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", range.start, range.end - 1, file.bytes);
        response = response.header(CONTENT_RANGE, range);
    }
    response
        .body(Body::from_stream(body))
        .map_err(|error| anyhow::Error::from(error).into())
}

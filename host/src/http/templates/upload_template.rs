//! `POST /api/templates?name=`: a new version of a template.

use std::time::Duration;

use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::template_json::{VersionJson, found_version, version_number};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::{QueryOf, media_type_is, whole_body};
use crate::http::idempotency::Recalled;
use crate::http::openapi::{Binary, TemplateNameWord};
use crate::http::services::Shared;
use crate::storage::{TemplateVersion, VersionState};
use crate::templates::{Library, Upload, UploadedAsset};

/// Bytes that an upload may have beside its component: settings, images, and the parts' heads.
const MAX_REST_BYTES: usize = 16 << 20;
/// A component of more bytes may take a minute to compile, for which no caller should have to wait.
const LARGE_BYTES: usize = 4 << 20;
/// How long the answer waits for the verdict on a large one, and on another.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));
const EXPECTED: &str = "application/wasm, or multipart/form-data with the part component and optional parts settings and assets";

/// Which template.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    /// 1 to 64 of a-z, 0-9 and hyphens, beginning with a letter.
    #[param(value_type = TemplateNameWord, inline)]
    pub name: String,
}

/// The parts of an upload with settings or assets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "says what the parts are; they are read one by one"
)]
pub struct UploadParts {
    /// The component.
    #[schema(value_type = Binary)]
    component: Vec<u8>,
    /// What the organizer chose, handed to the template as it is.
    #[schema(value_type = Option<Binary>)]
    settings: Option<Vec<u8>>,
    /// Pictures and the like; each part has a file name, by which the template asks for it.
    #[schema(value_type = Option<Vec<Binary>>)]
    assets: Option<Vec<Vec<u8>>>,
}

/// Largest upload in bytes: a component of the largest size, with settings and images.
pub fn max_upload_bytes(library: &Library) -> usize {
    usize::try_from(library.max_component_bytes())
        .unwrap_or(usize::MAX)
        .saturating_add(MAX_REST_BYTES)
}

/// Stores a version, compiles it and tries it out. 201 when it is ready, 422 with its number and
/// report when it was rejected, 503 when the host could not find out; 202 when that takes longer, as for
/// components of more than 4 MiB: the version's report says when it is decided. It is in use only once it is
/// activated.
#[utoipa::path(
    post,
    path = "/api/templates",
    tag = "Templates",
    security(("bearer" = ["templates.write"])),
    params(UploadQuery),
    request_body(content((inline(Binary) = "application/wasm"), (UploadParts = "multipart/form-data"))),
    responses(
        (status = 201, description = "the version is ready", body = Success<VersionJson>),
        (status = 202, description = "the version is being compiled", body = Success<VersionJson>),
    ),
    extensions(("x-errors" = json!(["TEMPLATE_REJECTED"]))),
)]
pub async fn upload_template(
    State(services): State<Shared>,
    caller: Caller,
    QueryOf(query): QueryOf<UploadQuery>,
    Recalled(done): Recalled,
    request: Request,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::TemplatesWrite)?;
    if let Some(done) = done {
        let number = version_number(&done)?;
        let version = found_version(&services, &principal, &query.name, number).await?;
        return uploaded(version);
    }
    let max_bytes = max_upload_bytes(&services.library);
    let upload = if media_type_is(request.headers(), "application/wasm") {
        let bytes = whole_body(request, &services, max_bytes).await?;
        Upload::of_component(&query.name, bytes.to_vec())
    } else if media_type_is(request.headers(), "multipart/form-data") {
        let parts = Multipart::from_request(request, &services)
            .await
            .map_err(|rejection| ApiError::body(rejection.body_text()))?;
        from_parts(&query.name, parts, max_bytes).await?
    } else {
        return Err(ApiError::UnsupportedMediaType { expected: EXPECTED });
    };
    let by = principal.by(services.clock.now());
    let patience = match upload.component.len() {
        bytes if bytes > LARGE_BYTES => PATIENCE.0,
        _ => PATIENCE.1,
    };
    let version = services
        .library
        .upload(principal.organizer, upload, by, patience)
        .await?;
    uploaded(version)
}

/// The answer to whoever uploaded a version.
fn uploaded(version: TemplateVersion) -> Result<Response, ApiError> {
    match &version.state {
        VersionState::Ready { .. } => {
            Ok(Success::created("the version is ready", VersionJson::of(&version)).into_response())
        }
        VersionState::Compiling => {
            let mut response =
                Success::ok("the version is being compiled", VersionJson::of(&version))
                    .into_response();
            *response.status_mut() = StatusCode::ACCEPTED;
            Ok(response)
        }
        VersionState::Rejected => Err(ApiError::TemplateRejected {
            name: version.name,
            version: version.number,
            report: Box::new(version.report.unwrap_or_default()),
        }),
    }
}

async fn from_parts(
    name: &str,
    mut parts: Multipart,
    max_bytes: usize,
) -> Result<Upload, ApiError> {
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::TooLarge { max_bytes }
        } else {
            ApiError::body(error.body_text())
        }
    };
    let mut component = None;
    let mut settings = None;
    let mut assets: Vec<UploadedAsset> = Vec::new();
    let once = |part: &mut Option<Vec<u8>>, name: &str, bytes| match part.replace(bytes) {
        None => Ok(()),
        Some(_) => Err(ApiError::field(name, "is given twice; give it once")),
    };
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let part_name = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().map(str::to_owned);
        let media_type = part.content_type().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(unreadable)?.to_vec();
        match part_name.as_str() {
            "component" => once(&mut component, "component", bytes)?,
            "settings" => once(&mut settings, "settings", bytes)?,
            "assets" => {
                let name = file_name.ok_or_else(|| {
                    ApiError::field(
                        "assets",
                        "each asset needs a file name, by which the template asks for it",
                    )
                })?;
                if assets.iter().any(|asset| asset.name == name) {
                    return Err(ApiError::field(
                        "assets",
                        "two have the same file name; give each a name of its own",
                    ));
                }
                assets.push(UploadedAsset {
                    name,
                    media_type,
                    bytes,
                });
            }
            "" => return Err(ApiError::body("has a part without a name; name each part")),
            other => {
                return Err(ApiError::field(
                    other,
                    "is not a part of an upload; the parts are component, settings and assets",
                ));
            }
        }
    }
    let component = component.ok_or_else(|| ApiError::field("component", "is required"))?;
    Ok(Upload {
        name: name.to_owned(),
        component,
        settings: settings.unwrap_or_default(),
        assets,
    })
}

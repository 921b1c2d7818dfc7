//! `POST /api/templates/{name}/versions/{n}/activate`, `/{name}/rollback`, `/{name}/canary`.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::template_json::{
    TemplateJson, found_template, found_version, recalled_template, template_json,
};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{JsonBody, PathOf};
use crate::http::idempotency::Recalled;
use crate::http::services::Shared;
use crate::storage::Canary;

/// Puts a version in use. Tickets in flight keep the version that they began with.
#[utoipa::path(
    post,
    path = "/api/templates/{name}/versions/{version}/activate",
    tag = "Templates",
    security(("bearer" = ["templates.activate"])),
    responses((status = 200, description = "the version is in use", body = Success<TemplateJson>)),
    extensions(("x-errors" = json!(["TEMPLATE_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn activate_template(
    State(services): State<Shared>,
    caller: Caller,
    PathOf((name, number)): PathOf<(String, u32)>,
    Recalled(done): Recalled,
) -> Result<Success<TemplateJson>, ApiError> {
    let principal = caller.may(Permission::TemplatesActivate)?;
    if let Some(done) = done {
        let json = recalled_template(&services, &principal, &name, &done).await?;
        return Ok(Success::ok("the version is in use", json));
    }
    let version = found_version(&services, &principal, &name, number).await?;
    let by = principal.by(services.clock.now());
    let template = services
        .storage
        .activate_template_version(principal.organizer, version.id, by)
        .await?
        .ok_or(ApiError::NotFound(Missing::Template))?;
    Ok(Success::ok(
        "the version is in use",
        template_json(&services, &principal, &template).await?,
    ))
}

/// Returns to the version that was in use before.
#[utoipa::path(
    post,
    path = "/api/templates/{name}/rollback",
    tag = "Templates",
    security(("bearer" = ["templates.activate"])),
    responses((status = 200, description = "the version before is in use", body = Success<TemplateJson>)),
    extensions(("x-errors" = json!(["TEMPLATE_NOT_FOUND", "NOTHING_TO_ROLL_BACK"]))),
)]
pub async fn roll_back_template(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(name): PathOf<String>,
    Recalled(done): Recalled,
) -> Result<Success<TemplateJson>, ApiError> {
    let principal = caller.may(Permission::TemplatesActivate)?;
    if let Some(done) = done {
        let json = recalled_template(&services, &principal, &name, &done).await?;
        return Ok(Success::ok("the version before is in use", json));
    }
    let template = found_template(&services, &principal, &name).await?;
    let by = principal.by(services.clock.now());
    let template = services
        .storage
        .roll_back_template(principal.organizer, template.id, by)
        .await?
        .ok_or(ApiError::NotFound(Missing::Template))?;
    Ok(Success::ok(
        "the version before is in use",
        template_json(&services, &principal, &template).await?,
    ))
}

/// A share of new tickets for a version on trial.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!(
    { "version": 1, "permille": 100 }
))]
pub struct CanaryBody {
    /// The version's number.
    pub version: u32,
    /// Thousandths of new tickets, 0 to 1000; 0 ends the trial.
    #[schema(minimum = 0, maximum = 1000)]
    pub permille: u16,
}

/// Begins or ends a trial.
#[utoipa::path(
    post,
    path = "/api/templates/{name}/canary",
    tag = "Templates",
    security(("bearer" = ["templates.activate"])),
    request_body = CanaryBody,
    responses((status = 200, description = "the trial is set", body = Success<TemplateJson>)),
    extensions(("x-errors" = json!(["TEMPLATE_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn set_canary(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(name): PathOf<String>,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<CanaryBody>,
) -> Result<Success<TemplateJson>, ApiError> {
    let principal = caller.may(Permission::TemplatesActivate)?;
    if body.permille > 1000 {
        return Err(ApiError::field("permille", "must be 0 to 1000"));
    }
    if done.is_some() {
        let template = found_template(&services, &principal, &name).await?;
        let json = template_json(&services, &principal, &template).await?;
        return Ok(Success::ok("the trial is set", json));
    }
    let version = found_version(&services, &principal, &name, body.version).await?;
    let canary = (body.permille > 0).then_some(Canary {
        version: version.id,
        permille: body.permille,
    });
    let by = principal.by(services.clock.now());
    let template = services
        .storage
        .set_canary(principal.organizer, version.template, canary, by)
        .await?
        .ok_or(ApiError::NotFound(Missing::Template))?;
    Ok(Success::ok(
        "the trial is set",
        template_json(&services, &principal, &template).await?,
    ))
}

//! `GET /api/templates`, `/{name}`, `/{name}/versions`, `/{name}/versions/{n}/report`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::template_json::{
    ReportJson, TemplateJson, VersionJson, found_template, found_version, template_json,
};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::PathOf;
use crate::http::services::Shared;

/// All templates.
#[derive(Serialize, ToSchema)]
pub struct TemplateList {
    templates: Vec<TemplateJson>,
}

/// Lists the organizer's templates, by name.
#[utoipa::path(
    get,
    path = "/api/templates",
    tag = "Templates",
    security(("bearer" = ["templates.read"])),
    responses((status = 200, description = "the templates", body = Success<TemplateList>)),
)]
pub async fn list_templates(
    State(services): State<Shared>,
    caller: Caller,
) -> Result<Success<TemplateList>, ApiError> {
    let principal = caller.may(Permission::TemplatesRead)?;
    let mut templates = Vec::new();
    for template in services.storage.templates(principal.organizer).await? {
        templates.push(template_json(&services, &principal, &template).await?);
    }
    Ok(Success::ok("the templates", TemplateList { templates }))
}

/// Shows a template.
#[utoipa::path(
    get,
    path = "/api/templates/{name}",
    tag = "Templates",
    security(("bearer" = ["templates.read"])),
    responses((status = 200, description = "the template", body = Success<TemplateJson>)),
    extensions(("x-errors" = json!(["TEMPLATE_NOT_FOUND"]))),
)]
pub async fn read_template(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(name): PathOf<String>,
) -> Result<Success<TemplateJson>, ApiError> {
    let principal = caller.may(Permission::TemplatesRead)?;
    let template = found_template(&services, &principal, &name).await?;
    Ok(Success::ok(
        "the template",
        template_json(&services, &principal, &template).await?,
    ))
}

/// All versions of a template.
#[derive(Serialize, ToSchema)]
pub struct VersionList {
    versions: Vec<VersionJson>,
}

/// Lists a template's versions, the newest first.
#[utoipa::path(
    get,
    path = "/api/templates/{name}/versions",
    tag = "Templates",
    security(("bearer" = ["templates.read"])),
    responses((status = 200, description = "the versions", body = Success<VersionList>)),
    extensions(("x-errors" = json!(["TEMPLATE_NOT_FOUND"]))),
)]
pub async fn list_versions(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(name): PathOf<String>,
) -> Result<Success<VersionList>, ApiError> {
    let principal = caller.may(Permission::TemplatesRead)?;
    let template = found_template(&services, &principal, &name).await?;
    let versions = services
        .storage
        .template_versions(principal.organizer, template.id)
        .await?;
    let versions = versions.iter().map(VersionJson::brief).collect();
    Ok(Success::ok("the versions", VersionList { versions }))
}

/// What the host found out about a version, in words for its author.
#[utoipa::path(
    get,
    path = "/api/templates/{name}/versions/{version}/report",
    tag = "Templates",
    security(("bearer" = ["templates.read"])),
    responses((status = 200, description = "the report", body = Success<ReportJson>)),
    extensions(("x-errors" = json!(["TEMPLATE_NOT_FOUND"]))),
)]
pub async fn read_report(
    State(services): State<Shared>,
    caller: Caller,
    PathOf((name, number)): PathOf<(String, u32)>,
) -> Result<Success<ReportJson>, ApiError> {
    let principal = caller.may(Permission::TemplatesRead)?;
    let version = found_version(&services, &principal, &name, number).await?;
    Ok(Success::ok(
        "the report",
        ReportJson(version.report.unwrap_or_default()),
    ))
}

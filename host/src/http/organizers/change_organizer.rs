//! `PATCH /api/organizers/{slug}`.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::organizer_json::{OrganizerJson, found_organizer};
use super::settings_body::{SettingsBody, checked_name};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{JsonBody, PathOf};
use crate::http::idempotency::Recalled;
use crate::http::openapi::TitleWord;
use crate::http::services::Shared;

/// What changes; what is not given stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "name": "Demo Hall", "settings": { "email": "tickets@demo.example" }, "defaultTemplate": "classic" }
))]
pub struct OrganizerPatch {
    /// Its name for people.
    #[schema(value_type = Option<TitleWord>, inline)]
    pub name: Option<String>,
    /// Its choices.
    pub settings: Option<SettingsBody>,
    /// Name of the template of tickets that name none; it must have a version in use.
    pub default_template: Option<String>,
}

/// Changes an organizer's name, choices and default template.
#[utoipa::path(
    patch,
    path = "/api/organizers/{slug}",
    tag = "Organizers",
    security(("bearer" = ["settings.write"])),
    request_body = OrganizerPatch,
    responses((status = 200, description = "the organizer was changed", body = Success<OrganizerJson>)),
    extensions(("x-errors" = json!(["ORGANIZER_NOT_FOUND", "TEMPLATE_NOT_FOUND"]))),
)]
pub async fn change_organizer(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(slug): PathOf<String>,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<OrganizerPatch>,
) -> Result<Success<OrganizerJson>, ApiError> {
    let (principal, organizer) = found_organizer(&services, caller, &slug).await?;
    let message = "the organizer was changed";
    if done.is_some() {
        let json = OrganizerJson::of(&services, &organizer).await?;
        return Ok(Success::ok(message, json));
    }
    if body.name.is_none() && body.settings.is_none() && body.default_template.is_none() {
        return Err(ApiError::body("names nothing to change"));
    }
    let name = match &body.name {
        Some(name) => checked_name(name)?,
        None => organizer.name.clone(),
    };
    let settings = body
        .settings
        .unwrap_or_default()
        .applied_to(&organizer.settings)?;
    let by = principal.by(services.clock.now());
    if let Some(name) = &body.default_template {
        let template = services
            .storage
            .template(organizer.id, name)
            .await?
            .filter(|template| template.active.is_some())
            .ok_or(ApiError::NotFound(Missing::Template))?;
        // May be repeated; the act of the request is the last one.
        services
            .storage
            .set_default_template(organizer.id, template.id, by.aside())
            .await?;
    }
    let changed = services
        .storage
        .change_organizer(organizer.id, name, settings, by)
        .await?
        .ok_or(ApiError::NotFound(Missing::Organizer))?;
    // Its name and choices are printed, and kept in memory with its keys.
    services.keys.forget(organizer.id);
    let json = OrganizerJson::of(&services, &changed).await?;
    Ok(Success::ok(message, json))
}

//! `POST /api/organizers`.

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::organizer_json::OrganizerJson;
use super::settings_body::{SettingsBody, checked_name};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::idempotency::Recalled;
use crate::http::openapi::{SlugWord, TitleWord};
use crate::http::services::Shared;
use crate::storage::{Conflict, Slug};

/// A new organizer.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!(
    { "slug": "riverside", "name": "Riverside Theatre", "settings": { "website": "https://riverside.example" } }
))]
pub struct NewOrganizerBody {
    /// Its name in tokens; never changes.
    #[schema(value_type = SlugWord, inline, required)]
    pub slug: Option<String>,
    /// Its name for people; the slug if not given.
    #[schema(value_type = Option<TitleWord>, inline)]
    pub name: Option<String>,
    /// Its choices.
    pub settings: Option<SettingsBody>,
}

/// Makes an organizer with its keys, its built-in event and the template `classic`. For the operator.
#[utoipa::path(
    post,
    path = "/api/organizers",
    tag = "Organizers",
    security(("bearer" = ["organizers.admin"])),
    request_body = NewOrganizerBody,
    responses((status = 201, description = "the organizer was made", body = Success<OrganizerJson>)),
    extensions(("x-errors" = json!(["ORGANIZER_EXISTS"]))),
)]
pub async fn create_organizer(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<NewOrganizerBody>,
) -> Result<Success<OrganizerJson>, ApiError> {
    let principal = caller.may(Permission::OrganizersAdmin)?;
    let slug = body
        .slug
        .ok_or_else(|| ApiError::field("slug", "is required"))?;
    let slug = Slug::try_from(slug.as_str())
        .map_err(|error| ApiError::field("slug", error.to_string()))?;
    let name = match body.name {
        Some(name) => checked_name(&name)?,
        None => slug.to_string(),
    };
    let settings = body
        .settings
        .unwrap_or_default()
        .applied_to(&Value::Object(Map::new()))?;
    if done.is_none() {
        if services.storage.organizer_by_slug(&slug).await?.is_some() {
            return Err(Conflict::OrganizerExists.into());
        }
        let by = principal.by(services.clock.now());
        services.organizers.make(&slug, name, settings, &by).await?;
    }
    // Completes it, also where the host stopped before it had its template.
    let made = services.organizers.find_or_make(&slug).await?;
    let json = OrganizerJson::of(&services, &made).await?;
    Ok(Success::created("the organizer was made", json))
}

//! An organizer as JSON, and the one that a path names.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::error::{ApiError, Missing};
use crate::http::openapi::AnyObject;
use crate::http::services::Services;
use crate::storage::{Organizer, Slug};

/// A stored organizer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "slug": "demo", "name": "Demo Hall", "settings": { "email": "tickets@demo.example" },
        "defaultTemplate": "classic", "createdAt": "2027-03-01T09:00:00Z",
    }
))]
pub struct OrganizerJson {
    slug: String,
    name: String,
    #[schema(value_type = AnyObject, inline)]
    settings: Value,
    /// Name of the template of tickets that name none.
    #[schema(required)]
    default_template: Option<String>,
    created_at: Timestamp,
}

impl OrganizerJson {
    /// An organizer with the name of its default template.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn of(services: &Services, organizer: &Organizer) -> Result<Self, ApiError> {
        let template = match organizer.default_template {
            Some(id) => services.storage.template_by_id(organizer.id, id).await?,
            None => None,
        };
        Ok(Self {
            slug: organizer.slug.to_string(),
            name: organizer.name.clone(),
            settings: organizer.settings.clone(),
            default_template: template.map(|template| template.name),
            created_at: organizer.created_at,
        })
    }
}

/// The organizer that a path names: any for an operator, its own for an admin.
///
/// # Errors
/// [`ApiError::Forbidden`]; [`ApiError::NotFound`], also for another than its own.
pub async fn found_organizer(
    services: &Services,
    caller: Caller,
    slug: &str,
) -> Result<(Principal, Organizer), ApiError> {
    let principal = caller.0;
    let missing = || ApiError::NotFound(Missing::Organizer);
    if !principal.may(Permission::OrganizersAdmin) {
        if !principal.may(Permission::SettingsWrite) {
            return Err(ApiError::Forbidden {
                permission: Permission::SettingsWrite.name(),
            });
        }
        if principal.organizer_slug != slug {
            return Err(missing());
        }
    }
    let slug = Slug::try_from(slug).map_err(|_| missing())?;
    let found = services.storage.organizer_by_slug(&slug).await?;
    Ok((principal, found.ok_or_else(missing)?))
}

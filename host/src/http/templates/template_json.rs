//! Templates and their versions as JSON.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Principal;
use crate::http::error::{ApiError, Missing};
use crate::http::idempotency::{figure, no_sense};
use crate::http::openapi::VersionStateWord;
use crate::http::services::Services;
use crate::storage::{Done, Template, TemplateVersion, TemplateVersionId};

/// What the host found out about a version, in words for its author.
#[derive(Serialize, ToSchema)]
#[schema(value_type = Object)]
pub struct ReportJson(pub Value);

/// One version.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "templateId": "classic@2", "name": "classic", "version": 2,
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "state": "ready", "createdAt": "2027-03-01T09:00:00Z",
    }
))]
pub struct VersionJson {
    /// Name and number, which together name the version for people.
    template_id: String,
    name: String,
    version: u32,
    /// SHA-256 of the component, hexadecimal.
    digest: String,
    #[schema(value_type = VersionStateWord, inline)]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportJson>,
    created_at: Timestamp,
}

impl VersionJson {
    /// A version with its report.
    pub fn of(version: &TemplateVersion) -> Self {
        Self {
            report: version.report.clone().map(ReportJson),
            ..Self::brief(version)
        }
    }

    /// A version without its report.
    pub fn brief(version: &TemplateVersion) -> Self {
        Self {
            template_id: format!("{}@{}", version.name, version.number),
            name: version.name.clone(),
            version: version.number,
            digest: version.component.to_string(),
            state: version.state.code(),
            report: None,
            created_at: version.created_at,
        }
    }
}

/// One template.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "name": "classic", "activeVersion": 2, "newestVersion": 3,
        "canary": { "version": 3, "permille": 100 }, "isDefault": true,
        "createdAt": "2027-03-01T09:00:00Z",
    }
))]
pub struct TemplateJson {
    name: String,
    /// Number of the version in use.
    #[schema(required)]
    active_version: Option<u32>,
    newest_version: u32,
    /// A version that some new tickets try.
    #[schema(required)]
    canary: Option<CanaryJson>,
    /// Whether tickets that name no template get this one.
    is_default: bool,
    created_at: Timestamp,
}

/// A version on trial.
#[derive(Serialize, ToSchema)]
pub struct CanaryJson {
    /// The version's number.
    version: u32,
    /// Thousandths of new tickets that get it.
    #[schema(minimum = 1, maximum = 1000)]
    permille: u16,
}

/// A template with the numbers of its versions.
///
/// # Errors
/// When storage fails.
pub async fn template_json(
    services: &Services,
    principal: &Principal,
    template: &Template,
) -> Result<TemplateJson, ApiError> {
    let active = match template.active {
        Some(id) => number_of(services, principal, id).await?,
        None => None,
    };
    let canary = match template.canary {
        Some(canary) => number_of(services, principal, canary.version)
            .await?
            .map(|version| CanaryJson {
                version,
                permille: canary.permille,
            }),
        None => None,
    };
    let organizer = services.storage.organizer(principal.organizer).await?;
    let default = organizer.and_then(|organizer| organizer.default_template);
    Ok(TemplateJson {
        name: template.name.clone(),
        active_version: active,
        newest_version: template.newest_version,
        canary,
        is_default: default == Some(template.id),
        created_at: template.created_at,
    })
}

async fn number_of(
    services: &Services,
    principal: &Principal,
    id: TemplateVersionId,
) -> Result<Option<u32>, ApiError> {
    let version = services.storage.template_version(principal.organizer, id);
    Ok(version.await?.map(|version| version.number))
}

/// The template that a path names; `default` is the organizer's default.
///
/// # Errors
/// [`ApiError::NotFound`], also for another organizer's.
pub async fn found_template(
    services: &Services,
    principal: &Principal,
    name: &str,
) -> Result<Template, ApiError> {
    let found = if name == "default" {
        let organizer = services.storage.organizer(principal.organizer).await?;
        match organizer.and_then(|organizer| organizer.default_template) {
            Some(id) => {
                services
                    .storage
                    .template_by_id(principal.organizer, id)
                    .await?
            }
            None => None,
        }
    } else {
        services.storage.template(principal.organizer, name).await?
    };
    found.ok_or(ApiError::NotFound(Missing::Template))
}

/// The version that a path names.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn found_version(
    services: &Services,
    principal: &Principal,
    name: &str,
    number: u32,
) -> Result<TemplateVersion, ApiError> {
    let template = found_template(services, principal, name).await?;
    services
        .storage
        .template_version_by_number(principal.organizer, template.id, number)
        .await?
        .ok_or(ApiError::NotFound(Missing::Template))
}

/// A template with the version in use that an act put there.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn recalled_template(
    services: &Services,
    principal: &Principal,
    name: &str,
    done: &Done,
) -> Result<TemplateJson, ApiError> {
    let template = found_template(services, principal, name).await?;
    // A roll back names the version by its row, an activation by its number.
    let active = match done.details.get("active") {
        Some(_) => {
            let id = TemplateVersionId(figure(done, "active")?);
            let version = services.storage.template_version(principal.organizer, id);
            let version = version.await?.ok_or_else(|| no_sense(done))?;
            version.number
        }
        None => version_number(done)?,
    };
    Ok(TemplateJson {
        active_version: Some(active),
        ..template_json(services, principal, &template).await?
    })
}

/// The number of the version of an act, `template classic/3`.
///
/// # Errors
/// When the row makes no sense.
pub fn version_number(done: &Done) -> Result<u32, ApiError> {
    let number = done.subject.rsplit_once('/').map(|(_, number)| number);
    number
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| no_sense(done))
}

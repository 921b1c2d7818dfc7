//! `GET /api/organizers` and `/api/organizers/{slug}`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::organizer_json::{OrganizerJson, found_organizer};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::{Pagination, Success};
use crate::http::error::ApiError;
use crate::http::events::checked_page;
use crate::http::extract::{PathOf, QueryOf};
use crate::http::services::Shared;

/// Which part of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OrganizersQuery {
    /// From 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// 1 to 100; 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// A page of organizers, by slug.
#[derive(Serialize, ToSchema)]
pub struct OrganizerList {
    organizers: Vec<OrganizerJson>,
    pagination: Pagination,
}

/// Lists the host's organizers, for its operator.
#[utoipa::path(
    get,
    path = "/api/organizers",
    tag = "Organizers",
    security(("bearer" = ["organizers.admin"])),
    params(OrganizersQuery),
    responses((status = 200, description = "the organizers", body = Success<OrganizerList>)),
)]
pub async fn list_organizers(
    State(services): State<Shared>,
    caller: Caller,
    QueryOf(query): QueryOf<OrganizersQuery>,
) -> Result<Success<OrganizerList>, ApiError> {
    caller.may(Permission::OrganizersAdmin)?;
    let request = checked_page(query.page, query.limit)?;
    // A host has hundreds of organizers, not millions: they are few rows.
    let all = services.storage.organizers().await?;
    let offset = usize::try_from(request.offset()).unwrap_or(usize::MAX);
    let mut organizers = Vec::new();
    for organizer in all.iter().skip(offset).take(request.limit as usize) {
        organizers.push(OrganizerJson::of(&services, organizer).await?);
    }
    let pagination = Pagination::new(request.page, request.limit, all.len() as u64);
    Ok(Success::ok(
        "the organizers",
        OrganizerList {
            organizers,
            pagination,
        },
    ))
}

/// Shows an organizer to its admins and to the operator.
#[utoipa::path(
    get,
    path = "/api/organizers/{slug}",
    tag = "Organizers",
    security(("bearer" = ["settings.write"])),
    responses((status = 200, description = "the organizer", body = Success<OrganizerJson>)),
    extensions(("x-errors" = json!(["ORGANIZER_NOT_FOUND"]))),
)]
pub async fn read_organizer(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(slug): PathOf<String>,
) -> Result<Success<OrganizerJson>, ApiError> {
    let (_, organizer) = found_organizer(&services, caller, &slug).await?;
    let json = OrganizerJson::of(&services, &organizer).await?;
    Ok(Success::ok("the organizer", json))
}

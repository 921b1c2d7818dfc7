//! Organizers' templates.

mod activate_template;
mod preview_template;
mod read_templates;
mod template_json;
mod upload_template;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::services::Shared;

pub use upload_template::max_upload_bytes;

/// The routes. An upload may have as many bytes as this.
pub fn routes(max_upload_bytes: usize) -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(
            routes!(
                read_templates::list_templates,
                upload_template::upload_template
            )
            .layer(DefaultBodyLimit::max(max_upload_bytes)),
        )
        .routes(routes!(read_templates::read_template))
        .routes(routes!(preview_template::preview_template))
        .routes(routes!(activate_template::roll_back_template))
        .routes(routes!(activate_template::set_canary))
        .routes(routes!(read_templates::list_versions))
        .routes(routes!(activate_template::activate_template))
        .routes(routes!(read_templates::read_report))
}

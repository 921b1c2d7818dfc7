//! What reads templates and their versions, for the verbs and for what changes them.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use crate::storage::rows::templates::{
    AssetRow, TemplateRow, VersionRow, assets_by_version, select_templates, select_versions,
};
use crate::storage::{
    Asset, OrganizerId, StorageError, Template, TemplateId, TemplateVersion, TemplateVersionId,
};

/// The assets of one version, or of all of a template, by version.
pub(super) async fn assets(
    connection: &mut PgConnection,
    of: AssetsOf,
) -> Result<BTreeMap<TemplateVersionId, Vec<Asset>>, StorageError> {
    let (version, template) = match of {
        AssetsOf::Version(id) => (Some(id.0), None),
        AssetsOf::Template(id) => (None, Some(id.0)),
    };
    let rows: Vec<AssetRow> = sqlx::query_as(
        "SELECT a.version_id, a.name, a.media_type, a.digest
         FROM template_versions v JOIN template_version_assets a ON a.version_id = v.id
         WHERE v.id = $1 OR v.template_id = $2 ORDER BY a.version_id, a.name",
    )
    .bind(version.map(i64::from))
    .bind(template.map(i64::from))
    .fetch_all(connection)
    .await?;
    assets_by_version(rows)
}

/// Whose assets.
pub(super) enum AssetsOf {
    Version(TemplateVersionId),
    Template(TemplateId),
}

/// One version with its assets.
pub(super) async fn find_version(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    version: TemplateVersionId,
) -> Result<Option<TemplateVersion>, StorageError> {
    let row: Option<VersionRow> =
        sqlx::query_as(select_versions!("v.organizer_id = $1 AND v.id = $2"))
            .bind(i64::from(organizer.0))
            .bind(i64::from(version.0))
            .fetch_optional(&mut *connection)
            .await?;
    with_assets(connection, row).await
}

/// A version of a row, with its assets.
pub(super) async fn with_assets(
    connection: &mut PgConnection,
    row: Option<VersionRow>,
) -> Result<Option<TemplateVersion>, StorageError> {
    let Some(row) = row else { return Ok(None) };
    let mut version = TemplateVersion::try_from(row)?;
    let mut assets = assets(connection, AssetsOf::Version(version.id)).await?;
    version.assets = assets.remove(&version.id).unwrap_or_default();
    Ok(Some(version))
}

/// A template by its number.
pub(super) async fn find_template(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    id: TemplateId,
) -> Result<Option<Template>, StorageError> {
    let row: Option<TemplateRow> =
        sqlx::query_as(select_templates!("t.organizer_id = $1 AND t.id = $2"))
            .bind(i64::from(organizer.0))
            .bind(i64::from(id.0))
            .fetch_optional(connection)
            .await?;
    row.map(TryInto::try_into).transpose()
}

//! Rows of templates and their versions.

use std::collections::BTreeMap;

use super::{Place, row};
use crate::storage::{
    Asset, Canary, StorageError, Template, TemplateId, TemplateVersion, TemplateVersionId,
    VersionState,
};

/// A query of [`TemplateRow`]s.
macro_rules! select_templates {
    ($templates:literal) => {
        concat!(
            "SELECT t.id, t.name, a.version_id AS active_version_id, t.canary_version_id,
                    t.canary_permille, t.created_at_us,
                    (SELECT coalesce(max(v.number), 0) FROM template_versions v
                     WHERE v.template_id = t.id) AS newest_version
             FROM ticket_templates t
             LEFT JOIN template_activations a ON a.id = t.activation_id
             WHERE ",
            $templates
        )
    };
}
pub(in crate::storage) use select_templates;

row! {
    struct TemplateRow {
        id: i64,
        name: String,
        active_version_id: Option<i64>,
        canary_version_id: Option<i64>,
        canary_permille: Option<i64>,
        newest_version: i64,
        created_at_us: i64,
    }
}

impl TryFrom<TemplateRow> for Template {
    type Error = StorageError;

    fn try_from(row: TemplateRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "ticket_templates",
            id: row.id,
        };
        let active = row
            .active_version_id
            .map(|id| place.convert("activation_id", id).map(TemplateVersionId));
        let canary = match (row.canary_version_id, row.canary_permille) {
            (Some(version), Some(permille)) => Some(Canary {
                version: TemplateVersionId(place.convert("canary_version_id", version)?),
                permille: place.convert("canary_permille", permille)?,
            }),
            _ => None,
        };
        Ok(Self {
            id: place.convert("id", row.id).map(TemplateId)?,
            name: row.name,
            active: active.transpose()?,
            canary,
            newest_version: place.convert("newest_version", row.newest_version)?,
            created_at: place.time("created_at_us", row.created_at_us)?,
        })
    }
}

/// A query of [`VersionRow`]s.
macro_rules! select_versions {
    ($versions:literal) => {
        concat!(
            "SELECT v.id, v.organizer_id, v.template_id, t.name, v.number, v.state,
                    v.component_digest, v.settings_digest, v.prepared_digest, v.manifest, v.report,
                    v.created_at_us
             FROM template_versions v JOIN ticket_templates t ON t.id = v.template_id
             WHERE ",
            $versions
        )
    };
}
pub(in crate::storage) use select_versions;

row! {
    struct VersionRow {
        id: i64,
        organizer_id: i64,
        template_id: i64,
        name: String,
        number: i64,
        state: String,
        component_digest: Vec<u8>,
        settings_digest: Vec<u8>,
        prepared_digest: Option<Vec<u8>>,
        manifest: Option<String>,
        report: Option<String>,
        created_at_us: i64,
    }
}

impl TryFrom<VersionRow> for TemplateVersion {
    type Error = StorageError;

    /// The version without its assets.
    fn try_from(row: VersionRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "template_versions",
            id: row.id,
        };
        let prepared = row
            .prepared_digest
            .map(|digest| place.digest("prepared_digest", &digest))
            .transpose()?;
        let state = match (row.state.as_str(), row.manifest) {
            ("compiling", _) => VersionState::Compiling,
            ("ready", Some(manifest)) => VersionState::Ready {
                manifest: place.json("manifest", &manifest)?,
                prepared,
            },
            ("rejected", _) => VersionState::Rejected,
            (state, _) => {
                return Err(place.corrupt("state", format_args!("`{state}`, or no manifest")));
            }
        };
        let report = row.report.map(|report| place.json("report", &report));
        Ok(Self {
            id: place.convert("id", row.id).map(TemplateVersionId)?,
            template: place
                .convert("template_id", row.template_id)
                .map(TemplateId)?,
            organizer: place.organizer(row.organizer_id)?,
            name: row.name,
            number: place.convert("number", row.number)?,
            component: place.digest("component_digest", &row.component_digest)?,
            settings: place.digest("settings_digest", &row.settings_digest)?,
            assets: Vec::new(),
            state,
            report: report.transpose()?,
            created_at: place.time("created_at_us", row.created_at_us)?,
        })
    }
}

row! {
    struct AssetRow {
        version_id: i64,
        name: String,
        media_type: String,
        digest: Vec<u8>,
    }
}

/// The assets of each version. Rows come ordered by name.
pub(in crate::storage) fn assets_by_version(
    rows: Vec<AssetRow>,
) -> Result<BTreeMap<TemplateVersionId, Vec<Asset>>, StorageError> {
    let mut assets = BTreeMap::<_, Vec<_>>::new();
    for row in rows {
        let place = Place {
            table: "template_version_assets",
            id: format_args!("{}/{}", row.version_id, row.name),
        };
        let version = place
            .convert("version_id", row.version_id)
            .map(TemplateVersionId)?;
        let digest = place.digest("digest", &row.digest)?;
        assets.entry(version).or_default().push(Asset {
            digest,
            name: row.name,
            media_type: row.media_type,
        });
    }
    Ok(assets)
}

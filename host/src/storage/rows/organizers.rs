//! Rows of organizers.

use super::{Place, row};
use crate::storage::{Organizer, Sealed, StorageError, TemplateId};

/// The event of tickets that name none.
pub(in crate::storage) const DEFAULT_EVENT: &str = "default";

row! {
    struct OrganizerRow {
        id: i64,
        slug: String,
        name: String,
        settings: String,
        sealed_data_key: Vec<u8>,
        default_template_id: Option<i64>,
        created_at_us: i64,
    }
}

impl TryFrom<OrganizerRow> for Organizer {
    type Error = StorageError;

    fn try_from(row: OrganizerRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "organizers",
            id: row.id,
        };
        let default_template = row
            .default_template_id
            .map(|id| place.convert("default_template_id", id).map(TemplateId))
            .transpose()?;
        Ok(Self {
            id: place.organizer(row.id)?,
            slug: place.convert("slug", row.slug.as_str())?,
            name: row.name,
            settings: place.json("settings", &row.settings)?,
            data_key: Sealed(row.sealed_data_key),
            default_template,
            created_at: place.time("created_at_us", row.created_at_us)?,
        })
    }
}

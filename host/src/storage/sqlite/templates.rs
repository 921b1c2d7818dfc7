//! Templates and blobs: the verbs, and what reads them.

use async_trait::async_trait;
use jiff::Timestamp;

use super::template_reads::{AssetsOf, assets, find_template, find_version, with_assets};
use super::{SqliteStorage, template_writes};
use crate::storage::rows::templates::{TemplateRow, VersionRow, select_templates, select_versions};
use crate::storage::rows::us;
use crate::storage::{
    By, Canary, Digest, NewTemplateVersion, OrganizerId, StorageError, Template, TemplateId,
    TemplateStorage, TemplateVersion, TemplateVersionId, VersionOutcome,
};

#[async_trait]
impl TemplateStorage for SqliteStorage {
    async fn store_blob(&self, data: Vec<u8>, at: Timestamp) -> Result<Digest, StorageError> {
        let digest = Digest::of(&data);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO blobs (digest, data, created_at_us) VALUES ($1, $2, $3)
                         ON CONFLICT DO NOTHING",
                    )
                    .bind(digest.0.as_slice())
                    .bind(data)
                    .bind(us(at))
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await?;
        Ok(digest)
    }

    async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StorageError> {
        let data: Option<Vec<u8>> = sqlx::query_scalar("SELECT data FROM blobs WHERE digest = $1")
            .bind(digest.0.as_slice())
            .fetch_optional(&self.readers)
            .await?;
        if data.as_ref().is_some_and(|data| Digest::of(data) != digest) {
            return Err(StorageError::corrupt(
                "blobs",
                "data",
                digest,
                "not of this digest",
            ));
        }
        Ok(data)
    }

    async fn create_template_version(
        &self,
        organizer: OrganizerId,
        version: NewTemplateVersion,
        by: By,
    ) -> Result<TemplateVersion, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(template_writes::create_version(
                    connection, organizer, version, by,
                ))
            })
            .await
    }

    async fn finish_template_version(
        &self,
        organizer: OrganizerId,
        version: TemplateVersionId,
        outcome: VersionOutcome,
    ) -> Result<Option<TemplateVersion>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(template_writes::finish_version(
                    connection, organizer, version, outcome,
                ))
            })
            .await
    }

    async fn compiling_versions(&self) -> Result<Vec<TemplateVersion>, StorageError> {
        let mut connection = self.readers.acquire().await?;
        let rows: Vec<VersionRow> =
            sqlx::query_as(select_versions!("v.state = 'compiling' ORDER BY v.id"))
                .fetch_all(&mut *connection)
                .await?;
        let mut versions = Vec::with_capacity(rows.len());
        for row in rows {
            versions.extend(with_assets(&mut connection, Some(row)).await?);
        }
        Ok(versions)
    }

    async fn templates(&self, organizer: OrganizerId) -> Result<Vec<Template>, StorageError> {
        let rows: Vec<TemplateRow> =
            sqlx::query_as(select_templates!("t.organizer_id = $1 ORDER BY t.name"))
                .bind(organizer.0)
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn template(
        &self,
        organizer: OrganizerId,
        name: &str,
    ) -> Result<Option<Template>, StorageError> {
        let row: Option<TemplateRow> =
            sqlx::query_as(select_templates!("t.organizer_id = $1 AND t.name = $2"))
                .bind(organizer.0)
                .bind(name)
                .fetch_optional(&self.readers)
                .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn template_by_id(
        &self,
        organizer: OrganizerId,
        id: TemplateId,
    ) -> Result<Option<Template>, StorageError> {
        let mut connection = self.readers.acquire().await?;
        find_template(&mut connection, organizer, id).await
    }

    async fn template_versions(
        &self,
        organizer: OrganizerId,
        template: TemplateId,
    ) -> Result<Vec<TemplateVersion>, StorageError> {
        let mut connection = self.readers.acquire().await?;
        let rows: Vec<VersionRow> = sqlx::query_as(select_versions!(
            "v.organizer_id = $1 AND v.template_id = $2 ORDER BY v.number DESC"
        ))
        .bind(organizer.0)
        .bind(template.0)
        .fetch_all(&mut *connection)
        .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut assets = assets(&mut connection, AssetsOf::Template(template)).await?;
        let versions = rows.into_iter().map(|row| {
            let mut version = TemplateVersion::try_from(row)?;
            version.assets = assets.remove(&version.id).unwrap_or_default();
            Ok(version)
        });
        versions.collect()
    }

    async fn template_version(
        &self,
        organizer: OrganizerId,
        version: TemplateVersionId,
    ) -> Result<Option<TemplateVersion>, StorageError> {
        let mut connection = self.readers.acquire().await?;
        find_version(&mut connection, organizer, version).await
    }

    async fn template_version_by_number(
        &self,
        organizer: OrganizerId,
        template: TemplateId,
        number: u32,
    ) -> Result<Option<TemplateVersion>, StorageError> {
        let mut connection = self.readers.acquire().await?;
        let row: Option<VersionRow> = sqlx::query_as(select_versions!(
            "v.organizer_id = $1 AND v.template_id = $2 AND v.number = $3"
        ))
        .bind(organizer.0)
        .bind(template.0)
        .bind(number)
        .fetch_optional(&mut *connection)
        .await?;
        with_assets(&mut connection, row).await
    }

    async fn activate_template_version(
        &self,
        organizer: OrganizerId,
        version: TemplateVersionId,
        by: By,
    ) -> Result<Option<Template>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(template_writes::activate(
                    connection, organizer, version, by,
                ))
            })
            .await
    }

    async fn roll_back_template(
        &self,
        organizer: OrganizerId,
        template: TemplateId,
        by: By,
    ) -> Result<Option<Template>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(template_writes::roll_back(
                    connection, organizer, template, by,
                ))
            })
            .await
    }

    async fn set_canary(
        &self,
        organizer: OrganizerId,
        template: TemplateId,
        canary: Option<Canary>,
        by: By,
    ) -> Result<Option<Template>, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(template_writes::set_canary(
                    connection, organizer, template, canary, by,
                ))
            })
            .await
    }
}

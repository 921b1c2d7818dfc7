//! What changes templates. Each function runs inside one verb's transaction, and locks what it reads
//! in order to decide.

use serde_json::json;
use sqlx::PgConnection;

use super::audit::record;
use super::template_reads::{find_template, find_version};
use crate::storage::rows::audit::Note;
use crate::storage::rows::{Place, us};
use crate::storage::{
    Act, By, Canary, Conflict, NewTemplateVersion, OrganizerId, StorageError, Template, TemplateId,
    TemplateVersion, TemplateVersionId, VersionOutcome, VersionState,
};

/// Stores the next version of a template, and the template if there is none.
pub(super) async fn create_version(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    version: NewTemplateVersion,
    by: By,
) -> Result<TemplateVersion, StorageError> {
    let template: i64 = sqlx::query_scalar(
        "INSERT INTO ticket_templates (organizer_id, name, created_at_us) VALUES ($1, $2, $3)
         ON CONFLICT (organizer_id, name) DO UPDATE SET name = excluded.name RETURNING id",
    )
    .bind(i64::from(organizer.0))
    .bind(version.name)
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO template_versions
             (organizer_id, template_id, number, state, component_digest, settings_digest,
              created_at_us)
         SELECT $1, $2, coalesce(max(number), 0) + 1, 'compiling', $3, $4, $5
         FROM template_versions WHERE template_id = $2
         RETURNING id",
    )
    .bind(i64::from(organizer.0))
    .bind(template)
    .bind(version.component.0.as_slice())
    .bind(version.settings.0.as_slice())
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    for asset in version.assets {
        sqlx::query(
            "INSERT INTO template_version_assets (version_id, name, media_type, digest)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(id)
        .bind(asset.name)
        .bind(asset.media_type)
        .bind(asset.digest.0.as_slice())
        .execute(&mut *connection)
        .await?;
    }
    let place = Place {
        table: "template_versions",
        id,
    };
    let id = place.convert("id", id).map(TemplateVersionId)?;
    let stored = find_version(connection, organizer, id).await?;
    let stored = stored.ok_or_else(|| place.corrupt("id", "written, and not there"))?;
    let details = json!({ "component": stored.component.to_string() });
    note(
        connection,
        organizer,
        Act::TemplateUploaded,
        subject(&stored),
        details,
        &by,
    )
    .await?;
    Ok(stored)
}

/// Keeps others from changing a template until the transaction ends.
async fn lock(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    template: TemplateId,
) -> Result<(), StorageError> {
    sqlx::query(
        "SELECT FROM ticket_templates WHERE organizer_id = $1 AND id = $2 FOR NO KEY UPDATE",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(template.0))
    .execute(connection)
    .await?;
    Ok(())
}

/// Says how compiling ended.
pub(super) async fn finish_version(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    version: TemplateVersionId,
    outcome: VersionOutcome,
) -> Result<Option<TemplateVersion>, StorageError> {
    sqlx::query(
        "SELECT FROM template_versions WHERE organizer_id = $1 AND id = $2 FOR NO KEY UPDATE",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(version.0))
    .execute(&mut *connection)
    .await?;
    let Some(found) = find_version(connection, organizer, version).await? else {
        return Ok(None);
    };
    let (state, manifest, prepared, report) = match outcome {
        VersionOutcome::Ready {
            manifest,
            prepared,
            report,
        } => ("ready", Some(manifest), prepared, report),
        VersionOutcome::Rejected { report } => ("rejected", None, None, report),
    };
    if found.state != VersionState::Compiling {
        return Err(Conflict::Transition {
            what: "the template version",
            state: found.state.code(),
            step: state,
        }
        .into());
    }
    sqlx::query(
        "UPDATE template_versions
         SET state = $2, manifest = $3, prepared_digest = $4, report = $5 WHERE id = $1",
    )
    .bind(i64::from(version.0))
    .bind(state)
    .bind(manifest.map(|manifest| manifest.to_string()))
    .bind(prepared.as_ref().map(|digest| digest.0.as_slice()))
    .bind(report.to_string())
    .execute(&mut *connection)
    .await?;
    find_version(connection, organizer, version).await
}

/// Puts a version in use.
pub(super) async fn activate(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    version: TemplateVersionId,
    by: By,
) -> Result<Option<Template>, StorageError> {
    let Some(found) = find_version(connection, organizer, version).await? else {
        return Ok(None);
    };
    must_be_ready(&found, "activated")?;
    lock(connection, organizer, found.template).await?;
    let template = find_template(connection, organizer, found.template).await?;
    if template.is_some_and(|template| template.active == Some(version)) {
        return end_trial(connection, organizer, found.template, version).await;
    }
    sqlx::query(
        "WITH activation AS (
             INSERT INTO template_activations (template_id, version_id, previous_id, actor, at_us)
             SELECT $1, $2, activation_id, $3, $4 FROM ticket_templates WHERE id = $1
             RETURNING id)
         UPDATE ticket_templates SET activation_id = (SELECT id FROM activation) WHERE id = $1",
    )
    .bind(i64::from(found.template.0))
    .bind(i64::from(version.0))
    .bind(by.actor.as_str())
    .bind(us(by.at))
    .execute(&mut *connection)
    .await?;
    note(
        connection,
        organizer,
        Act::TemplateActivated,
        subject(&found),
        json!({}),
        &by,
    )
    .await?;
    end_trial(connection, organizer, found.template, version).await
}

/// Ends the trial of a version that is in use now.
async fn end_trial(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    template: TemplateId,
    version: TemplateVersionId,
) -> Result<Option<Template>, StorageError> {
    sqlx::query(
        "UPDATE ticket_templates SET canary_version_id = NULL, canary_permille = NULL
         WHERE id = $1 AND canary_version_id = $2",
    )
    .bind(i64::from(template.0))
    .bind(i64::from(version.0))
    .execute(&mut *connection)
    .await?;
    find_template(connection, organizer, template).await
}

/// Goes back to the activation before the one in force.
pub(super) async fn roll_back(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    template: TemplateId,
    by: By,
) -> Result<Option<Template>, StorageError> {
    lock(connection, organizer, template).await?;
    if find_template(connection, organizer, template)
        .await?
        .is_none()
    {
        return Ok(None);
    }
    let gone_back = sqlx::query(
        "UPDATE ticket_templates AS t SET activation_id = a.previous_id
         FROM template_activations a
         WHERE t.id = $1 AND a.id = t.activation_id AND a.previous_id IS NOT NULL",
    )
    .bind(i64::from(template.0))
    .execute(&mut *connection)
    .await?;
    if gone_back.rows_affected() == 0 {
        return Err(Conflict::NothingToRollBack.into());
    }
    let found = find_template(connection, organizer, template).await?;
    if let Some(found) = &found {
        let subject = format!("template {}", found.name);
        let details = json!({ "active": found.active.map(|version| version.0) });
        note(
            connection,
            organizer,
            Act::TemplateRolledBack,
            subject,
            details,
            &by,
        )
        .await?;
    }
    Ok(found)
}

/// Begins, changes or ends a trial.
pub(super) async fn set_canary(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    template: TemplateId,
    canary: Option<Canary>,
    by: By,
) -> Result<Option<Template>, StorageError> {
    lock(connection, organizer, template).await?;
    if find_template(connection, organizer, template)
        .await?
        .is_none()
    {
        return Ok(None);
    }
    if let Some(canary) = canary {
        let version = find_version(connection, organizer, canary.version).await?;
        must_be_ready(&version.ok_or(Conflict::Reference)?, "tried")?;
    }
    sqlx::query(
        "UPDATE ticket_templates SET canary_version_id = $2, canary_permille = $3 WHERE id = $1",
    )
    .bind(i64::from(template.0))
    .bind(canary.map(|canary| i64::from(canary.version.0)))
    .bind(canary.map(|canary| i64::from(canary.permille)))
    .execute(&mut *connection)
    .await?;
    let found = find_template(connection, organizer, template).await?;
    if let Some(found) = &found {
        let subject = format!("template {}", found.name);
        let details = json!({
            "version": canary.map(|canary| canary.version.0),
            "permille": canary.map(|canary| canary.permille),
        });
        note(
            connection,
            organizer,
            Act::TemplateCanaryChanged,
            subject,
            details,
            &by,
        )
        .await?;
    }
    Ok(found)
}

fn must_be_ready(version: &TemplateVersion, step: &'static str) -> Result<(), Conflict> {
    match version.state {
        VersionState::Ready { .. } => Ok(()),
        VersionState::Compiling | VersionState::Rejected => Err(Conflict::Transition {
            what: "the template version",
            state: version.state.code(),
            step,
        }),
    }
}

fn subject(version: &TemplateVersion) -> String {
    format!("template {}/{}", version.name, version.number)
}

async fn note(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    act: Act,
    subject: String,
    details: serde_json::Value,
    by: &By,
) -> Result<(), StorageError> {
    let note = Note {
        act,
        subject,
        details,
    };
    record(connection, organizer, by, note).await
}

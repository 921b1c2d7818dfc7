//! `guichet jobs`: an organizer's jobs, directly in the database.

mod change;
mod list;
mod watch;

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Form, Outcome, Refusal};
use super::data::DataArgs;
use super::value;
use super::{database, logging};
use crate::config::LogSettings;
use crate::storage::{Job, JobKind, Organizer, Slug, Storage};

/// See, watch, pause, resume and cancel an organizer's jobs. A host may run beside.
#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    List(list::ListArgs),
    Watch(watch::WatchArgs),
    Pause(change::PauseArgs),
    Resume(change::ResumeArgs),
    Cancel(change::CancelArgs),
}

pub(super) async fn run(command: &JobsCommand, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    match command {
        JobsCommand::List(args) => list::run(args, form).await,
        JobsCommand::Watch(args) => watch::run(args, form).await,
        JobsCommand::Pause(args) => change::pause(args, form).await,
        JobsCommand::Resume(args) => change::resume(args, form).await,
        JobsCommand::Cancel(args) => change::cancel(args, form).await,
    }
}

/// Whose jobs, and where they are.
#[derive(Debug, Args)]
struct OwnerArgs {
    /// The organizer.
    #[arg(long, value_name = "SLUG", value_parser = value::slug)]
    organizer: Slug,
    #[command(flatten)]
    data: DataArgs,
}

/// One job.
#[derive(Debug, Args)]
struct JobArgs {
    /// The job's id.
    #[arg(value_name = "JOB")]
    job: Uuid,
    #[command(flatten)]
    owner: OwnerArgs,
}

/// An organizer's jobs in an open database.
struct Queue {
    storage: Arc<dyn Storage>,
    organizer: Organizer,
}

impl Queue {
    async fn open(args: &OwnerArgs) -> anyhow::Result<Self> {
        let config = args.data.config()?;
        let storage = database::open_existing(&config).await?;
        match storage.organizer_by_slug(&args.organizer).await? {
            Some(organizer) => Ok(Self { storage, organizer }),
            None => {
                let message = format!("there is no organizer {}", args.organizer);
                Err(Refusal::new("ORGANIZER_NOT_FOUND", message).into())
            }
        }
    }

    async fn job(&self, uuid: Uuid) -> anyhow::Result<Job> {
        let found = self.storage.job(self.organizer.id, uuid).await?;
        found.ok_or_else(|| no_job(uuid).into())
    }
}

fn no_job(uuid: Uuid) -> Refusal {
    Refusal::new("JOB_NOT_FOUND", format!("there is no job {uuid}"))
}

/// Tickets that are done, of the kind that the job makes last.
fn done(job: &Job) -> u64 {
    match job.kind {
        JobKind::Tickets => job.completed,
        JobKind::Pdfs | JobKind::Full => job.printed,
    }
}

fn job_object(job: &Job) -> Value {
    json!({
        "id": job.uuid.to_string(), "type": job.kind.code(), "state": job.state.code(),
        "priority": job.priority.code(), "total": job.total, "completed": job.completed,
        "failed": job.failed, "printed": job.printed, "createdAt": job.created_at,
        "startedAt": job.started_at, "completedAt": job.finished_at, "error": job.error,
    })
}

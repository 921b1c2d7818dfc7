//! `guichet jobs pause`, `resume` and `cancel`.

use clap::Args;

use super::{JobArgs, Queue, job_object, no_job};
use crate::cli::answer::{Form, Outcome, Refusal, show};
use crate::clock::{Clock as _, SystemClock};
use crate::storage::{By, Conflict, JobChange, StorageError};

/// Begin no further chunks of a job until it is resumed.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet jobs pause --organizer acme 6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11")]
pub(in crate::cli) struct PauseArgs {
    #[command(flatten)]
    job: JobArgs,
}

/// Go on with a job that was paused.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet jobs resume --organizer acme 6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11")]
pub(in crate::cli) struct ResumeArgs {
    #[command(flatten)]
    job: JobArgs,
}

/// Stop a job. Tickets that it issued stay valid.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet jobs cancel --organizer acme 6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11")]
pub(in crate::cli) struct CancelArgs {
    #[command(flatten)]
    job: JobArgs,
}

pub(super) async fn pause(args: &PauseArgs, form: Form) -> anyhow::Result<Outcome> {
    change(&args.job, JobChange::Pause, form).await
}

pub(super) async fn resume(args: &ResumeArgs, form: Form) -> anyhow::Result<Outcome> {
    change(&args.job, JobChange::Resume, form).await
}

pub(super) async fn cancel(args: &CancelArgs, form: Form) -> anyhow::Result<Outcome> {
    change(&args.job, JobChange::Cancel, form).await
}

async fn change(args: &JobArgs, change: JobChange, form: Form) -> anyhow::Result<Outcome> {
    let queue = Queue::open(&args.owner).await?;
    let by = By::new("operator", SystemClock.now());
    let changed = queue
        .storage
        .change_job(queue.organizer.id, args.job, change, by)
        .await;
    queue.storage.close().await;
    let job = match changed {
        Ok(job) => job.ok_or_else(|| no_job(args.job))?,
        Err(StorageError::Conflict(conflict @ Conflict::Transition { .. })) => {
            return Err(Refusal::new("STATE_CONFLICT", conflict.to_string()).into());
        }
        Err(error) => return Err(error.into()),
    };
    show(
        form,
        format!("the job is {}", job.state.code()),
        &job_object(&job),
    )?;
    Ok(Outcome::Done)
}

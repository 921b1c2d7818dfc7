//! `guichet jobs list`.

use clap::Args;
use serde_json::json;

use super::{OwnerArgs, Queue, done, job_object};
use crate::cli::answer::{Form, Outcome, show};
use crate::storage::{JobFilter, PageRequest};

/// List jobs, newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet jobs list --organizer acme")]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    owner: OwnerArgs,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

pub(super) async fn run(args: &ListArgs, form: Form) -> anyhow::Result<Outcome> {
    let queue = Queue::open(&args.owner).await?;
    let page = PageRequest {
        page: 1,
        limit: args.limit,
    };
    let jobs = queue
        .storage
        .jobs(queue.organizer.id, JobFilter::default(), page)
        .await?;
    queue.storage.close().await;
    let mut text = format!(
        "{:36}  {:7}  {:10}  {:>10}  {:>10}  {:>8}  since",
        "job", "type", "state", "tickets", "done", "failed"
    );
    for job in &jobs.items {
        text.push_str(&format!(
            "\n{:36}  {:7}  {:10}  {:>10}  {:>10}  {:>8}  {:.0}",
            job.uuid,
            job.kind.code(),
            job.state.code(),
            job.total,
            done(job),
            job.failed,
            job.created_at
        ));
    }
    let objects: Vec<_> = jobs.items.iter().map(job_object).collect();
    let object = json!({ "jobs": objects, "total": jobs.total });
    show(form, text, &object)?;
    Ok(Outcome::Done)
}

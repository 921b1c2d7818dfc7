//! `guichet jobs watch`.

use std::io::IsTerminal as _;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::sleep;

use super::{JobArgs, Queue, done, job_object, no_job};
use crate::cli::answer::{Form, Outcome, remark, show};
use crate::storage::{Job, JobState};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Watch a job until it is over. The exit code is 0 only if it was completed and no item failed.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet jobs watch --organizer acme 6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11

On a terminal it draws a bar with the time that is left; else a line on stderr for each tenth that is done.")]
pub(in crate::cli) struct WatchArgs {
    #[command(flatten)]
    job: JobArgs,
}

pub(super) async fn run(args: &WatchArgs, form: Form) -> anyhow::Result<Outcome> {
    let uuid = args.job.job;
    let queue = Queue::open(&args.job.owner).await?;
    let first = queue.job(uuid).await?;
    let mut shown = Shown::begin(&first)?;
    let over = loop {
        let job = queue.storage.job(queue.organizer.id, uuid).await?;
        let job = job.ok_or_else(|| no_job(uuid))?;
        shown.tell(&job);
        if job.state.is_over() {
            break job;
        }
        sleep(PAUSE).await;
    };
    queue.storage.close().await;
    shown.end();
    let took = over
        .started_at
        .zip(over.finished_at)
        .map_or(0.0, |(begin, end)| end.duration_since(begin).as_secs_f64());
    let text = format!(
        "{}: {} of {} tickets, {} failed, {took:.1} s{}",
        over.state.code(),
        done(&over),
        over.total,
        over.failed,
        over.error
            .as_ref()
            .map(|code| format!(" ({code})"))
            .unwrap_or_default()
    );
    show(form, text, &job_object(&over))?;
    Ok(match (over.state, over.failed) {
        (JobState::Completed, 0) => Outcome::Done,
        _ => Outcome::Refused,
    })
}

/// Progress on stderr.
enum Shown {
    Bar(ProgressBar),
    /// Tenths that were told.
    Lines(Option<u64>),
}

impl Shown {
    fn begin(job: &Job) -> anyhow::Result<Self> {
        if !std::io::stderr().is_terminal() {
            return Ok(Self::Lines(None));
        }
        let bar = ProgressBar::new(job.total);
        bar.set_style(ProgressStyle::with_template(
            "{bar:40} {human_pos}/{human_len} tickets, {per_sec}, {eta} left {msg}",
        )?);
        Ok(Self::Bar(bar))
    }

    fn tell(&mut self, job: &Job) {
        let settled = done(job) + job.failed;
        match self {
            Self::Bar(bar) => {
                bar.set_position(settled);
                bar.set_message(match job.failed {
                    0 => job.state.code().to_owned(),
                    failed => format!("{}, {failed} failed", job.state.code()),
                });
            }
            Self::Lines(told) => {
                let tenth = settled * 10 / job.total.max(1);
                if *told != Some(tenth) {
                    *told = Some(tenth);
                    remark(format!(
                        "{}: {settled} of {}, {} failed",
                        job.state.code(),
                        job.total,
                        job.failed
                    ));
                }
            }
        }
    }

    fn end(&self) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Lines(_) => {}
        }
    }
}

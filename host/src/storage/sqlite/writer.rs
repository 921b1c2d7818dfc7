//! The one writer, and its group commit.
//!
//! Verbs come through a queue. The writer opens a transaction for the first that comes, runs it and
//! all that came meanwhile, each in a savepoint of its own, commits, and only then answers them. A
//! verb that fails is rolled back to its savepoint and leaves the others alone. As nothing is waited
//! for, a lone caller pays for one commit, and sixteen callers share one.
//!
//! Verbs of many rows have a queue of their own. One of them is run at a time, and between two of them a group
//! of others, so that who waits for a single ticket waits for one of them at most, and neither kind starves.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::histogram;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::storage::{Cause, StorageError};
use crate::telemetry;

/// Verbs in one transaction at most.
const GROUP_VERBS: usize = 256;
/// How long a group takes on further verbs, so that the first of it does not wait for ever. Long
/// against a commit on a slow disk: on a busy machine, where every step takes its time, a shorter
/// bound made groups of two and so the most commits when there was the least room for them.
const GROUP_TIME: Duration = Duration::from_millis(50);
/// Verbs that wait; beyond that, callers wait for a place.
const QUEUE_VERBS: usize = 1024;

/// What a verb does, as it runs on the writer's connection.
pub(super) type Running<'c, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'c>>;

/// The writer's queue.
#[derive(Debug)]
pub(super) struct Writer {
    /// `None` once closed.
    queues: Mutex<Option<Senders>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Clone)]
struct Senders {
    few: mpsc::Sender<Box<dyn Job>>,
    many: mpsc::Sender<Box<dyn Job>>,
}

/// How many rows a verb touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    Few,
    Many,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (few, of_few) = mpsc::channel(QUEUE_VERBS);
        let (many, of_many) = mpsc::channel(QUEUE_VERBS);
        let queues = Queues {
            few: of_few,
            many: of_many,
            last: Rows::Many,
        };
        Self {
            queues: Mutex::new(Some(Senders { few, many })),
            task: Mutex::new(Some(tokio::spawn(run(connection, queues)))),
        }
    }

    /// Runs a verb and answers when it is durable. If the caller goes away meanwhile, the verb is
    /// carried out all the same.
    pub(super) async fn write<T, F>(&self, verb: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Running<'c, T> + Send + 'static,
    {
        self.queue(Rows::Few, verb).await
    }

    /// The same for a verb of many rows, which lets others go first.
    pub(super) async fn write_many<T, F>(&self, verb: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Running<'c, T> + Send + 'static,
    {
        self.queue(Rows::Many, verb).await
    }

    async fn queue<T, F>(&self, rows: Rows, verb: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Running<'c, T> + Send + 'static,
    {
        let begun = Instant::now();
        let queues = self.queues.lock().await.clone().ok_or_else(closed)?;
        let queue = match rows {
            Rows::Few => queues.few,
            Rows::Many => queues.many,
        };
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Verb { verb, answer });
        queue.send(job).await.map_err(|_| closed())?;
        let answer = answered.await.map_err(|_| closed())??;
        histogram!(telemetry::WRITE_SECONDS, "kind" => "group").record(begun.elapsed());
        Ok(answer)
    }

    /// How many verbs wait for their turn.
    pub(super) async fn queued(&self) -> usize {
        let waiting = |queue: &mpsc::Sender<_>| queue.max_capacity() - queue.capacity();
        let queues = self.queues.lock().await;
        queues
            .as_ref()
            .map_or(0, |queues| waiting(&queues.few) + waiting(&queues.many))
    }

    /// Runs what is in the queues, and closes the connection.
    pub(super) async fn close(&self) {
        self.queues.lock().await.take();
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the database's writer broke");
        }
    }
}

fn closed() -> StorageError {
    StorageError::Unavailable("the database is closed".into())
}

/// A verb in the queue, whatever it answers.
trait Job: Send {
    fn run<'c>(
        self: Box<Self>,
        connection: &'c mut SqliteConnection,
    ) -> Pin<Box<dyn Future<Output = Ran> + Send + 'c>>;

    fn refuse(self: Box<Self>, error: &Arc<sqlx::Error>);
}

/// A verb that ran.
struct Ran {
    outcome: Outcome,
    /// To be called when the group is committed, or is known not to be.
    answer: Answer,
}

enum Outcome {
    Keep,
    TakeBack,
}

struct Verb<T, F> {
    verb: F,
    answer: oneshot::Sender<Result<T, StorageError>>,
}

impl<T, F> Job for Verb<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Running<'c, T> + Send + 'static,
{
    fn run<'c>(
        self: Box<Self>,
        connection: &'c mut SqliteConnection,
    ) -> Pin<Box<dyn Future<Output = Ran> + Send + 'c>> {
        Box::pin(async move {
            let Self { verb, answer } = *self;
            let result = verb(connection).await;
            Ran {
                outcome: match result {
                    Ok(_) => Outcome::Keep,
                    Err(_) => Outcome::TakeBack,
                },
                answer: Box::new(move |committed| {
                    let result = match (result, committed) {
                        (Ok(_), Err(error)) => Err(unavailable(&error)),
                        (result, _) => result,
                    };
                    // A caller that went away does not want to know.
                    let _ = answer.send(result);
                }),
            }
        })
    }

    fn refuse(self: Box<Self>, error: &Arc<sqlx::Error>) {
        let _ = self.answer.send(Err(unavailable(error)));
    }
}

/// One failure, told to every caller of a group.
fn unavailable(error: &Arc<sqlx::Error>) -> StorageError {
    StorageError::Unavailable(Cause::from(Arc::clone(error)))
}

type Answer = Box<dyn FnOnce(Result<(), Arc<sqlx::Error>>) + Send>;

/// What waits.
struct Queues {
    few: mpsc::Receiver<Box<dyn Job>>,
    many: mpsc::Receiver<Box<dyn Job>>,
    /// Of which kind the last group's first verb was: the other kind is next, if it waits.
    last: Rows,
}

impl Queues {
    /// The first verb of a group; `None` when no more can come.
    async fn first(&mut self) -> Option<Box<dyn Job>> {
        let Self { few, many, last } = self;
        let (job, rows) = match last {
            Rows::Many => tokio::select! {
                biased;
                Some(job) = few.recv() => (job, Rows::Few),
                Some(job) = many.recv() => (job, Rows::Many),
                else => return None,
            },
            Rows::Few => tokio::select! {
                biased;
                Some(job) = many.recv() => (job, Rows::Many),
                Some(job) = few.recv() => (job, Rows::Few),
                else => return None,
            },
        };
        *last = rows;
        Some(job)
    }

    /// A further one that waits already.
    fn further(&mut self) -> Option<Box<dyn Job>> {
        self.few.try_recv().ok()
    }
}

async fn run(mut connection: SqliteConnection, mut queues: Queues) {
    while let Some(first) = queues.first().await {
        if let Err(error) = step(&mut connection, BEGIN).await {
            first.refuse(&error);
            continue;
        }
        let mut ran = Vec::new();
        let committed = run_group(&mut connection, first, &mut queues, &mut ran).await;
        if committed.is_err() {
            // Some errors end the transaction by themselves; then there is nothing to roll back.
            let _ = step(&mut connection, "ROLLBACK").await;
        }
        for answer in ran {
            answer(committed.clone());
        }
    }
    if let Err(error) = connection.close().await {
        tracing::error!(%error, "the database did not close");
    }
}

// Each is one round trip to the connection's thread, which costs more than what SQLite does in it.
const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT verb";
const KEEP: &str = "RELEASE verb; SAVEPOINT verb";
const KEEP_AND_COMMIT: &str = "RELEASE verb; COMMIT";
/// The savepoint stays, and serves the next verb.
const TAKE_BACK: &str = "ROLLBACK TO verb";
const TAKE_BACK_AND_COMMIT: &str = "ROLLBACK TO verb; RELEASE verb; COMMIT";

/// Runs verbs until the group is full or nothing waits, and commits.
async fn run_group(
    connection: &mut SqliteConnection,
    first: Box<dyn Job>,
    queues: &mut Queues,
    ran: &mut Vec<Answer>,
) -> Result<(), Arc<sqlx::Error>> {
    let begun = Instant::now();
    let mut job = first;
    loop {
        let Ran { outcome, answer } = job.run(connection).await;
        ran.push(answer);
        let room = ran.len() < GROUP_VERBS && begun.elapsed() < GROUP_TIME;
        let Some(next) = room.then(|| queues.further()).flatten() else {
            let end = match outcome {
                Outcome::Keep => KEEP_AND_COMMIT,
                Outcome::TakeBack => TAKE_BACK_AND_COMMIT,
            };
            let committing = Instant::now();
            let committed = step(connection, end).await;
            histogram!(telemetry::COMMIT_SECONDS).record(committing.elapsed());
            let acts = u32::try_from(ran.len()).unwrap_or(u32::MAX);
            histogram!(telemetry::GROUP_ACTS).record(f64::from(acts));
            return committed;
        };
        let between = match outcome {
            Outcome::Keep => KEEP,
            Outcome::TakeBack => TAKE_BACK,
        };
        if let Err(error) = step(connection, between).await {
            next.refuse(&error);
            return Err(error);
        }
        job = next;
    }
}

async fn step(
    connection: &mut SqliteConnection,
    statements: &'static str,
) -> Result<(), Arc<sqlx::Error>> {
    let done = sqlx::query(statements).execute(connection).await;
    done.map(drop).map_err(Arc::new)
}

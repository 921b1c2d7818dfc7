//! Threads for what computes for long, below the threads that answer requests: the kernel gives them what
//! those leave.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::BatchError;

/// How much nicer than the rest of the host, on the scale of nice(2).
const NICENESS: i32 = 10;

type Work = Box<dyn FnOnce() + Send>;

/// Some threads, each of which does one thing at a time.
#[derive(Clone)]
pub(super) struct Threads {
    queue: mpsc::Sender<Work>,
}

impl Threads {
    pub fn start(count: usize) -> std::io::Result<Self> {
        let (queue, work) = mpsc::channel::<Work>();
        let work = Arc::new(Mutex::new(work));
        for number in 0..count.max(1) {
            let work = Arc::clone(&work);
            thread::Builder::new()
                .name(format!("batch-{number}"))
                .spawn(move || serve(&work))?;
        }
        Ok(Self { queue })
    }

    /// Runs `work` on one of the threads.
    pub async fn run<Made: Send + 'static>(
        &self,
        work: impl FnOnce() -> Made + Send + 'static,
    ) -> Result<Made, BatchError> {
        let (answer, answered) = oneshot::channel();
        let boxed: Work = Box::new(move || {
            // Whoever asked may be gone.
            let _ = answer.send(work());
        });
        self.queue
            .send(boxed)
            .map_err(|_| BatchError::Fault("the threads of the workers are gone"))?;
        answered
            .await
            .map_err(|_| BatchError::Fault("the work on a chunk broke"))
    }
}

fn serve(work: &Mutex<mpsc::Receiver<Work>>) {
    // On Linux this is the calling thread's own. Where it is refused, batches are as quick as requests.
    let _ = rustix::process::setpriority_process(None, NICENESS);
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // A fault in one chunk must not end the thread for all others.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
            tracing::error!("the work on a chunk panicked");
        }
    }
}

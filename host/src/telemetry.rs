//! Figures for the operator, in Prometheus' text format.
//!
//! Rooms count where things happen, through the macros of the crate `metrics`; without a recorder
//! these do nothing. Names and meanings are in [`describe`].

use std::collections::HashSet;
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds. A ticket takes a tenth of a millisecond, the old service took up to 30 seconds.
const SECONDS: &[f64] = &[
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0,
];
/// Units of fuel; the bound is 100 million unless configured.
const FUEL: &[f64] = &[1e4, 1e5, 1e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 1e9];
/// Acts; a group has 256 at most.
const ACTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Bytes of memory; the bound is 64 MiB unless configured.
const BYTES: &[f64] = &[
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    33_554_432.0,
    67_108_864.0,
];

/// Tickets asked for, by type, template and what became of them.
pub const TICKETS: &str = "tickets_generated_total";
/// Time to issue one ticket.
pub const TICKET_SECONDS: &str = "ticket_generation_duration_seconds";
/// Requests to issue or print that were not fulfilled, and items of jobs that failed.
pub const TICKET_ERRORS: &str = "generation_errors_total";
/// Time of each request.
pub const REQUEST_SECONDS: &str = "http_request_duration_seconds";
/// Requests answered with 429.
pub const RATE_LIMITED: &str = "http_requests_rate_limited_total";
/// Requests counted by this host alone although it shares its rate limits.
pub const RATE_ALONE: &str = "rate_limits_counted_alone_total";
/// Layouts, by template and outcome.
pub const PLUGIN_CALLS: &str = "template_calls_total";
/// Time of one layout.
pub const PLUGIN_SECONDS: &str = "template_call_duration_seconds";
/// Fuel of one layout.
pub const PLUGIN_FUEL: &str = "template_call_fuel";
/// Memory of one layout.
pub const PLUGIN_MEMORY: &str = "template_call_memory_bytes";
/// Versions that broke so often that they are left alone for a while.
pub const PLUGIN_SUSPENSIONS: &str = "template_suspensions_total";
/// Online verdicts.
pub const VERDICTS: &str = "ticket_verdicts_total";
/// What waits to be done, by queue.
pub const QUEUE_SIZE: &str = "generation_queue_size";
/// Jobs that are not over, by state.
pub const JOBS: &str = "generation_jobs";
/// Tickets that workers make, a second.
pub const QUEUE_RATE: &str = "generation_queue_tickets_per_second";
/// Chunks of jobs, by step and outcome.
pub const CHUNKS: &str = "generation_chunks_total";
/// Time of one chunk, by step.
pub const CHUNK_SECONDS: &str = "generation_chunk_duration_seconds";
/// Attempts to deliver a webhook message, by outcome.
pub const WEBHOOK_ATTEMPTS: &str = "webhook_attempts_total";
/// Time of one attempt.
pub const WEBHOOK_SECONDS: &str = "webhook_attempt_duration_seconds";
/// Time from asking for a change to knowing that it is durable, by kind.
pub const WRITE_SECONDS: &str = "database_write_duration_seconds";
/// Time of one COMMIT.
pub const COMMIT_SECONDS: &str = "database_commit_duration_seconds";
/// Acts that one COMMIT made durable, on SQLite.
pub const GROUP_ACTS: &str = "database_group_acts";
/// Time until a connection was free, on PostgreSQL.
pub const ACQUIRE_SECONDS: &str = "database_acquire_duration_seconds";
/// Connections, by state.
pub const CONNECTIONS: &str = "database_connections";
/// Acts that wait for the writer of SQLite.
pub const QUEUED: &str = "database_queued_acts";
const RESIDENT: &str = "process_resident_memory_bytes";
const OPEN_FILES: &str = "process_open_fds";

/// What was counted since the start.
#[derive(Clone)]
pub struct Telemetry(PrometheusHandle);

impl Telemetry {
    /// Begins to count, in the whole process.
    ///
    /// # Errors
    /// When something in this process counts already.
    pub fn start() -> Result<Self, BuildError> {
        let full = |name: &str| Matcher::Full(name.to_owned());
        let mut builder = PrometheusBuilder::new();
        for name in [
            TICKET_SECONDS,
            REQUEST_SECONDS,
            PLUGIN_SECONDS,
            WEBHOOK_SECONDS,
            CHUNK_SECONDS,
            WRITE_SECONDS,
            COMMIT_SECONDS,
            ACQUIRE_SECONDS,
        ] {
            builder = builder.set_buckets_for_metric(full(name), SECONDS)?;
        }
        let handle = builder
            .set_buckets_for_metric(full(PLUGIN_FUEL), FUEL)?
            .set_buckets_for_metric(full(PLUGIN_MEMORY), BYTES)?
            .set_buckets_for_metric(full(GROUP_ACTS), ACTS)?
            .install_recorder()?;
        describe();
        Ok(Self(handle))
    }

    /// All figures, as Prometheus reads them.
    pub fn text(&self) -> String {
        measure_process();
        self.0.render()
    }

    /// Sorts what was counted into its buckets; to be done now and then, or memory grows until the
    /// next question.
    pub async fn keep_small(self) {
        const EVERY: Duration = Duration::from_secs(5);
        loop {
            tokio::time::sleep(EVERY).await;
            self.0.run_upkeep();
        }
    }
}

fn describe() {
    describe_counter!(TICKETS, "Tickets asked for, by what became of them.");
    describe_histogram!(TICKET_SECONDS, Unit::Seconds, "Time to issue one ticket.");
    describe_counter!(
        TICKET_ERRORS,
        "Requests to issue or print that were not fulfilled and items of jobs that failed, by error code."
    );
    describe_histogram!(
        REQUEST_SECONDS,
        Unit::Seconds,
        "Time from a request's headers to its answer's."
    );
    describe_counter!(RATE_LIMITED, "Requests answered with 429, by kind of work.");
    describe_counter!(
        RATE_ALONE,
        "Requests counted by this host alone, because the database that it shares its rate limits by did not answer in time."
    );
    describe_counter!(PLUGIN_CALLS, "Layouts, by template and outcome.");
    describe_counter!(
        PLUGIN_SUSPENSIONS,
        "Times that a version broke so often that it is left alone for a while, by template."
    );
    describe_histogram!(
        PLUGIN_SECONDS,
        Unit::Seconds,
        "Time of one layout in the sandbox."
    );
    describe_histogram!(PLUGIN_FUEL, "Units of fuel that one layout used.");
    describe_histogram!(
        PLUGIN_MEMORY,
        Unit::Bytes,
        "Memory that one layout used at most."
    );
    describe_counter!(VERDICTS, "Online verdicts, by name.");
    describe_gauge!(QUEUE_SIZE, "What waits to be done, by queue.");
    describe_gauge!(JOBS, "Jobs that are not over, by state.");
    describe_gauge!(
        QUEUE_RATE,
        "Tickets that all workers made in the last minute, a second."
    );
    describe_counter!(
        CHUNKS,
        "Chunks of jobs that this process worked on, by step and by what became of them."
    );
    describe_histogram!(CHUNK_SECONDS, Unit::Seconds, "Time of one chunk, by step.");
    describe_counter!(
        WEBHOOK_ATTEMPTS,
        "Attempts to deliver a webhook message, by what became of them."
    );
    describe_histogram!(
        WEBHOOK_SECONDS,
        Unit::Seconds,
        "Time of one attempt to deliver a webhook message."
    );
    describe_histogram!(
        WRITE_SECONDS,
        Unit::Seconds,
        "Time from asking for a change to knowing that it is durable, by kind."
    );
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "Time of one COMMIT.");
    describe_histogram!(
        GROUP_ACTS,
        "Acts that one COMMIT of SQLite made durable together."
    );
    describe_histogram!(
        ACQUIRE_SECONDS,
        Unit::Seconds,
        "Time until a change had a connection to PostgreSQL."
    );
    describe_gauge!(
        CONNECTIONS,
        "Connections to the database, by state; of SQLite those that read."
    );
    describe_gauge!(QUEUED, "Acts that wait for the writer of SQLite.");
    describe_gauge!(RESIDENT, Unit::Bytes, "Memory of the process in use.");
    describe_gauge!(OPEN_FILES, "Open file handles of the process.");
}

fn measure_process() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u32>().ok());
    if let Some(kib) = kib {
        gauge!(RESIDENT).set(f64::from(kib) * 1024.0);
    }
    if let Ok(handles) = fs::read_dir("/proc/self/fd") {
        let count = u32::try_from(handles.count()).unwrap_or(u32::MAX);
        gauge!(OPEN_FILES).set(f64::from(count));
    }
}

/// Words from outside that may become labels: each label is a series that is kept forever, so that
/// there has to be an end to them.
#[derive(Default)]
pub struct Vocabulary(Mutex<HashSet<String>>);

impl Vocabulary {
    /// Most words that are told apart.
    const WORDS: usize = 200;
    /// Most characters of one.
    const CHARACTERS: usize = 64;

    /// The word itself, or `other` once there are too many.
    pub fn label(&self, word: &str) -> String {
        let word: String = word.chars().take(Self::CHARACTERS).collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&word) {
            return word;
        }
        if known.len() >= Self::WORDS {
            return "other".to_owned();
        }
        known.insert(word.clone());
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_make_a_bounded_number_of_labels() {
        let vocabulary = Vocabulary::default();
        assert_eq!(vocabulary.label("vip"), "vip");
        for number in 0..10_000 {
            vocabulary.label(&number.to_string());
        }
        assert_eq!(vocabulary.label("vip"), "vip");
        assert_eq!(vocabulary.label("late"), "other");
        assert_eq!(Vocabulary::default().label(&"x".repeat(10_000)).len(), 64);
    }
}

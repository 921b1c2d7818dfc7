//! The limit: the same rows copied by PostgreSQL alone, in one statement a table.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::console::say;
use crate::postgres::Cluster;

/// What has a row for each ticket.
const TABLES: [&str; 2] = ["tickets", "ticket_revisions"];

/// Copies the rows of all tickets out to files and back into new tables with the same indexes, which are not
/// partitioned, by COPY in its binary format on one connection. Gives the time of the way back, to the disk.
pub fn bare(cluster: &Cluster) -> Result<Duration> {
    let mut time = Duration::ZERO;
    for table in TABLES {
        let file = cluster.file_for_copies(table);
        let file = file.display();
        cluster.query(&format!(
            "COPY (SELECT * FROM {table}) TO '{file}' WITH (FORMAT binary)"
        ))?;
        cluster.query(&format!(
            "CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)"
        ))?;
        let begun = Instant::now();
        cluster.query(&format!(
            "COPY copied_{table} FROM '{file}' WITH (FORMAT binary)"
        ))?;
        let took = begun.elapsed();
        say(&format!(
            "COPY of {table} takes {:.2} s",
            took.as_secs_f64()
        ));
        time += took;
    }
    Ok(time)
}

//! The table of what was done and how long it took.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::console::{say, seconds};

/// Stages in the order in which they ran.
#[derive(Default)]
pub struct Stages {
    done: Vec<Stage>,
}

struct Stage {
    name: String,
    time: Duration,
    /// How many things the stage handled, where that is more than one.
    count: usize,
}

impl Stages {
    /// Runs a stage that handles `count` things and notes its time.
    pub fn run<T>(
        &mut self,
        name: &str,
        count: usize,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        say(&format!("{name} …"));
        let start = Instant::now();
        let outcome = work().with_context(|| name.to_owned())?;
        self.done.push(Stage {
            name: name.to_owned(),
            time: start.elapsed(),
            count,
        });
        Ok(outcome)
    }

    /// Prints the table on standard output.
    pub fn print(&self) {
        let width = self
            .done
            .iter()
            .map(|stage| stage.name.chars().count())
            .max()
            .unwrap_or(0);
        for stage in &self.done {
            let each = if stage.count > 1 {
                format!("{:>9.2} ms each", each_ms(stage))
            } else {
                String::new()
            };
            let padding = width - stage.name.chars().count();
            println!(
                "  {}{:padding$}  {:>12}  {each}",
                stage.name,
                "",
                seconds(stage.time),
            );
        }
    }
}

fn each_ms(stage: &Stage) -> f64 {
    stage.time.as_secs_f64() * 1000.0 / f64::from(u32::try_from(stage.count).unwrap_or(u32::MAX))
}

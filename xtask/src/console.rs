//! Headings and times on standard error, the same for every command.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Runs one named step below a heading and says how long it took.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("\n== {name}");
    let start = Instant::now();
    let outcome = work().with_context(|| format!("the step “{name}” failed"))?;
    eprintln!("   done in {}", seconds(start.elapsed()));
    Ok(outcome)
}

/// A remark below the heading of the step that runs.
pub fn say(remark: &str) {
    eprintln!("   {remark}");
}

/// A duration for people: `0.3 s`, `12.0 s`, `3 min 05 s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let check = |milliseconds, expected: &str| {
            assert_eq!(seconds(Duration::from_millis(milliseconds)), expected);
        };
        check(40, "0.0 s");
        check(12_340, "12.3 s");
        check(185_000, "3 min 05 s");
    }
}

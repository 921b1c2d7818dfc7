//! What processes took: processor time and memory, as the kernel counts them (`proc(5)`).

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The unit of times in `/proc`, on every Linux (`sysconf(_SC_CLK_TCK)`).
const TICKS_PER_SECOND: u64 = 100;

/// Processor time of a process, and of its children that have ended.
pub fn processor_time(process: u32) -> Result<Duration> {
    let stat = Stat::read(process)?;
    Ok(ticks(stat.own + stat.of_ended_children))
}

/// Processor time of a process and all its children, and memory that is theirs alone, in KiB.
pub fn of_family(process: u32) -> Result<(Duration, u64)> {
    let head = Stat::read(process)?;
    let mut time = head.own + head.of_ended_children;
    let mut kib = own_memory_kib(process).unwrap_or_default();
    for child in children(process)? {
        // One that has ended meanwhile is counted by its parent.
        if let Ok(stat) = Stat::read(child) {
            time += stat.own + stat.of_ended_children;
            kib += own_memory_kib(child).unwrap_or_default();
        }
    }
    Ok((ticks(time), kib))
}

/// The most memory that a process held since it began or since [`forget_peak`], in KiB.
pub fn peak_kib(process: u32) -> Result<u64> {
    of_status(process, "VmHWM:").context("the peak of memory cannot be read")
}

/// Begins to look for the peak of memory anew.
pub fn forget_peak(process: u32) -> Result<()> {
    fs::write(format!("/proc/{process}/clear_refs"), "5")
        .context("the peak of memory cannot be forgotten")
}

fn own_memory_kib(process: u32) -> Option<u64> {
    of_status(process, "RssAnon:")
}

fn of_status(process: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn children(process: u32) -> Result<Vec<u32>> {
    let processes = fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    Ok(processes
        .filter(|one| Stat::read(*one).is_ok_and(|stat| stat.parent == process))
        .collect())
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 1_000 / TICKS_PER_SECOND)
}

struct Stat {
    parent: u32,
    /// In ticks, in programs and in the kernel.
    own: u64,
    of_ended_children: u64,
}

impl Stat {
    fn read(process: u32) -> Result<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
        Self::parse(&text).with_context(|| format!("a strange line: {text}"))
    }

    fn parse(text: &str) -> Option<Self> {
        // The name of the program may have any characters, and ends with the last parenthesis.
        let (_, after) = text.rsplit_once(')')?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            own: number(11)? + number(12)?,
            of_ended_children: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read() {
        let line = "17 (a (strange) name) S 4 17 17 0 -1 4194560 100 200 0 0 7 5 30 20 20 0 1 0";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.parent, stat.own, stat.of_ended_children), (4, 12, 50));
        assert!(Stat::parse("17 (cut) S 4").is_none());
    }

    #[test]
    fn this_process_is_counted() {
        let process = std::process::id();
        assert!(peak_kib(process).unwrap() > 100);
        assert!(of_family(process).unwrap().1 > 100);
    }
}

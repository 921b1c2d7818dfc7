//! `cargo xtask bench`: every benchmark program of the workspace, one after the other.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use crate::console::step;
use crate::workspace::{Workspace, cargo};
use crate::{batches, build, krilla, load, process};

/// Which benchmarks to run, and how.
#[derive(Args)]
pub struct BenchArguments {
    /// Names of benchmark programs; all if none is given. `load` and `batches` run a host, only if they are named
    names: Vec<String>,
    /// Seconds of each kind of request of `load`
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Minutes of tickets with their PDF at the end of `load`, to see whether memory grows
    #[arg(long, default_value_t = 0)]
    minutes: u64,
    /// Tickets of the largest of `batches`; 0 issues none
    #[arg(long, default_value_t = 1_000_000)]
    tickets: u32,
    /// Pages of the largest printing of `batches`; 0 prints none
    #[arg(long, default_value_t = 100_000)]
    pages: u32,
    /// Run what the last build left, of `load` and `batches`
    #[arg(long)]
    no_build: bool,
    /// Arguments for the benchmark programs themselves
    #[arg(last = true)]
    forwarded: Vec<String>,
}

/// Builds what the benchmarks read, then runs them; never two at a time, for the figures' sake.
pub fn run(workspace: &Workspace, arguments: &BenchArguments) -> Result<()> {
    let known: Vec<(&str, &str)> = workspace
        .packages()
        .iter()
        .flat_map(|package| {
            package
                .benches()
                .map(|bench| (package.name.as_str(), bench))
        })
        .collect();
    let (of_hosts, names): (Vec<String>, Vec<String>) = arguments
        .names
        .iter()
        .cloned()
        .partition(|name| OF_HOSTS.contains(&name.as_str()));
    if !of_hosts.is_empty() {
        if !arguments.no_build {
            build::all(workspace)?;
        }
        for name in of_hosts {
            of_a_host(workspace, arguments, &name)?;
        }
        if names.is_empty() {
            return Ok(());
        }
    }
    let wanted = choose(&known, &names)?;
    build::webassembly(workspace)?;
    // Before any clock runs, so that nothing is built between figures that are compared.
    let mut krilla = wanted
        .iter()
        .any(|(_, bench)| *bench == krilla::AFTER)
        .then(|| krilla::build(workspace));
    for (package, bench) in wanted {
        step(&format!("bench {bench} of {package}"), || {
            process::run(
                cargo()
                    .current_dir(workspace.root())
                    .args(["bench", "--package", package, "--bench", bench, "--"])
                    .args(&arguments.forwarded),
            )
        })?;
        if let Some(program) = krilla.take_if(|_| bench == krilla::AFTER) {
            krilla::compare(program);
        }
    }
    Ok(())
}

/// Benchmarks that run the built host, and are run only when they are named.
const OF_HOSTS: [&str; 2] = [load::NAME, batches::NAME];

fn of_a_host(workspace: &Workspace, arguments: &BenchArguments, name: &str) -> Result<()> {
    if name == batches::NAME {
        return batches::run(workspace, arguments.tickets, arguments.pages);
    }
    let times = load::Times {
        each: Duration::from_secs(arguments.seconds.max(1)),
        long: Duration::from_secs(arguments.minutes * 60),
    };
    load::run(workspace, &times)
}

/// Those of the `known` benchmarks that have one of `names`, or all.
fn choose<'a>(known: &[(&'a str, &'a str)], names: &[String]) -> Result<Vec<(&'a str, &'a str)>> {
    for name in names {
        ensure!(
            known.iter().any(|(_, bench)| bench == name),
            "there is no benchmark {name}; there are: {}, {}",
            OF_HOSTS.join(", "),
            known
                .iter()
                .map(|(_, bench)| *bench)
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    Ok(known
        .iter()
        .filter(|(_, bench)| names.is_empty() || names.iter().any(|name| name == bench))
        .copied()
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn benchmarks_are_chosen_by_name() {
        let known = [("ticket-token", "token"), ("guichet", "stages")];
        let check = |names: &[&str], expected: Option<usize>| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(
                choose(&known, &names).ok().map(|chosen| chosen.len()),
                expected
            );
        };
        check(&[], Some(2));
        check(&["stages"], Some(1));
        check(&["token", "typo"], None);
    }
}

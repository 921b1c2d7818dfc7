//! Timing by batches. The program that draws our page by krilla includes this file too.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Time of one call, in microseconds.
#[derive(Clone, Copy)]
pub struct Microseconds {
    /// The median batch.
    pub median: f64,
    /// The fastest batch.
    pub least: f64,
}

/// Calls `act` for about two seconds.
pub fn measure<Made>(mut act: impl FnMut() -> Made) -> Microseconds {
    const BATCHES: usize = 101;
    const BATCH: Duration = Duration::from_millis(20);
    // What is made once is made before the clock runs.
    for _ in 0..5 {
        black_box(act());
    }
    let begun = Instant::now();
    black_box(act());
    let once = begun.elapsed().max(Duration::from_nanos(20));
    let calls = (BATCH.as_nanos() / once.as_nanos()).clamp(1, 1 << 20) as u32;
    let mut times: Vec<f64> = (0..BATCHES)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..calls {
                black_box(act());
            }
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    Microseconds {
        median: times[BATCHES / 2],
        least: times[0],
    }
}

/// Three digits are all that a timing is good for.
pub fn in_digits(microseconds: f64) -> String {
    match microseconds {
        ..10.0 => format!("{microseconds:.2}"),
        ..100.0 => format!("{microseconds:.1}"),
        _ => format!("{microseconds:.0}"),
    }
}

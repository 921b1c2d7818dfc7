//! The same work on many things, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, anyhow};

/// Applies `work` to every item and returns the answers in the items' order, or the first error.
pub fn map<'items, Item: Sync, Answer: Send>(
    items: &'items [Item],
    work: impl Fn(usize, &'items Item) -> Result<Answer> + Sync,
) -> Result<Vec<Answer>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let run_one_thread = || -> Result<Vec<(usize, Answer)>> {
        let mut answers = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else {
                return Ok(answers);
            };
            match work(index, item) {
                Ok(answer) => answers.push((index, answer)),
                Err(error) => {
                    // The other threads need not begin anything more.
                    next.store(items.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let mut answers = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run_one_thread)).collect();
        let mut all = Vec::with_capacity(items.len());
        for worker in workers {
            all.extend(worker.join().map_err(|_| anyhow!("a thread panicked"))??);
        }
        anyhow::Ok(all)
    })?;
    answers.sort_by_key(|(index, _)| *index);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_the_order_of_their_items() {
        let items: Vec<usize> = (0..100).collect();
        let answers = map(&items, |index, item| Ok(index + item)).unwrap();
        assert_eq!(answers, (0..200).step_by(2).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_of_one_is_the_error_of_all() {
        let outcome = map(&[1, 2, 3], |_, item| {
            anyhow::ensure!(*item != 2, "not two");
            Ok(())
        });
        assert_eq!(outcome.unwrap_err().to_string(), "not two");
    }
}

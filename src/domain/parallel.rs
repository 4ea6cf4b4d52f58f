//! Work on several cores, with results that do not depend on how many there are.
//!
//! Deliberately absent: how many cores there are, which the caller says; and a worker that is lost without a word.

use std::panic::resume_unwind;
use std::thread;

/// Applies `work` to parts of `items` on `threads` side by side and puts the results behind each other; `work` hears at which
/// item its part begins. A panic of a worker goes on in the caller.
pub fn in_parts<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(usize, &[T]) -> Vec<R> + Sync) -> Vec<R> {
    let share = items.len().div_ceil(threads.max(1)).max(1);
    thread::scope(|scope| {
        let (work, begins) = (&work, (0..).step_by(share));
        let parts = items.chunks(share).zip(begins);
        let workers: Vec<_> = parts.map(|(part, at)| scope.spawn(move || work(at, part))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|cause| resume_unwind(cause))).collect()
    })
}

/// Applies `work` to every item with its place; results stand in the order of the items. Otherwise as [`in_parts`].
pub fn each<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    in_parts(items, threads, |at, part| part.iter().zip(at..).map(|(item, at)| work(at, item)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_order_whatever_the_number_of_threads() {
        for (threads, items) in [(0, 5), (1, 5), (2, 5), (3, 7), (8, 3), (4, 0)] {
            let items: Vec<usize> = (0..items).map(|n| n * 10).collect();
            let seen = each(&items, threads, |at, item| (at, *item));
            assert_eq!(seen, items.iter().copied().enumerate().collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    #[should_panic(expected = "this one")]
    fn a_panic_is_not_swallowed() {
        each(&[1, 2, 3, 4], 2, |_, item| assert_ne!(*item, 4, "this one"));
    }
}

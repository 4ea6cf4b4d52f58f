//! The opening: shares to bodies to admitted ballots to opened rows, in memory only.
//! Invariant: a ballot is held by this process alone; nothing here writes or prints one. Tags are checked on all cores, and
//! the result does not depend on how many there are.
//! Absent on purpose: keys; a side hands over shares for exactly this list.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hengping_domain::opening::{Counted, Opened, admit, check};
use hengping_domain::parallel;
use hengping_domain::token::nym_hash;
use polars::prelude::{Column, DataFrame};

use crate::error::Stop;
use crate::input::Input;
use crate::progress::Progress;

/// Items a worker finishes between two reports.
const CHUNK: usize = 64;

/// Does something to every item on all cores; results stand in the order of the items.
fn each<T: Sync, R: Send>(items: &[T], progress: &Progress, work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let total = items.len();
    let done = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    parallel::each(items, workers, |at, item| {
        let result = work(at, item);
        let count = done.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_multiple_of(CHUNK) || count == total {
            progress.report(count);
        }
        result
    })
}

/// Decrypts with both sides' shares and admits what fits slips, nyms and rubric.
pub fn open(input: &Input, progress: &Progress) -> Opened {
    let id = &input.manifest.manifest.id;
    let (bench, bar) = (&input.shares.bench.shares, &input.shares.bar.shares);
    progress.stage("decrypt", input.list.len());
    let bodies = each(&input.list, progress, |at, envelope| envelope.open(id, &bench[at], &bar[at]).ok());
    progress.stage("admit", bodies.len());
    let checked = each(&bodies, progress, |_, body| check(id, body.as_ref()?, &input.issuers, &input.rubrics));
    admit(checked, input.agreed.refused())
}

/// One row per asked item of every counted ballot: the pinned columns, and a ballot number that
/// follows the slip hashes and so says nothing about arrival.
///
/// # Errors
/// [`Stop::Internal`] when the table cannot be built.
pub fn rows(ballots: Vec<&Counted>) -> Result<DataFrame, Stop> {
    let count = ballots.iter().map(|b| b.ballot.answers.len()).sum();
    let mut text: [Vec<String>; 9] = Default::default();
    let (mut number, mut level) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (index, Counted { ballot, nym }) in ballots.into_iter().enumerate() {
        let fixed = [
            nym_hash(&ballot.nym.nonce).to_string(),
            nym.home.clone(),
            nym.role.to_string(),
            ballot.ratee.to_string(),
            ballot.court.clone(),
            ballot.stratum.case_type.to_string(),
            ballot.stratum.outcome.to_string(),
            ballot.rubric.to_string(),
        ];
        for (item, answer) in &ballot.answers {
            for (column, value) in text.iter_mut().zip(fixed.iter().chain([item])) {
                column.push(value.clone());
            }
            number.push(index as u32);
            level.push(answer.map(u32::from));
        }
    }
    let mut columns: Vec<Column> =
        crate::table::COLUMNS[..9].iter().zip(text).map(|(name, values)| Column::new((*name).into(), values)).collect();
    columns.push(Column::new("level".into(), level));
    columns.push(Column::new("ballot".into(), number));
    DataFrame::new(count, columns).map_err(|error| Stop::Internal(error.to_string()))
}

//! The opening: shares to bodies to admitted ballots to opened rows, in memory only.
//! Invariant: a ballot is held by this process alone; nothing here writes or prints one. What wrong or missing shares
//! leave of a list is refused, never a result.
//! Absent on purpose: keys; a side hands over shares for exactly this list.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hengping_domain::ballot::BODY_LEN;
use hengping_domain::ids::Side;
use hengping_domain::opening::{Counted, Opened, OpeningError, admit};
use hengping_domain::token::nym_hash;
use polars::prelude::{Column, DataFrame};

use crate::error::Stop;
use crate::input::Input;
use crate::progress::Progress;

/// Envelopes a worker opens between two reports.
const CHUNK: usize = 64;

/// What to do when a side leaves more envelopes locked than single raters can have spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locked {
    /// Open nothing.
    Refuse,
    /// Count them as invalid: an auditor has looked at that side's key, and both sides agree.
    Accept,
}

/// Decrypts with both sides' shares and admits what fits slips, nyms and rubric.
///
/// # Errors
/// [`OpeningError::TooManyLocked`], [`OpeningError::NothingValid`].
pub fn open(input: &Input, locked: Locked, progress: &Progress) -> Result<Opened, OpeningError> {
    if locked == Locked::Refuse {
        for side in [Side::Bench, Side::Bar] {
            input.shares.get(side).check_locked(side)?;
        }
    }
    let id = &input.manifest.manifest.id;
    let total = input.list.len();
    let mut bodies: Vec<Option<[u8; BODY_LEN]>> = vec![None; total];
    let done = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = total.div_ceil(workers).max(1);
    let (bench, bar) = (&input.shares.bench.shares, &input.shares.bar.shares);
    progress.stage("decrypt", total);
    thread::scope(|scope| {
        for (worker, part) in bodies.chunks_mut(share).enumerate() {
            let (done, first) = (&done, worker * share);
            scope.spawn(move || {
                for (offset, body) in part.iter_mut().enumerate() {
                    let at = first + offset;
                    *body = input.list[at].open(id, &bench[at], &bar[at]).ok();
                    let count = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if count.is_multiple_of(CHUNK) || count == total {
                        progress.report(count);
                    }
                }
            });
        }
    });
    progress.stage("admit", total);
    let opened = admit(id, bodies, &input.issued, &input.rubrics, input.manifest.refused);
    progress.report(total);
    // Every share fits its envelope here, so it is another file that is wrong, such as the list of tokens.
    if opened.counts.valid == 0 && total > 0 { Err(OpeningError::NothingValid) } else { Ok(opened) }
}

/// One row per asked item of every counted ballot: the pinned columns, and a ballot number that
/// follows the slip hashes and so says nothing about arrival.
///
/// # Errors
/// [`Stop::Internal`] when the table cannot be built.
pub fn rows(ballots: &[Counted]) -> Result<DataFrame, Stop> {
    let count = ballots.iter().map(|b| b.ballot.answers.len()).sum();
    let mut text: [Vec<String>; 9] = Default::default();
    let (mut number, mut level) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (index, Counted { ballot, nym }) in ballots.iter().enumerate() {
        let fixed = [
            nym_hash(&ballot.nym).to_string(),
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

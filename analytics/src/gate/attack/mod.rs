//! R9, attack audit: somebody who holds everything that leaves, and one rater's own answers, must not come near a hidden
//! mean or anybody's answer. What would come out is looked at as it would be printed; a total that tells too much is
//! rounded coarser, and hidden when no step is coarse enough.
//! Invariant: only totals of hidden parts, and results that tell an answer, are ever touched, in the order of keys, so the
//! result is the same for any order of cells. Absent on purpose: other releases; boxes share no block, and R10 keeps a
//! second release of one box apart.
//! Method: `methods/gate.md`.

mod known;
mod puzzle;

use std::collections::BTreeMap;

use super::print::{DUST, print};
use super::{Candidate, Context};
use crate::score::Tier;
use known::Board;

/// What has to become of cells besides what other rules say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Audit {
    /// Least step of each cell; zero where R7's is enough.
    pub steps: Vec<f64>,
    /// Totals that stay, since no step is coarse enough.
    pub hidden: Vec<bool>,
}

/// Looks at the cells as they would be printed, `hidden` ones aside, until nothing hidden can be narrowed below
/// the charter's width; `again` hides complements of what is hidden. Cells are in the order of their keys.
pub(super) fn audit(
    cells: &[&Candidate],
    mut hidden: Vec<bool>,
    context: &Context,
    again: impl Fn(&[bool]) -> Vec<bool>,
) -> (Audit, Vec<bool>) {
    let mut found = Audit { steps: vec![0.0; cells.len()], hidden: vec![false; cells.len()] };
    let Some(least) = context.charter.attack else { return (found, hidden) };
    let tiers: BTreeMap<Tier, bool> = BTreeMap::new();
    loop {
        let board = Board::new(cells, &hidden, |index| {
            let cell = cells[index];
            print(&cell.structure, cell.content.as_ref()?, &tiers, context, found.steps[index])
        });
        let told = board.told(least);
        if told.is_empty() {
            return (found, hidden);
        }
        let steps = &context.charter.precision.steps;
        for total in told {
            // A printed total has a step; the next one takes more of what it tells.
            let step = board.step(total).unwrap_or(f64::INFINITY);
            match steps.iter().copied().find(|next| *next > step + DUST) {
                Some(next) => found.steps[total] = next,
                None => (found.hidden[total], hidden[total]) = (true, true),
            }
        }
        hidden = again(&hidden);
    }
}

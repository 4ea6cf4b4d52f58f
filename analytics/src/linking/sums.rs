//! What of a box is enough to place its questions: `M` and `r` of `M delta = r`, added over ballots.
//! Invariant: sums of two boxes add, so versions are calibrated together without any ballot.
//! Method: `methods/composite.md`, `methods/linking.md`. Absent on purpose: which versions may be joined.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

use crate::bundle::{Ballot, Item};
use crate::design::Forest;
use crate::gate::ItemReport;
use crate::items::level;

/// Normal equations of the item difficulties with ballots swept out.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemSums {
    /// Items in the order of the form.
    pub items: Vec<Item>,
    /// `sum_b (diag(1_A) - 1_A 1_A' / n_b)`, over answered items A of each ballot.
    pub matrix: Vec<Vec<f64>>,
    /// `sum over ballots that answered k of (x_bk - mean_b)`.
    pub side: Vec<f64>,
}

impl ItemSums {
    /// Sums over `ballots`, which should come in canonical order ([`crate::bundle::Bundle::sorted`]).
    pub fn of(items: &[Item], ballots: &[&Ballot]) -> Self {
        let size = items.len();
        let (mut matrix, mut side) = (vec![vec![0.0; size]; size], vec![0.0; size]);
        for ballot in ballots {
            let answered: Vec<(usize, f64)> = (0..size).filter_map(|k| level(ballot, k).map(|x| (k, x))).collect();
            let count = answered.len() as f64;
            let mean = answered.iter().map(|&(_, x)| x).sum::<f64>() / count;
            for &(k, x) in &answered {
                matrix[k][k] += 1.0;
                side[k] += x - mean;
                for &(l, _) in &answered {
                    matrix[k][l] -= 1.0 / count;
                }
            }
        }
        Self { items: items.to_vec(), matrix, side }
    }

    /// Sums as a released report tells them, per ballot and rounded; `None` when it withholds them.
    pub(super) fn released(report: &ItemReport) -> Option<Self> {
        let links = report.links.as_ref()?;
        let items = report.items.iter().map(|line| Item { id: line.id.clone(), weight: line.weight }).collect();
        Self::printed(items, report.ballots, &links.difficulty, &links.together)
    }

    /// The same from its numbers. `None` when they are not one per item.
    pub(super) fn printed(items: Vec<Item>, ballots: u32, difficulty: &[f64], together: &[Vec<f64>]) -> Option<Self> {
        let size = items.len();
        if difficulty.len() != size || together.len() != size || together.iter().any(|row| row.len() != size) {
            return None;
        }
        // A box of many ballots speaks louder than one of few.
        let ballots = f64::from(ballots);
        let matrix: Vec<Vec<f64>> = together.iter().map(|row| row.iter().map(|m| ballots * m).collect()).collect();
        let side = matrix.iter().map(|row| row.iter().zip(difficulty).map(|(m, d)| m * d).sum()).collect();
        Some(Self { items, side, matrix })
    }

    /// Difficulty of each item, scale points, weighted mean zero; `None` when some items were
    /// never answered together with the others.
    pub fn difficulty(&self) -> Option<Vec<f64>> {
        let solved = solve(&self.matrix, &self.side);
        let centre = self.weighted(|k| solved.difficulty[k]);
        solved.whole().then(|| solved.difficulty.iter().map(|d| d - centre).collect())
    }

    /// Position of the item with this id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.items.iter().position(|item| item.id == id)
    }

    /// Share of item `k` in the weight of the form.
    pub fn share(&self, k: usize) -> f64 {
        self.items[k].weight / self.items.iter().map(|item| item.weight).sum::<f64>()
    }

    /// Weighted mean over the items that were answered together with another.
    pub(super) fn weighted(&self, value: impl Fn(usize) -> f64) -> f64 {
        let answered = || (0..self.items.len()).filter(|&k| self.matrix[k][k] > 0.0);
        let whole: f64 = answered().map(|k| self.share(k)).sum();
        if whole > 0.0 { answered().map(|k| self.share(k) * value(k)).sum::<f64>() / whole } else { 0.0 }
    }

    /// Whether no ballot answered two items.
    pub(super) fn is_empty(&self) -> bool {
        (0..self.items.len()).all(|k| self.matrix[k][k] <= 0.0)
    }
}

/// Difficulties with the group of items that each was answered together with.
pub(super) struct Solved {
    pub difficulty: Vec<f64>,
    pub group: Vec<usize>,
    answered: Vec<bool>,
}

impl Solved {
    /// Whether all answered items hang together.
    pub fn whole(&self) -> bool {
        let mut groups =
            self.group.iter().zip(&self.answered).filter(|(_, answered)| **answered).map(|(group, _)| group);
        let first = groups.next();
        groups.all(|group| Some(group) == first)
    }
}

/// Solves `M delta = r`; each connected group is centred on its plain mean.
pub(super) fn solve(matrix: &[Vec<f64>], side: &[f64]) -> Solved {
    let size = side.len();
    let mut forest = Forest::new(size);
    for (k, row) in matrix.iter().enumerate() {
        (0..k).filter(|&l| row[l] != 0.0).for_each(|l| forest.join(k, l));
    }
    let group: Vec<usize> = (0..size).map(|k| forest.root(k)).collect();
    // The first item of a group is its reference; without one the group floats.
    let fixed = |k: usize| group[k] == k;
    let full = Mat::from_fn(size, size, |k, l| match (fixed(k) || fixed(l), k == l) {
        (false, _) => matrix[k][l],
        (true, same) => f64::from(u8::from(same)),
    });
    let right = Mat::from_fn(size, 1, |k, _| if fixed(k) { 0.0 } else { side[k] });
    let mut difficulty = vec![0.0; size];
    if let Ok(factor) = full.llt(Side::Lower) {
        let solved = factor.solve(&right);
        (0..size).for_each(|k| difficulty[k] = solved[(k, 0)]);
    }
    for root in (0..size).filter(|&k| fixed(k)) {
        let members: Vec<usize> = (0..size).filter(|&k| group[k] == root).collect();
        let centre = members.iter().map(|&k| difficulty[k]).sum::<f64>() / members.len() as f64;
        members.into_iter().for_each(|k| difficulty[k] -= centre);
    }
    Solved { difficulty, group, answered: (0..size).map(|k| matrix[k][k] > 0.0).collect() }
}

//! What-if for the negotiators: from the released item report alone.
//! Invariant: nothing but released numbers enters, so whatever comes out tells nothing more; no
//! person is in it. Absent on purpose: scores of ratees at other weights (`Solved` stays inside).

use serde::Serialize;

use super::{Unusable, shares};
use crate::gate::{ItemReport, Released};
use crate::planner::Variances;

/// What other weights would have done to the results of a box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Variances of the score at these weights.
    pub variances: Variances,
    /// Each variance is known to plus or minus this, from the rounding of the report.
    pub rounding: f64,
    /// Ballots for a reliability of 0.7 and 0.8; `None` when ratees would not differ.
    pub ballots: [Option<u32>; 2],
    /// Correlation of ratees' true scores at these and at the rubric's weights, -1 to 1; `None`
    /// when ratees would not differ. The rounding of the report may carry it to the ends.
    pub agreement: Option<f64>,
    /// Mean of the whole box in plain levels; `None` when the mean of an item with weight is only a bound.
    pub level: Option<f64>,
}

/// Weights to be tried on a released report.
#[derive(Debug, Clone)]
pub struct WhatIf<'r> {
    report: &'r ItemReport,
    rubric: Vec<f64>,
}

impl<'r> WhatIf<'r> {
    /// `None` when the report withholds the covariances.
    pub fn new(report: &'r Released<ItemReport>) -> Option<Self> {
        let report = report.get();
        report.layers.as_ref()?;
        Some(Self { rubric: report.items.iter().map(|line| line.weight).collect(), report })
    }

    /// Item ids in the order of the weights.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.report.items.iter().map(|line| line.id.as_str())
    }

    /// Results at `weights` (only ratios matter; zero drops an item).
    ///
    /// # Errors
    /// [`Unusable`] when `weights` are no weights.
    pub fn at(&self, weights: &[f64]) -> Result<Outcome, Unusable> {
        let w = shares(weights, self.rubric.len())?;
        let rubric = shares(&self.rubric, self.rubric.len())?;
        let Some(layers) = &self.report.layers else { return Err(Unusable::Length) };
        // A variance that rounding made negative is none.
        let variance = |layer: &[Vec<f64>]| form(layer, &w, &w).max(0.0);
        let variances = Variances {
            ratee: variance(&layers.ratee),
            rater: variance(&layers.rater),
            residual: variance(&layers.residual),
        };
        let spread = (variances.ratee * form(&layers.ratee, &rubric, &rubric)).max(0.0).sqrt();
        let common = form(&layers.ratee, &w, &rubric);
        Ok(Outcome {
            ballots: [0.7, 0.8].map(|target| variances.ballots(target)),
            agreement: (spread > 0.0).then(|| (common / spread).clamp(-1.0, 1.0)),
            level: self.level(&w),
            rounding: layers.step / 2.0,
            variances,
        })
    }

    fn level(&self, w: &[f64]) -> Option<f64> {
        let mut level = 0.0;
        for (line, share) in self.report.items.iter().zip(w).filter(|(_, share)| **share > 0.0) {
            let numbers = line.numbers.as_ref().filter(|numbers| numbers.mean_bound.is_none())?;
            level += share * numbers.mean;
        }
        Some(level)
    }
}

/// `a' S b`.
fn form(matrix: &[Vec<f64>], a: &[f64], b: &[f64]) -> f64 {
    matrix.iter().zip(a).map(|(row, left)| left * row.iter().zip(b).map(|(s, right)| s * right).sum::<f64>()).sum()
}

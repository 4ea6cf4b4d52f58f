//! Scores of every ratee for every item, solved once; any weights are a dot product from there.
//! Invariant: at the rubric's weights the sum is the published score, missing answers or not; these
//! numbers are of persons and never leave the analysis. Absent on purpose: errors; they need a refit.

use super::{Unusable, shares};
use crate::bundle::{Bundle, Item};
use crate::mixed::Refused;
use crate::score::{Headline, Workings, score};

/// Item scores of all ratees at the headline's ratios.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved {
    items: usize,
    ratees: Vec<String>,
    /// Ratee by ratee, one score per item, scale points.
    table: Vec<f64>,
}

/// How far the linear answer is from a full refit with the same weights, scale points over ratees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Largest difference.
    pub largest: f64,
    /// Root of the mean squared difference.
    pub typical: f64,
}

impl Solved {
    /// One solve per item at the headline's ratios.
    ///
    /// # Errors
    /// [`Refused`] when the ballots cannot carry the headline model.
    pub fn new(bundle: &Bundle) -> Result<Self, Refused> {
        let workings = Workings::new(bundle)?;
        let (frame, items) = (&workings.frame, bundle.items.len());
        let ratees = frame.ratee.levels();
        let theta = workings.headline.fit.theta();
        let single: Vec<Vec<(usize, f64)>> = (0..ratees.len()).map(|j| vec![(j, 1.0)]).collect();
        let mut table = vec![0.0; ratees.len() * items];
        for k in 0..items {
            // A constant item is fitted around nothing: its score is that constant.
            let filled = workings.filled(k);
            match Headline::fit(frame, &filled, &workings.weights, Some(&theta)) {
                Ok(headline) => {
                    for (j, score) in headline.scores(frame, &single)?.iter().enumerate() {
                        table[j * items + k] = score.value;
                    }
                }
                Err(Refused::NoVariance) => (0..ratees.len()).for_each(|j| table[j * items + k] = filled[0]),
                Err(refused) => return Err(refused),
            }
        }
        Ok(Self { items, ratees: ratees.to_vec(), table })
    }

    /// Ratees in the order of [`Solved::scores`].
    pub fn ratees(&self) -> &[String] {
        &self.ratees
    }

    /// Multiplications that one move of a weight costs: ratees times items.
    pub fn cost(&self) -> usize {
        self.table.len()
    }

    /// Score of every ratee at `weights` (in the order of the form; only ratios matter).
    ///
    /// # Errors
    /// [`Unusable`] when `weights` are no weights.
    pub fn scores(&self, weights: &[f64]) -> Result<Vec<f64>, Unusable> {
        let shares = shares(weights, self.items)?;
        let dot = |row: &[f64]| row.iter().zip(&shares).map(|(score, share)| score * share).sum();
        Ok(self.table.chunks_exact(self.items).map(dot).collect())
    }

    /// Difference to scoring `bundle` anew with `weights`: composites, ballot weights and variances.
    ///
    /// # Errors
    /// [`Unusable`] when `weights` are no weights or the refit is refused.
    pub fn gap(&self, bundle: &Bundle, weights: &[f64]) -> Result<Gap, Unusable> {
        let linear = self.scores(weights)?;
        // An item without weight cannot stay on the form: weights of a form are positive.
        let kept: Vec<usize> = (0..self.items).filter(|&k| weights[k] > 0.0).collect();
        let mut other = bundle.clone();
        other.items = kept.iter().map(|&k| Item { id: bundle.items[k].id.clone(), weight: weights[k] }).collect();
        for ballot in &mut other.ballots {
            ballot.answers = kept.iter().map(|&k| ballot.answers.get(k).copied().flatten()).collect();
        }
        let scores = score(&other)?;
        let pairs = self.ratees.iter().zip(&linear);
        let gaps: Vec<f64> =
            pairs.filter_map(|(ratee, value)| Some(value - scores.persons.get(ratee)?.score.value)).collect();
        let squares: f64 = gaps.iter().map(|gap| gap * gap).sum();
        Ok(Gap {
            largest: gaps.iter().fold(0.0, |most, gap| most.max(gap.abs())),
            typical: (squares / gaps.len().max(1) as f64).sqrt(),
        })
    }
}

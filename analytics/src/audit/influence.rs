//! How much of a score hangs on a few raters.
//! Invariant: removal is worked out at the headline's variances and effects of everybody else.
//! Absent on purpose: why they rated so; see `ring`. Method: `methods/misfit.md`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::score::frame::RATEE;
use crate::score::{Scores, Workings};

/// Raters removed together.
const FEW: usize = 5;

/// What the five raters who pull most in one direction do to a ratee.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Influence {
    /// Ratee.
    pub ratee: String,
    /// Distinct raters.
    pub raters: usize,
    /// Move of the score if those five had not rated, scale points.
    pub five: f64,
    /// The same in standard errors of the score.
    pub relative: f64,
}

/// Influence on every ratee, in the frame's order.
pub(super) fn influence(workings: &Workings, scores: &Scores) -> Vec<Influence> {
    let (frame, fit) = (&workings.frame, &workings.headline.fit);
    let mut pulls: BTreeMap<(u32, u32), (f64, f64)> = BTreeMap::new();
    for (row, (&j, &i)) in frame.ratee.codes().iter().zip(frame.rater.codes()).enumerate() {
        let entry = pulls.entry((j, i)).or_default();
        let weight = workings.weights[row];
        *entry = (entry.0 + weight * fit.residuals[row], entry.1 + weight);
    }
    let mut members: Vec<Vec<(f64, f64)>> = vec![Vec::new(); frame.ratee.levels().len()];
    for (&(j, _), &pull) in &pulls {
        members[j as usize].push(pull);
    }
    let theta = fit.theta()[RATEE];
    frame
        .ratee
        .levels()
        .iter()
        .zip(&mut members)
        .map(|(ratee, own)| {
            let five = if theta > 0.0 { five(own, 1.0 / (theta * theta)) } else { 0.0 };
            let error = scores.persons.get(ratee).map_or(0.0, |p| p.score.error);
            Influence {
                ratee: ratee.clone(),
                raters: own.len(),
                five,
                relative: if error > 0.0 { five / error } else { 0.0 },
            }
        })
        .collect()
}

/// Move of an effect with prior weight `ridge` when the five of `pulls` (weighted residual, weight)
/// that pull most one way are removed, whichever way moves more.
fn five(pulls: &mut [(f64, f64)], ridge: f64) -> f64 {
    // Ties go by weight, so that equal pulls of unequal weight do not depend on the order of names.
    pulls.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let total: f64 = pulls.iter().map(|p| p.1).sum::<f64>() + ridge;
    let few = FEW.min(pulls.len());
    let without = |gone: &[(f64, f64)]| {
        let (pull, weight) = gone.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        -pull / (total - weight)
    };
    let (low, high) = (without(&pulls[..few]), without(&pulls[pulls.len() - few..]));
    if low.abs() >= high.abs() { low } else { high }
}

#[cfg(test)]
mod tests {
    use super::five;

    /// One random effect alone is a ridge mean, so removal can be written out.
    #[test]
    fn removal_is_the_ridge_mean_without_the_removed() {
        let y = [1.0, 4.0, 3.5, 4.5, 4.0, 3.0, 4.2, 3.9];
        let ridge = 2.0;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / (values.len() as f64 + ridge);
        let effect = mean(&y);
        let mut pulls: Vec<(f64, f64)> = y.iter().map(|v| (v - effect, 1.0)).collect();
        let expected = mean(&[4.0, 4.5, 4.2]) - effect;
        let other = mean(&[1.0, 3.0, 3.5]) - effect;
        assert!(other.abs() > expected.abs());
        assert!((five(&mut pulls, ridge) - other).abs() < 1e-12);
    }
}

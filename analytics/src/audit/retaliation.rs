//! Whether a rater marks down after losing, beyond what a loss does to everybody's ratings.
//! Invariant: the rater's severity cancels and the common outcome effect is gone already, so only
//! a difference of one rater from the others is left. Method: `methods/misfit.md`.
//! Absent on purpose: who won; cases with any other outcome count as not lost.

use serde::Serialize;

use super::chance::{median, upper};
use super::residuals::Residuals;
use crate::score::Workings;

/// The outcome a rater may hold against the ratee.
const LOST: &str = "against";

/// Ratings after lost cases against all others of one rater, in residual standard deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Retaliation {
    /// Mean residual after lost cases minus mean of the others.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// The difference from the middle rater's, shrunk by empirical Bayes: the figure to sort by.
    pub shrunk: f64,
    /// Probability of a difference this far below the middle rater's without retaliation.
    pub p: f64,
}

/// One entry per group of rows (the ballots of one rater); `None` without both kinds of cases.
pub(super) fn retaliations(
    workings: &Workings,
    residuals: &Residuals,
    groups: &[&[usize]],
) -> Vec<Option<Retaliation>> {
    let found: Vec<Option<(f64, f64)>> = groups
        .iter()
        .map(|rows| {
            let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
            for &row in *rows {
                let lost = usize::from(workings.ballots[row].outcome == LOST);
                // Severity cancels in the difference, so its leverage must not be allowed for here.
                sums[lost] += residuals.plain[row];
                counts[lost] += 1.0;
            }
            let both = counts[0] > 0.0 && counts[1] > 0.0;
            both.then(|| (sums[1] / counts[1] - sums[0] / counts[0], (1.0 / counts[0] + 1.0 / counts[1]).sqrt()))
        })
        .collect();
    let known: Vec<(f64, f64)> = found.iter().flatten().copied().collect();
    // Retaliators pull the common outcome effect, so the mean is not where the others are; the median is.
    let centre = median(&known.iter().map(|k| k.0).collect::<Vec<f64>>());
    let between = between(&known);
    let retaliation = |(difference, error): (f64, f64)| {
        let own = difference - centre;
        let kept = between / (between + error * error);
        Retaliation { difference, error, shrunk: kept * own, p: upper(-own / error) }
    };
    found.into_iter().map(|entry| entry.map(retaliation)).collect()
}

/// Variance of true differences between raters by moments (DerSimonian and Laird 1986).
fn between(known: &[(f64, f64)]) -> f64 {
    let (mut weights, mut squares, mut sum) = (0.0, 0.0, 0.0);
    for &(d, error) in known {
        let w = 1.0 / (error * error);
        weights += w;
        squares += w * w;
        sum += w * d;
    }
    let spare = weights - squares / weights;
    if known.len() < 2 || spare <= 0.0 {
        return 0.0;
    }
    let mean = sum / weights;
    let q: f64 = known.iter().map(|&(d, error)| (d - mean) * (d - mean) / (error * error)).sum();
    ((q - (known.len() - 1) as f64) / spare).max(0.0)
}

//! Residuals on their own scale: what a ballot says beyond rater, ratee, courts, case and outcome.
//! Invariant: under the model each standardised residual has mean zero and, up to the approximation
//! of `methods/misfit.md`, variance one, also for a rater with few ballots whose severity gave way.
//! Absent on purpose: sums over raters or pairs.

use std::collections::BTreeMap;

use crate::mixed::Fit;
use crate::score::Workings;
use crate::score::frame::{Frame, RATEE, RATER};

/// Most of a ballot's own value that may count as its own fit; keeps the division safe.
const MOST_LEVERAGE: f64 = 0.95;

/// Residuals of all ballots, in the order of the workings.
pub(super) struct Residuals {
    /// Variance of a ballot around the model, squared scale points.
    pub noise: Vec<f64>,
    /// Residual over the standard deviation of a ballot; the fitted effects make it a little small.
    pub plain: Vec<f64>,
    /// Standard deviation of the residual itself, scale points.
    pub deviation: Vec<f64>,
    /// Residual over that: variance one.
    pub standard: Vec<f64>,
}

impl Residuals {
    pub fn new(workings: &Workings) -> Self {
        let fit = &workings.headline.fit;
        let leverage = leverage(&workings.frame, &workings.weights, fit);
        // Shares (repeats of a pair, the cap on one rater) are no statement about precision. The fit
        // takes them for one, so its residual variance is too small where there are repeats.
        let precision: Vec<f64> = workings.weights.iter().zip(&workings.shares).map(|(w, s)| w / s).collect();
        let squares: f64 = fit.residuals.iter().zip(&precision).map(|(e, p)| p * e * e).sum();
        let variance = squares / leverage.iter().map(|h| 1.0 - h).sum::<f64>();
        let noise: Vec<f64> = precision.iter().map(|p| variance / p).collect();
        let deviation: Vec<f64> = noise.iter().zip(&leverage).map(|(v, h)| (v * (1.0 - h)).sqrt()).collect();
        Self {
            plain: fit.residuals.iter().zip(&noise).map(|(e, v)| e / v.sqrt()).collect(),
            standard: fit.residuals.iter().zip(&deviation).map(|(e, sd)| e / sd).collect(),
            noise,
            deviation,
        }
    }
}

/// Share of each ballot's value that its own fit takes back: the diagonal of the hat matrix of the
/// predictor. Rater and ratee are solved jointly with the rest held fixed, and what homes, courts
/// and coefficients take is spread evenly so that the total is the model's own (Hodges and Sargent 2001).
fn leverage(frame: &Frame, weights: &[f64], fit: &Fit) -> Vec<f64> {
    let theta = fit.theta();
    let (ratees, raters) = (frame.ratee.codes(), frame.rater.codes());
    let mut pairs: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    let mut sums = [vec![0.0; frame.ratee.levels().len()], vec![0.0; frame.rater.levels().len()]];
    for ((&j, &i), w) in ratees.iter().zip(raters).zip(weights) {
        *pairs.entry((j, i)).or_insert(0.0) += w;
        sums[0][j as usize] += w;
        sums[1][i as usize] += w;
    }
    let ridge = |factor: usize| (theta[factor] > 0.0).then(|| 1.0 / (theta[factor] * theta[factor]));
    let (ratee, rater) = (ridge(RATEE), ridge(RATER));
    let mut leverage: Vec<f64> = ratees
        .iter()
        .zip(raters)
        .zip(weights)
        .map(|((&j, &i), w)| {
            let (one, other) = (sums[0][j as usize], sums[1][i as usize]);
            match (ratee, rater) {
                (None, None) => 0.0,
                (Some(ridge), None) => w / (one + ridge),
                (None, Some(ridge)) => w / (other + ridge),
                (Some(a), Some(b)) => {
                    let (one, other, both) = (one + a, other + b, pairs[&(j, i)]);
                    w * (one + other - 2.0 * both) / (one * other - both * both)
                }
            }
        })
        .collect();
    let squares: f64 = fit.residuals.iter().zip(weights).map(|(e, w)| w * e * e).sum();
    let rows = leverage.len() as f64;
    let total = rows - squares / fit.residual;
    let rest = ((total - leverage.iter().sum::<f64>()) / rows).max(0.0);
    leverage.iter_mut().for_each(|h| *h = (*h + rest).min(MOST_LEVERAGE));
    leverage
}

#[cfg(test)]
mod tests;

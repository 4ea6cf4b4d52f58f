//! How well each rater's ballots follow the model that all raters share.
//! Invariant: every figure compares a rater with the others' pattern, never with a wished-for one;
//! a flag asks a person to look and changes no result. Method: `methods/misfit.md`.
//! Absent on purpose: reasons, and any deletion.

use serde::Serialize;

use super::chance::{cube_root, flagged, upper};
use super::residuals::Residuals;
pub use super::retaliation::Retaliation;
use super::retaliation::retaliations;
use super::style::Styles;
use crate::score::{Scores, Workings};

/// Fewest ballots of a rater that say anything about the rater.
pub const LEAST_BALLOTS: usize = 5;

/// What about a rater asks for a person's look; each kind is tested over all raters at 5 % false discoveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// Outfit too large: single ballots far from what the model expects.
    Outfit,
    /// Infit too large: ballots scatter throughout.
    Infit,
    /// Answers of one ballot differ too little from each other.
    Halo,
    /// Too many ballots with one level for all items.
    StraightLine,
    /// Ballots differ too little from each other.
    CentralTendency,
    /// Ratings after a lost case too low.
    Retaliation,
}

/// Misfit of one rater.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rater {
    /// Nameless rater.
    pub nym: String,
    /// Ballots that count.
    pub ballots: usize,
    /// Mean squared standardised residual; expectation one.
    pub outfit: f64,
    /// Cube-root normal score of the outfit.
    pub outfit_t: f64,
    /// The same weighted by information.
    pub infit: f64,
    /// Cube-root normal score of the infit.
    pub infit_t: f64,
    /// Variance of answers inside ballots over that of all raters; `None` without any.
    pub halo: Option<f64>,
    /// Cube-root normal score of the halo ratio.
    pub halo_t: Option<f64>,
    /// Share of ballots with one level for all items; `None` without ballots of three answers.
    pub straight: Option<f64>,
    /// The same share of the other raters at the same levels.
    pub straight_expected: Option<f64>,
    /// Variance of the rater's composites over what the model expects for these ratees and cases.
    pub spread: Option<f64>,
    /// Cube-root normal score of the spread.
    pub spread_t: Option<f64>,
    /// Ratings after lost cases against the others; `None` without both.
    pub retaliation: Option<Retaliation>,
    /// What asks for a look, in the order of [`Flag`].
    pub flags: Vec<Flag>,
}

/// Misfit of every rater with [`LEAST_BALLOTS`] or more, by nym.
pub(super) fn raters(workings: &Workings, scores: &Scores, residuals: &Residuals) -> Vec<Rater> {
    let frame = &workings.frame;
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); frame.rater.levels().len()];
    for (row, &code) in frame.rater.codes().iter().enumerate() {
        rows[code as usize].push(row);
    }
    let kept: Vec<(usize, Vec<usize>)> =
        rows.into_iter().enumerate().filter(|(_, rows)| rows.len() >= LEAST_BALLOTS).collect();
    let styles = Styles::new(workings, scores, residuals);
    let groups: Vec<&[usize]> = kept.iter().map(|(_, rows)| rows.as_slice()).collect();
    let retaliations = retaliations(workings, residuals, &groups);
    let mut straight_p = Vec::with_capacity(kept.len());
    let mut raters: Vec<Rater> = kept
        .iter()
        .zip(retaliations)
        .map(|((code, rows), retaliation)| {
            let (outfit, infit, weighted) = mean_squares(residuals, rows);
            let (halo, straight, spread) = (styles.halo(rows), styles.straight(rows), styles.spread(rows));
            straight_p.push(straight.map(|s| s.p));
            Rater {
                nym: frame.rater.levels()[*code].clone(),
                ballots: rows.len(),
                outfit,
                outfit_t: cube_root(outfit, 2.0 / rows.len() as f64),
                infit,
                infit_t: cube_root(infit, weighted),
                halo: halo.map(|h| h.0),
                halo_t: halo.map(|h| h.1),
                straight: straight.map(|s| s.share),
                straight_expected: straight.map(|s| s.expected),
                spread: spread.map(|s| s.0),
                spread_t: spread.map(|s| s.1),
                retaliation,
                flags: Vec::new(),
            }
        })
        .collect();
    let column = |value: &dyn Fn(&Rater) -> Option<f64>| raters.iter().map(value).collect::<Vec<Option<f64>>>();
    let tests = [
        (Flag::Outfit, column(&|r| Some(upper(r.outfit_t)))),
        (Flag::Infit, column(&|r| Some(upper(r.infit_t)))),
        (Flag::Halo, column(&|r| r.halo_t.map(|t| upper(-t)))),
        (Flag::StraightLine, straight_p),
        (Flag::CentralTendency, column(&|r| r.spread_t.map(|t| upper(-t)))),
        (Flag::Retaliation, column(&|r| r.retaliation.map(|r| r.p))),
    ];
    for (flag, p) in tests {
        for (rater, stands_out) in raters.iter_mut().zip(flagged(&p)) {
            if stands_out {
                rater.flags.push(flag);
            }
        }
    }
    raters
}

/// Outfit, infit, and the infit's variance for normal residuals.
fn mean_squares(residuals: &Residuals, rows: &[usize]) -> (f64, f64, f64) {
    let (mut squares, mut weighted, mut weights, mut weights_squared) = (0.0, 0.0, 0.0, 0.0);
    for &row in rows {
        let (z, v) = (residuals.standard[row], residuals.deviation[row] * residuals.deviation[row]);
        squares += z * z;
        weighted += v * z * z;
        weights += v;
        weights_squared += v * v;
    }
    (squares / rows.len() as f64, weighted / weights, 2.0 * weights_squared / (weights * weights))
}

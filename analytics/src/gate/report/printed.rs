//! The shape of the item report as it may leave.
//! Invariant: every number is on a grid that its step names, and every optional one may be withheld.
//! Absent on purpose: exact values; see `report::Report`.

use serde::Serialize;

use crate::gate::Flag;
use crate::planner::Variances;

/// Neighbouring levels with their share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Lowest level.
    pub from: u8,
    /// Highest level.
    pub to: u8,
    /// Share of answers, a multiple of the step; the shares of an item sum to one. Zero reads "less
    /// than a step".
    pub share: f64,
}

/// Numbers of an item that enough raters answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemNumbers {
    /// Distinct raters as a band.
    pub raters: String,
    /// Ballots that gave a level, to the nearest five.
    pub answered: u32,
    /// Plain mean of levels in the system's step.
    pub mean: f64,
    /// Whether the mean is only a bound.
    pub mean_bound: Option<Flag>,
    /// Standard deviation in the same step.
    pub sd: f64,
    /// Use of levels, lowest first; `None` when one level holds more than nine tenths.
    pub bins: Option<Vec<Bin>>,
    /// Bounds of the share of level 5; `None` when it had to join its neighbour.
    pub ceiling: Option<[f64; 2]>,
    /// Bounds of the share of 未观察到 where the item applied; `None` when a few raters alone chose it often.
    pub not_observed: Option<[f64; 2]>,
    /// Correlation with the sum of the other items.
    pub rest: Option<f64>,
    /// Alpha of the form without this item.
    pub alpha_without: Option<f64>,
    /// Variances between ratees, raters, and around.
    pub variances: Option<Variances>,
    /// Ballots for a reliability of 0.7 and 0.8 of this item alone, from the printed variances.
    pub ballots: [Option<u32>; 2],
    /// Reliability of this item alone with the mean number of answers per ratee, as a band of a tenth.
    pub reliability: Option<String>,
}

/// An item; without numbers when too few raters answered it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemLine {
    /// Stable id.
    pub id: String,
    /// Share of the rubric's weight.
    pub weight: f64,
    /// What may be told.
    #[serde(flatten)]
    pub numbers: Option<ItemNumbers>,
}

/// Item covariances between ratees, between raters and within, in one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrintedLayers {
    /// Step of every entry.
    pub step: f64,
    /// Between ratees, courts included.
    pub ratee: Vec<Vec<f64>>,
    /// Between raters.
    pub rater: Vec<Vec<f64>>,
    /// Around all that.
    pub residual: Vec<Vec<f64>>,
}

/// What linking with another version needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrintedLinks {
    /// Difficulty of each item, scale points, weighted mean zero.
    pub difficulty: Vec<f64>,
    /// How often items were answered together, per ballot: `M / n` of `methods/composite.md`.
    pub together: Vec<Vec<f64>>,
}

/// The item report as it may leave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemReport {
    /// R13: a pilot's report is flagged.
    pub pilot: bool,
    /// Distinct raters as a band.
    pub raters: String,
    /// Valid ballots, to the nearest five.
    pub ballots: u32,
    /// Step of shares.
    pub share_step: f64,
    /// Step of correlations, alpha, omega and eigenvalues.
    pub correlation_step: f64,
    /// Items in the order of the form.
    pub items: Vec<ItemLine>,
    /// Cronbach's alpha over ballots.
    pub alpha: Option<f64>,
    /// McDonald's omega, one factor by minimum residuals.
    pub omega: Option<f64>,
    /// Pairwise-complete correlations; `None` where too few raters answered both.
    pub correlation: Vec<Vec<Option<f64>>>,
    /// Eigenvalues of these, descending.
    pub eigenvalues: Option<Vec<f64>>,
    /// Variances of the composite.
    pub variances: Variances,
    /// Ballots for a reliability of 0.7 and 0.8, from the printed variances.
    pub ballots_needed: [Option<u32>; 2],
    /// Reliability of the composite with the mean number of ballots per ratee, as a band of a tenth.
    pub reliability: String,
    /// Item covariances for what-if; only when every item may be told.
    pub layers: Option<PrintedLayers>,
    /// Item links for later versions; only when every item may be told.
    pub links: Option<PrintedLinks>,
}

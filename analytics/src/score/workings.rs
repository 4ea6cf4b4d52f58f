//! The steps from ballots to the fitted headline, kept so that audits can ask more of them.
//! Invariant: `ballots`, `composites`, `weights` and the frame's rows run in the same order.
//! Absent on purpose: results; see `Workings::scores`.

use super::frame::Frame;
use super::headline::Headline;
use super::weights;
use crate::bundle::{Ballot, Bundle};
use crate::items::{self, Composite, Items};
use crate::mixed::Refused;

/// A fitted headline with everything it rests on.
pub(crate) struct Workings<'b> {
    /// Item step over all ballots, also those that did not answer enough.
    pub items: Items,
    /// Ballots that count, in canonical order.
    pub ballots: Vec<&'b Ballot>,
    /// Their composites.
    pub composites: Vec<Composite>,
    /// Their weights for repeats of a pair and for the cap on one rater, before precision.
    pub shares: Vec<f64>,
    /// Their weights in the model: shares times precision.
    pub weights: Vec<f64>,
    /// Residual correlation of ballots by one rater on one ratee.
    pub repeat: f64,
    /// Their model columns.
    pub frame: Frame,
    /// The model at its optimum.
    pub headline: Headline,
}

impl<'b> Workings<'b> {
    /// Items, weights and the fit of `bundle`.
    ///
    /// # Errors
    /// [`Refused`] when the ballots cannot carry the model: none, too few, or all equal.
    pub fn new(bundle: &'b Bundle) -> Result<Self, Refused> {
        let all = bundle.sorted();
        let items = items::composites(&bundle.items, &all);
        let (ballots, composites): (Vec<&Ballot>, Vec<Composite>) =
            all.iter().zip(&items.composites).filter_map(|(b, c)| c.map(|c| (*b, c))).unzip();
        let frame = Frame::new(bundle, &ballots);
        let values: Vec<f64> = composites.iter().map(|c| c.value).collect();

        // Pass one with equal weights tells how much of the noise is the items' and how alike repeats are.
        let plain = Headline::fit(&frame, &values, &vec![1.0; values.len()], None)?;
        let repeat = weights::repeat_correlation(&ballots, &plain.fit.residuals);
        let shares = weights::shares(&ballots, repeat);
        let precision = weights::precision(&composites, items.noise, plain.fit.residual);
        let weights: Vec<f64> = shares.iter().zip(&precision).map(|(a, b)| a * b).collect();
        let headline = Headline::fit(&frame, &values, &weights, None)?.with_uncertain_variances()?;
        Ok(Self { items, ballots, composites, shares, weights, repeat, frame, headline })
    }
}

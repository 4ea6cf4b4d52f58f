//! Item report: how each question of a form works, over the whole box.
//! Invariant: system level only; nothing here is by ratee, rater or court. Numbers are exact and
//! stay inside; `gate::item_report` makes what may leave. Method: `methods/items.md`.
//! Absent on purpose: words. Facts are codes with numbers (`findings`).

mod classical;
mod components;
mod findings;
mod usage;

pub use classical::Moments;
pub use components::Layers;
pub use findings::{Fact, findings};
pub use usage::{LEVELS, Usage};

use crate::bundle::Bundle;
use crate::design::Factor;
use crate::items;
use crate::linking::ItemSums;
use crate::mixed::{Fit, Refused};
use crate::planner::{Variances, WIDTH};
use crate::score::frame::{COURT, HOME, RATEE, RATER};
use crate::score::{Headline, Measured, Workings, item_fit};
use components::{Design, forms};

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemFacts {
    /// Stable id.
    pub id: String,
    /// Share of the rubric's weight.
    pub weight: f64,
    /// Use of its levels.
    pub usage: Usage,
    /// Variances of its answers between ratees (courts included), raters, and around; on the ballots
    /// that answered it. `None` when those cannot carry the model.
    pub variances: Option<Variances>,
}

/// Everything about the questions of one box, before the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Valid ballots.
    pub ballots: usize,
    /// Distinct raters.
    pub raters: usize,
    /// Ratees with a ballot that counts.
    pub ratees: usize,
    /// Distinct raters who answered both items of a pair.
    pub pair_raters: Vec<Vec<usize>>,
    /// Half-width of the 95 % interval of the system's own score, scale points.
    pub half_width: f64,
    /// Questions in the order of the form.
    pub items: Vec<ItemFacts>,
    /// Covariances and correlations over ballots.
    pub moments: Moments,
    /// Variances of the composite: between ratees (courts included), raters, and of a ballot.
    pub variances: Variances,
    /// Item covariances per layer; `None` when the design cannot tell the layers apart.
    pub layers: Option<Layers>,
    /// Difficulties and links, for linking with another version.
    pub sums: ItemSums,
}

/// Reports on the items of `bundle`.
///
/// # Errors
/// [`Refused`] when the ballots cannot carry the headline model.
pub fn report(bundle: &Bundle) -> Result<Report, Refused> {
    Workings::new(bundle)?.report(bundle)
}

impl Workings<'_> {
    /// The report that the workings lead to.
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub(crate) fn report(&self, bundle: &Bundle) -> Result<Report, Refused> {
        let all = bundle.sorted();
        let rater = Factor::new("rater", &all.iter().map(|ballot| ballot.nym.as_str()).collect::<Vec<&str>>());
        let count = bundle.items.len();
        let total: f64 = bundle.items.iter().map(|item| item.weight).sum();
        let facts = bundle.items.iter().enumerate().map(|(k, item)| ItemFacts {
            id: item.id.clone(),
            weight: item.weight / total,
            usage: Usage::new(&all, &rater, k),
            variances: self.item_variances(k),
        });
        let system = self.headline.scores(&self.frame, &[self.frame.shares(|_| true)])?;
        let component = |factor: usize| self.headline.fit.components[factor].variance;
        Ok(Report {
            ballots: all.len(),
            raters: rater.levels().len(),
            ratees: self.frame.ratee.levels().len(),
            pair_raters: usage::pair_raters(&all, &rater, count),
            half_width: WIDTH * system.first().map_or(f64::INFINITY, |score| score.error),
            items: facts.collect(),
            moments: Moments::new(&all, count),
            variances: Variances {
                ratee: component(RATEE) + component(COURT),
                rater: component(RATER),
                residual: self.headline.fit.residual,
            },
            layers: self.layers(count),
            sums: ItemSums::of(&bundle.items, &all),
        })
    }

    /// Answers of item `k` on every ballot that counts; a missing one is what the ballot's other
    /// answers and the item's difficulty say. Weighted by the rubric they sum to the composite
    /// exactly, on every ballot (`methods/what-if.md`).
    pub(crate) fn filled(&self, k: usize) -> Vec<f64> {
        let composites = self.ballots.iter().zip(&self.composites);
        composites.map(|(ballot, c)| items::level(ballot, k).unwrap_or(c.value + self.items.difficulty[k])).collect()
    }

    fn layers(&self, count: usize) -> Option<Layers> {
        let theta = self.headline.fit.theta();
        let mut fits: Vec<Option<Fit>> = Vec::new();
        for k in 0..count {
            match Headline::fit(&self.frame, &self.filled(k), &self.weights, Some(&theta)) {
                Ok(headline) => fits.push(Some(headline.fit)),
                // An item that everybody answered alike varies with nothing.
                Err(Refused::NoVariance) => fits.push(None),
                Err(_) => return None,
            }
        }
        let ratios: Vec<f64> = theta.iter().map(|t| t * t).collect();
        let fit = &self.headline.fit;
        let own: Vec<f64> = forms(fit, fit, &self.weights, &ratios).iter().map(|q| q / fit.residual).collect();
        let design = Design::new(fit, &self.frame.factors(), &theta, Some(&own)).ok()?;
        let empty = vec![vec![0.0; count]; count];
        let mut layers = vec![empty; ratios.len() + 1];
        for k in 0..count {
            for l in k..count {
                let (Some(one), Some(other)) = (&fits[k], &fits[l]) else { continue };
                for (layer, value) in layers.iter_mut().zip(design.covariance(one, other, &self.weights)?) {
                    layer[k][l] = value;
                    layer[l][k] = value;
                }
            }
        }
        let mut take = |at: usize| std::mem::take(&mut layers[at]);
        Some(Layers {
            ratee: take(RATEE),
            rater: take(RATER),
            home: take(HOME),
            court: take(COURT),
            residual: take(COURT + 1),
        })
    }

    /// Variances of item `k` on the ballots that answered it, at the composite's ratios.
    fn item_variances(&self, k: usize) -> Option<Variances> {
        let (Measured { frame, headline, .. }, weights) = item_fit(self, k)?;
        let (fit, theta) = (headline.fit, self.headline.fit.theta());
        let parts = Design::new(&fit, &frame.factors(), &theta, None).ok()?.covariance(&fit, &fit, &weights)?;
        Some(Variances { ratee: parts[RATEE] + parts[COURT], rater: parts[RATER], residual: parts[COURT + 1] })
    }
}

//! What a person should look at before results leave: misfit, rings, robust scores, outcomes, items.
//! Invariant: audits change no score. They share the headline's one fit, and like it depend on the
//! content of the bundle only. Flags hold the share of false ones at 5 % each.
//! Absent on purpose: leave to publish. Audits name raters' nyms and are for the eyes of those who
//! open a box; nothing here passes the gate.

pub mod bias;
mod chance;
pub mod influence;
pub mod misfit;
pub mod outcome;
pub mod reciprocity;
mod residuals;
mod retaliation;
pub mod ring;
pub mod robust;
mod style;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::bundle::Bundle;
use crate::mixed::Refused;
use crate::score::{Gap, Scores, Workings};
use residuals::Residuals;

/// A value with its standard error, scale points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    /// Estimate.
    pub value: f64,
    /// Standard error.
    pub error: f64,
}

/// All audits of one box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audits {
    /// Raters with five ballots or more, by nym.
    pub raters: Vec<misfit::Rater>,
    /// Ratees with five raters or more: the far group among their raters.
    pub concerts: Vec<ring::Concert>,
    /// Pairs that more likely than not belong to the far group of a flagged ratee.
    pub pairs: Vec<ring::Pair>,
    /// By ratee: what five raters do to the score.
    pub influence: Vec<influence::Influence>,
    /// Huber and Student scores beside the headline.
    pub robust: robust::Robust,
    /// Ratees whom a person looks at before release: a robust score far from the headline, or
    /// raters in concert.
    pub review: BTreeSet<String>,
    /// What outcomes did to ratings.
    pub outcome: outcome::Outcome,
    /// Items against groups.
    pub bias: Vec<bias::Bias>,
    /// Groups of ballots against each other.
    pub gaps: Vec<Gap>,
    /// Share of ballots in the largest connected part of raters and ratees; only inside it are severities known.
    pub connected: f64,
}

/// Audits of a bundle.
///
/// # Errors
/// [`Refused`] when the ballots cannot carry the model, as for [`crate::score::score`].
pub fn audits(bundle: &Bundle) -> Result<Audits, Refused> {
    Ok(audits_with_pairs(bundle)?.0)
}

/// Audits, and every pair of rater and ratee with the odds that it belongs to a ring, for studies
/// of the audit itself.
///
/// # Errors
/// [`Refused`] when the ballots cannot carry the model, as for [`crate::score::score`].
pub fn audits_with_pairs(bundle: &Bundle) -> Result<(Audits, Vec<ring::Pair>), Refused> {
    let workings = Workings::new(bundle)?;
    let scores = workings.scores(bundle)?;
    workings.audits(bundle, &scores)
}

impl Workings<'_> {
    /// The audits that the workings lead to, and all pairs of rater and ratee.
    ///
    /// # Errors
    /// [`Refused`] when a robust refit is refused.
    pub(crate) fn audits(&self, bundle: &Bundle, scores: &Scores) -> Result<(Audits, Vec<ring::Pair>), Refused> {
        let residuals = Residuals::new(self);
        let (robust, student) = robust::robust(self, scores, &residuals)?;
        let (pairs, concerts) = ring::pairs(self, scores, (&residuals.standard, &student));
        let flagged: BTreeSet<&str> = concerts.iter().filter(|c| c.flagged).map(|c| c.ratee.as_str()).collect();
        let moved = robust.persons.iter().filter(|person| person.moved).map(|person| person.ratee.as_str());
        let review = moved.chain(flagged.iter().copied()).map(str::to_owned).collect();
        let suspect = |pair: &&ring::Pair| pair.odds > 0.0 && flagged.contains(pair.ratee.as_str());
        let audits = Audits {
            raters: misfit::raters(self, scores, &residuals),
            influence: influence::influence(self, scores),
            outcome: outcome::outcome(self, scores),
            bias: bias::biases(bundle, self),
            gaps: self.gaps()?,
            connected: self.frame.connected(),
            pairs: pairs.iter().filter(suspect).cloned().collect(),
            concerts,
            robust,
            review,
        };
        Ok((audits, pairs))
    }
}

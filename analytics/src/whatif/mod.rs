//! What-if weights: what other weights of the questions would change, without another fit.
//! Invariant: at the headline's variance ratios a score is linear in the answers, so any weights
//! are a weighted sum of solved items. Method: `methods/what-if.md`.
//! Absent on purpose: new ratios; they are estimated again only when both sides adopt the weights.

mod own;
mod released;
mod solved;

pub use own::{Own, own};
pub use released::{Outcome, WhatIf};
pub use solved::{Gap, Solved};

use crate::mixed::Refused;

/// Why weights cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not one weight per item.
    #[error("there must be one weight per item")]
    Length,
    /// A weight is negative or not finite.
    #[error("a weight is negative or not a number")]
    Negative,
    /// No item has weight.
    #[error("at least one item needs a weight")]
    Nothing,
    /// The ballots cannot carry the model with these weights.
    #[error(transparent)]
    Refit(#[from] Refused),
}

/// Weights of `items` items with sum one. A weight of zero drops an item; two merged items share one.
fn shares(weights: &[f64], items: usize) -> Result<Vec<f64>, Unusable> {
    if weights.len() != items {
        return Err(Unusable::Length);
    }
    if weights.iter().any(|w| !w.is_finite() || *w < 0.0) {
        return Err(Unusable::Negative);
    }
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return Err(Unusable::Nothing);
    }
    Ok(weights.iter().map(|w| w / total).collect())
}

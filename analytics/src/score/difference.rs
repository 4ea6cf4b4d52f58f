//! Differences between ratees and groups of them, with the standard error of the difference.
//! Invariant: an error holds the covariance of the two sides, the error of the outcome effect and,
//! as the score's own, the uncertainty of the variances of courts and home courts. It is never the
//! root of the sum of two squared errors, which forgets what both sides share: raters, home courts,
//! and the level.
//! Absent on purpose: whether the two may be compared at all; see `Scored::courts` and `compare`.

use std::collections::BTreeMap;

use super::compare::{Comparison, comparisons};
use super::frame::Frame;
use super::headline::Headline;
use super::{Scores, Workings, by_item};
use crate::bundle::Bundle;
use crate::mixed::Refused;

/// Two-sided 95 % quantile of the normal distribution.
const WIDTH: f64 = 1.959_963_984_540_054;

/// A difference with its error, scale points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The first minus the second.
    pub value: f64,
    /// Standard error of the difference.
    pub error: f64,
}

impl Difference {
    /// The 95 % interval.
    pub fn interval(&self) -> [f64; 2] {
        [self.value - WIDTH * self.error, self.value + WIDTH * self.error]
    }

    /// Whether the interval leaves zero out; if not, the two are not distinguishable.
    pub fn told_apart(&self) -> bool {
        self.value.abs() > WIDTH * self.error
    }
}

/// The weighted mean of some ratees against that of others. Its weights sum to zero, so severity
/// and level cancel as far as the raters are the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    weights: Vec<(String, f64)>,
}

impl Group {
    /// One ratee against another.
    pub fn pair(one: &str, other: &str) -> Self {
        Self { weights: vec![(one.to_owned(), 1.0), (other.to_owned(), -1.0)] }
    }

    /// Mean of `one` against the mean of `other`; of the weights only ratios matter. `None` when the
    /// weights of a side do not have a positive sum.
    pub fn means(one: &[(&str, f64)], other: &[(&str, f64)]) -> Option<Self> {
        let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
        for (side, sign) in [(one, 1.0), (other, -1.0)] {
            let total: f64 = side.iter().map(|(_, weight)| weight).sum();
            if !(total > 0.0 && total.is_finite()) {
                return None;
            }
            for (ratee, weight) in side {
                *weights.entry(ratee).or_default() += sign * weight / total;
            }
        }
        Some(Self { weights: weights.into_iter().map(|(ratee, weight)| (ratee.to_owned(), weight)).collect() })
    }

    /// The ratees by index; `None` when one of them was not rated.
    fn on(&self, frame: &Frame) -> Option<Vec<(usize, f64)>> {
        self.weights.iter().map(|(ratee, weight)| Some((frame.ratee.position(ratee)?, *weight))).collect()
    }
}

/// A box that was scored and can be asked for differences.
pub struct Scored<'b> {
    bundle: &'b Bundle,
    workings: Workings<'b>,
    scores: Scores,
}

impl<'b> Scored<'b> {
    /// Scores `bundle`.
    ///
    /// # Errors
    /// [`Refused`] as [`super::score`].
    pub fn new(bundle: &'b Bundle) -> Result<Self, Refused> {
        let workings = Workings::new(bundle)?;
        let scores = workings.scores(bundle)?;
        Ok(Self { bundle, workings, scores })
    }

    /// The same scores as [`super::score`].
    pub fn scores(&self) -> &Scores {
        &self.scores
    }

    /// Differences of the composite, in the order of `groups`; `None` where a ratee was not rated.
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub fn differences(&self, groups: &[Group]) -> Result<Vec<Option<Difference>>, Refused> {
        differences(&self.workings.frame, &self.workings.headline, groups)
    }

    /// The same of one item, among ratees of whom somebody answered it. All `None` when its answers
    /// cannot carry the model or there is no such item.
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub fn item_differences(&self, item: &str, groups: &[Group]) -> Result<Vec<Option<Difference>>, Refused> {
        let place = self.bundle.items.iter().position(|known| known.id == item);
        match place.and_then(|k| by_item(&self.workings, k)) {
            Some(measured) => differences(&measured.frame, &measured.headline, groups),
            None => Ok(vec![None; groups.len()]),
        }
    }

    /// Every pair of courts with its verdict under R18; see [`Comparison`].
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub fn courts(&self) -> Result<Vec<Comparison>, Refused> {
        comparisons(&self.workings.frame, &self.workings.headline)
    }
}

fn differences(frame: &Frame, headline: &Headline, groups: &[Group]) -> Result<Vec<Option<Difference>>, Refused> {
    let known: Vec<Option<Vec<(usize, f64)>>> = groups.iter().map(|group| group.on(frame)).collect();
    let asked: Vec<Vec<(usize, f64)>> = known.iter().flatten().cloned().collect();
    let mut answers = headline.differences(frame, &asked)?.into_iter();
    let answer = |group: Option<Vec<(usize, f64)>>| {
        group.and_then(|_| answers.next()).map(|(value, error)| Difference { value, error })
    };
    Ok(known.into_iter().map(answer).collect())
}

#[cfg(test)]
mod tests {
    use super::{Difference, Group};

    #[test]
    fn weights_sum_to_zero_and_only_ratios_matter() {
        let group = Group::means(&[("a", 2.0), ("b", 2.0)], &[("b", 3.0), ("c", 9.0)]);
        let weights = [("a", 0.5), ("b", 0.25), ("c", -0.75)].map(|(ratee, weight)| (ratee.to_owned(), weight));
        assert_eq!(group, Some(Group { weights: weights.to_vec() }));
        assert_eq!(Group::means(&[("a", 1.0)], &[]), None);
        assert_eq!(Group::means(&[("a", 0.0)], &[("b", 1.0)]), None);
    }

    #[test]
    fn told_apart_is_an_interval_without_zero() {
        let apart = |value| {
            let difference = Difference { value, error: 0.1 };
            let [low, high] = difference.interval();
            assert_eq!(difference.told_apart(), low > 0.0 || high < 0.0);
            difference.told_apart()
        };
        assert!(apart(0.2) && apart(-0.2) && !apart(0.19) && !apart(0.0));
    }
}

//! What an ideal analysis would find: expectations on the reported scale of 1 to 5, exact, from the planted truth.
//!
//! An answer is a normal variable rounded to 1..5, so its mean is a sum of four normal probabilities. Severity is set to zero as
//! the model does it: averaged over raters, not one rater of zero, since at the upper end of the scale the two differ.
//! Deliberately absent: simulation, and anything estimated from answers.

use std::collections::BTreeMap;

use hengping_domain::ids::Direction;
use hengping_domain::stratum::{CaseType, Outcome, Stratum};
use serde::Serialize;

use super::Truth;

/// Planted values on the reported scale for one direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expected {
    /// Score of each ratee, by number.
    pub scores: BTreeMap<String, f64>,
    /// Score of an ordinary ratee: the mean of the scores.
    pub level: f64,
    /// What having won instead of lost does to a rating: `for` minus `against`, averaged over ratees.
    pub outcome_effect: f64,
    /// What coming from a home court does to a rating, by code of the court; 0 on average over courts.
    pub home_severity: BTreeMap<String, f64>,
}

impl Truth {
    /// Everything an ideal analysis of a direction would find. `mix` gives the weight of each stratum among eligible cases;
    /// weights need not add up to 1, and an empty mix counts as civil cases without outcome.
    #[must_use]
    pub fn expected(&self, direction: Direction, mix: &[(Stratum, f64)]) -> Expected {
        let ratees = self.ratees(direction);
        let over =
            |value: &dyn Fn(&str) -> f64| ratees.keys().map(|r| value(r)).sum::<f64>() / ratees.len().max(1) as f64;
        let scores: BTreeMap<String, f64> =
            ratees.keys().map(|ratee| (ratee.clone(), self.expected_score(direction, ratee, mix))).collect();
        let ended = |ratee: &str, outcome| {
            let turned: Vec<(Stratum, f64)> =
                mix.iter().map(|(s, weight)| (Stratum { outcome, ..*s }, *weight)).collect();
            self.expected_score(direction, ratee, &turned)
        };
        let outcome_effect = over(&|ratee| ended(ratee, Outcome::For) - ended(ratee, Outcome::Against));
        let from: BTreeMap<String, f64> = self
            .courts()
            .keys()
            .map(|home| (home.clone(), over(&|ratee| self.expected_from(direction, ratee, mix, Some(home)))))
            .collect();
        let mean = from.values().sum::<f64>() / from.len().max(1) as f64;
        let home_severity = from.into_iter().map(|(home, value)| (home, value - mean)).collect();
        let level = over(&|ratee| scores[ratee]);
        Expected { scores, level, outcome_effect, home_severity }
    }

    /// Expected score of a ratee, 1 to 5: severity averaged out, the mix averaged over, all items of the rubric weighted alike.
    #[must_use]
    pub fn expected_score(&self, direction: Direction, ratee: &str, mix: &[(Stratum, f64)]) -> f64 {
        self.expected_from(direction, ratee, mix, None)
    }

    /// The same for raters of one home court, or of all.
    pub(super) fn expected_from(
        &self,
        direction: Direction,
        ratee: &str,
        mix: &[(Stratum, f64)],
        home: Option<&str>,
    ) -> f64 {
        let plan = self.plan();
        let homes = if home.is_some() { 0.0 } else { plan.home_severity.powi(2) };
        let spread = (plan.occasion.powi(2) + plan.answer.powi(2) + plan.rater_severity.powi(2) + homes).sqrt();
        let shift = home.map_or(0.0, |home| self.home_severity(direction, home));
        let ordinary = [(Stratum { case_type: CaseType::Civil, outcome: Outcome::None }, 1.0)];
        let mix = if mix.iter().any(|(_, weight)| *weight > 0.0) { mix } else { &ordinary };
        let total: f64 = mix.iter().map(|(_, weight)| weight).sum();
        let items: Vec<&str> =
            self.items.get(&direction).map_or_else(|| vec![""], |items| items.keys().map(String::as_str).collect());
        let at = |stratum: Stratum| {
            let offsets: Vec<f64> = items.iter().map(|item| self.item(direction, item, stratum)).collect();
            let centre = self.centre(direction, ratee, stratum) + shift;
            offsets.iter().map(|offset| rounded_mean(centre + offset, spread)).sum::<f64>() / offsets.len() as f64
        };
        mix.iter().map(|(stratum, weight)| weight / total * at(*stratum)).sum()
    }
}

/// Mean of a normal variable rounded to the nearest of 1, 2, 3, 4, 5: one for every half-point it passes.
fn rounded_mean(mean: f64, sd: f64) -> f64 {
    1.0 + [1.5, 2.5, 3.5, 4.5].iter().map(|edge| normal_cdf((mean - edge) / sd)).sum::<f64>()
}

/// Standard normal distribution function, to about 1e-15 (G. Marsaglia, Evaluating the Normal Distribution, 2004).
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    // Beyond eight standard deviations the value is 0 or 1 in double precision, and NaN has none.
    if x.is_nan() || x.abs() > 8.0 {
        return if x.is_nan() { x } else { f64::from(u8::from(x > 0.0)) };
    }
    let (mut sum, mut term, mut last, mut odd) = (x, x, 0.0, 1.0);
    while sum != last {
        last = sum;
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    0.5 + sum * (-0.5 * x * x - 0.918_938_533_204_672_8).exp()
}

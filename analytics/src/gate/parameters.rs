//! Parameters of the whole box that leave with the draft, since ballots die.
//! Invariant: system level only, rounded, and only where the system's own score may leave.
//! Absent on purpose: anything per ratee, rater or court.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rules::{batch, lost_few, step, two_way};
use super::{Context, Finding, Released};
use crate::planner::Variances;
use crate::score::Scores;

/// Reliabilities that are planned for: a group decision, and one about a person.
const TARGETS: [(&str, f64); 2] = [("0.70", 0.70), ("0.80", 0.80)];

/// Rounded system-level parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Printed {
    /// Variance per factor and of the residual, two decimals.
    pub variances: BTreeMap<String, f64>,
    /// Difficulty per item, in the system's step.
    pub difficulty: BTreeMap<String, f64>,
    /// Mean reliability over ratees, one decimal.
    pub reliability: f64,
    /// By reliability of [`TARGETS`], how many ballots of different raters a ratee needs, from the printed variances; absent
    /// where ratees do not differ.
    pub needed: BTreeMap<&'static str, u32>,
    /// Outcome effect within raters and ratees, in the system's step.
    pub outcome_within: Option<f64>,
    /// The same by generalised least squares, for comparison.
    pub outcome_leaky: Option<f64>,
    /// Hausman statistic of the two, one decimal.
    pub outcome_hausman: Option<f64>,
    /// Connected components of raters and ratees.
    pub components: usize,
    /// Factors without effect and columns that could not be told apart.
    pub dropped: Vec<String>,
}

/// Prints the parameters if box-level rules let anything leave and the group minimum is met.
pub fn parameters(scores: &Scores, context: &Context) -> Option<Released<Printed>> {
    let open = [two_way(context), batch(context)].iter().all(|finding| !matches!(finding, Finding::Hide(_)));
    let low = context.response.is_some_and(|share| share < context.charter.response);
    let enough = scores.system.raters >= context.charter.minimum.group as usize;
    let step = step(scores.system.raters, &context.charter.precision)?;
    // R10: together with what was told before a correction, they would tell the difference.
    let few = lost_few(context.void.raters, context.charter.minimum.group);
    if !open || low || !enough || few {
        return None;
    }
    let to = |value: f64, step: f64| (((value / step).round() * step) * 1e4).round() / 1e4 + 0.0;
    let from = &scores.parameters;
    let mut variances: BTreeMap<String, f64> = from.variances.iter().map(|(k, v)| (k.clone(), to(*v, 0.01))).collect();
    variances.insert("residual".into(), to(from.residual, 0.01));
    variances.insert("item".into(), to(from.item_noise, 0.01));
    // From printed numbers, so that it tells nothing that they do not.
    let of = |names: &[&str]| names.iter().filter_map(|name| variances.get(*name)).sum();
    let planned =
        Variances { ratee: of(&["ratee", "court"]), rater: of(&["rater", "home"]), residual: of(&["residual"]) };
    let needed = TARGETS.iter().filter_map(|(word, target)| Some((*word, planned.ballots(*target)?))).collect();
    Some(Released::seal(Printed {
        variances,
        difficulty: from.difficulty.iter().map(|(k, v)| (k.clone(), to(*v, step))).collect(),
        reliability: to(from.reliability, 0.1),
        needed,
        outcome_within: scores.outcome.as_ref().filter(|o| o.within).map(|o| to(o.effect.value, step)),
        outcome_leaky: scores.outcome.as_ref().map(|o| to(o.leaky, step)),
        outcome_hausman: scores.outcome.as_ref().and_then(|o| o.hausman).map(|h| to(h, 0.1)),
        components: from.components,
        dropped: from.dropped.clone(),
    }))
}

//! R18, comparability: whatever hangs together with the rest by no rater, or by few, has no common yardstick with it.
//!
//! Pairs of courts and tiers have their own part (`comparison`, `score::compare`). Here is what a single number implies: a score
//! stands on the scale of the whole, and a court's severity is a difference from all other raters.

use super::{Finding, Flag, Number, Reason};
use crate::gate::{Context, Measure, Scope, Structure, n_band};

/// Flags scores outside the largest connected part, and hides a severity that too few raters tie to the others.
pub fn comparability(cell: &Structure, context: &Context) -> Finding {
    let least = context.charter.comparability.bridges;
    match (cell.key.scope, &cell.key.measure) {
        (Scope::Person | Scope::Court, Measure::Score | Measure::Item(_)) if cell.apart => Finding::Flag(Flag::Apart),
        (Scope::Person | Scope::Court, Measure::Score | Measure::Item(_)) => Finding::Pass,
        (Scope::HomeCourt, Measure::Severity) if cell.apart => Finding::Hide(Reason::new("apart")),
        (Scope::HomeCourt, Measure::Severity) if cell.bridges < least => {
            let reason = Reason::new("few-bridges").with("minimum", Number::Count(least as u32));
            Finding::Hide(reason.with("n", Number::Band(n_band(cell.bridges))))
        }
        (Scope::HomeCourt, Measure::Severity) => Finding::Pass,
        _ => Finding::Silent,
    }
}

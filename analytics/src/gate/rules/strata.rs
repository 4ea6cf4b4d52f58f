//! R11, strata: what sets cases of one kind against those of another is told of the whole only, and of many raters.
//!
//! No cell of a person or a court is made by stratum (`produce`), so there is no stratum whose complement could be
//! subtracted. What is left is told of the whole: cases won against cases lost, and the groups of the fairness audit, where the
//! smaller side of each needs R2's minimum besides.

use super::{Finding, Number, Reason};
use crate::gate::{Audited, Context, Measure, Structure, n_band};

/// Hides an effect of strata with fewer raters than the charter asks for.
pub fn strata(cell: &Structure, context: &Context) -> Finding {
    let raters = match &cell.key.measure {
        Measure::OutcomeEffect => cell.raters,
        Measure::Audit(Audited::OutcomeSlope | Audited::Gap(..) | Audited::ItemBias(..)) => context.raters,
        _ => return Finding::Silent,
    };
    let Some(least) = context.charter.strata else { return Finding::Silent };
    if raters < least as usize {
        let reason = Reason::new("too-few-for-strata").with("minimum", Number::Count(least));
        return Finding::Hide(reason.with("n", Number::Band(n_band(raters))));
    }
    Finding::Pass
}

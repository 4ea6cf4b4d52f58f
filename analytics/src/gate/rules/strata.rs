//! R11, strata: what sets cases of one kind against those of another is told of the whole only, and of many raters.
//!
//! No cell of a person or a court is made by stratum (`produce`), so there is no stratum whose complement could be
//! subtracted. What is left is the outcome effect: cases won against cases lost.

use super::{Finding, Number, Reason};
use crate::gate::{Context, Measure, Structure, n_band};

/// Hides an effect of strata with fewer raters than the charter asks for.
pub fn strata(cell: &Structure, context: &Context) -> Finding {
    let (Some(least), Measure::OutcomeEffect) = (context.charter.strata, &cell.key.measure) else {
        return Finding::Silent;
    };
    if cell.raters < least as usize {
        let reason = Reason::new("too-few-for-strata").with("minimum", Number::Count(least));
        return Finding::Hide(reason.with("n", Number::Band(n_band(cell.raters))));
    }
    Finding::Pass
}

//! R7, precision: the step of rounding grows as raters get fewer, so that one rater among n cannot
//! be read off a mean.

use super::{Finding, Number, Reason};
use crate::gate::{Context, Precision, Structure, n_band};

/// Smallest allowed step for `n` raters: at least `numerator / n`, since replacing one ballot moves
/// a mean of levels 1 to 5 by at most 4/n. `None` when even the largest step is too fine.
pub fn step(n: usize, precision: &Precision) -> Option<f64> {
    coarser(n, 0.0, precision)
}

/// The same where a step has to be at least `least` for another reason (R9).
pub fn coarser(n: usize, least: f64, precision: &Precision) -> Option<f64> {
    let least = least.max(precision.numerator / n as f64);
    // 4/20 and 0.2 must compare equal whatever their last bit is.
    precision.steps.iter().copied().find(|step| *step >= least - 1e-12)
}

/// Hides a mean that no allowed step is coarse enough for.
pub fn precision(cell: &Structure, context: &Context) -> Finding {
    if cell.key.measure.is_share() {
        return Finding::Silent;
    }
    match step(cell.raters, &context.charter.precision) {
        Some(_) => Finding::Pass,
        None => Finding::Hide(Reason::new("no-step-coarse-enough").with("n", Number::Band(n_band(cell.raters)))),
    }
}

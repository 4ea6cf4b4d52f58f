//! R10, differencing: two released totals of one box differ by no block or by enough raters.
//!
//! A correction takes whole blocks out of a box that was told already. Whoever has both totals has their difference, which
//! is what the raters of those blocks said, so it has to be as many as any total needs.

use super::{Finding, Number, Reason};
use crate::gate::{Context, Scope, Structure, n_band};

/// Whether a total lost raters, and fewer than it needs.
pub fn lost_few(raters: usize, least: u32) -> bool {
    (1..least as usize).contains(&raters)
}

/// Hides a total that holds fewer voided raters than its minimum, and any at all.
pub fn differencing(cell: &Structure, context: &Context) -> Finding {
    let void = &context.void;
    let raters = match cell.key.scope {
        Scope::System => void.raters,
        Scope::Court => void.courts.get(&cell.court).copied().unwrap_or(0),
        Scope::HomeCourt => void.homes.get(&cell.key.subject).copied().unwrap_or(0),
        Scope::Person => return Finding::Silent,
    };
    let Some(least) = context.charter.minimum(context.direction, cell.key.scope, cell.key.audience) else {
        return Finding::Silent;
    };
    if lost_few(raters, least) {
        let reason = Reason::new("differs-by-too-few").with("minimum", Number::Count(least));
        return Finding::Hide(reason.with("n", Number::Band(n_band(raters))));
    }
    Finding::Pass
}

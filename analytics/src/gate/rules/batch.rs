//! R3, batch: a box with too few distinct raters publishes nothing at all.

use super::{Finding, Number, Reason};
use crate::gate::{Context, n_band};

/// Hides every cell of a box below the batch minimum.
pub fn batch(context: &Context) -> Finding {
    let least = context.charter.batch_publish;
    if context.raters < least as usize {
        let reason = Reason::new("batch-too-small");
        return Finding::Hide(
            reason.with("minimum", Number::Count(least)).with("n", Number::Band(n_band(context.raters))),
        );
    }
    Finding::Pass
}

//! R2, minimum: enough distinct raters for the cell's audience. Sources: `methods/gate.md`.

use super::{Finding, Number, Reason};
use crate::gate::{Context, Structure, n_band};

/// Hides a cell with fewer raters than the charter asks for its scope and audience. A cell that
/// tells about the invited counts them.
pub fn minimum(cell: &Structure, context: &Context) -> Finding {
    let key = &cell.key;
    let Some(least) = context.charter.minimum(context.direction, key.scope, key.audience) else {
        return Finding::Hide(Reason::new("audience-closed"));
    };
    let count = if key.measure.is_of_the_invited() { cell.invited as usize } else { cell.raters };
    if count < least as usize {
        let reason = Reason::new("too-few-raters");
        return Finding::Hide(reason.with("minimum", Number::Count(least)).with("n", Number::Band(n_band(count))));
    }
    Finding::Pass
}

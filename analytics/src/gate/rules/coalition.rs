//! R5, coalition: colleagues who put together what they answered must not be left with what the others did.

use super::{Finding, Number, Reason};
use crate::gate::{Context, Scope, Structure, band, n_band};

/// Hides a person's number where one firm or chamber is too large among the invited, or would leave too few raters: all
/// its members are taken for raters, since nobody knows who answered.
pub fn coalition(cell: &Structure, context: &Context) -> Finding {
    let key = &cell.key;
    let (Some(limits), Some(invited), Scope::Person) = (&context.charter.coalition, cell.cover, key.scope) else {
        return Finding::Silent;
    };
    let Some(least) = context.charter.minimum(context.direction, key.scope, key.audience) else {
        return Finding::Silent;
    };
    let share = f64::from(invited.largest_group) / f64::from(invited.raters.max(1));
    if share > limits.share {
        let reason = Reason::new("one-group-too-large").with("maximum", Number::Share(limits.share));
        return Finding::Hide(reason.with("share", Number::Band(band(share, 0.1, 1))));
    }
    let rest = cell.raters.saturating_sub(invited.largest_group as usize);
    let wanted = (limits.rest * f64::from(least)).ceil();
    if (rest as f64) < wanted {
        let reason = Reason::new("too-few-without-largest-group").with("minimum", Number::Count(wanted as u32));
        return Finding::Hide(reason.with("n", Number::Band(n_band(rest))));
    }
    Finding::Pass
}

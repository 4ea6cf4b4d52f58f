//! R4, cover: whoever answered has to be able to be somebody who did not.

use super::{Finding, Number, Reason};
use crate::gate::{Context, Scope, Structure, band, n_band};

/// Hides a person's number where too few were invited, or where nearly all of them answered.
pub fn cover(cell: &Structure, context: &Context) -> Finding {
    let key = &cell.key;
    let (Some(limits), Some(invited), Scope::Person) = (&context.charter.cover, cell.cover, key.scope) else {
        return Finding::Silent;
    };
    let Some(least) = context.charter.minimum(context.direction, key.scope, key.audience) else {
        return Finding::Silent;
    };
    let wanted = (limits.invited * f64::from(least)).ceil();
    if f64::from(invited.raters) < wanted {
        let reason = Reason::new("too-few-invited").with("minimum", Number::Count(wanted as u32));
        return Finding::Hide(reason.with("invited", Number::Band(n_band(invited.raters as usize))));
    }
    let share = cell.raters as f64 / f64::from(invited.raters);
    if share >= limits.response {
        let reason = Reason::new("no-cover").with("maximum", Number::Share(limits.response));
        return Finding::Hide(reason.with("response", Number::Band(band(share, 0.05, 2))));
    }
    Finding::Pass
}

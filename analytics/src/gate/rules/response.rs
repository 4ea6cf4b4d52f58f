//! R23, response: a tail is not a voice. Below the minimum a box or court tells its response only.

use super::{Finding, Number, Reason};
use crate::gate::{Context, Scope, Structure, band};

/// Hides everything but response where too few of the invitations were answered.
pub fn response(cell: &Structure, context: &Context) -> Finding {
    if cell.key.measure.is_of_the_invited() {
        return Finding::Silent;
    }
    let least = context.charter.response;
    let low = |share: Option<f64>| share.filter(|share| *share < least);
    let court = match cell.key.scope {
        Scope::Court | Scope::Person => context.courts.get(&cell.court).copied(),
        Scope::System | Scope::HomeCourt => None,
    };
    match low(context.response)
        .map(|s| ("response-of-box-too-low", s))
        .or(low(court).map(|s| ("response-of-court-too-low", s)))
    {
        Some((code, share)) => {
            let reason = Reason::new(code).with("minimum", Number::Share(least));
            Finding::Hide(reason.with("response", Number::Band(band(share, 0.05, 2))))
        }
        None => Finding::Pass,
    }
}

//! R17, reliability: measurement, not gossip. A person's number must resolve persons; every number
//! must be narrow enough to mean something.

use super::{Finding, Flag, Number, Reason};
use crate::gate::{Audience, Context, Scope, Structure, band};

/// Decides by reliability and half-width of the 95 % interval. Groups have no reliability of their
/// own (few courts give no stable variance between them) and are judged by their half-width.
pub fn reliability(cell: &Structure, context: &Context) -> Finding {
    if cell.key.measure.is_share() {
        return Finding::Silent;
    }
    let limits = &context.charter.reliability;
    let Some((reliability, half_width)) = cell.precision else {
        return Finding::Hide(Reason::new("no-estimate"));
    };
    if half_width.is_nan() || half_width > limits.half_width {
        return Finding::Hide(Reason::new("interval-too-wide").with("maximum", Number::Share(limits.half_width)));
    }
    if cell.key.scope != Scope::Person {
        return Finding::Pass;
    }
    let reached = reliability.unwrap_or(0.0);
    if reached >= limits.publish {
        return Finding::Pass;
    }
    if reached >= limits.provisional && cell.key.audience == Audience::Own {
        return Finding::Flag(Flag::Provisional);
    }
    let least = if cell.key.audience == Audience::Own { limits.provisional } else { limits.publish };
    let reason = Reason::new("reliability-too-low").with("minimum", Number::Share(least));
    Finding::Hide(reason.with("reliability", Number::Band(band(reached, 0.1, 1))))
}

//! R13, pilot: groups and the system flagged, persons to themselves only.

use super::{Finding, Flag, Reason};
use crate::gate::{Audience, Context, Scope, Structure};

/// Flags what a pilot may tell and hides persons from everybody but themselves.
pub fn pilot(cell: &Structure, context: &Context) -> Finding {
    if !context.pilot {
        return Finding::Silent;
    }
    match (cell.key.scope, cell.key.audience) {
        (Scope::Person, Audience::Sides | Audience::Public) => Finding::Hide(Reason::new("pilot")),
        _ => Finding::Flag(Flag::Pilot),
    }
}

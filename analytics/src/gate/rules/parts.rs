//! R8 inside a court: a ratee knows the own result, so a court of two tells each about the other
//! and a court of one is that person's result.

use super::{Finding, Number, Reason};
use crate::gate::{Measure, Scope, Structure};

/// Least ratees behind a court's score: one known part must leave at least two unknown.
const LEAST_PARTS: usize = 3;

/// Hides the score of a court with fewer than three rated ratees.
pub fn parts(cell: &Structure) -> Finding {
    if cell.key.scope != Scope::Court || cell.key.measure == Measure::Response {
        return Finding::Silent;
    }
    if cell.ratees < LEAST_PARTS {
        return Finding::Hide(Reason::new("too-few-parts").with("minimum", Number::Count(LEAST_PARTS as u32)));
    }
    Finding::Pass
}

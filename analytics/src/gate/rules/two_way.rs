//! R14, two-way: nothing leaves before both directions that hold the same cases are closed, so
//! that no rater can answer a result with a ballot.

use super::{Finding, Reason};
use crate::gate::Context;

/// Hides every cell while the counterpart box is open.
pub fn two_way(context: &Context) -> Finding {
    if context.both_closed { Finding::Pass } else { Finding::Hide(Reason::new("counterpart-open")) }
}

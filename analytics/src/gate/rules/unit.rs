//! R1, unit: a rater counts once, however many cases they shared with the ratee.

use std::collections::BTreeSet;

/// Distinct raters among `nyms`.
pub fn raters<'a>(nyms: impl IntoIterator<Item = &'a str>) -> usize {
    nyms.into_iter().collect::<BTreeSet<_>>().len()
}

//! R12, no extremes: a tier with few ratees would name them, so it reads 差异不显著.

use std::collections::BTreeMap;

use crate::gate::{Audience, Candidate, Context, Measure, Scope};
use crate::score::Tier;

/// Whether each tier may be named, counting the published own results of the whole box.
/// `cells` and `hidden` run in parallel.
pub fn tiers(cells: &[&Candidate], hidden: &[bool], context: &Context) -> BTreeMap<Tier, bool> {
    let mut counts: BTreeMap<Tier, u32> = BTreeMap::new();
    for (cell, _) in cells.iter().zip(hidden).filter(|(_, hidden)| !**hidden) {
        let key = &cell.structure.key;
        let own = key.scope == Scope::Person && key.measure == Measure::Score && key.audience == Audience::Own;
        if let Some(tier) = cell.content.as_ref().and_then(|c| c.tier).filter(|_| own) {
            *counts.entry(tier).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|(tier, count)| (tier, count >= context.charter.tier && tier != Tier::NotDistinguishable))
        .collect()
}

//! The relay's hand-over: what waits goes in one batch sorted by hash, at least so many stamps, all of them at the close.
//!
//! What is left for whoever reads the box later is in which batch a leaf stands.

use std::collections::BTreeMap;

use super::log::Log;
use super::setting::Setting;
use super::visits::{Cast, day};

/// A stamp as it stands in the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// What it says outside the envelope.
    pub outside: usize,
    /// The batches of its casts, ascending; more than one where it was replaced after a hand-over.
    pub batches: Vec<usize>,
}

/// The box as a thief finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batches {
    /// The last day of each batch, ascending.
    pub ends: Vec<u32>,
    pub stamps: Vec<Stamp>,
}

impl Batches {
    /// The batch that holds what came on a day, if any does.
    pub(super) fn of_day(&self, day: u32) -> Option<usize> {
        let batch = self.ends.partition_point(|end| *end < day);
        (batch < self.ends.len()).then_some(batch)
    }
}

/// Hands over day by day. Returns the box, and of each of its stamps the invitation, which only whoever scores the attack sees.
pub(super) fn hand_over(setting: &Setting, casts: &[Cast], log: &Log) -> (Batches, Vec<usize>) {
    let mut found: BTreeMap<usize, (u64, Stamp)> = BTreeMap::new();
    let (mut ends, mut waiting) = (Vec::new(), BTreeMap::new());
    let mut casts = casts.iter().peekable();
    for today in 0..setting.days {
        while let Some(cast) = casts.next_if(|cast| day(cast.at) <= today) {
            // A second cast replaces the first one while that waits.
            waiting.insert(cast.invitation, cast.leaf);
        }
        let (due, last) = ((today + 1).is_multiple_of(setting.batch_days.max(1)), today + 1 == setting.days);
        if waiting.is_empty() || !(last || due && waiting.len() >= setting.least as usize) {
            continue;
        }
        for (invitation, leaf) in std::mem::take(&mut waiting) {
            let new = || (leaf, Stamp { outside: log.outside(invitation), batches: Vec::new() });
            found.entry(invitation).or_insert_with(new).1.batches.push(ends.len());
        }
        ends.push(today);
    }
    let mut sorted: Vec<(u64, usize, Stamp)> = found.into_iter().map(|(i, (leaf, stamp))| (leaf, i, stamp)).collect();
    sorted.sort_by_key(|(leaf, ..)| *leaf);
    let (truth, stamps) = sorted.into_iter().map(|(_, invitation, stamp)| (invitation, stamp)).unzip();
    (Batches { ends, stamps }, truth)
}

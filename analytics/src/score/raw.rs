//! Plain means: a rater's ballots on one ratee are averaged first (R1), then the raters.
//! Invariant: a rater counts once per ratee, however many cases they shared.
//! Absent on purpose: any correction; this is what stands beside the adjusted score.

use std::collections::{BTreeMap, BTreeSet};

use super::frame::Frame;

/// Means of one value per ballot.
pub(super) struct Means {
    /// By ratee.
    pub persons: Vec<f64>,
    /// Distinct raters by ratee.
    pub raters: Vec<usize>,
    /// Over all pairs.
    pub all: f64,
    pairs: Vec<(usize, u32, f64)>,
}

impl Means {
    pub fn new(frame: &Frame, values: &[f64]) -> Self {
        let mut sums: BTreeMap<(usize, u32), (f64, f64)> = BTreeMap::new();
        for ((&ratee, &rater), value) in frame.ratee.codes().iter().zip(frame.rater.codes()).zip(values) {
            let entry = sums.entry((ratee as usize, rater)).or_default();
            *entry = (entry.0 + value, entry.1 + 1.0);
        }
        let pairs: Vec<(usize, u32, f64)> =
            sums.iter().map(|(&(ratee, rater), &(sum, count))| (ratee, rater, sum / count)).collect();
        let size = frame.ratee.levels().len();
        let (mut persons, mut raters) = (vec![0.0; size], vec![0; size]);
        for &(ratee, _, mean) in &pairs {
            persons[ratee] += mean;
            raters[ratee] += 1;
        }
        for (sum, &count) in persons.iter_mut().zip(&raters) {
            *sum /= count as f64;
        }
        let all = pairs.iter().map(|pair| pair.2).sum::<f64>() / pairs.len() as f64;
        Self { persons, raters, all, pairs }
    }

    /// Mean over the pairs of selected ratees, and their distinct raters.
    pub fn group(&self, frame: &Frame, select: impl Fn(usize) -> bool) -> (f64, usize) {
        debug_assert_eq!(self.persons.len(), frame.ratee.levels().len());
        let members: Vec<&(usize, u32, f64)> = self.pairs.iter().filter(|pair| select(pair.0)).collect();
        let raters: BTreeSet<u32> = members.iter().map(|pair| pair.1).collect();
        (members.iter().map(|pair| pair.2).sum::<f64>() / members.len() as f64, raters.len())
    }
}

//! Naming the likeliest rater of an envelope from solved links.
//!
//! Deliberately absent: the truth.

use super::links::Links;
use super::log::{Issued, Log};

/// An author named for an envelope, and how likely the observer thinks it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Named {
    pub rater: usize,
    pub chance: f64,
}

#[derive(Clone, Copy, Default)]
struct Best {
    named: Option<usize>,
    most: f64,
    all: f64,
}

impl Best {
    fn take(&mut self, rater: usize, chance: f64) {
        self.all += chance;
        if chance > self.most {
            (self.named, self.most) = (Some(rater), chance);
        }
    }

    fn named(self) -> Option<Named> {
        self.named.map(|rater| Named { rater, chance: self.most / self.all })
    }
}

fn raters(log: &Log) -> impl Iterator<Item = (usize, &[Issued])> {
    let mut from = 0;
    log.issued.chunk_by(|a, b| a.rater == b.rater).map(move |of| {
        from += of.len();
        (from - of.len(), of)
    })
}

/// The likeliest rater of each place, by the chances of all invitations of a rater together.
pub(super) fn likeliest(log: &Log, links: &Links) -> Vec<Option<Named>> {
    let mut best = vec![Best::default(); links.places()];
    let mut sums = vec![0.0; links.places()];
    let mut touched = Vec::new();
    for (from, of) in raters(log) {
        for (place, chance) in (from..from + of.len()).flat_map(|row| links.of(row)) {
            if sums[place] == 0.0 {
                touched.push(place);
            }
            sums[place] += chance;
        }
        for place in touched.drain(..) {
            best[place].take(of[0].rater, std::mem::take(&mut sums[place]));
        }
    }
    best.into_iter().map(Best::named).collect()
}

/// The likeliest rater of one place, when each rater's chance is also worth `also`.
pub(super) fn likeliest_at(log: &Log, links: &Links, place: usize, also: impl Fn(usize) -> f64) -> Option<Named> {
    let mut best = Best::default();
    for (from, of) in raters(log) {
        let sum: f64 = (from..from + of.len()).map(|row| links.chance(row, place)).sum();
        if sum > 0.0 {
            best.take(of[0].rater, sum * also(of[0].rater));
        }
    }
    best.named()
}

//! Who belongs to what: invitations on one side, places for envelopes on the other, and how well each pair fits.
//!
//! A place is a batch that holds so many envelopes, or one envelope; an invitation fills at most one. The posterior is that
//! of independent invitations given that every place holds what was seen in it, by belief propagation: what an invitation
//! has to offer to a place leaves out what that place said to it. Exact on trees, and calibrated on the tables of this
//! module. Deliberately absent: what a place or an invitation is.

use std::ops::Range;

const ROUNDS: usize = 200;
const CLOSE: f64 = 1e-2;
/// Smallest part of a sum that is told from nothing.
const TINY: f64 = 1e-12;

/// A sparse table of invitations and places, row by row.
#[derive(Debug, Clone)]
pub(super) struct Links {
    starts: Vec<usize>,
    places: Vec<u32>,
    weights: Vec<f64>,
    /// Of each invitation, the weight of not having been cast.
    rest: Vec<f64>,
    /// How many envelopes each place holds.
    held: Vec<f64>,
}

impl Links {
    /// An empty table; `held` is how many envelopes each place holds.
    pub(super) fn new(held: Vec<f64>) -> Self {
        Self { starts: vec![0], places: Vec::new(), weights: Vec::new(), rest: Vec::new(), held }
    }

    /// Adds the next invitation: places ascending with their likelihood, and that of no cast at all.
    pub(super) fn push(&mut self, fits: impl IntoIterator<Item = (usize, f64)>, rest: f64) {
        for (place, weight) in fits.into_iter().filter(|(_, weight)| *weight > 0.0) {
            self.places.push(place as u32);
            self.weights.push(weight);
        }
        self.starts.push(self.places.len());
        self.rest.push(rest.max(1e-9));
    }

    /// Invitations so far.
    pub(super) fn rows(&self) -> usize {
        self.rest.len()
    }

    /// Places.
    pub(super) fn places(&self) -> usize {
        self.held.len()
    }

    fn row(&self, invitation: usize) -> Range<usize> {
        self.starts[invitation]..self.starts[invitation + 1]
    }

    /// Pairs of an invitation: place and likelihood, or chance once solved.
    pub(super) fn of(&self, invitation: usize) -> impl Iterator<Item = (usize, f64)> {
        let row = self.row(invitation);
        self.places[row.clone()].iter().map(|place| *place as usize).zip(self.weights[row].iter().copied())
    }

    /// The chance of one pair once solved; 0 where they do not fit.
    pub(super) fn chance(&self, invitation: usize, place: usize) -> f64 {
        let row = self.row(invitation);
        let found = self.places[row.clone()].binary_search(&(place as u32));
        found.map_or(0.0, |at| self.weights[row.start + at])
    }

    /// Turns likelihoods into chances.
    pub(super) fn solve(mut self) -> Self {
        // What each invitation offers to each place, its sum by place, and what a place with several envelopes pays.
        let mut offers = self.weights.clone();
        let mut sums = vec![0.0; self.places()];
        let mut tilts = vec![0.0; self.places()];
        let mut bids = Vec::new();
        for _ in 0..ROUNDS {
            let mut next = vec![0.0; self.places()];
            let mut filled = vec![0.0; self.places()];
            for invitation in 0..self.rows() {
                let row = self.row(invitation);
                let (places, weights) = (&self.places[row.clone()], &self.weights[row.clone()]);
                let offers = &mut offers[row];
                bids.clear();
                bids.extend(places.iter().zip(weights).zip(&*offers).map(|((place, weight), offer)| {
                    let place = *place as usize;
                    // Nothing is heard from the places in the first round.
                    match (sums[place], self.held[place]) {
                        (0.0, _) => 0.0,
                        (sum, 1.0) => weight / (sum - offer).max(sum * TINY),
                        _ => weight * tilts[place],
                    }
                }));
                let total = self.rest[invitation] + bids.iter().sum::<f64>();
                for ((offer, weight), (bid, place)) in offers.iter_mut().zip(weights).zip(bids.iter().zip(places)) {
                    let place = *place as usize;
                    *offer = weight / (total - bid).max(total * TINY);
                    next[place] += *offer;
                    filled[place] += *offer * tilts[place] / (1.0 + *offer * tilts[place]);
                }
            }
            let mut off: f64 = 0.0;
            for (place, sum) in next.iter().enumerate().filter(|(_, sum)| **sum > 0.0) {
                off = off.max((sums[place] / sum - 1.0).abs());
                if self.held[place] > 1.0 {
                    let tilt = if tilts[place] == 0.0 { 1.0 / sum } else { tilts[place] / filled[place] };
                    off = off.max((tilts[place] / (self.held[place] * tilt) - 1.0).abs());
                    tilts[place] = self.held[place] * tilt;
                }
            }
            sums = next;
            if off < CLOSE {
                break;
            }
        }
        for ((weight, offer), place) in self.weights.iter_mut().zip(&offers).zip(&self.places) {
            let (sum, place) = (sums[*place as usize], *place as usize);
            let odds =
                if self.held[place] == 1.0 { offer / (sum - offer).max(sum * TINY) } else { offer * tilts[place] };
            *weight = odds / (1.0 + odds);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-3, "{a} {b}");
    }

    #[test]
    fn one_place_goes_to_invitations_by_their_odds() {
        let mut links = Links::new(vec![1.0]);
        links.push([(0, 0.2)], 0.8);
        links.push([(0, 0.5)], 0.5);
        let links = links.solve();
        // 0.2 x 0.5 against 0.8 x 0.5.
        close(links.chance(0, 0), 0.2);
        close(links.chance(1, 0), 0.8);
    }

    #[test]
    fn a_chain_of_places_and_invitations_is_exact() {
        let mut links = Links::new(vec![1.0, 1.0]);
        links.push([(0, 0.4)], 0.6);
        links.push([(0, 0.3), (1, 0.2)], 0.5);
        links.push([(1, 0.7)], 0.3);
        let links = links.solve();
        // Both places filled: a-c, b-c and a-b are all there is.
        let (ac, bc, ab) = (0.4 * 0.5 * 0.7, 0.6 * 0.3 * 0.7, 0.4 * 0.2 * 0.3);
        let all = ac + bc + ab;
        close(links.chance(0, 0), (ac + ab) / all);
        close(links.chance(1, 0), bc / all);
        close(links.chance(1, 1), ab / all);
        close(links.chance(2, 1), (ac + bc) / all);
    }

    #[test]
    fn a_batch_holds_what_was_seen_in_it() {
        let mut links = Links::new(vec![20.0, 5.0]);
        for weight in (1..=60).map(|n| f64::from(n) / 100.0) {
            links.push([(0, weight), (1, 0.3)], (0.7 - weight).max(0.1));
        }
        let links = links.solve();
        for (place, held) in [(0, 20.0), (1, 5.0)] {
            let sum: f64 = (0..60).map(|row| links.chance(row, place)).sum();
            assert!((sum / held - 1.0).abs() < 0.01, "{sum}");
        }
        assert!((0..60).all(|row| links.of(row).map(|(_, chance)| chance).sum::<f64>() < 1.0));
    }
}

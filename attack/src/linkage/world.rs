//! A period under one build, and what each observer makes of its part of it.

use std::collections::BTreeMap;

use super::batches::{Batches, hand_over};
use super::docket::Docket;
use super::forecast::{Forecast, Known};
use super::guesses::{Guesses, Ratees};
use super::links::Links;
use super::live::{self, Arrival};
use super::log::Log;
use super::named::{Named, likeliest};
use super::setting::{Build, Setting};
use super::thief;
use super::visits::Period;

/// A period under one build.
pub(super) struct World<'a> {
    setting: &'a Setting,
    docket: &'a Docket,
    log: Log,
    batches: Batches,
    stamps: Vec<usize>,
    arrivals: Vec<Arrival>,
    casts: Vec<usize>,
}

impl<'a> World<'a> {
    pub(super) fn of(setting: &'a Setting, replicate: u32, docket: &'a Docket, period: &Period, build: Build) -> Self {
        let log = Log::of(setting, replicate, docket, period, build);
        let (batches, stamps) = hand_over(setting, &period.casts, &log);
        let (arrivals, casts) = live::arrivals(&period.casts, &log);
        Self { setting, docket, log, batches, stamps, arrivals, casts }
    }

    fn forecast(&self, known: Known<'_>) -> Forecast {
        let answered = self.stamps.len() as f64 / self.log.issued.len().max(1) as f64;
        Forecast::make(self.setting, &self.docket.invitations, &self.log, known, answered)
    }

    fn rater(&self, invitation: usize) -> usize {
        self.docket.invitations[invitation].rater
    }

    /// How often whoever fetched most is right.
    pub(super) fn floor(&self) -> f64 {
        let of = self.log.issued.chunk_by(|a, b| a.rater == b.rater);
        let most = of.max_by_key(|of| of.len()).map(|of| of[0].rater);
        let hits = self.stamps.iter().filter(|stamp| most == Some(self.rater(**stamp))).count();
        hits as f64 / self.stamps.len().max(1) as f64
    }

    pub(super) fn thief(&self, known: Known<'_>) -> Guesses {
        let named = thief::name(&self.log, &self.batches, &self.forecast(known));
        self.guesses(&named, &self.stamps)
    }

    fn guesses(&self, named: &[Option<Named>], truth: &[usize]) -> Guesses {
        let mut guesses = Guesses::default();
        for (named, invitation) in named.iter().zip(truth) {
            guesses.tries += 1;
            let Some(named) = named else { continue };
            guesses.hits += usize::from(named.rater == self.rater(*invitation));
            guesses.claimed += named.chance;
        }
        guesses
    }

    /// Attributes casts to invitations, live; with or without a look at addresses and at what stamps say outside.
    pub(super) fn attribute(&self, offices: bool, outsides: bool) -> Links {
        let Self { setting, docket, log, arrivals, .. } = self;
        live::attribute(setting, docket, log, &self.forecast(Known::Fetches), arrivals, offices, outsides)
    }

    /// Guesses of the relay's side from links that use all it sees, and from links that leave the envelopes out.
    pub(super) fn live(&self, seen: &Links, unread: &Links) -> (Guesses, Ratees) {
        let named = likeliest(&self.log, seen);
        let mut ratees = Ratees::default();
        for (place, (arrival, truth)) in self.arrivals.iter().zip(&self.casts).enumerate() {
            let is = &self.docket.invitations[*truth];
            let right =
                |links| self.ratee(links, place, is.rater, arrival.leaf).map(|(r, chance)| (r == is.ratee, chance));
            let (with, without) = (right(seen), right(unread));
            let hit = with.is_some_and(|(hit, _)| hit);
            let author = named[place].is_some_and(|named| named.rater == is.rater);
            ratees.tries += 1;
            ratees.hits += usize::from(hit);
            ratees.from_log += without.map_or(0.0, |(_, chance)| chance);
            ratees.told += usize::from(hit && !without.is_some_and(|(hit, _)| hit));
            ratees.both += usize::from(hit && author);
        }
        (self.guesses(&named, &self.casts), ratees)
    }

    /// The likeliest ratee of a cast, had the observer been told its author. What looks alike is told apart by the leaf.
    fn ratee(&self, links: &Links, place: usize, author: usize, leaf: u64) -> Option<(usize, f64)> {
        let mut chances: BTreeMap<usize, f64> = BTreeMap::new();
        for row in self.log.of_rater(author) {
            *chances.entry(self.log.issued[row].ratee).or_default() += links.chance(row, place);
        }
        let (all, most) = (chances.values().sum::<f64>(), chances.values().copied().fold(0.0, f64::max));
        let best: Vec<usize> = chances.into_iter().filter(|(_, c)| *c > most * (1.0 - 1e-6)).map(|(r, _)| r).collect();
        let chosen = *best.get(leaf as usize % best.len().max(1))?;
        (all > 0.0).then(|| (chosen, most / all))
    }
}

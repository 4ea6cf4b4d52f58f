//! The thief: a dump of the platform and of one agent, with the day on which each token was issued, and the batch in which
//! each leaf stands. Nothing there ties a leaf to an invitation.
//!
//! All stamps of a batch that say the same outside look the same, so it names the likeliest author for all of them, which
//! hits most often. A stamp that was replaced stands in two batches, and its author must have come in both.

use std::collections::BTreeMap;

use super::batches::{Batches, Stamp};
use super::forecast::Forecast;
use super::links::Links;
use super::log::Log;
use super::named::{Named, likeliest, likeliest_at};
use super::visits::day;

/// Names an author for each stamp of the box; none where nobody fits.
pub(super) fn name(log: &Log, batches: &Batches, forecast: &Forecast) -> Vec<Option<Named>> {
    let mut places: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut held: Vec<f64> = Vec::new();
    let place_of = |stamp: &Stamp| (stamp.batches[0], stamp.outside);
    for stamp in &batches.stamps {
        let next = places.len();
        let place = *places.entry(place_of(stamp)).or_insert(next);
        held.resize(places.len(), 0.0);
        held[place] += 1.0;
    }
    let mut links = Links::new(held);
    for (issued, chances) in log.issued.iter().zip(&forecast.cast) {
        let mut fits: BTreeMap<usize, f64> = BTreeMap::new();
        for (on, chance) in (day(issued.at)..).zip(chances) {
            let place = batches.of_day(on).and_then(|batch| places.get(&(batch, issued.outside)));
            if let Some(&place) = place {
                *fits.entry(place).or_default() += chance;
            }
        }
        links.push(fits, 1.0 - chances.iter().sum::<f64>());
    }
    let links = links.solve();
    let likeliest = likeliest(log, &links);
    let of_stamp = |stamp: &Stamp| {
        let place = places[&place_of(stamp)];
        if stamp.batches.len() == 1 {
            return likeliest[place];
        }
        likeliest_at(log, &links, place, |rater| came(&forecast.present[rater], batches, &stamp.batches[1..]))
    };
    batches.stamps.iter().map(of_stamp).collect()
}

/// Chance that a rater came at least once in each of some batches.
fn came(present: &[f64], batches: &Batches, among: &[usize]) -> f64 {
    let days = |batch: usize| {
        let from = if batch == 0 { 0 } else { batches.ends[batch - 1] as usize + 1 };
        &present[from..=batches.ends[batch] as usize]
    };
    among.iter().map(|&batch| 1.0 - days(batch).iter().map(|here| 1.0 - here).product::<f64>()).product()
}

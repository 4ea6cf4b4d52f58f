//! Common questions of two versions and how far each moved against the others.
//! Invariant: a question is common only with the same id and the same hash of its wording; what
//! moved is judged against the median, so that one that moved does not accuse the rest.
//! Absent on purpose: questions declared equal by hand, merged or split ones: they link nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Version;
use super::sums::Solved;

/// Robust z beyond which an anchor is dropped (Huynh and Meyer 2010).
const MOST_Z: f64 = 2.7;
/// Drift beyond which an anchor is dropped, scale points.
const MOST_DRIFT: f64 = 0.15;
/// Interquartile range times this is the standard deviation of a normal distribution.
const SPREAD: f64 = 0.74;
/// Spread below which z is not formed: rounding, not drift.
const NO_SPREAD: f64 = 1e-9;

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Same id, same wording.
    Kept,
    /// Same id, other wording: another question.
    Reworded,
    /// Only in the later version.
    New,
    /// Only in the earlier version.
    Dropped,
}

/// A common question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anchor {
    /// Item id.
    pub id: String,
    /// Change of difficulty from the earlier to the later version minus the median change, scale points.
    pub drift: f64,
    /// Drift over the robust spread of all drifts; zero where they do not spread.
    pub z: f64,
    /// Whether it carries the link.
    pub kept: bool,
}

/// What became of each question of both versions.
pub(super) fn kinds(old: &Version, new: &Version) -> BTreeMap<String, Kind> {
    let mut kinds: BTreeMap<String, Kind> = old.sums.items.iter().map(|i| (i.id.clone(), Kind::Dropped)).collect();
    for (k, item) in new.sums.items.iter().enumerate() {
        let kind = match old.sums.position(&item.id) {
            None => Kind::New,
            Some(at) if old.wording[at] == new.wording[k] => Kind::Kept,
            Some(_) => Kind::Reworded,
        };
        kinds.insert(item.id.clone(), kind);
    }
    kinds
}

/// Common questions in the order of the earlier form, with drift and verdict. Only questions of
/// each version's main group have a difficulty that means something.
pub(super) fn anchors((old, before): (&Version, &Solved), (new, after): (&Version, &Solved)) -> Vec<Anchor> {
    let (main_before, main_after) = (main(before), main(after));
    let mut common = Vec::new();
    for (k, item) in old.sums.items.iter().enumerate() {
        let Some(l) = new.sums.position(&item.id) else { continue };
        let together = before.group[k] == main_before && after.group[l] == main_after;
        let answered = old.sums.matrix[k][k] > 0.0 && new.sums.matrix[l][l] > 0.0;
        if old.wording[k] == new.wording[l] && together && answered {
            common.push((item.id.clone(), after.difficulty[l] - before.difficulty[k]));
        }
    }
    let mut sorted: Vec<f64> = common.iter().map(|(_, change)| *change).collect();
    sorted.sort_by(f64::total_cmp);
    let median = quantile(&sorted, 0.5);
    let spread = SPREAD * (quantile(&sorted, 0.75) - quantile(&sorted, 0.25));
    let anchor = |(id, change): (String, f64)| {
        let drift = change - median;
        let z = if spread > NO_SPREAD { drift / spread } else { 0.0 };
        Anchor { id, drift, z, kept: z.abs() <= MOST_Z && drift.abs() <= MOST_DRIFT }
    };
    common.into_iter().map(anchor).collect()
}

/// The group with most items; the smallest number wins a tie.
fn main(solved: &Solved) -> usize {
    let size = |group: usize| solved.group.iter().filter(|g| **g == group).count();
    solved.group.iter().copied().max_by_key(|&g| (size(g), std::cmp::Reverse(g))).unwrap_or(0)
}

/// Quantile by linear interpolation (type 7 of Hyndman and Fan 1996); zero for no values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = share * last as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(last);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

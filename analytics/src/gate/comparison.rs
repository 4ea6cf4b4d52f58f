//! Courts side by side, as they may be told: R18.
//! Invariant: made of two printed scores; a pair of which one was withheld does not exist, and one
//! that R18 forbids carries no number. Method: `methods/differences.md`.
//! Absent on purpose: an order of courts, and pairs of persons.

use std::collections::BTreeMap;

use serde::Serialize;

use super::print::{DUST, WIDTH, n_band, tidy};
use super::{Audience, Flag, Judged, Measure, Released, Row, Scope, Thresholds};
use crate::bundle::Comparability;
use crate::score::{Comparison, Obstacle};

/// What may be said of the first court against the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The interval lies above zero.
    Higher,
    /// The interval lies below zero.
    Lower,
    /// 差异不显著: the interval holds zero.
    NotDistinguishable,
    /// 不可比: see the reasons.
    NotComparable,
}

/// Why a pair is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Why {
    /// R18.
    Rule(Obstacle),
    /// One of the scores is only told as a bound (R7), so its distance is unknown.
    Bound(&'static str),
}

/// Difference of two printed scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gap {
    /// First minus second.
    pub value: f64,
    /// The coarser step of the two.
    pub step: f64,
    /// 95 % interval, rounding error of both included, rounded up to the step.
    pub interval: [f64; 2],
}

/// Two courts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Code of the first court.
    pub one: String,
    /// Code of the second.
    pub other: String,
    /// What may be said.
    pub verdict: Standing,
    /// Why not, if not.
    pub reasons: Vec<Why>,
    /// Raters who rated in both, as a band; only of a pair that is compared.
    pub bridges: Option<String>,
    /// By how much; only of a pair that is compared.
    pub difference: Option<Gap>,
}

/// All pairs of courts whose scores left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparisons {
    /// R13.
    pub pilot: bool,
    /// R18: fewest bridging raters.
    pub least_bridges: usize,
    /// R18: largest error, in standard deviations of ratees.
    pub most_error: f64,
    /// In the order of codes.
    pub pairs: Vec<Pair>,
}

/// What may be told of `found`, given the cells of the same box and the charter it was compared under; `None` when no two courts left.
pub fn comparisons(found: &[Comparison], cells: &[Judged], charter: &Thresholds) -> Option<Released<Comparisons>> {
    let of_court = |cell: &&Judged| {
        (cell.key.scope, &cell.key.measure, cell.key.audience) == (Scope::Court, &Measure::Score, Audience::Public)
    };
    let courts: BTreeMap<&str, Released<Row>> =
        cells.iter().filter(of_court).filter_map(|cell| Some((cell.key.subject.as_str(), cell.released()?))).collect();
    let mut pilot = false;
    let pairs = found.iter().filter_map(|comparison| {
        let (one, other) = (courts.get(comparison.one.as_str())?.get(), courts.get(comparison.other.as_str())?.get());
        pilot |= one.flags.contains(&Flag::Pilot);
        Some(pair(comparison, one, other))
    });
    let pairs: Vec<Pair> = pairs.collect();
    let Comparability { bridges, error } = charter.comparability;
    let all = Comparisons { pilot, least_bridges: bridges, most_error: error, pairs };
    (!all.pairs.is_empty()).then(|| Released::seal(all))
}

fn pair(found: &Comparison, one: &Row, other: &Row) -> Pair {
    let mut reasons: Vec<Why> = found.obstacles.iter().copied().map(Why::Rule).collect();
    let bound = |row: &Row| row.flags.contains(&Flag::AtLeast) || row.flags.contains(&Flag::AtMost);
    if bound(one) || bound(other) {
        reasons.push(Why::Bound("bound"));
    }
    let allowed = reasons.is_empty();
    let gap = gap(found.difference.error, one, other);
    let verdict = match gap.interval {
        _ if !allowed => Standing::NotComparable,
        [low, _] if low > 0.0 => Standing::Higher,
        [_, high] if high < 0.0 => Standing::Lower,
        _ => Standing::NotDistinguishable,
    };
    Pair {
        one: found.one.clone(),
        other: found.other.clone(),
        verdict,
        reasons,
        bridges: allowed.then(|| n_band(found.bridges)),
        difference: allowed.then_some(gap),
    }
}

/// From printed values, so that the difference tells nothing that the two scores do not.
fn gap(error: f64, one: &Row, other: &Row) -> Gap {
    let (a, b) = (one.values.step, other.values.step);
    let step = a.max(b);
    let half = WIDTH * (error * error + (a * a + b * b) / 12.0).sqrt();
    let half = (half / step - DUST).ceil() * step;
    let value = tidy(one.values.value - other.values.value);
    Gap { value, step, interval: [tidy(value - half), tidy(value + half)] }
}

//! Printing under R7: every number that leaves is rounded by its number of raters.
//! Invariant: all derived numbers of a cell share one step; the interval is built from the printed
//! value, so it tells nothing about the value that the value does not tell. Method: `methods/gate.md`.
//! Absent on purpose: whether the cell leaves at all.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rules::coarser;
use super::{Content, Context, Flag, Precision, Range, Structure};
use crate::score::{Moved, Tier};

/// Two-sided 95 % quantile of the normal distribution.
pub(super) const WIDTH: f64 = 1.959_963_984_540_054;
/// Step of a response share, which is printed as the lower edge of its band.
const SHARE_STEP: f64 = 0.05;

/// What leaves of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Values {
    /// Distinct raters as a band.
    pub n_band: String,
    /// Rounded value.
    pub value: f64,
    /// Step it was rounded to.
    pub step: f64,
    /// 95 % interval around the printed value, rounding error included.
    pub interval: Option<[f64; 2]>,
    /// Plain mean, rounded the same way.
    pub raw: Option<f64>,
    /// Reliability as a band of a tenth.
    pub reliability_band: Option<String>,
    /// `above`, `similar`, `below` or `not_distinguishable`.
    pub tier: Option<&'static str>,
    /// What moved the value from the raw mean.
    pub moved: Option<Shift>,
}

/// Printed [`Moved`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shift {
    /// By severity.
    pub severity: f64,
    /// By outcome.
    pub outcome: f64,
}

/// The band of width `width` that holds `value`, `0.70-0.80` style with `digits` decimals; the last
/// band includes 1.
pub fn band(value: f64, width: f64, digits: usize) -> String {
    let last = (1.0 / width).round() - 1.0;
    let index = (value / width + DUST).floor().clamp(0.0, last);
    format!("{:.digits$}-{:.digits$}", index * width, (index + 1.0) * width)
}

/// Band of a count: width 5 below 40, 20 below 100, 50 from there.
pub fn n_band(n: usize) -> String {
    let width = match n {
        0..40 => 5,
        40..100 => 20,
        _ => 50,
    };
    let start = n / width * width;
    format!("{start}-{}", start + width - 1)
}

/// A billionth of a step: what decimal fractions lose in binary must not decide a tie.
pub(super) const DUST: f64 = 1e-9;

/// Nearest multiple of `step`, ties upwards, free of binary dust and negative zero.
pub(super) fn round(value: f64, step: f64) -> f64 {
    tidy((value / step + 0.5 + DUST).floor() * step)
}

/// Four decimals are more than any step needs.
pub(super) fn tidy(value: f64) -> f64 {
    (value * 1e4).round() / 1e4 + 0.0
}

/// A level rounded with both ends capped: closer to an end than `bound / n` only the cap is told.
fn level(value: f64, n: usize, step: f64, precision: &Precision) -> (f64, Option<End>) {
    let margin = precision.bound / n as f64;
    // The cap lies on the grid and inside the bound, so "at least" is never an overstatement.
    let top = tidy(((5.0 - margin) / step + DUST).floor() * step);
    let bottom = tidy(((1.0 + margin) / step - DUST).ceil() * step);
    let rounded = round(value, step);
    if value > 5.0 - margin || rounded > top {
        (top, Some(End::Top))
    } else if value < 1.0 + margin || rounded < bottom {
        (bottom, Some(End::Bottom))
    } else {
        (rounded, None)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Top,
    Bottom,
}

/// Prints a cell with a step of at least `least` (R9); `None` when no step is coarse enough. The flags say which numbers are
/// bounds.
pub(super) fn print(
    cell: &Structure,
    content: &Content,
    tiers: &BTreeMap<Tier, bool>,
    context: &Context,
    least: f64,
) -> Option<(Values, Vec<Flag>)> {
    let n = cell.raters;
    let precision = &context.charter.precision;
    let step = if content.range == Range::Share { SHARE_STEP } else { coarser(n, least, precision)? };
    let mut flags = Vec::new();
    let mut flag = |end: Option<End>, top, bottom| match end {
        Some(End::Top) => flags.push(top),
        Some(End::Bottom) => flags.push(bottom),
        None => {}
    };
    let (value, end) = match content.range {
        Range::Level => level(content.value, n, step, precision),
        Range::Difference => (round(content.value, step), None),
        // Downwards, so that a response below a minimum never reads as if it reached it; the last band holds the whole.
        Range::Share => (tidy(((content.value / step + DUST).floor() * step).min(1.0 - step)), None),
    };
    flag(end, Flag::AtLeast, Flag::AtMost);
    let raw = content.raw.map(|raw| {
        let (raw, end) = level(raw, n, step, precision);
        flag(end, Flag::RawAtLeast, Flag::RawAtMost);
        raw
    });
    let interval = (content.range != Range::Share).then(|| interval(content, value, end, step));
    let values = Values {
        n_band: n_band(n),
        value,
        step,
        interval,
        raw,
        reliability_band: content.reliability.map(|r| band(r, 0.1, 1)),
        tier: content.tier.map(|tier| word(tier, tiers)),
        moved: content.moved.map(|Moved { severity, outcome }| Shift {
            severity: round(severity, step),
            outcome: round(outcome, step),
        }),
    };
    Some((values, flags))
}

/// Printed value plus and minus the half-width, rounded up. The rounding error is uniform on a
/// step, so its variance `step^2 / 12` joins the estimate's.
fn interval(content: &Content, value: f64, end: Option<End>, step: f64) -> [f64; 2] {
    let half = WIDTH * (content.error * content.error + step * step / 12.0).sqrt();
    let half = (half / step - DUST).ceil() * step;
    let (low, high) = (tidy(value - half), tidy(value + half));
    match (content.range, end) {
        (Range::Level, Some(End::Top)) => [low.max(1.0), 5.0],
        (Range::Level, Some(End::Bottom)) => [1.0, high.min(5.0)],
        (Range::Level, None) => [low.max(1.0), high.min(5.0)],
        _ => [low, high],
    }
}

fn word(tier: Tier, named: &BTreeMap<Tier, bool>) -> &'static str {
    match tier {
        tier if !named.get(&tier).copied().unwrap_or(false) => "not_distinguishable",
        Tier::Above => "above",
        Tier::Similar => "similar",
        Tier::Below => "below",
        Tier::NotDistinguishable => "not_distinguishable",
    }
}

#[cfg(test)]
mod tests {
    use super::{End, band, level, n_band, round};
    use crate::gate::Precision;

    fn charter() -> Precision {
        Precision { steps: vec![0.1, 0.2, 0.25, 0.5], numerator: 4.0, bound: 6.0 }
    }

    #[test]
    fn bands_hold_their_value() {
        assert_eq!(band(0.74, 0.1, 1), "0.7-0.8");
        assert_eq!(band(0.7, 0.1, 1), "0.7-0.8");
        assert_eq!(band(1.0, 0.1, 1), "0.9-1.0");
        assert_eq!(band(0.447, 0.05, 2), "0.40-0.45");
        assert_eq!(n_band(24), "20-24");
        assert_eq!(n_band(61), "60-79");
        assert_eq!(n_band(873), "850-899");
    }

    #[test]
    fn a_unanimous_five_is_told_as_a_bound_only() {
        assert_eq!(level(5.0, 20, 0.2, &charter()), (4.6, Some(End::Top)));
        assert_eq!(level(4.71, 20, 0.2, &charter()), (4.6, Some(End::Top)));
        assert_eq!(level(4.5, 20, 0.2, &charter()), (4.6, None));
        assert_eq!(level(1.0, 20, 0.2, &charter()), (1.4, Some(End::Bottom)));
        assert_eq!(level(3.1, 20, 0.2, &charter()), (3.2, None));
    }

    #[test]
    fn ties_go_the_same_way_whatever_their_last_bit() {
        // 58/20 and 62/20 differ by exactly one step; 2.9 / 0.2 is a hair below 14.5 in binary.
        assert_eq!(round(58.0 / 20.0, 0.2), 3.0);
        assert_eq!(round(62.0 / 20.0, 0.2), 3.2);
    }

    #[test]
    fn rounding_leaves_no_dust() {
        assert_eq!(round(0.3, 0.1).to_string(), "0.3");
        assert_eq!(round(-0.04, 0.1).to_string(), "0");
        assert_eq!(round(4.0 + 0.125, 0.25), 4.25);
    }
}

//! Use of levels under R6: levels of few raters joined, shares and counts rounded.
//! Invariant: a share that is told stands for at least five raters; the shares of an item sum to one.
//! Absent on purpose: the exact counts.

use super::Bin;
use crate::report::{LEVELS, Usage};

/// R6: least raters behind a level that is told; levels with fewer join their neighbour.
pub(super) const LEAST_RATERS: u32 = 5;
/// R6: a level that holds more is told only as holding more.
pub(super) const MOST_SHARE: f64 = 0.9;
/// What decimal fractions lose in binary must not decide a tie.
pub(super) const DUST: f64 = 1e-9;

/// Neighbouring levels joined until each bin has five raters, with shares rounded to the step and
/// summing to one; `None` when one bin holds more than nine tenths.
pub(super) fn bins(usage: &Usage, step: f64) -> Option<Vec<Bin>> {
    let mut bins: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    for level in 0..LEVELS {
        if usage.within[from][level] >= LEAST_RATERS {
            bins.push((from, level));
            from = level + 1;
        }
    }
    if from < LEVELS {
        // What is left over is too small to stand alone and joins the last bin.
        bins.last_mut()?.1 = LEVELS - 1;
    }
    let answered = f64::from(usage.answered());
    let exact: Vec<f64> = bins
        .iter()
        .map(|&(low, high)| usage.levels[low..=high].iter().map(|n| f64::from(*n)).sum::<f64>() / answered)
        .collect();
    if exact.iter().any(|share| *share > MOST_SHARE) {
        return None;
    }
    // Rounding the running sum keeps the total at one, and one ballot moves no edge by more than a step.
    let mut told = Vec::new();
    let (mut sum, mut below) = (0.0, 0.0);
    for (&(low, high), share) in bins.iter().zip(&exact) {
        sum += share;
        let edge = to(sum, step);
        told.push(Bin { from: low as u8 + 1, to: high as u8 + 1, share: tidy(edge - below) });
        below = edge;
    }
    Some(told)
}

/// The step that holds a share.
pub(super) fn edges(share: f64, step: f64) -> [f64; 2] {
    let last = (1.0 / step).round() - 1.0;
    let low = (share / step + DUST).floor().clamp(0.0, last);
    [tidy(low * step), tidy((low + 1.0) * step)]
}

pub(super) fn to(value: f64, step: f64) -> f64 {
    tidy((value / step + 0.5 + DUST).floor() * step)
}

pub(super) fn to_five(count: usize) -> u32 {
    ((count as f64 / 5.0).round() * 5.0) as u32
}

fn tidy(value: f64) -> f64 {
    (value * 1e4).round() / 1e4 + 0.0
}

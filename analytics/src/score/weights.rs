//! Ballot weights: precision of the composite, repeats of one pair, and a cap on any one rater.
//! Invariant: weights depend on structure and second moments only, never on who rated how high.
//! Method: `methods/composite.md`. Absent on purpose: weights against non-response (see there).

use std::collections::BTreeMap;

use crate::bundle::Ballot;
use crate::items::Composite;

/// Most a single rater may carry of a ratee's weight.
const MOST_SHARE: f64 = 0.2;

/// Relative precision of each composite: `(h + e/m) / (h + e/m_b)` with ballot variance `h`,
/// item noise `e` and effective items `m`; the average ballot has weight one.
pub(super) fn precision(composites: &[Composite], noise: f64, residual: f64) -> Vec<f64> {
    let inverse = composites.iter().map(|c| 1.0 / c.items).sum::<f64>() / composites.len().max(1) as f64;
    let halo = (residual - noise * inverse).max(0.0);
    let variance = |inverse: f64| halo + noise * inverse;
    if variance(inverse) <= 0.0 {
        return vec![1.0; composites.len()];
    }
    composites.iter().map(|c| variance(inverse) / variance(1.0 / c.items)).collect()
}

/// Ballot indices of each (ratee, rater) pair, pairs in canonical order.
fn pairs<'a>(ballots: &[&'a Ballot]) -> BTreeMap<(&'a str, &'a str), Vec<usize>> {
    let mut pairs: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, ballot) in ballots.iter().enumerate() {
        pairs.entry((&ballot.ratee, &ballot.nym)).or_default().push(index);
    }
    pairs
}

/// Correlation of residuals inside pairs with several ballots, between 0 and 1.
pub(super) fn repeat_correlation(ballots: &[&Ballot], residuals: &[f64]) -> f64 {
    let squares: f64 = residuals.iter().map(|e| e * e).sum();
    let (mut products, mut count) = (0.0, 0.0);
    for members in pairs(ballots).values() {
        for (end, &one) in members.iter().enumerate() {
            for &other in &members[..end] {
                products += residuals[one] * residuals[other];
                count += 1.0;
            }
        }
    }
    if count == 0.0 || squares <= 0.0 {
        return 0.0;
    }
    (products / count / (squares / residuals.len() as f64)).clamp(0.0, 1.0)
}

/// Weights for repeats, `1 / (1 + (n - 1) rho)`, with no rater above a fifth of a ratee's total.
pub(super) fn shares(ballots: &[&Ballot], repeat: f64) -> Vec<f64> {
    let mut weights = vec![1.0; ballots.len()];
    let mut ratees: BTreeMap<&str, Vec<Vec<usize>>> = BTreeMap::new();
    for ((ratee, _), members) in pairs(ballots) {
        for &index in &members {
            weights[index] = 1.0 / (1.0 + (members.len() - 1) as f64 * repeat);
        }
        ratees.entry(ratee).or_default().push(members);
    }
    for raters in ratees.values() {
        let sums: Vec<f64> = raters.iter().map(|members| members.iter().map(|&b| weights[b]).sum()).collect();
        let cap = cap(&sums);
        for (members, sum) in raters.iter().zip(&sums) {
            if *sum > cap {
                members.iter().for_each(|&b| weights[b] *= cap / sum);
            }
        }
    }
    weights
}

/// The largest total per rater such that nobody exceeds the share; with fewer raters than the
/// share allows for, everybody gets the smallest total.
fn cap(sums: &[f64]) -> f64 {
    let mut sorted = sums.to_vec();
    sorted.sort_by(f64::total_cmp);
    // With the `top` largest at the cap: cap = MOST_SHARE * (rest + top * cap).
    for top in 0..sorted.len() {
        let rest: f64 = sorted[..sorted.len() - top].iter().sum();
        let free = 1.0 - MOST_SHARE * top as f64;
        if free <= 1e-12 {
            break;
        }
        let cap = MOST_SHARE * rest / free;
        if sorted[sorted.len() - top - 1] <= cap * (1.0 + 1e-12) {
            return if top == 0 { f64::INFINITY } else { cap };
        }
    }
    sorted.first().copied().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::cap;

    #[test]
    fn nobody_carries_more_than_a_fifth() {
        assert_eq!(cap(&[1.0; 5]), f64::INFINITY);
        assert_eq!(cap(&[1.0; 3]), 1.0);
        let sums = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 20.0];
        let cap = cap(&sums);
        let capped: Vec<f64> = sums.iter().map(|s| s.min(cap)).collect();
        assert!((capped[6] / capped.iter().sum::<f64>() - 0.2).abs() < 1e-12);
    }
}

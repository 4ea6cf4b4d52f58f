//! Probabilities that the audits share: normal tails, mean squares, counts, and many tests at once.
//! Invariant: every p-value is one number of a documented reference distribution; nothing is simulated.
//! Absent on purpose: what is being tested; see `misfit`, `ring` and `bias`.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::beta::ln_beta;
use statrs::function::erf::erfc;
use statrs::function::gamma::ln_gamma;

/// Expected share of false ones among those flagged (Benjamini and Hochberg 1995).
pub(super) const FALSE_DISCOVERY: f64 = 0.05;

/// Probability that a standard normal value exceeds `t`.
pub(super) fn upper(t: f64) -> f64 {
    0.5 * erfc(t / std::f64::consts::SQRT_2)
}

/// Two-sided p-value of `t` with `freedom` degrees (Student); 1 where there is nothing to test.
pub(super) fn student(t: f64, freedom: f64) -> f64 {
    let Ok(law) = StudentsT::new(0.0, 1.0, freedom) else { return 1.0 };
    if t.is_finite() { (2.0 * law.cdf(-t.abs())).min(1.0) } else { 1.0 }
}

/// Cube-root normal score of a mean square with expectation one and variance `variance`
/// (Wilson and Hilferty 1931, as Wright and Masters 1982 use it for fit statistics).
pub(super) fn cube_root(mean_square: f64, variance: f64) -> f64 {
    let q = variance.sqrt();
    (mean_square.cbrt() - 1.0) * 3.0 / q + q / 3.0
}

/// Probability of at least `count` successes in independent trials with the given chances.
pub(super) fn at_least(count: usize, chances: &[f64]) -> f64 {
    if count == 0 {
        return 1.0;
    }
    // below[c]: probability of exactly c so far, for c < count; the rest has reached the count.
    let mut below = vec![0.0; count];
    below[0] = 1.0;
    let mut reached = 0.0;
    for &chance in chances {
        reached += below[count - 1] * chance;
        for c in (1..count).rev() {
            below[c] = below[c] * (1.0 - chance) + below[c - 1] * chance;
        }
        below[0] *= 1.0 - chance;
    }
    reached.min(1.0)
}

/// Probability of at least `count` successes in `trials` when all that is known of their chance is that `seen` of
/// `others` succeeded: beta-binomial with Jeffreys' prior (Skellam 1948), which tends to the binomial as `others` grows.
pub(super) fn at_least_given(count: usize, trials: usize, (seen, others): (usize, usize)) -> f64 {
    let (a, b) = (seen as f64 + 0.5, (others - seen.min(others)) as f64 + 0.5);
    let whole = trials as f64;
    let exactly = |k: f64| {
        let ways = ln_gamma(whole + 1.0) - ln_gamma(k + 1.0) - ln_gamma(whole - k + 1.0);
        (ways + ln_beta(k + a, whole - k + b) - ln_beta(a, b)).exp()
    };
    (count..=trials).map(|k| exactly(k as f64)).sum::<f64>().min(1.0)
}

/// Which of the tests stand out when the expected share of false ones is held at 5 %
/// (step-up rule of Benjamini and Hochberg 1995); `None` is no test and never stands out.
pub(super) fn flagged(p: &[Option<f64>]) -> Vec<bool> {
    let mut sorted: Vec<f64> = p.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let tests = sorted.len() as f64;
    let limit = sorted
        .iter()
        .enumerate()
        .rev()
        .find(|&(rank, p)| *p <= FALSE_DISCOVERY * (rank + 1) as f64 / tests)
        .map(|(_, p)| *p);
    p.iter().map(|p| matches!((p, limit), (Some(p), Some(limit)) if *p <= limit)).collect()
}

/// Median; zero of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        even if even % 2 == 0 => 0.5 * (sorted[half - 1] + sorted[half]),
        _ => sorted[half],
    }
}

#[cfg(test)]
mod tests {
    use super::{at_least, at_least_given, cube_root, flagged, median, student, upper};

    #[test]
    fn tails_are_those_of_the_tables() {
        assert!((upper(1.959_963_984_540_054) - 0.025).abs() < 1e-9);
        assert!((student(2.570_581_835_636_314, 5.0) - 0.05).abs() < 1e-9);
        assert_eq!(student(f64::NAN, 5.0), 1.0);
        // Upper 5 % point of chi-squared with 10 degrees is 18.307.
        assert!((upper(cube_root(1.8307, 0.2)) - 0.05).abs() < 0.001);
    }

    #[test]
    fn counts_of_unequal_chances() {
        assert!((at_least(2, &[0.5, 0.5, 0.5]) - 0.5).abs() < 1e-15);
        assert!((at_least(1, &[0.1, 0.2]) - 0.28).abs() < 1e-15);
        assert_eq!(at_least(0, &[]), 1.0);
        assert_eq!(at_least(3, &[1.0, 1.0]), 0.0);
    }

    #[test]
    fn a_chance_that_is_not_known_well_leaves_heavier_tails() {
        // With Jeffreys' prior alone the arcsine law: of one trial, even chances.
        assert!((at_least_given(1, 1, (0, 0)) - 0.5).abs() < 1e-12);
        assert!((at_least_given(0, 30, (4, 90)) - 1.0).abs() < 1e-12);
        let known = at_least(6, &[0.03; 100]);
        let well = at_least_given(6, 100, (30_000, 1_000_000));
        let badly = at_least_given(6, 100, (6, 200));
        assert!((well - known).abs() < 1e-3 * known && badly > 1.5 * known, "{known} {well} {badly}");
    }

    #[test]
    fn the_step_up_rule_takes_all_below_the_last_that_passes() {
        // The second alone would not pass at its own rank; the third lifts it.
        let p = [Some(0.012), Some(0.035), None, Some(0.036), Some(0.9)];
        assert_eq!(flagged(&p), [true, true, false, true, false]);
        assert_eq!(flagged(&[Some(0.2), None]), [false, false]);
        assert!(flagged(&[]).is_empty());
        assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), 2.5);
    }
}

//! Properties of the engine, each named by its axiom.

use hengping_analytics::design::Factor;
use hengping_analytics::mixed::{Column, Fit, Problem, Refused, within};
use proptest::prelude::*;

use crate::support::crossed;

/// The rows of `problem` in `order`, with repetition allowed.
fn rows(problem: &Problem, order: &[usize]) -> Problem {
    let take = |values: &[f64]| order.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    Problem {
        y: take(&problem.y),
        weights: take(&problem.weights),
        factors: problem.factors.iter().map(|f| f.reordered(order)).collect(),
        fixed: problem.fixed.iter().map(|c| Column { name: c.name.clone(), values: take(&c.values) }).collect(),
    }
}

fn bits(fit: &Fit) -> Vec<u64> {
    let coefficients = fit.coefficients.iter().flat_map(|c| [c.estimate, c.error]);
    let components = fit.components.iter().map(|c| c.variance);
    let effects = fit.effects.iter().flatten().copied();
    coefficients.chain(components).chain(effects).chain([fit.residual, fit.criterion]).map(f64::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn permutation_is_bit_identical(seed in 0..1000_u64, order in Just((0..60).collect::<Vec<usize>>()).prop_shuffle()) {
        let problem = crossed(seed);
        let shuffled = rows(&problem, &order);
        let (one, other) = (problem.fit().unwrap(), shuffled.fit().unwrap());
        prop_assert_eq!(bits(&one), bits(&other));
        for (new, &old) in order.iter().enumerate() {
            prop_assert_eq!(one.residuals[old].to_bits(), other.residuals[new].to_bits());
        }
        prop_assert_eq!(within(&problem), within(&shuffled));
    }

    #[test]
    fn relabelling_changes_nothing_that_matters(seed in 0..1000_u64) {
        let problem = crossed(seed);
        let mut renamed = problem.clone();
        for factor in &mut renamed.factors {
            // Reverses the order of the levels.
            let labels: Vec<String> = factor.codes().iter().map(|c| format!("{:03}", 999 - c)).collect();
            *factor = Factor::new(factor.name(), &labels);
        }
        let (one, other) = (problem.fit().unwrap(), renamed.fit().unwrap());
        prop_assert!((one.criterion - other.criterion).abs() <= 1e-9 * (1.0 + one.criterion.abs()));
        for (a, b) in one.effects.iter().zip(&other.effects) {
            for (x, y) in a.iter().zip(b.iter().rev()) {
                prop_assert!((x - y).abs() <= 1e-7, "{} {}", x, y);
            }
        }
        let theta = [0.5, 0.6, 0.7];
        let (one, other) = (problem.fit_at(&theta).unwrap(), renamed.fit_at(&theta).unwrap());
        for (a, b) in one.effects.iter().zip(&other.effects) {
            for (x, y) in a.iter().zip(b.iter().rev()) {
                prop_assert!((x - y).abs() <= 1e-10 * (1.0 + x.abs()));
            }
        }
    }

    #[test]
    fn affine_responses_give_affine_results(seed in 0..1000_u64, shift in -50.0..50.0_f64, scale in 0.01..100.0_f64) {
        let problem = crossed(seed);
        let moved = Problem { y: problem.y.iter().map(|y| shift + scale * y).collect(), ..problem.clone() };
        let (one, other) = (problem.fit().unwrap(), moved.fit().unwrap());
        for (a, b) in one.effects.iter().flatten().zip(other.effects.iter().flatten()) {
            prop_assert!((scale * a - b).abs() <= 1e-5 * scale);
        }
        let expected = shift + scale * one.coefficients[0].estimate;
        prop_assert!((expected - other.coefficients[0].estimate).abs() <= 1e-5 * scale);
        prop_assert!((scale * one.coefficients[1].error - other.coefficients[1].error).abs() <= 1e-5 * scale);
    }

    #[test]
    fn a_duplicate_is_a_weight_of_two(seed in 0..1000_u64, row in 0..60_usize) {
        let problem = crossed(seed);
        let mut order: Vec<usize> = (0..60).collect();
        order.push(row);
        let twice = rows(&problem, &order);
        let mut heavy = problem;
        heavy.weights[row] *= 2.0;
        let theta = [0.4, 0.9, 0.3];
        let (one, other) = (twice.fit_at(&theta).unwrap(), heavy.fit_at(&theta).unwrap());
        for (a, b) in one.effects.iter().flatten().zip(other.effects.iter().flatten()) {
            prop_assert!((a - b).abs() <= 1e-10);
        }
        for (a, b) in one.coefficients.iter().zip(&other.coefficients) {
            prop_assert!((a.estimate - b.estimate).abs() <= 1e-10);
        }
    }

    #[test]
    fn direction_does_not_matter(seed in 0..1000_u64) {
        // The same table read from the other side: factors in another order, same numbers.
        let problem = crossed(seed);
        let mut turned = problem.clone();
        turned.factors.reverse();
        let (one, other) = (problem.fit().unwrap(), turned.fit().unwrap());
        prop_assert!((one.criterion - other.criterion).abs() <= 1e-8 * (1.0 + one.criterion.abs()));
        for (a, b) in one.effects.iter().zip(other.effects.iter().rev()) {
            for (x, y) in a.iter().zip(b) {
                prop_assert!((x - y).abs() <= 1e-6);
            }
        }
        turned = problem.clone();
        turned.factors.swap(0, 1);
        let (one, other) = (within(&problem).unwrap(), within(&turned).unwrap());
        for (a, b) in one.coefficients.iter().zip(&other.coefficients) {
            prop_assert!((a.estimate - b.estimate).abs() <= 1e-9);
            prop_assert!((a.error - b.error).abs() <= 1e-9);
        }
    }
}

fn tiny(y: &[f64], raters: &[&str], ratees: &[&str]) -> Problem {
    Problem {
        y: y.to_vec(),
        weights: vec![1.0; y.len()],
        factors: vec![Factor::new("rater", raters), Factor::new("ratee", ratees)],
        fixed: vec![],
    }
}

#[test]
fn degenerate_inputs_are_refused_by_name() {
    assert_eq!(tiny(&[], &[], &[]).fit().err(), Some(Refused::Empty));
    assert_eq!(tiny(&[4.0; 3], &["a", "b", "c"], &["x", "x", "y"]).fit().err(), Some(Refused::NoVariance));
    assert_eq!(tiny(&[4.0], &["a"], &["x"]).fit().err(), Some(Refused::TooFewRows { rows: 1, columns: 1 }));
    assert_eq!(tiny(&[4.0, f64::NAN], &["a", "b"], &["x", "x"]).fit().err(), Some(Refused::NotFinite(1)));
    let mut ragged = tiny(&[4.0, 3.0], &["a", "b"], &["x", "x"]);
    ragged.weights.pop();
    assert_eq!(ragged.fit().err(), Some(Refused::Ragged("weight".into())));
    let fine = tiny(&[4.0, 3.0, 5.0], &["a", "b", "b"], &["x", "x", "y"]);
    assert_eq!(fine.fit_at(&[1.0]).err(), Some(Refused::Theta));
    assert_eq!(fine.fit_at(&[1.0, -1.0]).err(), Some(Refused::Theta));
}

#[test]
fn a_factor_that_cannot_carry_a_variance_is_dropped_and_named() {
    // One level only.
    let fit = tiny(&[4.0, 3.0, 5.0, 2.0], &["a", "a", "b", "b"], &["x"; 4]).fit().unwrap();
    assert!(fit.components[1].dropped);
    // A twin under other names cannot be told apart from the first.
    let mut twin =
        tiny(&[4.0, 3.0, 1.0, 2.0, 5.0, 4.0], &["a", "a", "b", "b", "c", "c"], &["1", "1", "2", "2", "3", "3"]);
    let fit = twin.fit().unwrap();
    assert!(!fit.components[0].dropped && fit.components[1].dropped);
    // No factor at all is ordinary least squares.
    twin.factors.clear();
    let fit = twin.fit().unwrap();
    assert!((fit.coefficients[0].estimate - 19.0 / 6.0).abs() < 1e-12);
    assert!((fit.residual - 2.166_666_666_666_667).abs() < 1e-9);
}

#[test]
fn a_variance_that_runs_to_zero_is_set_to_zero() {
    // Equal batch means: the between-batch estimate of a balanced analysis of variance is negative.
    let y = [1.0, 5.0, 3.0, 2.0, 4.0, 3.0, 5.0, 1.0, 3.0];
    let fit = tiny(&y, &["a", "a", "a", "b", "b", "b", "c", "c", "c"], &["x"; 9]).fit().unwrap();
    assert!(fit.components[0].dropped);
    assert_eq!(fit.effects[0], [0.0; 3]);
    assert!((fit.residual - 18.0 / 8.0).abs() < 1e-9);
}

#[test]
fn a_collinear_column_is_dropped_and_named() {
    let mut problem = crossed(7);
    let double = problem.fixed[0].values.iter().map(|v| 2.0 * v + 1.0).collect();
    problem.fixed.push(Column { name: "double".into(), values: double });
    let fit = problem.fit().unwrap();
    assert_eq!(fit.collinear, ["double"]);
    assert_eq!(fit.coefficients.len(), 3);
    let within = within(&problem).unwrap();
    assert_eq!(within.dropped, ["double"]);
}

/// Dummy-variable least squares is what two-way within estimation must equal.
#[test]
fn within_equals_dummy_variable_regression() {
    let problem = crossed(9);
    let mut dummies = Problem { factors: vec![], ..problem.clone() };
    for factor in &problem.factors[..2] {
        for (level, name) in factor.levels().iter().enumerate().skip(1) {
            let values = factor.codes().iter().map(|&c| f64::from(u8::from(c as usize == level))).collect();
            dummies.fixed.push(Column { name: name.clone(), values });
        }
    }
    let (one, other) = (within(&problem).unwrap(), dummies.fit().unwrap());
    for (a, b) in one.coefficients.iter().zip(&other.coefficients[1..]) {
        assert_eq!(a.name, b.name);
        assert!((a.estimate - b.estimate).abs() < 1e-10, "{} {}", a.estimate, b.estimate);
        assert!((a.error - b.error).abs() < 1e-10);
    }
    assert!((one.residual - other.residual).abs() < 1e-10);
}

//! The conjugate-gradient engine against the exact one on designs that both can do.

use hengping_analytics::design::Factor;
use hengping_analytics::mixed::{Column, Criterion, Fit, Options, Path, Problem};
use rand::RngExt;

use crate::support::{generator, normal};

/// Raters of several courts who rate mostly at home: sparse bridges are what makes errors hard.
fn courts(raters: usize, ratees: usize, each: usize, bridge: f64) -> Problem {
    let mut rng = generator(7);
    let homes = 6;
    let s: Vec<f64> = (0..raters).map(|_| 0.4 * normal(&mut rng)).collect();
    let u: Vec<f64> = (0..ratees).map(|_| 0.5 * normal(&mut rng)).collect();
    let h: Vec<f64> = (0..homes).map(|_| 0.3 * normal(&mut rng)).collect();
    let mut problem = Problem { y: vec![], weights: vec![], factors: vec![], fixed: vec![] };
    let (mut rater, mut ratee, mut home, mut won) = (vec![], vec![], vec![], vec![]);
    for i in 0..raters {
        for _ in 0..each {
            let court = if rng.random_bool(bridge) { rng.random_range(0..homes) } else { i % homes };
            let j = rng.random_range(0..ratees / homes) * homes + court;
            let x = f64::from(rng.random_range(-1..=1_i8));
            problem.y.push(3.0 + s[i] + u[j] + h[i % homes] + 0.2 * x + 0.8 * normal(&mut rng));
            problem.weights.push(1.0);
            rater.push(format!("r{i}"));
            ratee.push(format!("j{j}"));
            home.push(format!("h{}", i % homes));
            won.push(x);
        }
    }
    problem.factors = vec![Factor::new("ratee", &ratee), Factor::new("rater", &rater), Factor::new("home", &home)];
    problem.fixed = vec![Column { name: "won".into(), values: won }];
    problem
}

fn options(path: Path) -> Options<'static> {
    Options { path, ..Options::default() }
}

fn worst(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn median_error(one: &[f64], other: &[f64]) -> f64 {
    median(one.iter().zip(other).map(|(a, b)| (a.sqrt() / b.sqrt() - 1.0).abs()).collect())
}

fn both(problem: &Problem, theta: &[f64], criterion: Criterion) -> (Fit, Fit) {
    let at = |path| problem.fit_at_with(theta, &Options { criterion, path, ..Options::default() }).unwrap();
    let (exact, iterative) = (at(Path::Exact), at(Path::ConjugateGradients));
    assert_eq!((exact.path, iterative.path), (Path::Exact, Path::ConjugateGradients));
    (exact, iterative)
}

#[test]
fn at_the_same_ratios_predictions_agree_and_errors_nearly() {
    let problem = courts(1200, 300, 12, 0.05);
    for criterion in [Criterion::Restricted, Criterion::MaximumLikelihood] {
        let (exact, iterative) = both(&problem, &[0.6, 0.5, 0.35], criterion);
        for (one, other) in exact.effects.iter().zip(&iterative.effects) {
            assert!(worst(one, other) < 1e-7, "{}", worst(one, other));
        }
        for (one, other) in exact.coefficients.iter().zip(&iterative.coefficients) {
            assert!((one.estimate - other.estimate).abs() < 1e-7 && (one.error - other.error).abs() < 1e-7);
        }
        let gap = (exact.criterion - iterative.criterion).abs();
        assert!(iterative.criterion_error > 0.0 && gap < 4.0 * iterative.criterion_error, "{gap}");
        assert!(gap < 1e-4 * exact.criterion.abs());
        for factor in 0..3 {
            let (one, other) =
                (exact.variances_given_fixed(factor).unwrap(), iterative.variances_given_fixed(factor).unwrap());
            let error = median_error(&one, &other);
            // 128 draws; a block of six levels has less to average.
            assert!(error < if factor == 2 { 0.1 } else { 0.03 }, "factor {factor}: {error}");
        }
    }
}

#[test]
fn the_diagonal_alone_would_understate_errors() {
    let problem = courts(1200, 300, 4, 0.005);
    let theta = [0.6, 0.5, 0.35];
    let (exact, iterative) = both(&problem, &theta, Criterion::Restricted);
    let truth = exact.variances_given_fixed(0).unwrap();
    assert!(median_error(&iterative.variances_given_fixed(0).unwrap(), &truth) < 0.03);
    // The control: sigma^2 over the ridged weights of a ratee, as if raters were known.
    let naive: Vec<f64> = (0..300)
        .map(|j| {
            let n = problem.factors[0].codes().iter().filter(|&&c| c as usize == j).count() as f64;
            exact.residual / (n + 1.0 / (theta[0] * theta[0]))
        })
        .collect();
    assert!(median_error(&naive, &truth) > 0.08, "{}", median_error(&naive, &truth));
}

#[test]
fn the_variances_agree() {
    let problem = courts(3000, 600, 20, 0.05);
    let exact = problem.fit_with(&options(Path::Exact)).unwrap();
    let iterative = problem.fit_with(&options(Path::ConjugateGradients)).unwrap();
    for (one, other) in exact.components.iter().zip(&iterative.components) {
        let gap = (one.variance / other.variance - 1.0).abs();
        assert!(gap < 0.002, "{}: {} and {}", one.name, one.variance, other.variance);
    }
    assert!((exact.residual / iterative.residual - 1.0).abs() < 0.002);
    for (one, other) in exact.effects.iter().zip(&iterative.effects) {
        assert!(worst(one, other) < 1e-3);
    }
}

#[test]
fn contrasts_have_the_same_errors_on_both_paths() {
    use hengping_analytics::mixed::Contrast;
    let problem = courts(600, 300, 8, 0.1);
    let (exact, iterative) = both(&problem, &[0.6, 0.5, 0.35], Criterion::Restricted);
    let contrasts = [
        Contrast { fixed: vec![1.0, 0.3], effects: vec![(0, 3, 1.0), (2, 1, -1.0)] },
        Contrast { fixed: vec![], effects: vec![(1, 5, 1.0), (1, 6, -1.0)] },
    ];
    let (one, other) = (exact.variances(&contrasts).unwrap(), iterative.variances(&contrasts).unwrap());
    assert!(worst(&one, &other) < 1e-8, "{one:?} {other:?}");
    let response: Vec<f64> = problem.y.iter().map(|y| y * y).collect();
    let (one, other) =
        (exact.values_for(&contrasts, &response).unwrap(), iterative.values_for(&contrasts, &response).unwrap());
    assert!(worst(&one, &other) < 1e-6, "{one:?} {other:?}");
}

/// Beyond 128 contrasts variances come from draws: sparse bridges, where the preconditioner is worst.
#[test]
fn many_contrasts_are_drawn_nearly_right() {
    use hengping_analytics::mixed::Contrast;
    let problem = courts(1200, 300, 6, 0.005);
    let (exact, iterative) = both(&problem, &[0.6, 0.5, 0.35], Criterion::Restricted);
    let pair = |k: usize| match k % 3 {
        // Two ratees, two raters, and a ratee's level with its home court and the fixed part.
        0 => Contrast { fixed: vec![], effects: vec![(0, k % 300, 1.0), (0, (7 * k + 1) % 300, -1.0)] },
        1 => Contrast { fixed: vec![], effects: vec![(1, k, 1.0), (1, k + 500, -1.0)] },
        _ => Contrast { fixed: vec![1.0, 0.2], effects: vec![(0, k % 300, 1.0), (2, k % 6, 1.0)] },
    };
    let contrasts: Vec<Contrast> = (0..300).map(pair).collect();
    let (truth, drawn) = (exact.errors(&contrasts).unwrap(), iterative.errors(&contrasts).unwrap());
    let off: Vec<f64> = truth.iter().zip(&drawn).map(|(t, d)| (d / t - 1.0).abs()).collect();
    let most = off.iter().copied().fold(0.0, f64::max);
    println!("errors from draws: median {:.5}, largest {most:.5}", median(off.clone()));
    assert!(median(off) < 0.01 && most < 0.06, "{most}");
    // The control: fewer contrasts are solved, not drawn.
    let few = iterative.errors(&contrasts[..9]).unwrap();
    assert!(worst(&few, &truth[..9]) < 1e-8);
}

/// Same bits whatever the threads and the order of rows, on both paths.
#[test]
fn bits_do_not_depend_on_threads_or_rows() {
    let problem = courts(900, 300, 10, 0.05);
    let order: Vec<usize> = (0..problem.y.len()).rev().collect();
    let shuffled = Problem {
        y: order.iter().map(|&row| problem.y[row]).collect(),
        weights: problem.weights.clone(),
        factors: problem.factors.iter().map(|f| f.reordered(&order)).collect(),
        fixed: vec![Column {
            name: "won".into(),
            values: order.iter().map(|&row| problem.fixed[0].values[row]).collect(),
        }],
    };
    for path in [Path::Exact, Path::ConjugateGradients] {
        let bits = |problem: &Problem, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let fit = problem.fit_with(&options(path)).unwrap();
                let errors = fit.variances_given_fixed(0).unwrap();
                let values = fit.theta().into_iter().chain(fit.effects.concat()).chain(errors).chain([fit.criterion]);
                values.map(f64::to_bits).collect::<Vec<u64>>()
            })
        };
        let one = bits(&problem, 1);
        assert!(one == bits(&problem, 3), "{path:?}: threads");
        assert!(one == bits(&shuffled, 2), "{path:?}: rows");
    }
}

#[test]
fn full_maximum_likelihood_is_the_smaller_of_nested_models() {
    // Restricted criteria of different fixed parts cannot be compared, full ones can: a column more never fits worse.
    let problem = courts(300, 60, 10, 0.1);
    let without = Problem { fixed: vec![], ..problem.clone() };
    let full = Options { criterion: Criterion::MaximumLikelihood, ..Options::default() };
    let (one, other) = (problem.fit_with(&full).unwrap(), without.fit_with(&full).unwrap());
    assert!(one.criterion < other.criterion - 10.0);
    // Variances shrink without the correction for estimated coefficients.
    assert!(one.residual < problem.fit().unwrap().residual);
}

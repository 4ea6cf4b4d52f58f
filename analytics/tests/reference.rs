//! Equality with lme4 on its own data, when `HENGPING_REFERENCE_DATA` names the directory that
//! holds them. Tight optima from lme4 with all convergence tolerances lowered.

use std::path::PathBuf;

use hengping_analytics::design::Factor;
use hengping_analytics::mixed::{Column, Fit, Problem};

#[expect(clippy::disallowed_methods, reason = "a test has no configuration to be told the directory by")]
fn table(file: &str) -> Option<Vec<Vec<String>>> {
    let Some(directory) = std::env::var_os("HENGPING_REFERENCE_DATA") else {
        println!("skipped: HENGPING_REFERENCE_DATA is not set");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(directory).join(file)).unwrap();
    Some(text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.trim().to_owned()).collect()).collect())
}

fn problem(rows: &[Vec<String>], y: usize, factors: &[(&str, usize)], fixed: &[(&str, usize)]) -> Problem {
    let number = |index: usize| rows.iter().map(|row| row[index].parse().unwrap()).collect::<Vec<f64>>();
    let text = |index: usize| rows.iter().map(|row| row[index].as_str()).collect::<Vec<_>>();
    Problem {
        y: number(y),
        weights: vec![1.0; rows.len()],
        factors: factors.iter().map(|&(name, at)| Factor::new(name, &text(at))).collect(),
        fixed: fixed.iter().map(|&(name, at)| Column { name: name.into(), values: number(at) }).collect(),
    }
}

fn criterion_at(problem: &Problem, theta: &[f64], expected: f64) {
    let got = problem.fit_at(theta).unwrap().criterion;
    assert!((got - expected).abs() <= 1e-10 * expected, "theta {theta:?}: {got} against {expected}");
}

fn optimum(fit: &Fit, criterion: f64, theta: &[f64], sigma: f64, fixed: &[(f64, f64)]) {
    assert!(fit.criterion <= criterion + 1e-6, "criterion {} against {criterion}", fit.criterion);
    for (got, expected) in fit.theta().iter().zip(theta) {
        assert!((got - expected).abs() <= 1e-5, "theta {got} against {expected}");
    }
    assert!((fit.residual.sqrt() - sigma).abs() <= 1e-6, "sigma {}", fit.residual.sqrt());
    for (got, (estimate, error)) in fit.coefficients.iter().zip(fixed) {
        assert!((got.estimate - estimate).abs() <= 1e-6, "{}: {} against {estimate}", got.name, got.estimate);
        assert!((got.error - error).abs() <= 1e-6, "{}: error {} against {error}", got.name, got.error);
    }
}

/// Differences of every prediction and conditional variance to the file's, at `theta`.
fn differences(problem: &Problem, theta: &[f64], rows: &[Vec<String>]) -> Vec<f64> {
    let fit = problem.fit_at(theta).unwrap();
    let mut out = Vec::new();
    for (k, factor) in problem.factors.iter().enumerate() {
        let variances = fit.variances_given_fixed(k).unwrap();
        for row in rows.iter().filter(|row| row[0] == factor.name()) {
            let level = factor.position(&row[1]).unwrap();
            out.push(fit.effects[k][level] - row[2].parse::<f64>().unwrap());
            out.push(variances[level] - row[3].parse::<f64>().unwrap());
        }
    }
    assert_eq!(out.len(), 2 * rows.len());
    out
}

/// Ordinary least squares by Gauss-Jordan elimination on the normal equations.
fn least_squares(columns: &[Vec<f64>], y: &[f64]) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let side = |a: &Vec<f64>| columns.iter().map(|b| dot(a, b)).chain([dot(a, y)]).collect::<Vec<f64>>();
    let mut rows: Vec<Vec<f64>> = columns.iter().map(side).collect();
    for pivot in 0..rows.len() {
        let head: Vec<f64> = rows[pivot].iter().map(|v| v / rows[pivot][pivot]).collect();
        for (index, row) in rows.iter_mut().enumerate() {
            let share = if index == pivot { 0.0 } else { row[pivot] };
            row.iter_mut().zip(&head).for_each(|(value, h)| *value -= share * h);
        }
        rows[pivot] = head;
    }
    rows.iter().map(|row| row[columns.len()]).collect()
}

/// All levels against lme4's. The files were written at a theta that is known to six digits only,
/// so two or three ratios are fitted to the thousands of values by one Gauss-Newton step; they may
/// move by a millionth, and then every value must agree.
fn levels(problem: &Problem, theta: &[f64], file: &str) {
    let rows = table(file).unwrap();
    let start = differences(problem, theta, &rows);
    let step = 1e-6;
    let slopes: Vec<Vec<f64>> = (0..theta.len())
        .map(|k| {
            let mut near = theta.to_vec();
            near[k] += step;
            differences(problem, &near, &rows).iter().zip(&start).map(|(new, old)| (new - old) / step).collect()
        })
        .collect();
    let moved = least_squares(&slopes, &start.iter().map(|d| -d).collect::<Vec<f64>>());
    assert!(moved.iter().all(|m| m.abs() < 2e-6), "the file is for another theta: {moved:?}");
    let theta: Vec<f64> = theta.iter().zip(&moved).map(|(t, m)| t + m).collect();
    let worst = differences(problem, &theta, &rows).iter().fold(0.0_f64, |most, d| most.max(d.abs()));
    println!("{file}: theta moved by {moved:?}, largest difference {worst:e}");
    assert!(worst <= 1e-7, "{worst:e}");
}

#[test]
fn insteval_two_factors() {
    let Some(rows) = table("InstEval.csv") else { return };
    let problem = problem(&rows, 6, &[("s", 0), ("d", 1)], &[]);
    criterion_at(&problem, &[1.0, 1.0], 242_063.681_551_342);
    criterion_at(&problem, &[0.3, 0.3], 238_081.012_689_583);
    criterion_at(&problem, &[0.2, 0.6], 238_129.821_081_229);
    criterion_at(&problem, &[0.0, 0.5], 240_274.641_845_917);
    let fit = problem.fit().unwrap();
    let theta = [0.276_710_717, 0.444_220_428];
    optimum(&fit, 237_783.880_387_979, &theta, 1.177_785_911_7, &[(3.254_158_289_2, 0.018_389_514_4)]);
    levels(&problem, &theta, "InstEval_null_ranef_lme4.csv");
}

#[test]
fn insteval_three_factors_and_service() {
    let Some(rows) = table("InstEval.csv") else { return };
    let problem = problem(&rows, 6, &[("s", 0), ("d", 1), ("dept", 5)], &[("service", 4)]);
    criterion_at(&problem, &[1.0, 1.0, 1.0], 242_081.588_068_838);
    criterion_at(&problem, &[0.3, 0.3, 0.3], 238_020.867_096_607);
    let fit = problem.fit().unwrap();
    let theta = [0.276_496_013, 0.437_364_974, 0.070_605_646];
    let fixed = [(3.282_587_757_3, 0.029_345_825_4), (-0.092_641_702_5, 0.013_389_185_8)];
    optimum(&fit, 237_733.834_127_518, &theta, 1.177_497_496_0, &fixed);
    levels(&problem, &theta, "InstEval_full_ranef_lme4.csv");
}

#[test]
fn dyestuff2_is_singular() {
    let Some(rows) = table("Dyestuff2.csv") else { return };
    let problem = problem(&rows, 1, &[("batch", 0)], &[]);
    criterion_at(&problem, &[0.3], 162.733_686_464);
    let fit = problem.fit().unwrap();
    assert!(fit.components[0].dropped);
    optimum(&fit, 161.828_277_812, &[0.0], 3.715_684_274_5, &[(5.6656, 3.715_684_274_5 / 30.0_f64.sqrt())]);
}

#[test]
fn disconnected_components() {
    let Some(rows) = table("disconnected.csv") else { return };
    let problem = problem(&rows, 2, &[("rater", 0), ("ratee", 1)], &[]);
    criterion_at(&problem, &[1.0, 1.0], 19.655_886_693);
    criterion_at(&problem, &[0.5, 2.0], 22.712_878_890);
    let fit = problem.fit().unwrap();
    assert!(fit.criterion <= 17.316_770_437 + 1e-6, "{}", fit.criterion);
    assert!((fit.coefficients[0].estimate - 3.225_293_25).abs() <= 1e-5, "{}", fit.coefficients[0].estimate);
}

//! The engine against textbook formulas on the marginal covariance matrix `V`, computed here with
//! nothing but loops: an independent reference that the repository carries with it.

use hengping_analytics::mixed::{Contrast, Problem};

use crate::support::crossed;

type Matrix = Vec<Vec<f64>>;

/// Lower Cholesky factor of a positive definite matrix.
fn cholesky(a: &Matrix) -> Matrix {
    let n = a.len();
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            l[i][j] = if i == j { (a[i][i] - sum).sqrt() } else { (a[i][j] - sum) / l[j][j] };
        }
    }
    l
}

fn inverse(a: &Matrix) -> Matrix {
    let (n, l) = (a.len(), cholesky(a));
    let solve = |column: usize| {
        let mut x = vec![0.0; n];
        for i in 0..n {
            let sum: f64 = (0..i).map(|k| l[i][k] * x[k]).sum();
            x[i] = (f64::from(u8::from(i == column)) - sum) / l[i][i];
        }
        for i in (0..n).rev() {
            let sum: f64 = (i + 1..n).map(|k| l[k][i] * x[k]).sum();
            x[i] = (x[i] - sum) / l[i][i];
        }
        x
    };
    (0..n).map(solve).collect()
}

fn log_det(a: &Matrix) -> f64 {
    2.0 * cholesky(a).iter().enumerate().map(|(i, row)| row[i].ln()).sum::<f64>()
}

fn times(a: &Matrix, x: &[f64]) -> Vec<f64> {
    a.iter().map(|row| row.iter().zip(x).map(|(m, v)| m * v).sum()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Everything a marginal (GLS) computation says at given variances.
struct Dense {
    criterion: f64,
    beta: Vec<f64>,
    beta_variance: Matrix,
    /// `P = V^-1 - V^-1 X (X'V^-1X)^-1 X'V^-1`
    projector: Matrix,
}

impl Dense {
    fn new(problem: &Problem, variances: &[f64], residual: f64) -> Self {
        let n = problem.y.len();
        let mut v = vec![vec![0.0; n]; n];
        for i in 0..n {
            v[i][i] += residual / problem.weights[i];
            for j in 0..n {
                for (factor, variance) in problem.factors.iter().zip(variances) {
                    if factor.codes()[i] == factor.codes()[j] {
                        v[i][j] += variance;
                    }
                }
            }
        }
        let mut x = vec![vec![1.0; n]];
        x.extend(problem.fixed.iter().map(|c| c.values.clone()));
        let vi = inverse(&v);
        let vix: Matrix = x.iter().map(|column| times(&vi, column)).collect();
        let info: Matrix = x.iter().map(|a| vix.iter().map(|b| dot(a, b)).collect()).collect();
        let beta_variance = inverse(&info);
        let mut projector = vi;
        for i in 0..n {
            for j in 0..n {
                for (a, left) in vix.iter().enumerate() {
                    for (b, right) in vix.iter().enumerate() {
                        projector[i][j] -= left[i] * beta_variance[a][b] * right[j];
                    }
                }
            }
        }
        let viy: Vec<f64> = vix.iter().map(|column| dot(column, &problem.y)).collect();
        let p = x.len() as f64;
        let criterion = log_det(&v)
            + log_det(&info)
            + dot(&problem.y, &times(&projector, &problem.y))
            + (n as f64 - p) * std::f64::consts::TAU.ln();
        Self { criterion, beta: times(&beta_variance, &viy), beta_variance, projector }
    }

    /// BLUP and prediction error variance of one level.
    fn effect(&self, problem: &Problem, factor: usize, level: usize, variance: f64) -> (f64, f64) {
        let z: Vec<f64> =
            problem.factors[factor].codes().iter().map(|&c| f64::from(u8::from(c as usize == level))).collect();
        let pz = times(&self.projector, &z);
        (variance * dot(&pz, &problem.y), variance - variance * variance * dot(&z, &pz))
    }
}

fn close(one: f64, other: f64, relative: f64, what: &str) {
    assert!((one - other).abs() <= relative * (1.0 + one.abs().max(other.abs())), "{what}: {one} and {other}");
}

/// At any theta: profiled criterion, coefficients and errors, predictions and their variances.
#[test]
fn any_theta_agrees_with_the_marginal_formulas() {
    for (seed, theta) in [(1, [0.8, 0.5, 0.4]), (2, [0.1, 2.0, 0.3]), (3, [1.0, 1.0, 1.0])] {
        let problem = crossed(seed);
        let fit = problem.fit_at(&theta).unwrap();
        let variances: Vec<f64> = theta.iter().map(|t| t * t * fit.residual).collect();
        let dense = Dense::new(&problem, &variances, fit.residual);
        close(fit.criterion, dense.criterion, 1e-12, "criterion");
        for (index, coefficient) in fit.coefficients.iter().enumerate() {
            close(coefficient.estimate, dense.beta[index], 1e-11, &coefficient.name);
            close(coefficient.error.powi(2), dense.beta_variance[index][index], 1e-11, "coefficient variance");
        }
        for (k, factor) in problem.factors.iter().enumerate() {
            for level in 0..factor.levels().len() {
                let (blup, pev) = dense.effect(&problem, k, level, variances[k]);
                let contrast = Contrast { fixed: vec![], effects: vec![(k, level, 1.0)] };
                close(fit.value(&contrast), blup, 1e-11, "prediction");
                close(
                    fit.variances(std::slice::from_ref(&contrast)).unwrap()[0],
                    pev,
                    1e-11,
                    "prediction error variance",
                );
            }
        }
    }
}

/// The optimum: no neighbour on the dense criterion is lower, and the score vanishes.
#[test]
fn the_optimum_is_one_on_the_marginal_criterion() {
    for seed in 1..6 {
        let problem = crossed(seed);
        let fit = problem.fit().unwrap();
        let at: Vec<f64> = fit.components.iter().map(|c| c.variance).collect();
        let best = Dense::new(&problem, &at, fit.residual).criterion;
        close(fit.criterion, best, 1e-11, "criterion");
        for k in 0..=at.len() {
            for factor in [0.99, 1.01] {
                let (mut near, mut residual) = (at.clone(), fit.residual);
                if k == at.len() {
                    residual *= factor
                } else {
                    near[k] = (near[k] * factor).max(1e-4 * (factor - 0.99))
                }
                let worse = Dense::new(&problem, &near, residual).criterion;
                assert!(worse >= best - 1e-9, "seed {seed}, component {k}: {worse} < {best}");
            }
        }
    }
}

/// Contrasts across factors and coefficients, and the linearity of the predictor in the response.
#[test]
fn contrasts_combine_blocks_and_the_predictor_is_linear() {
    let problem = crossed(4);
    let theta = [0.7, 0.6, 0.5];
    let fit = problem.fit_at(&theta).unwrap();
    let parts = [
        Contrast { fixed: vec![1.0, 0.5], effects: vec![] },
        Contrast { fixed: vec![], effects: vec![(0, 1, 1.0), (1, 3, -0.5), (2, 0, 2.0)] },
    ];
    let sum = Contrast { fixed: parts[0].fixed.clone(), effects: parts[1].effects.clone() };
    let difference = Contrast {
        fixed: parts[0].fixed.clone(),
        effects: parts[1].effects.iter().map(|&(k, l, w)| (k, l, -w)).collect(),
    };
    let parallelogram = 2.0 * fit.variances(&parts).unwrap().iter().sum::<f64>();
    close(
        fit.variances(std::slice::from_ref(&sum)).unwrap()[0]
            + fit.variances(std::slice::from_ref(&difference)).unwrap()[0],
        parallelogram,
        1e-12,
        "parallelogram law",
    );
    close(fit.values_for(std::slice::from_ref(&sum), &problem.y).unwrap()[0], fit.value(&sum), 1e-12, "own response");
    let other: Vec<f64> = problem.y.iter().enumerate().map(|(i, y)| 3.0 - 2.0 * y + (i % 7) as f64).collect();
    let refitted = Problem { y: other.clone(), ..problem.clone() }.fit_at(&theta).unwrap();
    close(
        fit.values_for(std::slice::from_ref(&sum), &other).unwrap()[0],
        refitted.value(&sum),
        1e-12,
        "another response",
    );
}

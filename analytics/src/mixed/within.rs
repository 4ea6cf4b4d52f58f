//! Two-way within estimation: both factors swept out exactly as fixed effects.
//! Invariant: an effect is estimated only from differences inside raters and ratees, so whoever
//! wins more often cannot leak into it. Source and limits: `methods/outcome-effect.md`.
//! Absent on purpose: random effects; singletons need no special case, they sweep to zero.

use faer::linalg::solvers::{DenseSolveCore, Solve};
use faer::{Mat, Side};

use super::sweep::Sweep;
use super::{Coefficient, Problem, Refused};

/// Relative squared length below which a column counts as explained by earlier ones.
const COLLINEAR: f64 = 1e-10;
/// Share of a column's squared length that must survive the sweep.
const SURVIVES: f64 = 1e-8;

/// Within estimates of the columns that vary inside both factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Within {
    /// Estimates in the order of the kept columns.
    pub coefficients: Vec<Coefficient>,
    /// Covariance matrix of the estimates, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// Columns without variation left after the sweep.
    pub dropped: Vec<String>,
    /// Residual variance of a row with weight one.
    pub residual: f64,
}

/// Estimates the fixed columns of `problem` with its first two factors swept out.
///
/// # Errors
/// [`Refused`] when the rows are malformed or leave no degree of freedom; [`Refused::Theta`] when
/// there are not two factors.
pub fn within(problem: &Problem) -> Result<Within, Refused> {
    problem.check()?;
    if problem.factors.len() < 2 {
        return Err(Refused::Theta);
    }
    let order = problem.order();
    let sweep = Sweep::new(problem, &order)?;
    let ordered = |values: &[f64]| order.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    let mut plain: Vec<Vec<f64>> = problem.fixed.iter().map(|column| ordered(&column.values)).collect();
    plain.push(ordered(&problem.y));
    let mut columns = sweep.apply(&plain.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    let y = columns.pop().unwrap_or_default();
    for (swept, values) in columns.iter_mut().zip(&plain) {
        if sweep.squares(swept) <= SURVIVES * sweep.squares(values) {
            swept.fill(0.0);
        }
    }
    let kept = independent(&columns, &sweep.weights);
    let dropped = (0..columns.len()).filter(|c| !kept.contains(c));
    let dropped = dropped.map(|c| problem.fixed[c].name.clone()).collect();
    let used = sweep.rank + kept.len();
    if order.len() <= used {
        return Err(Refused::TooFewRows { rows: order.len(), columns: used });
    }
    let product = |one: &[f64], other: &[f64]| -> f64 {
        one.iter().zip(other).zip(&sweep.weights).map(|((a, b), w)| a * b * w).sum()
    };
    let size = kept.len();
    let gram = Mat::from_fn(size, size, |i, j| product(&columns[kept[i]], &columns[kept[j]]));
    let mut beta = Mat::from_fn(size, 1, |i, _| product(&columns[kept[i]], &y));
    let factor = gram.llt(Side::Lower).map_err(|_| Refused::Indefinite)?;
    factor.solve_in_place(&mut beta);
    let inverse = factor.inverse();

    let mut errors = y;
    for (i, &column) in kept.iter().enumerate() {
        errors.iter_mut().zip(&columns[column]).for_each(|(e, x)| *e -= beta[(i, 0)] * x);
    }
    let residual = sweep.squares(&errors) / (order.len() - used) as f64;
    let covariance: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| residual * inverse[(i, j)]).collect()).collect();
    let coefficients = kept.iter().enumerate().map(|(i, &column)| Coefficient {
        name: problem.fixed[column].name.clone(),
        estimate: beta[(i, 0)],
        error: covariance[i][i].sqrt(),
    });
    Ok(Within { coefficients: coefficients.collect(), covariance, dropped, residual })
}

/// Indices of columns that are not explained by the kept ones before them: modified Gram-Schmidt
/// with limited pivoting, as R's `lm` does, so that it is always the later column that goes.
fn independent(columns: &[Vec<f64>], weights: &[f64]) -> Vec<usize> {
    let product =
        |one: &[f64], other: &[f64]| -> f64 { one.iter().zip(other).zip(weights).map(|((a, b), w)| a * b * w).sum() };
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut kept = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let mut rest = column.clone();
        let length = product(&rest, &rest);
        // Twice is enough: the second sweep removes what rounding left of the first.
        for _ in 0..2 {
            for unit in &basis {
                let share = product(unit, &rest);
                rest.iter_mut().zip(unit).for_each(|(value, direction)| *value -= share * direction);
            }
        }
        let remains = product(&rest, &rest);
        if length > 0.0 && remains > COLLINEAR * length {
            let norm = remains.sqrt();
            basis.push(rest.iter().map(|value| value / norm).collect());
            kept.push(index);
        }
    }
    kept
}

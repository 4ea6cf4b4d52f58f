//! Two-way within estimation: both factors swept out exactly as fixed effects.
//! Invariant: an effect is estimated only from differences inside raters and ratees, so whoever
//! wins more often cannot leak into it. Source and limits: `methods/outcome-effect.md`.
//! Absent on purpose: random effects; singletons need no special case, they sweep to zero.

use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};

use super::{Coefficient, Problem, Refused};
use crate::design::Components;

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
    let mut columns = Vec::new();
    for column in &problem.fixed {
        let values: Vec<f64> = order.iter().map(|&row| column.values[row]).collect();
        let swept = sweep.apply(&values);
        let survives = sweep.squares(&swept) > SURVIVES * sweep.squares(&values);
        columns.push(if survives { swept } else { vec![0.0; values.len()] });
    }
    let kept = independent(&columns, &sweep.weights);
    let dropped = (0..columns.len()).filter(|c| !kept.contains(c));
    let dropped = dropped.map(|c| problem.fixed[c].name.clone()).collect();
    let used = sweep.rank + kept.len();
    if order.len() <= used {
        return Err(Refused::TooFewRows { rows: order.len(), columns: used });
    }
    let y: Vec<f64> = order.iter().map(|&row| problem.y[row]).collect();
    let y = sweep.apply(&y);

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

/// Projection off two factors: eliminate the larger, factorise the grounded rest.
struct Sweep {
    weights: Vec<f64>,
    large: Vec<u32>,
    small: Vec<u32>,
    sums: Vec<f64>,
    grounded: Vec<bool>,
    factor: Llt<f64>,
    /// Columns of the two factors that are independent.
    rank: usize,
}

impl Sweep {
    fn new(problem: &Problem, order: &[usize]) -> Result<Self, Refused> {
        let (one, other) = (&problem.factors[0], &problem.factors[1]);
        let (large, small) = if one.levels().len() >= other.levels().len() { (one, other) } else { (other, one) };
        let parts = Components::of(large, small);
        // One level per component is the reference: the rest of the Laplacian is positive definite.
        let mut grounded = vec![false; small.levels().len()];
        let mut seen = vec![false; parts.count()];
        for (level, &part) in parts.right().iter().enumerate() {
            grounded[level] = !std::mem::replace(&mut seen[part], true);
        }
        let weights: Vec<f64> = order.iter().map(|&row| problem.weights[row]).collect();
        let (large, small) = (large.reordered(order), small.reordered(order));
        let mut sums = vec![0.0; large.levels().len()];
        let size = small.levels().len();
        let mut cells = std::collections::BTreeMap::new();
        for ((&i, &j), w) in large.codes().iter().zip(small.codes()).zip(&weights) {
            sums[i as usize] += w;
            *cells.entry((i as usize, j as usize)).or_insert(0.0) += w;
        }
        let mut members: Vec<Vec<(usize, f64)>> = vec![Vec::new(); sums.len()];
        let mut laplacian = Mat::<f64>::zeros(size, size);
        for (&(i, j), &w) in &cells {
            laplacian[(j, j)] += w;
            members[i].push((j, w));
        }
        for (entries, sum) in members.iter().zip(&sums) {
            for &(j, one) in entries {
                for &(k, other) in entries {
                    laplacian[(j, k)] -= one * other / sum;
                }
            }
        }
        for level in (0..size).filter(|&level| grounded[level]) {
            for k in 0..size {
                laplacian[(level, k)] = 0.0;
                laplacian[(k, level)] = 0.0;
            }
            laplacian[(level, level)] = 1.0;
        }
        let factor = laplacian.llt(Side::Lower).map_err(|_| Refused::Indefinite)?;
        let rank = sums.len() + size - parts.count();
        Ok(Self { weights, large: large.codes().to_vec(), small: small.codes().to_vec(), sums, grounded, factor, rank })
    }

    /// Residuals of `values` (canonical order) on both factors.
    fn apply(&self, values: &[f64]) -> Vec<f64> {
        let mut means = vec![0.0; self.sums.len()];
        for ((&i, value), w) in self.large.iter().zip(values).zip(&self.weights) {
            means[i as usize] += w * value;
        }
        means.iter_mut().zip(&self.sums).for_each(|(mean, sum)| *mean /= sum);
        let mut side = Mat::<f64>::zeros(self.grounded.len(), 1);
        for (((&i, &j), value), w) in self.large.iter().zip(&self.small).zip(values).zip(&self.weights) {
            if !self.grounded[j as usize] {
                side[(j as usize, 0)] += w * (value - means[i as usize]);
            }
        }
        self.factor.solve_in_place(&mut side);
        let mut rest: Vec<f64> =
            values.iter().zip(&self.small).map(|(value, &j)| value - side[(j as usize, 0)]).collect();
        let mut means = vec![0.0; self.sums.len()];
        for ((&i, value), w) in self.large.iter().zip(&rest).zip(&self.weights) {
            means[i as usize] += w * value;
        }
        for (value, &i) in rest.iter_mut().zip(&self.large) {
            *value -= means[i as usize] / self.sums[i as usize];
        }
        rest
    }

    fn squares(&self, values: &[f64]) -> f64 {
        values.iter().zip(&self.weights).map(|(v, w)| w * v * v).sum()
    }
}

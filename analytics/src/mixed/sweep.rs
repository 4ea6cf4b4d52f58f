//! Projection off two factors: eliminate the larger, factorise the grounded rest.
//! Absent on purpose: what is estimated from what is left; see `within`.

use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};

use super::{Problem, Refused};
use crate::design::Components;

/// Projection off two factors: eliminate the larger, factorise the grounded rest.
pub(super) struct Sweep {
    pub weights: Vec<f64>,
    large: Vec<u32>,
    small: Vec<u32>,
    sums: Vec<f64>,
    grounded: Vec<bool>,
    factor: Llt<f64>,
    /// Columns of the two factors that are independent.
    pub rank: usize,
}

impl Sweep {
    /// Prepares for the rows of `problem` in `order`.
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the rest has no Cholesky factor.
    pub fn new(problem: &Problem, order: &[usize]) -> Result<Self, Refused> {
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
    pub fn apply(&self, values: &[f64]) -> Vec<f64> {
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

    /// Weighted sum of squares.
    pub fn squares(&self, values: &[f64]) -> f64 {
        values.iter().zip(&self.weights).map(|(v, w)| w * v * v).sum()
    }
}

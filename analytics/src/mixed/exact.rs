//! The exact engine: the factor with most levels is eliminated, the rest is one dense Schur
//! complement `S = B - A' D^-1 A` (design and notation in `methods/mixed-model.md`).
//! Invariant: sums run over canonical rows, then over eliminated levels, each in ascending order.
//! Absent on purpose: how variances are chosen; see `reml`.

use std::sync::Arc;

use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};

use super::Refused;
use super::fixed::Canonical;

/// Cross products of one set of active factors; independent of the variances.
pub(super) struct System {
    pub rows: Arc<Canonical>,
    /// Active factors, the eliminated one first.
    pub active: Vec<usize>,
    /// First column in `R` of each active factor but the eliminated one.
    starts: Vec<usize>,
    /// First column in `R` of the fixed part.
    pub x_start: usize,
    /// Columns of `R`: the levels of the factors that stay, then the fixed columns.
    pub dim: usize,
    weight_sums: Vec<f64>,
    /// Row `i` of `A = Z1' W R`, sparse with ascending columns.
    pub cross: Vec<Vec<(usize, f64)>>,
    inner: Mat<f64>,
    log_weights: f64,
}

/// A factorisation at given variance ratios.
pub(super) struct Solver {
    /// Diagonal of the eliminated block including its ridge.
    pub diagonal: Vec<f64>,
    llt: Llt<f64>,
    log_det: f64,
}

/// Solution of the normal equations: eliminated block and the rest.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub first: Vec<f64>,
    pub rest: Vec<f64>,
}

impl System {
    /// Builds the cross products for the factors in `active` (any order).
    pub fn new(rows: &Arc<Canonical>, active: &[usize]) -> Self {
        let levels = |factor: usize| rows.factors[factor].levels().len();
        let mut active = active.to_vec();
        // Most levels first; the earlier factor wins a tie.
        active.sort_by_key(|&factor| (std::cmp::Reverse(levels(factor)), factor));
        let mut starts = Vec::new();
        let mut x_start = 0;
        for &factor in active.iter().skip(1) {
            starts.push(x_start);
            x_start += levels(factor);
        }
        let mut system = Self {
            active,
            starts,
            x_start,
            dim: x_start + rows.columns.len(),
            weight_sums: Vec::new(),
            cross: Vec::new(),
            inner: Mat::new(),
            log_weights: rows.weights.iter().map(|w| w.ln()).sum(),
            rows: Arc::clone(rows),
        };
        system.inner = system.inner_products();
        system.eliminate();
        system
    }

    /// Levels of the active factor at `position`.
    pub fn levels(&self, position: usize) -> usize {
        self.rows.factors[self.active[position]].levels().len()
    }

    /// Columns of `R` that belong to the active factor at `position` (1 or more).
    pub fn block(&self, position: usize) -> std::ops::Range<usize> {
        let start = self.starts[position - 1];
        start..start + self.levels(position)
    }

    /// Level code of `row` in the eliminated factor.
    fn code(&self, row: usize) -> Option<usize> {
        self.active.first().map(|&factor| self.rows.factors[factor].codes()[row] as usize)
    }

    /// Non-zero entries of row `row` of `R`, ascending.
    fn entries(&self, row: usize) -> impl Iterator<Item = (usize, f64)> {
        let others = self
            .active
            .iter()
            .skip(1)
            .zip(&self.starts)
            .map(move |(&factor, &start)| (start + self.rows.factors[factor].codes()[row] as usize, 1.0));
        let fixed = self.rows.columns.iter().enumerate();
        others.chain(fixed.map(move |(c, column)| (self.x_start + c, column[row])))
    }

    fn inner_products(&self) -> Mat<f64> {
        let mut inner = Mat::zeros(self.dim, self.dim);
        for row in 0..self.rows.rows() {
            let weight = self.rows.weights[row];
            for (i, one) in self.entries(row) {
                for (j, other) in self.entries(row).take_while(|&(j, _)| j <= i) {
                    inner[(i, j)] += weight * one * other;
                }
            }
        }
        inner
    }

    fn eliminate(&mut self) {
        let Some(&first) = self.active.first() else { return };
        let levels = self.levels(0);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); levels];
        for (row, &code) in self.rows.factors[first].codes().iter().enumerate() {
            members[code as usize].push(row);
        }
        let mut dense = vec![0.0; self.dim];
        let mut seen = vec![false; self.dim];
        let mut cross = Vec::with_capacity(levels);
        let mut sums = Vec::with_capacity(levels);
        for rows in &members {
            let mut touched = Vec::new();
            let mut sum = 0.0;
            for &row in rows {
                let weight = self.rows.weights[row];
                sum += weight;
                for (column, value) in self.entries(row) {
                    if !seen[column] {
                        seen[column] = true;
                        touched.push(column);
                    }
                    dense[column] += weight * value;
                }
            }
            touched.sort_unstable();
            cross.push(touched.iter().map(|&column| (column, dense[column])).collect());
            for column in touched {
                dense[column] = 0.0;
                seen[column] = false;
            }
            sums.push(sum);
        }
        self.cross = cross;
        self.weight_sums = sums;
    }

    /// Factorises at `lambda` (residual variance over each active factor's, in `active` order).
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the Schur complement has no Cholesky factor.
    pub fn factorise(&self, lambda: &[f64]) -> Result<Solver, Refused> {
        let diagonal: Vec<f64> = self.weight_sums.iter().map(|sum| sum + lambda[0]).collect();
        let mut schur = self.inner.clone();
        for (position, ridge) in lambda.iter().enumerate().skip(1) {
            for column in self.block(position) {
                schur[(column, column)] += ridge;
            }
        }
        for (entries, d) in self.cross.iter().zip(&diagonal) {
            for (end, &(i, one)) in entries.iter().enumerate() {
                let scaled = one / d;
                for &(j, other) in &entries[..=end] {
                    schur[(i, j)] -= scaled * other;
                }
            }
        }
        let llt = schur.llt(Side::Lower).map_err(|_| Refused::Indefinite)?;
        let roots: f64 = (0..self.dim).map(|i| llt.L()[(i, i)].ln()).sum();
        let log_det = 2.0 * roots + diagonal.iter().map(|d| d.ln()).sum::<f64>();
        if !log_det.is_finite() {
            return Err(Refused::Indefinite);
        }
        Ok(Solver { diagonal, llt, log_det })
    }

    /// `T' W f` for a vector over the rows, `T = [Z1, R]`.
    pub fn project(&self, values: &[f64]) -> Solution {
        let mut first = vec![0.0; self.weight_sums.len()];
        let mut rest = vec![0.0; self.dim];
        for (row, value) in values.iter().enumerate() {
            let weighted = self.rows.weights[row] * value;
            if let Some(code) = self.code(row) {
                first[code] += weighted;
            }
            for (column, entry) in self.entries(row) {
                rest[column] += weighted * entry;
            }
        }
        Solution { first, rest }
    }

    /// Solves the normal equations for a right-hand side as [`System::project`] makes it.
    pub fn solve(&self, solver: &Solver, side: &Solution) -> Solution {
        let mut rest = side.rest.clone();
        for ((entries, d), value) in self.cross.iter().zip(&solver.diagonal).zip(&side.first) {
            for &(column, entry) in entries {
                rest[column] -= entry * value / d;
            }
        }
        let rest = solver.schur_solve(&rest);
        let first = self.cross.iter().zip(&solver.diagonal).zip(&side.first).map(|((entries, d), value)| {
            let explained: f64 = entries.iter().map(|&(column, entry)| entry * rest[column]).sum();
            (value - explained) / d
        });
        Solution { first: first.collect(), rest }
    }

    /// Fitted values per canonical row.
    pub fn fitted(&self, at: &Solution) -> Vec<f64> {
        let fit = |row: usize| {
            let rest: f64 = self.entries(row).map(|(column, value)| value * at.rest[column]).sum();
            rest + self.code(row).map_or(0.0, |code| at.first[code])
        };
        (0..self.rows.rows()).map(fit).collect()
    }

    /// Predicted effects of the active factor at `position`.
    pub fn effects<'s>(&self, at: &'s Solution, position: usize) -> &'s [f64] {
        if position == 0 { &at.first } else { &at.rest[self.block(position)] }
    }

    /// The part of minus twice the restricted log-likelihood that does not depend on the residual
    /// variance: `log|C^-1| - sum q log lambda - sum log w`.
    pub fn log_terms(&self, solver: &Solver, lambda: &[f64]) -> f64 {
        let ridge: f64 = lambda.iter().enumerate().map(|(k, l)| self.levels(k) as f64 * l.ln()).sum();
        solver.log_det - ridge - self.log_weights
    }
}

impl Solver {
    /// `S^-1 side`.
    pub fn schur_solve(&self, side: &[f64]) -> Vec<f64> {
        let mut column = Mat::from_fn(side.len(), 1, |i, _| side[i]);
        self.llt.solve_in_place(&mut column);
        (0..side.len()).map(|i| column[(i, 0)]).collect()
    }

    /// Dense `S^-1`.
    pub fn schur_inverse(&self) -> Mat<f64> {
        self.llt.inverse()
    }

    /// Inverse of the leading `size` by `size` block of `S`, that is, without the fixed columns.
    pub fn leading_inverse(&self, size: usize) -> Mat<f64> {
        // The Cholesky factor of a leading block is the leading block of the factor.
        let lower = self.llt.L();
        let mut inverse = Mat::<f64>::identity(size, size);
        let block = lower.submatrix(0, 0, size, size);
        faer::linalg::triangular_solve::solve_lower_triangular_in_place(block, inverse.as_mut(), faer::Par::Seq);
        inverse.transpose() * &inverse
    }
}

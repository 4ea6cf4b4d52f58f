//! The exact engine: the factor with most levels is eliminated, the rest is one dense Schur
//! complement `S = B - A' D^-1 A` (design and notation in `methods/mixed-model.md`).
//! Invariant: each entry of `S` is summed over eliminated levels in ascending order by one thread.
//! Absent on purpose: how variances are chosen; see `reml`.

use std::sync::OnceLock;

use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, MatRef, Side};
use rayon::prelude::*;

use super::Refused;
use super::cross::{Cross, Entries, Solution};

/// Eliminated levels that a thread takes at once.
const LEVELS: usize = 512;

/// A factorisation at given variance ratios.
pub(super) struct Exact {
    /// Diagonal of the eliminated block including its ridge.
    diagonal: Vec<f64>,
    llt: Llt<f64>,
    /// `S^-1`, made when first asked for.
    inverse: OnceLock<Mat<f64>>,
    /// The same without the fixed columns: everything given the coefficients.
    given_fixed: OnceLock<Mat<f64>>,
}

impl Exact {
    /// Factorises at `lambda` (residual variance over each active factor's, in the order of blocks).
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the Schur complement has no Cholesky factor.
    pub fn new(cross: &Cross, lambda: &[f64]) -> Result<Self, Refused> {
        let ridge = lambda.first().copied().unwrap_or(0.0);
        let diagonal: Vec<f64> =
            cross.blocks.first().map_or_else(Vec::new, |block| block.weights.iter().map(|w| w + ridge).collect());
        let dim = cross.dim();
        let mut schur = inner(cross, lambda);
        eliminate(cross, &diagonal, &mut schur);
        let matrix = MatRef::from_column_major_slice(&schur, dim, dim);
        let llt = matrix.llt(Side::Lower).map_err(|_| Refused::Indefinite)?;
        let exact = Self { diagonal, llt, inverse: OnceLock::new(), given_fixed: OnceLock::new() };
        if exact.log_det(dim).is_finite() { Ok(exact) } else { Err(Refused::Indefinite) }
    }

    /// Logarithm of the determinant of the eliminated block and the first `size` unknowns of the rest.
    pub fn log_det(&self, size: usize) -> f64 {
        let lower = self.llt.L();
        let roots: f64 = (0..size).map(|i| lower[(i, i)].ln()).sum();
        2.0 * roots + self.diagonal.iter().map(|d| d.ln()).sum::<f64>()
    }

    /// Solves the normal equations for all of `sides` together.
    pub fn solve(&self, cross: &Cross, sides: &[Solution]) -> Vec<Solution> {
        let mut columns = Mat::<f64>::zeros(cross.dim(), sides.len());
        for (column, side) in sides.iter().enumerate() {
            let rest = columns.col_as_slice_mut(column);
            rest.copy_from_slice(&side.rest);
            for (level, value) in side.first.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                let scaled = value / self.diagonal[level];
                for (column, n) in cross.entries(level) {
                    rest[column] -= n * scaled;
                }
                for (k, x) in cross.first_x(level).iter().enumerate() {
                    rest[cross.x_start + k] -= x * scaled;
                }
            }
        }
        self.llt.solve_in_place(&mut columns);
        let solution = |(column, side): (usize, &Solution)| {
            let rest = columns.col_as_slice(column).to_vec();
            let first = side.first.iter().enumerate().map(|(level, value)| {
                let explained: f64 = cross.entries(level).map(|(column, n)| n * rest[column]).sum();
                let fixed: f64 = cross.first_x(level).iter().zip(&rest[cross.x_start..]).map(|(x, b)| x * b).sum();
                (value - explained - fixed) / self.diagonal[level]
            });
            Solution { first: first.collect(), rest }
        };
        sides.iter().enumerate().map(solution).collect()
    }

    /// Diagonal of the inverse of the normal equations, by block; given the coefficients if asked.
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the fixed columns' block of the inverse has no Cholesky factor.
    pub fn variances(&self, cross: &Cross, given_fixed: bool) -> Result<Vec<Vec<f64>>, Refused> {
        let inverse = if given_fixed { self.leading_inverse(cross.x_start)? } else { self.inverse() };
        let width = if given_fixed { 0 } else { cross.p() };
        let levels: Vec<usize> = (0..cross.eliminated()).collect();
        let first: Vec<Vec<f64>> = levels
            .par_chunks(LEVELS)
            .map(|chunk| {
                let mut entries = Vec::new();
                let form = |&level: &usize| {
                    row(cross, level, width, &mut entries);
                    let d = self.diagonal[level];
                    1.0 / d + quadratic(inverse, &entries) / (d * d)
                };
                chunk.iter().map(form).collect()
            })
            .collect();
        let mut blocks = vec![first.concat()];
        blocks.extend((1..cross.blocks.len()).map(|k| cross.block(k).map(|j| inverse[(j, j)]).collect()));
        blocks.truncate(cross.blocks.len());
        Ok(blocks)
    }

    /// `l' C l` of each of `sides`, by the entries of the inverse that it meets.
    pub fn forms(&self, cross: &Cross, sides: &[Entries]) -> Vec<f64> {
        let inverse = self.inverse();
        let form = |side: &Entries| {
            let (form, rest) = side.reduced(cross, &self.diagonal);
            form + quadratic(inverse, &rest)
        };
        sides.par_iter().map(form).collect()
    }

    /// The block of the inverse that belongs to the fixed columns.
    pub fn fixed_inverse(&self, cross: &Cross) -> Vec<Vec<f64>> {
        let unit = |row: usize, k: usize| f64::from(u8::from(row == cross.x_start + k));
        let mut columns = Mat::from_fn(cross.dim(), cross.p(), unit);
        self.llt.solve_in_place(&mut columns);
        (0..cross.p()).map(|k| columns.col_as_slice(k)[cross.x_start..].to_vec()).collect()
    }

    fn inverse(&self) -> &Mat<f64> {
        self.inverse.get_or_init(|| self.llt.inverse())
    }

    /// Inverse of the first `size` unknowns alone: the whole inverse less what the others explain,
    /// `C_RR - C_RX C_XX^-1 C_XR`, lower half.
    fn leading_inverse(&self, size: usize) -> Result<&Mat<f64>, Refused> {
        if self.given_fixed.get().is_none() {
            let whole = self.inverse();
            let width = whole.nrows() - size;
            let corner = Mat::from_fn(width, width, |a, b| whole[(size + a.max(b), size + a.min(b))]);
            let llt = corner.llt(Side::Lower).map_err(|_| Refused::Indefinite)?;
            let edge = Mat::from_fn(width, size, |k, column| whole[(size + k, column)]);
            let mut explained = edge.clone();
            llt.solve_in_place(&mut explained);
            let mut inverse = whole.submatrix(0, 0, size, size).to_owned();
            for column in 0..size {
                let (left, target) = (edge.col_as_slice(column), inverse.col_as_slice_mut(column));
                for (row, value) in target.iter_mut().enumerate().skip(column) {
                    *value -= super::fixed::dot(left, explained.col_as_slice(row));
                }
            }
            // Somebody else may have been first with the same matrix.
            let _ = self.given_fixed.set(inverse);
        }
        self.given_fixed.get().ok_or(Refused::Indefinite)
    }
}

/// Parts of `S` that threads may form side by side, by size: every part reads all pairs again.
fn parts(dim: usize) -> usize {
    match dim {
        ..200 => 1,
        200..2000 => 2,
        _ => 8,
    }
}

/// `B` with its ridges, lower half, column by column.
fn inner(cross: &Cross, lambda: &[f64]) -> Vec<f64> {
    let (dim, p) = (cross.dim(), cross.p());
    let mut inner = vec![0.0; dim * dim];
    for (position, block) in cross.blocks.iter().enumerate().skip(1) {
        for (level, column) in cross.block(position).enumerate() {
            inner[column * dim + column] = block.weights[level] + lambda[position];
            let fixed = &block.x[level * p..(level + 1) * p];
            inner[column * dim + cross.x_start..(column + 1) * dim].copy_from_slice(fixed);
        }
    }
    for (one, other, pairs) in &cross.others {
        for level in 0..pairs.rows() {
            for (meets, n) in pairs.entries(level) {
                inner[(cross.starts[*one] + level) * dim + cross.starts[*other] + meets] = n;
            }
        }
    }
    for a in 0..p {
        for b in 0..=a {
            inner[(cross.x_start + b) * dim + cross.x_start + a] = cross.xx[a * p + b];
        }
    }
    inner
}

/// All entries of one eliminated level, the first `width` fixed columns last.
fn row(cross: &Cross, level: usize, width: usize, entries: &mut Vec<(usize, f64)>) {
    entries.clear();
    entries.extend(cross.entries(level));
    entries.extend(cross.first_x(level).iter().take(width).enumerate().map(|(k, &x)| (cross.x_start + k, x)));
}

/// Subtracts `A' D^-1 A`, parts of the columns side by side.
fn eliminate(cross: &Cross, diagonal: &[f64], schur: &mut [f64]) {
    let dim = cross.dim();
    let parts = parts(dim);
    // Columns to the left are longer: bounds that give every part about the same area.
    let bound = |k: usize| {
        let share = 1.0 - (1.0 - k as f64 / parts as f64).sqrt();
        if k == parts { dim } else { (share * dim as f64) as usize }
    };
    let mut jobs = Vec::with_capacity(parts);
    let mut rest = schur;
    for k in 0..parts {
        let (piece, after) = rest.split_at_mut((bound(k + 1) - bound(k)) * dim);
        jobs.push((bound(k)..bound(k + 1), piece));
        rest = after;
    }
    jobs.into_par_iter().for_each(|(columns, piece)| {
        let mut entries = Vec::new();
        for (level, d) in diagonal.iter().enumerate() {
            row(cross, level, cross.p(), &mut entries);
            let from = entries.partition_point(|&(column, _)| column < columns.start);
            for at in from..entries.len() {
                let (column, value) = entries[at];
                if column >= columns.end {
                    break;
                }
                let scaled = value / d;
                let target = &mut piece[(column - columns.start) * dim..(column - columns.start + 1) * dim];
                for &(other, entry) in &entries[at..] {
                    target[other] -= scaled * entry;
                }
            }
        }
    });
}

/// `a' M a` for a sparse `a` with ascending columns and a symmetric `M`, lower half used.
fn quadratic(matrix: &Mat<f64>, entries: &[(usize, f64)]) -> f64 {
    let mut form = 0.0;
    for (at, &(column, value)) in entries.iter().enumerate() {
        let lower = matrix.col_as_slice(column);
        let below: f64 = entries[at + 1..].iter().map(|&(row, entry)| entry * lower[row]).sum();
        form += value * (value * lower[column] + 2.0 * below);
    }
    form
}

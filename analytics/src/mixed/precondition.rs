//! The preconditioner of the conjugate-gradient engine: the diagonal of `S` for the long blocks,
//! a dense Cholesky factor for the short ones and the fixed columns together.
//! Invariant: `M = F F'` with `F` block diagonal; the same `F` serves solves and random draws.
//! Absent on purpose: the coupling of long and short blocks, which a few iterations more replace.

use faer::linalg::solvers::Llt;
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{Mat, MatRef, Par, Side};

use super::Refused;
use super::schur::{Lanes, Schur};

/// Most levels of a block that is still treated densely.
const SHORT: usize = 256;
/// Most unknowns of the dense part.
const MOST: usize = 2048;

/// A factorised preconditioner.
pub(super) struct Precondition {
    /// Diagonal of `S` for every unknown.
    pub diagonal: Vec<f64>,
    /// Square roots of the diagonal for unknowns of long blocks; unused elsewhere.
    roots: Vec<f64>,
    /// Whether an unknown belongs to a long block.
    long: Vec<bool>,
    /// Unknowns of the dense part, ascending.
    pub short: Vec<usize>,
    dense: Option<Llt<f64>>,
}

impl Precondition {
    /// Factorises for `schur`.
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the dense part has no Cholesky factor.
    pub fn new(schur: &Schur) -> Result<Self, Refused> {
        let cross = schur.cross;
        let mut diagonal = vec![0.0; schur.dim()];
        let mut long = vec![false; schur.dim()];
        let (mut short, mut positions, mut left) = (Vec::new(), Vec::new(), MOST);
        for position in 1..cross.blocks.len() {
            let levels = cross.blocks[position].levels();
            let unknowns = cross.block(position);
            if levels > SHORT || levels > left {
                diagonal[unknowns.clone()].copy_from_slice(&schur.block_diagonal(position));
                long[unknowns].fill(true);
            } else {
                left -= levels;
                short.extend(unknowns);
                positions.push(position);
            }
        }
        short.extend(cross.x_start..schur.dim());
        let dense = if short.is_empty() {
            None
        } else {
            let entries = schur.dense(&positions);
            for (k, &unknown) in short.iter().enumerate() {
                diagonal[unknown] = entries[k * short.len() + k];
            }
            let matrix = MatRef::from_row_major_slice(&entries, short.len(), short.len());
            Some(matrix.llt(Side::Lower).map_err(|_| Refused::Indefinite)?)
        };
        let positive = |(value, long): (&f64, &bool)| !long || *value > 0.0;
        if !diagonal.iter().zip(&long).all(positive) {
            return Err(Refused::Indefinite);
        }
        let roots = diagonal.iter().map(|d| d.sqrt()).collect();
        Ok(Self { diagonal, roots, long, short, dense })
    }

    /// `M^-1 v`.
    pub fn solve<const N: usize>(&self, v: &[[f64; N]]) -> Lanes<N> {
        self.upper_solve(&self.lower_solve(v))
    }

    /// `F^-1 v`.
    pub fn lower_solve<const N: usize>(&self, v: &[[f64; N]]) -> Lanes<N> {
        self.on_parts(
            v,
            |value, root| value / root,
            |lower, block| solve_lower_triangular_in_place(lower, block.as_mut(), Par::Seq),
        )
    }

    /// `F'^-1 v`.
    pub fn upper_solve<const N: usize>(&self, v: &[[f64; N]]) -> Lanes<N> {
        self.on_parts(
            v,
            |value, root| value / root,
            |lower, block| solve_upper_triangular_in_place(lower.transpose(), block.as_mut(), Par::Seq),
        )
    }

    /// `F v`.
    pub fn lower<const N: usize>(&self, v: &[[f64; N]]) -> Lanes<N> {
        self.on_parts(
            v,
            |value, root| value * root,
            |lower, block| {
                let size = block.nrows();
                for column in 0..block.ncols() {
                    for row in (0..size).rev() {
                        block[(row, column)] = (0..=row).map(|k| lower[(row, k)] * block[(k, column)]).sum();
                    }
                }
            },
        )
    }

    /// Logarithm of the determinant of `M`.
    pub fn log_det(&self) -> f64 {
        let long: f64 = self.diagonal.iter().zip(&self.long).filter(|(_, long)| **long).map(|(d, _)| d.ln()).sum();
        let dense = self.dense.as_ref().map_or(0.0, |llt| {
            let lower = llt.L();
            2.0 * (0..lower.nrows()).map(|i| lower[(i, i)].ln()).sum::<f64>()
        });
        long + dense
    }

    /// Sum of the diagonal of `M^-1` over `unknowns`.
    pub fn inverse_trace(&self, unknowns: std::ops::Range<usize>) -> f64 {
        if unknowns.is_empty() {
            return 0.0;
        }
        if self.long[unknowns.start] {
            return self.diagonal[unknowns].iter().map(|d| 1.0 / d).sum();
        }
        let Some(llt) = &self.dense else { return 0.0 };
        use faer::linalg::solvers::DenseSolveCore;
        let inverse = llt.inverse();
        self.short
            .iter()
            .enumerate()
            .filter(|(_, unknown)| unknowns.contains(unknown))
            .map(|(k, _)| inverse[(k, k)])
            .sum()
    }

    fn on_parts<const N: usize>(
        &self,
        v: &[[f64; N]],
        long: impl Fn(f64, f64) -> f64,
        short: impl Fn(MatRef<'_, f64>, &mut Mat<f64>),
    ) -> Lanes<N> {
        let mut out = v.to_vec();
        for ((value, root), _) in out.iter_mut().zip(&self.roots).zip(&self.long).filter(|(_, long)| **long) {
            *value = value.map(|entry| long(entry, *root));
        }
        if let Some(llt) = &self.dense {
            let mut block = Mat::from_fn(self.short.len(), N, |row, lane| v[self.short[row]][lane]);
            short(llt.L(), &mut block);
            for (row, &unknown) in self.short.iter().enumerate() {
                out[unknown] = std::array::from_fn(|lane| block[(row, lane)]);
            }
        }
        out
    }
}

//! Projection off two factors: the larger is eliminated, the rest is a graph's Laplacian on the smaller.
//! Invariant: what a solve leaves undone lies in the span of the factors, orthogonal to what is
//! swept, so products of two swept columns hold only its square. Source: `methods/outcome-effect.md`.
//! Absent on purpose: what is estimated from what is left; see `within`.

use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};
use rayon::prelude::*;

use super::krylov;
use super::pairs::{Filling, Pairs};
use super::schur::{Lanes, add};
use super::{Problem, Refused};
use crate::design::Components;

/// Most levels of the smaller factor for a dense factorisation; beyond, time and memory must not grow
/// with their square.
const DENSE: usize = 512;
/// Columns that are swept together.
const WIDTH: usize = 8;
/// Preconditioned residual of conjugate gradients.
const TOLERANCE: f64 = 1e-9;
/// Share of a column's squared length below which its right-hand side is rounding.
const ROUNDING: f64 = 1e-24;
/// Most partial sums; more threads than this would wait.
const PIECES: usize = 16;

/// The projection for one set of rows.
pub(super) struct Sweep {
    pub weights: Vec<f64>,
    large: Vec<u32>,
    small: Vec<u32>,
    sums: Vec<f64>,
    rest: Rest,
    /// Columns of the two factors that are independent.
    pub rank: usize,
}

/// How the smaller factor's effects are found.
enum Rest {
    Dense { grounded: Vec<bool>, factor: Llt<f64> },
    Sparse(Laplacian),
}

impl Sweep {
    /// Prepares for the rows of `problem` in `order`.
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the dense rest has no Cholesky factor.
    pub fn new(problem: &Problem, order: &[usize]) -> Result<Self, Refused> {
        let (one, other) = (&problem.factors[0], &problem.factors[1]);
        let (large, small) = if one.levels().len() >= other.levels().len() { (one, other) } else { (other, one) };
        let parts = Components::of(large, small);
        let weights: Vec<f64> = order.iter().map(|&row| problem.weights[row]).collect();
        let (large, small) = (large.reordered(order), small.reordered(order));
        let (mut sums, mut counts) = (vec![0.0; large.levels().len()], vec![0_u32; large.levels().len()]);
        for (&i, w) in large.codes().iter().zip(&weights) {
            sums[i as usize] += w;
            counts[i as usize] += 1;
        }
        let mut filling = Filling::new(&counts, true);
        filling.add(large.codes(), small.codes(), Some(&weights));
        let pairs = filling.finish();
        let rank = sums.len() + small.levels().len() - parts.count();
        let rest = if small.levels().len() <= DENSE {
            dense(&pairs, &sums, &parts)?
        } else {
            Rest::Sparse(Laplacian::new(pairs, &sums, &parts))
        };
        Ok(Self { weights, large: large.codes().to_vec(), small: small.codes().to_vec(), sums, rest, rank })
    }

    /// Residuals of `columns` (canonical order) on both factors.
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub fn apply(&self, columns: &[&[f64]]) -> Result<Vec<Vec<f64>>, Refused> {
        let mut swept = Vec::with_capacity(columns.len());
        for some in columns.chunks(WIDTH) {
            let effects = match &self.rest {
                Rest::Dense { grounded, factor } => {
                    some.iter().map(|values| self.grounded(values, grounded, factor)).collect()
                }
                Rest::Sparse(laplacian) => self.settled(some, laplacian)?,
            };
            swept.extend(some.iter().zip(&effects).map(|(values, effects)| self.without(values, effects)));
        }
        Ok(swept)
    }

    /// Weighted sum of squares.
    pub fn squares(&self, values: &[f64]) -> f64 {
        values.iter().zip(&self.weights).map(|(v, w)| w * v * v).sum()
    }

    /// Weighted means by level of the larger factor.
    fn means(&self, values: &[f64]) -> Vec<f64> {
        let mut means = vec![0.0; self.sums.len()];
        for ((&i, value), w) in self.large.iter().zip(values).zip(&self.weights) {
            means[i as usize] += w * value;
        }
        means.iter_mut().zip(&self.sums).for_each(|(mean, sum)| *mean /= sum);
        means
    }

    /// Right-hand side on the smaller factor, level by level.
    fn each_side(&self, values: &[f64], mut take: impl FnMut(usize, f64)) {
        let means = self.means(values);
        for (((&i, &j), value), w) in self.large.iter().zip(&self.small).zip(values).zip(&self.weights) {
            take(j as usize, w * (value - means[i as usize]));
        }
    }

    fn grounded(&self, values: &[f64], grounded: &[bool], factor: &Llt<f64>) -> Vec<f64> {
        let mut side = Mat::<f64>::zeros(grounded.len(), 1);
        self.each_side(values, |j, term| {
            if !grounded[j] {
                side[(j, 0)] += term;
            }
        });
        factor.solve_in_place(&mut side);
        (0..grounded.len()).map(|j| side[(j, 0)]).collect()
    }

    fn settled(&self, columns: &[&[f64]], laplacian: &Laplacian) -> Result<Vec<Vec<f64>>, Refused> {
        let mut side: Lanes<WIDTH> = vec![[0.0; WIDTH]; laplacian.weights.len()];
        for (lane, values) in columns.iter().enumerate() {
            self.each_side(values, |j, term| side[j][lane] += term);
        }
        let lengths = std::array::from_fn(|lane| columns.get(lane).map_or(0.0, |values| self.squares(values)));
        let solved = laplacian.solve(side, lengths)?;
        Ok((0..columns.len()).map(|lane| solved.iter().map(|v| v[lane]).collect()).collect())
    }

    /// `values` less the smaller factor's effects, and then less the larger one's means.
    fn without(&self, values: &[f64], effects: &[f64]) -> Vec<f64> {
        let mut rest: Vec<f64> =
            values.iter().zip(&self.small).map(|(value, &j)| value - effects[j as usize]).collect();
        let means = self.means(&rest);
        rest.iter_mut().zip(&self.large).for_each(|(value, &i)| *value -= means[i as usize]);
        rest
    }
}

fn dense(pairs: &Pairs, sums: &[f64], parts: &Components) -> Result<Rest, Refused> {
    let size = parts.right().len();
    // One level per component is the reference: the rest of the Laplacian is positive definite.
    let mut grounded = vec![false; size];
    let mut seen = vec![false; parts.count()];
    for (level, &part) in parts.right().iter().enumerate() {
        grounded[level] = !std::mem::replace(&mut seen[part], true);
    }
    let mut laplacian = Mat::<f64>::zeros(size, size);
    for row in 0..sums.len() {
        pairs.entries(row).for_each(|(j, w)| laplacian[(j, j)] += w);
    }
    for (row, sum) in sums.iter().enumerate() {
        for (j, one) in pairs.entries(row) {
            for (k, other) in pairs.entries(row) {
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
    Ok(Rest::Dense { grounded, factor })
}

/// `D - A' E^-1 A` of the smaller factor, never written out.
struct Laplacian {
    /// Larger factor against smaller.
    pairs: Pairs,
    /// Total weight by level of the larger factor, and of the smaller.
    sums: Vec<f64>,
    weights: Vec<f64>,
    /// Component of each level, and the total weight of each component.
    part: Vec<usize>,
    totals: Vec<f64>,
    pieces: Vec<std::ops::Range<usize>>,
}

impl Laplacian {
    fn new(pairs: Pairs, sums: &[f64], parts: &Components) -> Self {
        let mut weights = vec![0.0; parts.right().len()];
        for row in 0..sums.len() {
            pairs.entries(row).for_each(|(j, w)| weights[j] += w);
        }
        let mut totals = vec![0.0; parts.count()];
        for (w, &part) in weights.iter().zip(parts.right()) {
            totals[part] += w;
        }
        let pieces = pairs.pieces(PIECES);
        Self { pairs, sums: sums.to_vec(), weights, part: parts.right().to_vec(), totals, pieces }
    }

    fn apply(&self, v: &[[f64; WIDTH]]) -> Lanes<WIDTH> {
        let parts: Vec<Lanes<WIDTH>> = self
            .pieces
            .par_iter()
            .map(|rows| {
                let mut out = vec![[0.0; WIDTH]; v.len()];
                for row in rows.clone() {
                    let mut sum = [0.0; WIDTH];
                    self.pairs.entries(row).for_each(|(j, w)| add(&mut sum, w, &v[j]));
                    sum.iter_mut().for_each(|value| *value /= self.sums[row]);
                    self.pairs.entries(row).for_each(|(j, w)| add(&mut out[j], w, &sum));
                }
                out
            })
            .collect();
        let value = |j: usize| {
            std::array::from_fn(|lane| {
                self.weights[j] * v[j][lane] - parts.iter().map(|part| part[j][lane]).sum::<f64>()
            })
        };
        (0..v.len()).map(value).collect()
    }

    /// Effects up to a constant per component, which the larger factor takes up. `lengths` are the
    /// squared lengths of the columns behind `side`.
    fn solve(&self, mut side: Lanes<WIDTH>, lengths: [f64; WIDTH]) -> Result<Lanes<WIDTH>, Refused> {
        // A solvable side sums to zero in every component; rounding must not push it off.
        let mut off = vec![[0.0; WIDTH]; self.totals.len()];
        side.iter().zip(&self.part).for_each(|(value, &part)| add(&mut off[part], 1.0 / self.totals[part], value));
        for ((value, &part), w) in side.iter_mut().zip(&self.part).zip(&self.weights) {
            add(value, -w, &off[part]);
        }
        for (lane, length) in lengths.iter().enumerate() {
            let left: f64 = side.iter().zip(&self.weights).map(|(value, w)| value[lane] * value[lane] / w).sum();
            if left <= ROUNDING * length {
                side.iter_mut().for_each(|value| value[lane] = 0.0);
            }
        }
        let precondition = |v: &[[f64; WIDTH]]| -> Lanes<WIDTH> {
            v.iter().zip(&self.weights).map(|(value, w)| value.map(|entry| entry / w)).collect()
        };
        Ok(krylov::solve(|v| self.apply(v), precondition, &side, None, [TOLERANCE; WIDTH])?.0)
    }
}

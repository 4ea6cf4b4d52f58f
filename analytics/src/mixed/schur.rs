//! The Schur complement without its matrix: `S v` in one sweep over the stored pairs, for several
//! vectors at once. Invariant: partial sums are added in an order that depends on the data only.
//! Absent on purpose: how systems are solved with it; see `krylov`.

use rayon::prelude::*;

use super::cross::Cross;
use super::pairs::Pairs;

/// Most partial sums; more threads than this would wait.
const PIECES: usize = 16;

/// Vectors side by side, one entry of each per unknown.
pub(super) type Lanes<const N: usize> = Vec<[f64; N]>;

/// The operator at given variance ratios.
pub(super) struct Schur<'c> {
    pub cross: &'c Cross,
    /// Diagonal of the eliminated block including its ridge.
    pub diagonal: Vec<f64>,
    lambda: Vec<f64>,
    /// Fixed columns that take part: all of them, or none for everything given the coefficients.
    width: usize,
    pieces: Vec<std::ops::Range<usize>>,
}

impl<'c> Schur<'c> {
    /// The operator at `lambda`, in the order of blocks; without the fixed part if `given_fixed`.
    pub fn new(cross: &'c Cross, lambda: &[f64], given_fixed: bool) -> Self {
        let diagonal = cross.blocks[0].weights.iter().map(|w| w + lambda[0]).collect();
        let width = if given_fixed { 0 } else { cross.p() };
        let pieces = cross
            .pairs
            .first()
            .map_or_else(|| std::iter::once(0..cross.eliminated()).collect(), |pairs| pairs.pieces(PIECES));
        Self { cross, diagonal, lambda: lambda.to_vec(), width, pieces }
    }

    /// Number of unknowns.
    pub fn dim(&self) -> usize {
        self.cross.x_start + self.width
    }

    /// Fixed columns that take part, of `level` of the eliminated factor.
    fn fixed(&self, level: usize) -> &[f64] {
        &self.cross.first_x(level)[..self.width]
    }

    /// `S v`.
    pub fn apply<const N: usize>(&self, v: &[[f64; N]]) -> Lanes<N> {
        let mut out = self.inner(v);
        let parts: Vec<Lanes<N>> = self
            .pieces
            .par_iter()
            .map(|levels| {
                let mut part = vec![[0.0; N]; self.dim()];
                pulp::Arch::new().dispatch(|| self.explained(levels.clone(), v, &mut part));
                part
            })
            .collect();
        for part in &parts {
            for (sum, value) in out.iter_mut().zip(part) {
                for lane in 0..N {
                    sum[lane] -= value[lane];
                }
            }
        }
        out
    }

    /// `B v`, ridges included.
    fn inner<const N: usize>(&self, v: &[[f64; N]]) -> Lanes<N> {
        let (cross, p) = (self.cross, self.cross.p());
        let mut out = vec![[0.0; N]; self.dim()];
        for (position, block) in cross.blocks.iter().enumerate().skip(1) {
            for (level, unknown) in cross.block(position).enumerate() {
                add(&mut out[unknown], block.weights[level] + self.lambda[position], &v[unknown]);
                for k in 0..self.width {
                    let (x, at) = (block.x[level * p + k], cross.x_start + k);
                    add(&mut out[unknown], x, &v[at]);
                    add(&mut out[at], x, &v[unknown]);
                }
            }
        }
        for (one, other, pairs) in &cross.others {
            let (one, other) = (cross.starts[*one], cross.starts[*other]);
            for level in 0..pairs.rows() {
                for (meets, n) in pairs.entries(level) {
                    add(&mut out[one + level], n, &v[other + meets]);
                    add(&mut out[other + meets], n, &v[one + level]);
                }
            }
        }
        for a in 0..self.width {
            for b in 0..self.width {
                add(&mut out[cross.x_start + a], cross.xx[a * p + b], &v[cross.x_start + b]);
            }
        }
        out
    }

    /// Diagonal of `B`, ridges included; zero for the fixed part.
    pub fn inner_diagonal(&self) -> Vec<f64> {
        let mut diagonal = vec![0.0; self.dim()];
        for (position, block) in self.cross.blocks.iter().enumerate().skip(1) {
            for (value, w) in diagonal[self.cross.block(position)].iter_mut().zip(&block.weights) {
                *value = w + self.lambda[position];
            }
        }
        diagonal
    }

    /// Adds `A' D^-1 A v` of some eliminated levels to `out`.
    #[inline(always)]
    fn explained<const N: usize>(&self, levels: std::ops::Range<usize>, v: &[[f64; N]], out: &mut [[f64; N]]) {
        for level in levels {
            let mut sum = self.gather(level, v);
            let d = 1.0 / self.diagonal[level];
            sum.iter_mut().for_each(|value| *value *= d);
            for (k, pairs) in self.cross.pairs.iter().enumerate() {
                let start = self.cross.starts[k + 1];
                visit(pairs, level, |column, n| add(&mut out[start + column], n, &sum));
            }
            for (k, &x) in self.fixed(level).iter().enumerate() {
                add(&mut out[self.cross.x_start + k], x, &sum);
            }
        }
    }

    /// `a_i v` of one eliminated level.
    #[inline(always)]
    fn gather<const N: usize>(&self, level: usize, v: &[[f64; N]]) -> [f64; N] {
        let mut sum = [0.0; N];
        for (k, pairs) in self.cross.pairs.iter().enumerate() {
            let start = self.cross.starts[k + 1];
            visit(pairs, level, |column, n| add(&mut sum, n, &v[start + column]));
        }
        for (k, &x) in self.fixed(level).iter().enumerate() {
            add(&mut sum, x, &v[self.cross.x_start + k]);
        }
        sum
    }

    /// `A v`, a row per eliminated level.
    pub fn gathered<const N: usize>(&self, v: &[[f64; N]]) -> Lanes<N> {
        let parts: Vec<Lanes<N>> = self
            .pieces
            .par_iter()
            .map(|levels| {
                pulp::Arch::new().dispatch(
                    #[inline(always)]
                    || levels.clone().map(|level| self.gather(level, v)).collect(),
                )
            })
            .collect();
        parts.concat()
    }

    /// Right-hand side of the Schur system: `rest - A' D^-1 first`.
    pub fn reduce<const N: usize>(&self, first: &[[f64; N]], rest: &mut [[f64; N]]) {
        for (level, value) in first.iter().enumerate() {
            let scaled = value.map(|value| -value / self.diagonal[level]);
            for (column, n) in self.cross.entries(level) {
                add(&mut rest[column], n, &scaled);
            }
            for (k, &x) in self.fixed(level).iter().enumerate() {
                add(&mut rest[self.cross.x_start + k], x, &scaled);
            }
        }
    }

    /// Diagonal of `S` over the unknowns of the block at `position`.
    pub fn block_diagonal(&self, position: usize) -> Vec<f64> {
        let mut diagonal: Vec<f64> =
            self.cross.blocks[position].weights.iter().map(|w| w + self.lambda[position]).collect();
        for (level, d) in self.diagonal.iter().enumerate() {
            for (column, n) in self.cross.pairs[position - 1].entries(level) {
                diagonal[column] -= n * n / d;
            }
        }
        diagonal
    }

    /// `S` among the unknowns of the blocks at `positions` and the fixed columns, row by row.
    pub fn dense(&self, positions: &[usize]) -> Vec<f64> {
        let (cross, p) = (self.cross, self.cross.p());
        let mut starts = vec![0; cross.blocks.len()];
        let mut size = 0;
        for &position in positions {
            starts[position] = size;
            size += cross.blocks[position].levels();
        }
        let x_start = size;
        size += self.width;
        let mut dense = vec![0.0; size * size];
        for &position in positions {
            let block = &cross.blocks[position];
            for level in 0..block.levels() {
                let at = starts[position] + level;
                dense[at * size + at] = block.weights[level] + self.lambda[position];
                for k in 0..self.width {
                    dense[(x_start + k) * size + at] = block.x[level * p + k];
                }
            }
        }
        let inside = |position: &usize| positions.contains(position);
        for (one, other, pairs) in cross.others.iter().filter(|(one, other, _)| inside(one) && inside(other)) {
            for level in 0..pairs.rows() {
                for (meets, n) in pairs.entries(level) {
                    dense[(starts[*other] + meets) * size + starts[*one] + level] = n;
                }
            }
        }
        for a in 0..self.width {
            for b in 0..=a {
                dense[(x_start + a) * size + x_start + b] = cross.xx[a * p + b];
            }
        }
        let mut entries: Vec<(usize, f64)> = Vec::new();
        for (level, d) in self.diagonal.iter().enumerate() {
            entries.clear();
            for &position in positions {
                let start = starts[position];
                entries.extend(cross.pairs[position - 1].entries(level).map(|(column, n)| (start + column, n)));
            }
            entries.extend(self.fixed(level).iter().enumerate().map(|(k, &x)| (x_start + k, x)));
            for (end, &(row, one)) in entries.iter().enumerate() {
                for &(column, other) in &entries[..=end] {
                    dense[row * size + column] -= one * other / d;
                }
            }
        }
        for row in 0..size {
            for column in row + 1..size {
                dense[row * size + column] = dense[column * size + row];
            }
        }
        dense
    }
}

/// `sum += n * v`, lane by lane.
#[inline(always)]
pub(super) fn add<const N: usize>(sum: &mut [f64; N], n: f64, v: &[f64; N]) {
    for lane in 0..N {
        sum[lane] += n * v[lane];
    }
}

/// Calls `each` with the cells of one row.
#[inline(always)]
fn visit(pairs: &Pairs, row: usize, mut each: impl FnMut(usize, f64)) {
    let (from, columns) = pairs.row(row);
    match pairs.kind(from, columns.len()) {
        super::pairs::Kind::Ones => columns.iter().for_each(|&column| each(column as usize, 1.0)),
        super::pairs::Kind::Counts(counts) => {
            columns.iter().zip(counts).for_each(|(&column, &n)| each(column as usize, f64::from(n)));
        }
        super::pairs::Kind::Sums(sums) => columns.iter().zip(sums).for_each(|(&column, &n)| each(column as usize, n)),
    }
}

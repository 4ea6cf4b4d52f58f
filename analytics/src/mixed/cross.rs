//! Cross products of a table, `T'WT`, `T'Wy` and `y'Wy` with `T = [Z_1, Z_2, .., X]`: all that an
//! engine needs. The table itself is read twice and never kept.
//! Invariant: every sum is free of the order of rows; `y` and the columns of `X` are centred.
//! Absent on purpose: variances; the same cross products serve all of them.

use std::sync::Arc;

use super::Refused;
use super::fixed::{Basis, dot};
use super::pairs::Pairs;
use super::rows::Rows;
use super::sum::Scale;
use super::sums::{Sums, count_pairs};

/// A vector over the unknowns: the eliminated factor, then the other factors and the fixed columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Solution {
    pub first: Vec<f64>,
    pub rest: Vec<f64>,
}

impl Solution {
    /// Sum of products.
    pub fn dot(&self, other: &Self) -> f64 {
        dot(&self.first, &other.first) + dot(&self.rest, &other.rest)
    }
}

/// A vector over the unknowns by the entries that are not zero, ascending and each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    pub first: Vec<(usize, f64)>,
    pub rest: Vec<(usize, f64)>,
}

impl Entries {
    /// Sum of products.
    pub fn dot(&self, other: &Solution) -> f64 {
        let products = |entries: &[(usize, f64)], of: &[f64]| entries.iter().map(|&(k, l)| l * of[k]).sum::<f64>();
        products(&self.first, &other.first) + products(&self.rest, &other.rest)
    }

    /// The vector written out.
    pub fn written(&self, cross: &Cross) -> Solution {
        let mut out = Solution { first: vec![0.0; cross.eliminated()], rest: vec![0.0; cross.dim()] };
        self.first.iter().for_each(|&(k, l)| out.first[k] = l);
        self.rest.iter().for_each(|&(k, l)| out.rest[k] = l);
        out
    }

    /// The vector brought to the unknowns that are not eliminated, and what the eliminated ones, with
    /// `diagonal` on theirs, add to the form `l' C l`.
    pub fn reduced(&self, cross: &Cross, diagonal: &[f64]) -> (f64, Vec<(usize, f64)>) {
        let (mut form, mut rest) = (0.0, self.rest.clone());
        for &(level, value) in &self.first {
            let scaled = value / diagonal[level];
            form += value * scaled;
            rest.extend(cross.entries(level).map(|(column, n)| (column, -n * scaled)));
            let fixed = cross.first_x(level).iter().enumerate();
            rest.extend(fixed.map(|(k, x)| (cross.x_start + k, -x * scaled)));
        }
        merge(&mut rest);
        (form, rest)
    }
}

/// Sorts entries and adds up those of one unknown, in the order they came.
pub(super) fn merge(entries: &mut Vec<(usize, f64)>) {
    entries.sort_by_key(|entry| entry.0);
    entries.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
}

/// Sums by level of one active factor.
pub(super) struct Block {
    /// Position among the caller's factors.
    pub factor: usize,
    /// Weight per level.
    pub weights: Vec<f64>,
    /// `Z'Wy`.
    pub y: Vec<f64>,
    /// `Z'WX`, row by row.
    pub x: Vec<f64>,
}

impl Block {
    /// Number of levels.
    pub fn levels(&self) -> usize {
        self.weights.len()
    }
}

/// Cross products of one set of active factors.
pub(super) struct Cross {
    /// The table, for whatever needs single rows again.
    pub rows: Arc<dyn Rows>,
    /// Active factors, most levels first: that one is eliminated.
    pub blocks: Vec<Block>,
    /// The eliminated factor against each other one.
    pub pairs: Vec<Pairs>,
    /// Other factors against each other, by their positions in `blocks`.
    pub others: Vec<(usize, usize, Pairs)>,
    /// First unknown of each block in the rest; the first entry is not used.
    pub starts: Vec<usize>,
    /// First unknown of the fixed part in the rest.
    pub x_start: usize,
    /// The fixed part.
    pub basis: Basis,
    /// `X'WX`, row by row.
    pub xx: Vec<f64>,
    /// `X'Wy`.
    pub xy: Vec<f64>,
    /// `y'Wy`.
    pub yy: f64,
    /// Sum of the logarithms of the weights.
    pub log_weights: f64,
    /// Weighted mean of the responses.
    pub centre: f64,
    /// Largest possible distance of a response from the middle of all.
    pub spread: f64,
}

impl Cross {
    /// Forms the cross products of the factors in `active` (any order).
    ///
    /// # Errors
    /// [`Refused`] when the table cannot be read or the fixed columns leave no degree of freedom.
    pub fn new(rows: &Arc<dyn Rows>, active: &[usize]) -> Result<Self, Refused> {
        let mut active = active.to_vec();
        // Most levels first; the earlier factor wins a tie.
        active.sort_by_key(|&factor| (std::cmp::Reverse(rows.factors()[factor].count), factor));
        let mut sums = Sums::new(rows.as_ref(), &active);
        rows.each(&mut |chunk| sums.add(&chunk))?;
        let pairs = count_pairs(rows.as_ref(), &sums.levels)?;
        sums.finish(rows, pairs)
    }

    /// Number of rows of the table.
    pub fn n(&self) -> usize {
        self.rows.ranges().rows
    }

    /// Fixed columns, the intercept included.
    pub fn p(&self) -> usize {
        self.basis.kept()
    }

    /// Unknowns besides the eliminated factor.
    pub fn dim(&self) -> usize {
        self.x_start + self.p()
    }

    /// Unknowns in the rest that belong to the block at `position` (1 or more).
    pub fn block(&self, position: usize) -> std::ops::Range<usize> {
        self.starts[position]..self.starts[position] + self.blocks[position].levels()
    }

    /// Levels of the eliminated factor; zero when there is none.
    pub fn eliminated(&self) -> usize {
        self.blocks.first().map_or(0, Block::levels)
    }

    /// The part of `at` that belongs to the block at `position`.
    pub fn effects<'s>(&self, at: &'s Solution, position: usize) -> &'s [f64] {
        if position == 0 { &at.first } else { &at.rest[self.block(position)] }
    }

    /// Cells of row `level` of the eliminated factor: unknowns of the rest, ascending, without the fixed part.
    pub fn entries(&self, level: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.pairs.iter().enumerate().flat_map(move |(k, pairs)| {
            let start = self.starts[k + 1];
            pairs.entries(level).map(move |(column, n)| (start + column, n))
        })
    }

    /// `Z_1'WX` of `level`.
    pub fn first_x(&self, level: usize) -> &[f64] {
        let p = self.p();
        &self.blocks[0].x[level * p..(level + 1) * p]
    }

    /// `T'Wy`.
    pub fn side(&self) -> Solution {
        let first = self.blocks.first().map_or_else(Vec::new, |block| block.y.clone());
        let mut rest: Vec<f64> = self.blocks.iter().skip(1).flat_map(|block| block.y.iter().copied()).collect();
        rest.extend(&self.xy);
        Solution { first, rest }
    }

    /// `T'WT` times `at`.
    pub fn gram(&self, at: &Solution) -> Solution {
        let p = self.p();
        let mut out = Solution { first: vec![0.0; at.first.len()], rest: vec![0.0; at.rest.len()] };
        let fixed = &at.rest[self.x_start..];
        for (level, value) in at.first.iter().enumerate() {
            let mut sum = self.blocks[0].weights[level] * value + dot(self.first_x(level), fixed);
            for (column, n) in self.entries(level) {
                sum += n * at.rest[column];
                out.rest[column] += n * value;
            }
            for (k, x) in self.first_x(level).iter().enumerate() {
                out.rest[self.x_start + k] += x * value;
            }
            out.first[level] = sum;
        }
        for (position, block) in self.blocks.iter().enumerate().skip(1) {
            for (level, unknown) in self.block(position).enumerate() {
                let value = at.rest[unknown];
                let x = &block.x[level * p..(level + 1) * p];
                out.rest[unknown] += block.weights[level] * value + dot(x, fixed);
                for (k, x) in x.iter().enumerate() {
                    out.rest[self.x_start + k] += x * value;
                }
            }
        }
        for (one, other, pairs) in &self.others {
            let (one, other) = (self.starts[*one], self.starts[*other]);
            for row in 0..pairs.rows() {
                for (column, n) in pairs.entries(row) {
                    out.rest[one + row] += n * at.rest[other + column];
                    out.rest[other + column] += n * at.rest[one + row];
                }
            }
        }
        for k in 0..p {
            out.rest[self.x_start + k] += dot(&self.xx[k * p..(k + 1) * p], fixed);
        }
        out
    }

    /// `T'Wr` for a value per row of the table, in the table's own order.
    ///
    /// # Errors
    /// [`Refused`] when the table cannot be read again.
    pub fn project(&self, values: &[f64]) -> Result<Solution, Refused> {
        let weights = self.rows.ranges().weights.high;
        let bound = values.iter().fold(0.0_f64, |most, v| most.max(v.abs())) * weights;
        let plain = Scale::new(bound);
        let x_scales: Vec<Scale> = self.basis.reaches().iter().map(|reach| Scale::new(bound * reach)).collect();
        let mut levels: Vec<Vec<i128>> = self.blocks.iter().map(|block| vec![0; block.levels()]).collect();
        let (mut total, mut fixed, mut from) = (0_i128, vec![0_i128; x_scales.len()], 0);
        self.rows.each(&mut |chunk| {
            for row in 0..chunk.y.len() {
                let value = chunk.weight(row) * values[from + row];
                let term = plain.fixed(value);
                total += term;
                for (sums, block) in levels.iter_mut().zip(&self.blocks) {
                    sums[chunk.codes[block.factor][row] as usize] += term;
                }
                for ((sum, scale), (column, middle)) in fixed.iter_mut().zip(&x_scales).zip(self.basis.sources()) {
                    *sum += scale.fixed(value * (chunk.fixed[column][row] - middle));
                }
            }
            from += chunk.y.len();
        })?;
        let mut blocks = levels.iter().map(|sums| plain.floats(sums));
        let first = blocks.next().unwrap_or_default();
        let mut rest: Vec<f64> = blocks.flatten().collect();
        let total = plain.float(total);
        rest.push(total);
        let plain_sums = fixed.iter().zip(&x_scales).map(|(&sum, scale)| scale.float(sum));
        rest.extend(plain_sums.zip(self.basis.shifts()).map(|(sum, shift)| sum - shift * total));
        Ok(Solution { first, rest })
    }

    /// Whether two active factors divide the rows in the same way under other names.
    pub fn twins(&self) -> Option<(usize, usize)> {
        let first = self.pairs.iter().enumerate().map(|(k, pairs)| (0, k + 1, pairs));
        let others = self.others.iter().map(|(one, other, pairs)| (*one, *other, pairs));
        first
            .chain(others)
            .find(|&(one, other, pairs)| {
                let (one, other) = (self.blocks[one].levels(), self.blocks[other].levels());
                one == other && pairs.len() == one
            })
            .map(|(one, other, _)| (self.blocks[one].factor, self.blocks[other].factor))
    }
}

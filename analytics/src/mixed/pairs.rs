//! Which levels of two factors meet, with their total weight: stored once, row by row.
//! Invariant: columns ascend inside a row and occur once; sums do not depend on the order of rows
//! of the table. Absent on purpose: responses, which the engine needs as sums per level only.

use rayon::prelude::*;

/// Weights of the stored cells.
#[derive(Debug, Clone, PartialEq)]
enum Cells {
    /// Every cell holds one row of weight one.
    Ones,
    /// Number of rows per cell.
    Counts(Vec<u32>),
    /// Sum of weights per cell.
    Sums(Vec<f64>),
}

/// Weights of the cells of one row.
pub(super) enum Kind<'a> {
    /// One each.
    Ones,
    /// Number of rows per cell.
    Counts(&'a [u32]),
    /// Sum of weights per cell.
    Sums(&'a [f64]),
}

/// Compressed sparse rows of `Z_a' W Z_b`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pairs {
    starts: Vec<usize>,
    columns: Vec<u32>,
    cells: Cells,
}

/// Rows of a factor are handed to threads in pieces of this many entries, whatever the threads.
const PIECE: usize = 1 << 16;

impl Pairs {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of stored cells.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Columns of `row`, ascending, and where their cells begin.
    #[inline]
    pub fn row(&self, row: usize) -> (usize, &[u32]) {
        let (from, to) = (self.starts[row], self.starts[row + 1]);
        (from, &self.columns[from..to])
    }

    /// Weight of the cell at `index`.
    #[inline]
    pub fn cell(&self, index: usize) -> f64 {
        match &self.cells {
            Cells::Ones => 1.0,
            Cells::Counts(counts) => f64::from(counts[index]),
            Cells::Sums(sums) => sums[index],
        }
    }

    /// Weights of `count` cells from `from`.
    #[inline]
    pub fn kind(&self, from: usize, count: usize) -> Kind<'_> {
        match &self.cells {
            Cells::Ones => Kind::Ones,
            Cells::Counts(counts) => Kind::Counts(&counts[from..from + count]),
            Cells::Sums(sums) => Kind::Sums(&sums[from..from + count]),
        }
    }

    /// Columns and weights of `row`.
    pub fn entries(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (from, columns) = self.row(row);
        columns.iter().enumerate().map(move |(k, &column)| (column as usize, self.cell(from + k)))
    }

    /// Row ranges with about equally many cells; depends on the structure only.
    pub fn pieces(&self, most: usize) -> Vec<std::ops::Range<usize>> {
        let wanted = (self.len() / PIECE + 1).min(most);
        let mut pieces = Vec::with_capacity(wanted);
        let mut from = 0;
        for k in 1..=wanted {
            let target = self.len() * k / wanted;
            let to =
                if k == wanted { self.rows() } else { self.starts.partition_point(|&s| s < target).min(self.rows()) };
            pieces.push(from..to.max(from));
            from = to.max(from);
        }
        pieces
    }

    /// The same cells, row by row of the other factor with `columns` levels.
    pub fn turned(&self, columns: usize) -> Self {
        let mut counts = vec![0_u32; columns];
        self.columns.iter().for_each(|&column| counts[column as usize] += 1);
        let mut filling = Filling::new(&counts, true);
        for row in 0..self.rows() {
            let (from, columns) = self.row(row);
            let weights: Vec<f64> = (from..from + columns.len()).map(|at| self.cell(at)).collect();
            filling.add(columns, &vec![row as u32; columns.len()], Some(&weights));
        }
        filling.finish()
    }

    /// Sums over rows of `sum_b n_ab^2 / n_a` and over columns of `sum_a n_ab^2 / n_b`.
    pub fn concentration(&self, columns: usize) -> (f64, f64) {
        let mut totals = vec![0.0; columns];
        let mut squares = vec![0.0; columns];
        let mut by_row = 0.0;
        for row in 0..self.rows() {
            let (mut total, mut square) = (0.0, 0.0);
            for (column, n) in self.entries(row) {
                total += n;
                square += n * n;
                totals[column] += n;
                squares[column] += n * n;
            }
            if total > 0.0 {
                by_row += square / total;
            }
        }
        let by_column = squares.iter().zip(&totals).filter(|(_, total)| **total > 0.0).map(|(s, t)| s / t).sum();
        (by_row, by_column)
    }
}

/// Collects the cells of two factors from rows in any order.
pub(super) struct Filling {
    starts: Vec<usize>,
    next: Vec<usize>,
    columns: Vec<u32>,
    weights: Option<Vec<f64>>,
}

impl Filling {
    /// Makes room for `counts[row]` table rows in each row.
    pub fn new(counts: &[u32], weighted: bool) -> Self {
        let mut starts = Vec::with_capacity(counts.len() + 1);
        let mut total = 0;
        starts.push(0);
        for &count in counts {
            total += count as usize;
            starts.push(total);
        }
        let next = starts[..counts.len()].to_vec();
        Self { starts, next, columns: vec![0; total], weights: weighted.then(|| vec![0.0; total]) }
    }

    /// Adds table rows.
    pub fn add(&mut self, rows: &[u32], columns: &[u32], weights: Option<&[f64]>) {
        for (index, (&row, &column)) in rows.iter().zip(columns).enumerate() {
            let at = &mut self.next[row as usize];
            self.columns[*at] = column;
            if let (Some(store), Some(weights)) = (&mut self.weights, weights) {
                store[*at] = weights[index];
            }
            *at += 1;
        }
    }

    /// Sorts and merges.
    pub fn finish(self) -> Pairs {
        let Self { starts, mut columns, weights, .. } = self;
        drop(self.next);
        match weights {
            Some(weights) => merge_sums(&starts, &columns, &weights),
            None => {
                sort_rows(&starts, &mut columns);
                merge_counts(starts, columns)
            }
        }
    }
}

/// Sorts each row's columns, pieces of rows side by side.
fn sort_rows(starts: &[usize], columns: &mut [u32]) {
    let rows = starts.len() - 1;
    let mut jobs: Vec<(&[usize], &mut [u32])> = Vec::new();
    let (mut from, mut rest) = (0, columns);
    while from < rows {
        let target = starts[from] + PIECE;
        let to = starts.partition_point(|&s| s < target).clamp(from + 1, rows);
        let (piece, after) = rest.split_at_mut(starts[to] - starts[from]);
        jobs.push((&starts[from..=to], piece));
        (from, rest) = (to, after);
    }
    jobs.into_par_iter().for_each(|(starts, piece)| {
        for bounds in starts.windows(2) {
            piece[bounds[0] - starts[0]..bounds[1] - starts[0]].sort_unstable();
        }
    });
}

/// Merges equal columns of sorted rows in place.
fn merge_counts(mut starts: Vec<usize>, mut columns: Vec<u32>) -> Pairs {
    let rows = starts.len() - 1;
    let repeated = starts.windows(2).any(|b| columns[b[0]..b[1]].windows(2).any(|pair| pair[0] == pair[1]));
    if !repeated {
        return Pairs { starts, columns, cells: Cells::Ones };
    }
    let mut counts: Vec<u32> = Vec::with_capacity(columns.len());
    let mut read = 0;
    for row in 0..rows {
        let end = starts[row + 1];
        let begin = counts.len();
        starts[row] = begin;
        while read < end {
            let column = columns[read];
            if counts.len() > begin && columns[counts.len() - 1] == column {
                let last = counts.len() - 1;
                counts[last] += 1;
            } else {
                columns[counts.len()] = column;
                counts.push(1);
            }
            read += 1;
        }
    }
    starts[rows] = counts.len();
    columns.truncate(counts.len());
    columns.shrink_to_fit();
    counts.shrink_to_fit();
    Pairs { starts, columns, cells: Cells::Counts(counts) }
}

/// Merges equal columns; the weights of a cell are added in the order of their size.
fn merge_sums(starts: &[usize], columns: &[u32], weights: &[f64]) -> Pairs {
    let mut merged = Pairs { starts: vec![0], columns: Vec::new(), cells: Cells::Ones };
    let mut sums = Vec::new();
    let mut row: Vec<(u32, f64)> = Vec::new();
    for bounds in starts.windows(2) {
        row.clear();
        row.extend(columns[bounds[0]..bounds[1]].iter().copied().zip(weights[bounds[0]..bounds[1]].iter().copied()));
        row.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let begin = sums.len();
        for &(column, weight) in &row {
            match merged.columns.last() {
                Some(&last) if last == column && sums.len() > begin => {
                    if let Some(sum) = sums.last_mut() {
                        *sum += weight;
                    }
                }
                _ => {
                    merged.columns.push(column);
                    sums.push(weight);
                }
            }
        }
        merged.starts.push(sums.len());
    }
    merged.cells = Cells::Sums(sums);
    merged
}

#[cfg(test)]
mod tests {
    use super::{Filling, Pairs};

    fn collect(pairs: &Pairs) -> Vec<Vec<(usize, f64)>> {
        (0..pairs.rows()).map(|row| pairs.entries(row).collect()).collect()
    }

    #[test]
    fn repeats_are_counted_and_order_does_not_matter() {
        let (rows, columns) = ([0, 2, 0, 2, 0], [3, 1, 0, 1, 3]);
        let mut one = Filling::new(&[3, 0, 2], false);
        one.add(&rows, &columns, None);
        let mut other = Filling::new(&[3, 0, 2], false);
        let back = |values: &[u32]| values.iter().rev().copied().collect::<Vec<u32>>();
        other.add(&back(&rows), &back(&columns), None);
        let one = one.finish();
        assert_eq!(one, other.finish());
        assert_eq!(collect(&one), [vec![(0, 1.0), (3, 2.0)], vec![], vec![(1, 2.0)]]);
        // sum_b n_ab^2 / n_a = (1 + 4) / 3 + 4 / 2, sum_a n_ab^2 / n_b = 1 + 2 + 2.
        assert_eq!(one.concentration(4), (5.0 / 3.0 + 2.0, 5.0));
    }

    #[test]
    fn without_repeats_no_counts_are_kept() {
        let mut filling = Filling::new(&[2, 1], false);
        filling.add(&[0, 1, 0], &[5, 0, 2], None);
        let pairs = filling.finish();
        assert_eq!(pairs.cells, super::Cells::Ones);
        assert_eq!(collect(&pairs), [vec![(2, 1.0), (5, 1.0)], vec![(0, 1.0)]]);
    }

    #[test]
    fn weights_of_a_cell_are_added() {
        let mut filling = Filling::new(&[3], true);
        filling.add(&[0, 0, 0], &[1, 0, 1], Some(&[0.25, 2.0, 0.5]));
        assert_eq!(collect(&filling.finish()), [vec![(0, 2.0), (1, 0.75)]]);
    }

    #[test]
    fn pieces_cover_every_row_once() {
        let counts = vec![700_u32; 500];
        let mut filling = Filling::new(&counts, false);
        for row in 0..500_u32 {
            let columns: Vec<u32> = (0..700).collect();
            filling.add(&[row; 700], &columns, None);
        }
        let pieces = filling.finish().pieces(4);
        assert_eq!(pieces.len(), 4);
        assert_eq!((pieces[0].start, pieces[3].end), (0, 500));
        assert!(pieces.windows(2).all(|p| p[0].end == p[1].start));
    }
}

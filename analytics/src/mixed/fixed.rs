//! The fixed part with full rank: which columns stay, and where their zeros are.
//! Invariant: column 0 is the intercept; a column that earlier ones explain is dropped and named.
//! Absent on purpose: random effects.

use super::rows::Rows;

/// Relative squared length below which a column counts as explained by earlier ones.
const COLLINEAR: f64 = 1e-10;

/// Name of the constant column.
pub(super) const INTERCEPT: &str = "intercept";

/// Columns of the fixed part that could be told apart.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    /// Names of the columns that stay, intercept first.
    pub names: Vec<String>,
    /// Names of columns dropped as collinear.
    pub dropped: Vec<String>,
    kept: Vec<Kept>,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Position among the caller's columns.
    column: usize,
    middle: f64,
    /// Weighted mean minus middle.
    shift: f64,
    reach: f64,
}

impl Basis {
    /// Chooses among the caller's columns by their centred products `square`.
    pub fn new(rows: &dyn Rows, square: &[f64], middles: &[f64], shifts: &[f64]) -> Self {
        let count = middles.len();
        let kept = independent(square, count);
        let mut names = vec![INTERCEPT.to_owned()];
        names.extend(kept.iter().map(|&column| rows.columns()[column].clone()));
        let dropped = (0..count).filter(|c| !kept.contains(c)).map(|c| rows.columns()[c].clone()).collect();
        let kept = kept.into_iter().map(|column| Kept {
            column,
            middle: middles[column],
            shift: shifts[column],
            reach: rows.ranges().fixed[column].reach(),
        });
        Self { names, dropped, kept: kept.collect() }
    }

    /// Number of columns that stay, the intercept included.
    pub fn kept(&self) -> usize {
        self.kept.len() + 1
    }

    /// Positions of the columns that stay among the caller's.
    pub fn columns(&self) -> Vec<usize> {
        self.kept.iter().map(|kept| kept.column).collect()
    }

    /// Position and middle of each column that stays.
    pub fn sources(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.kept.iter().map(|kept| (kept.column, kept.middle))
    }

    /// Weighted mean of each column that stays, from its middle.
    pub fn shifts(&self) -> impl Iterator<Item = f64> + '_ {
        self.kept.iter().map(|kept| kept.shift)
    }

    /// Largest distance of a value from the middle, by column that stays.
    pub fn reaches(&self) -> Vec<f64> {
        self.kept.iter().map(|kept| kept.reach).collect()
    }

    /// Weighted mean of each column that stays, where the solution has its zero.
    pub fn centres(&self) -> impl Iterator<Item = f64> + '_ {
        self.kept.iter().map(|kept| kept.middle + kept.shift)
    }
}

/// Ordered sum of products.
pub(super) fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Columns that earlier ones do not explain, from their products: a Cholesky factor that leaves
/// out what has no length left, so that it is always the later column that goes, as in R's `lm`.
fn independent(square: &[f64], count: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    let mut factor: Vec<Vec<f64>> = Vec::new();
    for column in 0..count {
        let mut row: Vec<f64> = Vec::with_capacity(kept.len() + 1);
        for (k, &other) in kept.iter().enumerate() {
            let sum = dot(&row, &factor[k][..k]);
            row.push((square[column * count + other] - sum) / factor[k][k]);
        }
        let length = square[column * count + column];
        let remains = length - dot(&row, &row);
        if length > 0.0 && remains > COLLINEAR * length {
            row.push(remains.sqrt());
            factor.push(row);
            kept.push(column);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::independent;

    #[test]
    fn the_later_of_two_collinear_columns_goes() {
        // Centred: one, its negative, nothing, and one that is new.
        let columns = [[0.5, -0.5, 0.5, -0.5], [-0.5, 0.5, -0.5, 0.5], [0.0; 4], [1.0, 1.0, -1.0, -1.0]];
        let square: Vec<f64> = columns
            .iter()
            .flat_map(|a| columns.iter().map(move |b| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>()))
            .collect();
        assert_eq!(independent(&square, 4), [0, 3]);
    }
}

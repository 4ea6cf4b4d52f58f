//! The rows in canonical order with a fixed part of full rank.
//! Invariant: column 0 is the intercept; a column that earlier ones explain is dropped and named.
//! Absent on purpose: random effects beyond carrying their codes along.

use super::{Problem, Refused};
use crate::design::Factor;

/// Relative squared length below which a column counts as explained by earlier ones.
const COLLINEAR: f64 = 1e-10;

/// Canonical rows, ready for cross products.
#[derive(Debug, Clone)]
pub(super) struct Canonical {
    /// Responses minus `centre`.
    pub y: Vec<f64>,
    /// Weighted mean of the responses, given back to the intercept at the end.
    pub centre: f64,
    /// Largest absolute deviation from the centre, the scale for "no variance".
    pub spread: f64,
    pub weights: Vec<f64>,
    pub factors: Vec<Factor>,
    /// Fixed columns in order, intercept first.
    pub columns: Vec<Vec<f64>>,
    pub names: Vec<String>,
    /// Names of columns dropped as collinear.
    pub dropped: Vec<String>,
    /// `order[i]` is the caller's row that became canonical row `i`.
    pub order: Vec<usize>,
}

impl Canonical {
    /// # Errors
    /// [`Refused::TooFewRows`] when the columns leave no degree of freedom.
    pub fn new(problem: &Problem) -> Result<Self, Refused> {
        let order = problem.order();
        let take = |values: &[f64]| order.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let weights = take(&problem.weights);
        let raw = take(&problem.y);
        let centre = dot(&weights, &raw) / weights.iter().sum::<f64>();
        let y: Vec<f64> = raw.iter().map(|value| value - centre).collect();

        let mut names = vec!["intercept".to_owned()];
        names.extend(problem.fixed.iter().map(|column| column.name.clone()));
        let mut columns = vec![vec![1.0; y.len()]];
        columns.extend(problem.fixed.iter().map(|column| take(&column.values)));
        let kept = independent(&columns, &weights);
        let dropped = (0..names.len()).filter(|c| !kept.contains(c)).map(|c| names[c].clone()).collect();
        if y.len() <= kept.len() {
            return Err(Refused::TooFewRows { rows: y.len(), columns: kept.len() });
        }
        Ok(Self {
            centre,
            spread: y.iter().fold(0.0, |most: f64, value| most.max(value.abs())),
            y,
            factors: problem.factors.iter().map(|factor| factor.reordered(&order)).collect(),
            columns: kept.iter().map(|&c| columns[c].clone()).collect(),
            names: kept.iter().map(|&c| names[c].clone()).collect(),
            dropped,
            weights,
            order,
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.y.len()
    }
}

/// Ordered sum of products.
pub(super) fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Indices of columns that are not explained by the kept ones before them: modified Gram-Schmidt
/// with limited pivoting, as R's `lm` does, so that it is always the later column that goes.
pub(super) fn independent(columns: &[Vec<f64>], weights: &[f64]) -> Vec<usize> {
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

#[cfg(test)]
mod tests {
    use super::independent;

    #[test]
    fn the_later_of_two_collinear_columns_goes() {
        let columns = vec![vec![1.0; 4], vec![1.0, 0.0, 1.0, 0.0], vec![0.0, 1.0, 0.0, 1.0], vec![0.0; 4]];
        assert_eq!(independent(&columns, &[1.0; 4]), [0, 1]);
    }
}

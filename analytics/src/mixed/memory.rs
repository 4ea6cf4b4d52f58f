//! A table in memory as rows that can be read again.
//! Invariant: one chunk that borrows the columns. Absent on purpose: any check of values; whoever
//! fills the columns makes them.

use super::rows::{Chunk, Levels, Range, Ranges, Rows};
use super::{Fit, Problem, Refused};

/// Columns of a table, or of a part of one; all of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// Responses, finite.
    pub y: Vec<f64>,
    /// Positive weights; `None` where every row weighs one.
    pub weights: Option<Vec<f64>>,
    /// Level codes, factor by factor.
    pub codes: Vec<Vec<u32>>,
    /// Finite values, fixed column by fixed column.
    pub fixed: Vec<Vec<f64>>,
}

impl Columns {
    /// Hands all rows to `visit` as one chunk.
    pub fn show(&self, visit: &mut dyn FnMut(Chunk<'_>)) {
        let codes: Vec<&[u32]> = self.codes.iter().map(Vec::as_slice).collect();
        let fixed: Vec<&[f64]> = self.fixed.iter().map(Vec::as_slice).collect();
        visit(Chunk { y: &self.y, weights: self.weights.as_deref(), codes: &codes, fixed: &fixed });
    }
}

/// A table that is held in memory.
#[derive(Debug, Clone)]
pub struct Memory {
    columns: Columns,
    levels: Vec<Levels>,
    names: Vec<String>,
    ranges: Ranges,
}

impl Memory {
    /// A table of `columns`: `levels` names its factors, `names` its fixed columns, and `ranges`
    /// holds what its rows hold.
    pub fn new(columns: Columns, levels: Vec<Levels>, names: Vec<String>, ranges: Ranges) -> Self {
        Self { columns, levels, names, ranges }
    }

    /// Takes a copy of the columns of `problem`.
    pub(super) fn of(problem: &Problem) -> Self {
        let range = |values: &[f64]| {
            let mut range = Range::NOTHING;
            range.hold_all(values);
            range
        };
        let levels =
            |factor: &crate::design::Factor| Levels { name: factor.name().to_owned(), count: factor.levels().len() };
        let weighted = problem.weights.iter().any(|weight| *weight != 1.0);
        Self {
            columns: Columns {
                y: problem.y.clone(),
                weights: weighted.then(|| problem.weights.clone()),
                codes: problem.factors.iter().map(|factor| factor.codes().to_vec()).collect(),
                fixed: problem.fixed.iter().map(|column| column.values.clone()).collect(),
            },
            levels: problem.factors.iter().map(levels).collect(),
            names: problem.fixed.iter().map(|column| column.name.clone()).collect(),
            ranges: Ranges {
                rows: problem.y.len(),
                y: range(&problem.y),
                weights: range(&problem.weights),
                fixed: problem.fixed.iter().map(|column| range(&column.values)).collect(),
            },
        }
    }

    /// Residuals at the given predictions, row by row.
    pub(super) fn residuals(&self, fit: &Fit) -> Vec<f64> {
        let Columns { y, codes, fixed, .. } = &self.columns;
        let columns: Vec<(&[f64], f64)> = fit
            .coefficients
            .iter()
            .skip(1)
            .filter_map(|c| {
                let at = self.names.iter().position(|name| *name == c.name)?;
                Some((fixed[at].as_slice(), c.estimate))
            })
            .collect();
        let intercept = fit.coefficients.first().map_or(0.0, |c| c.estimate);
        (0..y.len())
            .map(|row| {
                let fixed: f64 = columns.iter().map(|(values, b)| values[row] * b).sum();
                let random: f64 = codes.iter().zip(&fit.effects).map(|(codes, of)| of[codes[row] as usize]).sum();
                y[row] - intercept - fixed - random
            })
            .collect()
    }
}

impl Rows for Memory {
    fn factors(&self) -> &[Levels] {
        &self.levels
    }

    fn columns(&self) -> &[String] {
        &self.names
    }

    fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    fn weighted(&self) -> bool {
        self.columns.weights.is_some()
    }

    fn each(&self, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<(), Refused> {
        self.columns.show(visit);
        Ok(())
    }
}

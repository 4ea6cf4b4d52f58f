//! A table in memory as rows that can be read again.
//! Invariant: one chunk that borrows the columns. Absent on purpose: any check of values; `Problem` makes them.

use super::rows::{Chunk, Levels, Range, Ranges, Rows};
use super::{Problem, Refused};

/// The columns of a problem.
pub(super) struct Memory {
    problem: Problem,
    levels: Vec<Levels>,
    names: Vec<String>,
    ranges: Ranges,
    weighted: bool,
}

impl Memory {
    /// Takes a copy of the columns.
    pub fn new(problem: &Problem) -> Self {
        let range = |values: &[f64]| {
            let mut range = Range::NOTHING;
            range.hold_all(values);
            range
        };
        let levels =
            |factor: &crate::design::Factor| Levels { name: factor.name().to_owned(), count: factor.levels().len() };
        Self {
            levels: problem.factors.iter().map(levels).collect(),
            names: problem.fixed.iter().map(|column| column.name.clone()).collect(),
            ranges: Ranges {
                rows: problem.y.len(),
                y: range(&problem.y),
                weights: range(&problem.weights),
                fixed: problem.fixed.iter().map(|column| range(&column.values)).collect(),
            },
            weighted: problem.weights.iter().any(|weight| *weight != 1.0),
            problem: problem.clone(),
        }
    }

    /// Residuals at the given predictions, row by row.
    pub fn residuals(&self, fit: &super::Fit) -> Vec<f64> {
        let columns: Vec<(&[f64], f64)> = fit
            .coefficients
            .iter()
            .skip(1)
            .filter_map(|c| {
                let column = self.problem.fixed.iter().find(|column| column.name == c.name)?;
                Some((column.values.as_slice(), c.estimate))
            })
            .collect();
        let intercept = fit.coefficients.first().map_or(0.0, |c| c.estimate);
        (0..self.problem.y.len())
            .map(|row| {
                let fixed: f64 = columns.iter().map(|(values, b)| values[row] * b).sum();
                let factors = self.problem.factors.iter().zip(&fit.effects);
                let random: f64 = factors.map(|(factor, effects)| effects[factor.codes()[row] as usize]).sum();
                self.problem.y[row] - intercept - fixed - random
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
        self.weighted
    }

    fn each(&self, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<(), Refused> {
        let codes: Vec<&[u32]> = self.problem.factors.iter().map(crate::design::Factor::codes).collect();
        let fixed: Vec<&[f64]> = self.problem.fixed.iter().map(|column| column.values.as_slice()).collect();
        let weights = self.weighted.then_some(self.problem.weights.as_slice());
        visit(Chunk { y: &self.problem.y, weights, codes: &codes, fixed: &fixed });
        Ok(())
    }
}

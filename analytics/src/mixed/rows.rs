//! A table that is read in chunks, as often as needed: memory for a city, a file for a nation.
//! Invariant: every pass yields the same rows; their order may differ, results do not depend on it.
//! Absent on purpose: where the rows come from, and rows with missing values.

use super::Refused;

/// Some rows of a table, column by column.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// Responses, finite.
    pub y: &'a [f64],
    /// Positive weights; `None` where every row weighs one.
    pub weights: Option<&'a [f64]>,
    /// One slice of level codes per factor.
    pub codes: &'a [&'a [u32]],
    /// One slice of finite values per fixed column.
    pub fixed: &'a [&'a [f64]],
}

impl Chunk<'_> {
    /// Weight of `row`.
    pub(super) fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }
}

/// A random factor without its codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    /// The factor's name.
    pub name: String,
    /// Number of levels; codes run below it.
    pub count: usize,
}

/// Smallest and largest value of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
}

impl Range {
    /// The range of no value at all; [`Range::hold`] widens it.
    pub const NOTHING: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    /// Widens the range so that it holds `value`.
    pub fn hold(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }

    /// Widens the range so that it holds all of `values`.
    pub fn hold_all(&mut self, values: &[f64]) {
        values.iter().for_each(|&value| self.hold(value));
    }

    /// The middle, which does not depend on the order of the rows as a mean would.
    pub(super) fn middle(self) -> f64 {
        0.5 * self.low + 0.5 * self.high
    }

    /// Largest distance from the middle.
    pub(super) fn reach(self) -> f64 {
        0.5 * self.high - 0.5 * self.low
    }
}

/// What has to be known of a table before its sums can be formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges {
    /// Number of rows.
    pub rows: usize,
    /// Of the responses.
    pub y: Range,
    /// Of the weights; one to one where there are none.
    pub weights: Range,
    /// Of each fixed column.
    pub fixed: Vec<Range>,
}

/// A table of ratings that can be read several times.
pub trait Rows: Send + Sync {
    /// Random factors in the caller's order.
    fn factors(&self) -> &[Levels];

    /// Names of the fixed columns besides the intercept.
    fn columns(&self) -> &[String];

    /// Number of rows and ranges of values.
    fn ranges(&self) -> &Ranges;

    /// Whether rows carry weights of their own.
    fn weighted(&self) -> bool;

    /// Hands every row to `visit`, chunk by chunk.
    ///
    /// # Errors
    /// [`Refused::Unreadable`] when the table cannot be read again.
    fn each(&self, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<(), Refused>;
}

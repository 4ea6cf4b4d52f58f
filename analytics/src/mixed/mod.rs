//! Linear mixed models with crossed random intercepts and fixed effects, solved exactly.
//! Invariant: rows are put into a canonical order first and every sum runs in that order, so a
//! permutation of the rows gives the same bits. Method: `methods/mixed-model.md`.
//! Absent on purpose: what a rating, a judge or a court is; see `score` for that.

mod errors;
mod exact;
mod fit;
mod fixed;
mod reml;
mod within;

pub use errors::Contrast;
pub use fit::{Coefficient, Component, Fit};
pub use within::{Within, within};

use std::sync::Arc;

use crate::design::Factor;

/// A named numeric column of the fixed part, one value per row.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name used for coefficients and for columns that had to be dropped.
    pub name: String,
    /// One finite value per row.
    pub values: Vec<f64>,
}

/// `y = intercept + fixed + one random intercept per factor + e`, `Var(e) = sigma^2 / weight`.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Response, one finite value per row.
    pub y: Vec<f64>,
    /// Positive weight per row.
    pub weights: Vec<f64>,
    /// Crossed random intercepts; nesting is expressed by unique labels.
    pub factors: Vec<Factor>,
    /// Fixed columns besides the intercept, which is always there.
    pub fixed: Vec<Column>,
}

/// Why a model could not be fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no row at all.
    #[error("there is no row")]
    Empty,
    /// Columns differ in length.
    #[error("column {0} has another length than the response")]
    Ragged(String),
    /// A value is not finite, or a weight is not positive; the row counts from zero.
    #[error("row {0} holds a value that is not finite or a weight that is not positive")]
    NotFinite(usize),
    /// As many coefficients as rows: nothing is left to estimate a variance from.
    #[error("{rows} rows are too few for {columns} fixed columns")]
    TooFewRows {
        /// Rows given.
        rows: usize,
        /// Fixed columns including the intercept, after collinear ones were dropped.
        columns: usize,
    },
    /// All responses are equal (or the effects explain them completely): no residual variance.
    #[error("the responses leave no residual variance")]
    NoVariance,
    /// The variances did not come to rest.
    #[error("the variances did not come to rest")]
    NotSettled,
    /// The requested ratios do not match the factors, or are negative.
    #[error("theta needs one ratio of zero or more per factor")]
    Theta,
    /// The normal equations could not be factorised.
    #[error("the normal equations are not positive definite")]
    Indefinite,
}

impl Problem {
    /// Fits variances by restricted maximum likelihood (AI-REML with EM steps where needed).
    ///
    /// # Errors
    /// [`Refused`] when the rows cannot carry the model.
    pub fn fit(&self) -> Result<Fit, Refused> {
        reml::fit(&self.canonical()?)
    }

    /// Solves at given `theta` (standard deviation of each factor over the residual's, in the
    /// order of `factors`); the residual variance is profiled out. A zero drops its factor.
    ///
    /// # Errors
    /// [`Refused`] when the rows cannot carry the model or `theta` does not fit.
    pub fn fit_at(&self, theta: &[f64]) -> Result<Fit, Refused> {
        if theta.len() != self.factors.len() || theta.iter().any(|t| !t.is_finite() || *t < 0.0) {
            return Err(Refused::Theta);
        }
        reml::fit_at(&self.canonical()?, theta)
    }

    /// Row order that depends on content only: by level codes, then fixed values, weight, response.
    pub(crate) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.y.len()).collect();
        order.sort_by(|&one, &other| {
            let by_factor = self.factors.iter().map(|f| f.codes()[one].cmp(&f.codes()[other]));
            let by_fixed = self.fixed.iter().map(|c| c.values[one].total_cmp(&c.values[other]));
            by_factor
                .chain(by_fixed)
                .find(|ordering| ordering.is_ne())
                .unwrap_or_else(|| self.weights[one].total_cmp(&self.weights[other]))
                .then_with(|| self.y[one].total_cmp(&self.y[other]))
        });
        order
    }

    /// Checks the rows and puts them into canonical order, collinear columns removed.
    fn canonical(&self) -> Result<Arc<fixed::Canonical>, Refused> {
        self.check()?;
        Ok(Arc::new(fixed::Canonical::new(self)?))
    }

    pub(crate) fn check(&self) -> Result<(), Refused> {
        let rows = self.y.len();
        if rows == 0 {
            return Err(Refused::Empty);
        }
        let factors = self.factors.iter().map(|f| (f.name(), f.codes().len()));
        let columns = self.fixed.iter().map(|c| (c.name.as_str(), c.values.len()));
        let weights = std::iter::once(("weight", self.weights.len()));
        for (name, len) in weights.chain(factors).chain(columns) {
            if len != rows {
                return Err(Refused::Ragged(name.to_owned()));
            }
        }
        let bad = (0..rows).find(|&row| {
            !self.y[row].is_finite()
                || !self.weights[row].is_finite()
                || self.weights[row] <= 0.0
                || self.fixed.iter().any(|c| !c.values[row].is_finite())
        });
        bad.map_or(Ok(()), |row| Err(Refused::NotFinite(row)))
    }
}

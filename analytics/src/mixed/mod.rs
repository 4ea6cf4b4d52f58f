//! Linear mixed models with any number of crossed or nested random intercepts and fixed effects.
//! Two engines: exact for a city, conjugate gradients for a nation.
//! Invariant: sums do not depend on the order of rows nor on threads, so a permutation of the rows
//! gives the same bits. Method: `methods/mixed-model.md`.
//! Absent on purpose: what a rating, a judge or a court is; see `score` for that.

mod cross;
mod errors;
mod exact;
mod fit;
mod fixed;
mod iterative;
mod krylov;
mod memory;
mod pairs;
mod posterior;
mod precondition;
mod reml;
mod rows;
mod schur;
mod solver;
mod start;
mod sum;
mod sums;
mod sweep;
mod within;

pub use errors::{Contrast, Predicted};
pub use fit::{Coefficient, Component, Fit};
pub use memory::{Columns, Memory};
pub use rows::{Chunk, Levels, Range, Ranges, Rows};
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
    /// The table could not be read a second time.
    #[error("the table cannot be read again: {0}")]
    Unreadable(String),
}

impl Refused {
    /// Stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "no-rows",
            Self::Ragged(_) => "ragged-columns",
            Self::NotFinite(_) => "not-finite",
            Self::TooFewRows { .. } => "too-few-rows",
            Self::NoVariance => "no-variance",
            Self::NotSettled => "not-settled",
            Self::Theta => "theta-unfit",
            Self::Indefinite => "not-positive-definite",
            Self::Unreadable(_) => "not-readable-again",
        }
    }
}

/// What is optimised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Criterion {
    /// Restricted maximum likelihood (Patterson and Thompson 1971).
    #[default]
    Restricted,
    /// Full maximum likelihood; needed to compare models with different fixed parts.
    MaximumLikelihood,
}

/// Which engine solves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Path {
    /// Exact where the dense complement fits, conjugate gradients beyond.
    #[default]
    Auto,
    /// Dense Schur complement.
    Exact,
    /// Conjugate gradients with estimated traces and drawn errors.
    ConjugateGradients,
}

/// What a fit is busy with; phases alternate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Reading the table and forming its cross products.
    Pairs,
    /// Factorising and solving.
    Solve,
    /// Traces of the inverse.
    Traces,
    /// Standard errors and the criterion.
    Errors,
}

/// Hears what a fit is busy with.
pub trait Watch: Sync {
    /// A phase begins and the one before ends.
    fn phase(&self, phase: Phase);
}

/// Hears and says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn phase(&self, _: Phase) {}
}

/// Largest dense complement of one fit: half a gigabyte.
const DENSE: usize = 8192;

/// How to fit.
#[derive(Clone, Copy)]
pub struct Options<'w> {
    /// What is optimised.
    pub criterion: Criterion,
    /// Which engine solves.
    pub path: Path,
    /// Seed of probes and draws; the exact engine uses it only to find a start.
    pub seed: u64,
    /// Factors whose variance is kept from zero by a factor `sigma_k` on the likelihood, for those
    /// with so few levels that zero is likely to be chance (Chung, Rabe-Hesketh, Dorie, Gelman and
    /// Liu, Psychometrika 78, 2013). Such a factor moves up by about one standard error where the
    /// likelihood alone would set it to zero, and hardly elsewhere.
    pub held: &'w [usize],
    /// Most unknowns of a dense complement for which [`Path::Auto`] is exact.
    pub dense: usize,
    /// Leaves out the criterion and the errors of coefficients, which are not numbers then: whoever
    /// asks for contrasts only need not pay for draws.
    pub bare: bool,
    /// Who hears about the phases.
    pub watch: &'w dyn Watch,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            criterion: Criterion::default(),
            path: Path::default(),
            seed: 1,
            held: &[],
            dense: DENSE,
            bare: false,
            watch: &Unwatched,
        }
    }
}

/// Fits the variances of a table that is read in chunks.
///
/// # Errors
/// [`Refused`] when the rows cannot carry the model or cannot be read.
pub fn fit(rows: &Arc<dyn Rows>, options: &Options) -> Result<Fit, Refused> {
    reml::fit(rows, options)
}

/// Solves a table at given `theta`; see [`Problem::fit_at`].
///
/// # Errors
/// [`Refused`] when the rows cannot carry the model, cannot be read, or `theta` does not fit.
pub fn fit_at(rows: &Arc<dyn Rows>, theta: &[f64], options: &Options) -> Result<Fit, Refused> {
    if theta.len() != rows.factors().len() || theta.iter().any(|t| !t.is_finite() || *t < 0.0) {
        return Err(Refused::Theta);
    }
    reml::fit_at(rows, theta, options)
}

impl Problem {
    /// Fits variances by restricted maximum likelihood (AI-REML with EM steps where needed).
    ///
    /// # Errors
    /// [`Refused`] when the rows cannot carry the model.
    pub fn fit(&self) -> Result<Fit, Refused> {
        self.fit_with(&Options::default())
    }

    /// [`Problem::fit`] with options.
    ///
    /// # Errors
    /// As [`Problem::fit`].
    pub fn fit_with(&self, options: &Options) -> Result<Fit, Refused> {
        self.with_residuals(|rows| fit(rows, options))
    }

    /// Solves at given `theta` (standard deviation of each factor over the residual's, in the
    /// order of `factors`); the residual variance is profiled out. A zero drops its factor.
    ///
    /// # Errors
    /// [`Refused`] when the rows cannot carry the model or `theta` does not fit.
    pub fn fit_at(&self, theta: &[f64]) -> Result<Fit, Refused> {
        self.fit_at_with(theta, &Options::default())
    }

    /// [`Problem::fit_at`] with options.
    ///
    /// # Errors
    /// As [`Problem::fit_at`].
    pub fn fit_at_with(&self, theta: &[f64], options: &Options) -> Result<Fit, Refused> {
        self.with_residuals(|rows| fit_at(rows, theta, options))
    }

    fn with_residuals(&self, solve: impl FnOnce(&Arc<dyn Rows>) -> Result<Fit, Refused>) -> Result<Fit, Refused> {
        self.check()?;
        let memory = Arc::new(Memory::of(self));
        let rows: Arc<dyn Rows> = memory.clone();
        let mut fit = solve(&rows)?;
        fit.residuals = memory.residuals(&fit);
        Ok(fit)
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

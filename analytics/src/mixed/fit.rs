//! A fitted model: coefficients, variances, predictions, and what is needed to ask it more.
//! Invariant: results are in the caller's order of factors, levels and rows, whatever the engine used inside.
//! Absent on purpose: how the variances were found; see `reml`.

use super::cross::Cross;
use super::reml::{NOTHING, Point, freedom, log_terms};
use super::solver::Solver;
use super::{Criterion, Options, Path, Phase, Refused};
use crate::design::Forest;

/// An estimated fixed coefficient.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficient {
    /// Column name; `intercept` for the first.
    pub name: String,
    /// Generalised least squares estimate, in units of the response.
    pub estimate: f64,
    /// Standard error at the estimated variances.
    pub error: f64,
}

/// A variance component.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Factor name.
    pub name: String,
    /// Variance of the random intercepts; zero when the factor was dropped.
    pub variance: f64,
    /// Whether the factor has no effect in this fit: one level only, another factor's twin, or zero variance.
    pub dropped: bool,
}

/// A fitted model; effects are in the caller's factor order and each factor's level order.
pub struct Fit {
    /// Coefficients that could be estimated, intercept first.
    pub coefficients: Vec<Coefficient>,
    /// One component per factor.
    pub components: Vec<Component>,
    /// Residual variance of a row with weight one.
    pub residual: f64,
    /// Best linear unbiased predictions per factor and level; zeros for a dropped factor.
    pub effects: Vec<Vec<f64>>,
    /// Residuals in the caller's row order; empty for a table that was read in chunks.
    pub residuals: Vec<f64>,
    /// Minus twice the log-likelihood, restricted or not (lme4's `REMLcrit` or deviance).
    pub criterion: f64,
    /// Standard error of the criterion: zero unless its determinant was estimated from draws.
    pub criterion_error: f64,
    /// Covariance of the estimated variances, by factor: the inverse of the average information.
    /// Zeros for a dropped factor, and all zeros for a fit at given ratios.
    pub covariance: Vec<Vec<f64>>,
    /// Variance updates made; zero for a fit at given ratios.
    pub steps: usize,
    /// Names of fixed columns dropped as collinear.
    pub collinear: Vec<String>,
    /// The engine that was used; never [`Path::Auto`].
    pub path: Path,
    pub(super) cross: Cross,
    pub(super) solver: Solver,
}

impl Fit {
    /// Standard deviation of each factor over the residual's, as [`super::Problem::fit_at`] takes them.
    pub fn theta(&self) -> Vec<f64> {
        self.components.iter().map(|c| (c.variance / self.residual).sqrt()).collect()
    }

    /// The same table at other ratios, restricted likelihood, by the same engine; as with [`Options::bare`].
    ///
    /// # Errors
    /// [`Refused`] as [`super::fit_at`].
    pub fn at(&self, theta: &[f64]) -> Result<Self, Refused> {
        super::fit_at(&self.cross.rows, theta, &Options { bare: true, path: self.path, ..Options::default() })
    }

    /// Connected components of the two factors with most levels: effects of different components
    /// cannot be compared. One where there are not two.
    pub fn connected(&self) -> usize {
        let Some(pairs) = self.cross.pairs.first() else { return 1 };
        let first = self.cross.eliminated();
        let mut forest = Forest::new(first + self.cross.blocks[1].levels());
        let mut parts = first + self.cross.blocks[1].levels();
        for level in 0..first {
            for &column in pairs.row(level).1 {
                let (one, other) = (forest.root(level), forest.root(first + column as usize));
                if one != other {
                    forest.join(one, other);
                    parts -= 1;
                }
            }
        }
        parts
    }

    /// Position of `factor` among the active ones.
    pub(super) fn position(&self, factor: usize) -> Option<usize> {
        self.cross.blocks.iter().position(|block| block.factor == factor)
    }
}

/// Collects the results at `point` with the residual variance profiled out.
pub(super) fn finish(cross: Cross, point: Point, options: &Options, steps: usize) -> Result<Fit, Refused> {
    options.watch.phase(Phase::Errors);
    let freedom = freedom(&cross, options.criterion);
    let known = point.covariance();
    let Point { variances, solver, solution, penalised, .. } = point;
    let scale = variances[variances.len() - 1];
    let residual = penalised / freedom;
    if residual <= NOTHING * cross.spread * cross.spread {
        return Err(Refused::NoVariance);
    }
    let lambda: Vec<f64> = variances[..cross.blocks.len()].iter().map(|v| scale / v).collect();
    let given_fixed = options.criterion == Criterion::MaximumLikelihood;
    let (criterion, criterion_error, inverse) = if options.bare {
        (f64::NAN, f64::NAN, vec![vec![f64::NAN; cross.p()]; cross.p()])
    } else {
        let (terms, error) = log_terms(&cross, &solver, &lambda, given_fixed)?;
        let criterion = terms + freedom * (1.0 + (std::f64::consts::TAU * residual).ln());
        (criterion, error, solver.fixed_inverse(&cross)?.to_vec())
    };
    let estimates = &solution.rest[cross.x_start..];
    // Columns are centred inside: the intercept at their zero is a contrast of all coefficients.
    let mut at_zero = vec![1.0];
    at_zero.extend(cross.basis.centres().map(|centre| -centre));
    let coefficients = cross.basis.names.iter().enumerate().map(|(k, name)| {
        let mut weights = vec![0.0; cross.p()];
        weights[k] = 1.0;
        let (weights, centre) = if k == 0 { (at_zero.clone(), cross.centre) } else { (weights, 0.0) };
        let value: f64 = weights.iter().zip(estimates).map(|(l, b)| l * b).sum();
        let variance: f64 = weights
            .iter()
            .zip(&inverse)
            .map(|(l, row)| l * weights.iter().zip(row).map(|(m, c)| m * c).sum::<f64>())
            .sum();
        // Not `max`, which would make a zero of what was left out.
        let variance = if variance < 0.0 { 0.0 } else { residual * variance };
        Coefficient { name: name.clone(), estimate: value + centre, error: variance.sqrt() }
    });
    let coefficients = coefficients.collect();
    let position = |factor: usize| cross.blocks.iter().position(|block| block.factor == factor);
    let factors = cross.rows.factors();
    let components = factors.iter().enumerate().map(|(index, factor)| Component {
        name: factor.name.clone(),
        variance: position(index).map_or(0.0, |k| variances[k] / scale * residual),
        dropped: position(index).is_none(),
    });
    let components = components.collect();
    let effects = factors.iter().enumerate().map(|(index, factor)| {
        position(index).map_or_else(|| vec![0.0; factor.count], |k| cross.effects(&solution, k).to_vec())
    });
    let effects = effects.collect();
    let entry = |a: usize, b: usize| match (&known, position(a), position(b)) {
        (Some(known), Some(a), Some(b)) => known[(a, b)],
        _ => 0.0,
    };
    let covariance = (0..factors.len()).map(|a| (0..factors.len()).map(|b| entry(a, b)).collect()).collect();
    let path = if solver.is_iterative() { Path::ConjugateGradients } else { Path::Exact };
    Ok(Fit {
        coefficients,
        components,
        residual,
        effects,
        residuals: Vec::new(),
        criterion,
        criterion_error,
        covariance,
        steps,
        collinear: cross.basis.dropped.clone(),
        path,
        solver,
        cross,
    })
}

//! A fitted model: coefficients, variances, predictions, and what is needed to ask it more.
//! Invariant: results are in the caller's order of factors, levels and rows, whatever the engine used inside.
//! Absent on purpose: how the variances were found; see `reml`.

use std::sync::Arc;

use super::Refused;
use super::exact::{Solver, System};
use super::reml::{NOTHING, Point};

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
    /// Residuals in the caller's row order.
    pub residuals: Vec<f64>,
    /// Minus twice the restricted log-likelihood (lme4's `REMLcrit`).
    pub criterion: f64,
    /// Variance updates made; zero for a fit at given ratios.
    pub steps: usize,
    /// Names of fixed columns dropped as collinear.
    pub collinear: Vec<String>,
    pub(super) system: System,
    pub(super) solver: Solver,
}

impl Fit {
    /// Standard deviation of each factor over the residual's, as [`super::Problem::fit_at`] takes them.
    pub fn theta(&self) -> Vec<f64> {
        self.components.iter().map(|c| (c.variance / self.residual).sqrt()).collect()
    }

    /// Position of `factor` among the active ones.
    pub(super) fn position(&self, factor: usize) -> Option<usize> {
        self.system.active.iter().position(|&active| active == factor)
    }
}

/// Solves once more with the residual variance profiled out and collects the results.
pub(super) fn finish(system: System, variances: &[f64], steps: usize) -> Result<Fit, Refused> {
    let rows = Arc::clone(&system.rows);
    let freedom = (rows.rows() - rows.columns.len()) as f64;
    let scale = variances[variances.len() - 1];
    let ratios: Vec<f64> = variances.iter().map(|v| v / scale).collect();
    let point = Point::at(&system, &ratios)?;
    let residual = point.penalised / freedom;
    if residual <= NOTHING * rows.spread * rows.spread {
        return Err(Refused::NoVariance);
    }
    let lambda: Vec<f64> = ratios[..system.active.len()].iter().map(|r| 1.0 / r).collect();
    let criterion =
        system.log_terms(&point.solver, &lambda) + freedom * (1.0 + (std::f64::consts::TAU * residual).ln());

    let inverse = point.solver.schur_inverse();
    let coefficients = rows
        .names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let column = system.x_start + index;
            let centre = if index == 0 { rows.centre } else { 0.0 };
            Coefficient {
                name: name.clone(),
                estimate: point.solution.rest[column] + centre,
                error: (residual * inverse[(column, column)]).sqrt(),
            }
        })
        .collect();
    let position = |factor: usize| system.active.iter().position(|&active| active == factor);
    let components = rows
        .factors
        .iter()
        .enumerate()
        .map(|(index, factor)| Component {
            name: factor.name().to_owned(),
            variance: position(index).map_or(0.0, |k| ratios[k] * residual),
            dropped: position(index).is_none(),
        })
        .collect();
    let effects = rows
        .factors
        .iter()
        .enumerate()
        .map(|(index, factor)| {
            position(index)
                .map_or_else(|| vec![0.0; factor.levels().len()], |k| system.effects(&point.solution, k).to_vec())
        })
        .collect();
    let mut residuals = vec![0.0; rows.rows()];
    for (canonical, &row) in rows.order.iter().enumerate() {
        residuals[row] = point.residuals[canonical];
    }
    Ok(Fit {
        coefficients,
        components,
        residual,
        effects,
        residuals,
        criterion,
        steps,
        collinear: rows.dropped.clone(),
        solver: point.solver,
        system,
    })
}

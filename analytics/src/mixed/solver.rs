//! One face for both engines.
//! Invariant: callers cannot tell which engine answered, but for the noise of draws.
//! Absent on purpose: the choice between them; see `reml`.

use std::sync::OnceLock;

use super::Refused;
use super::cross::{Cross, Entries, Solution};
use super::exact::Exact;
use super::iterative::{DRAWS, Iterative, Spread};
use super::posterior::Posterior;

/// Preconditioned residual of predictions.
pub(super) const PREDICTION: f64 = 1e-9;
/// Preconditioned residual of the solves behind the average information.
pub(super) const INFORMATION: f64 = 1e-5;

/// Right-hand sides written out at once.
const TOGETHER: usize = 64;

enum Engine {
    Exact(Exact),
    Iterative(Box<Iterative>),
}

/// Normal equations at given variance ratios, ready to be solved.
pub(super) struct Solver {
    engine: Engine,
    spread: OnceLock<Result<Spread, Refused>>,
    posterior: OnceLock<Posterior>,
    fixed: OnceLock<Result<Vec<Vec<f64>>, Refused>>,
    variances: OnceLock<Result<Vec<Vec<f64>>, Refused>>,
}

impl Solver {
    /// Prepares for `lambda` (residual variance over each active factor's, in the order of blocks).
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the normal equations cannot be factorised.
    pub fn new(cross: &Cross, lambda: &[f64], iterative: bool, seed: u64) -> Result<Self, Refused> {
        let engine = if iterative {
            Engine::Iterative(Box::new(Iterative::new(cross, lambda, seed)?))
        } else {
            Engine::Exact(Exact::new(cross, lambda)?)
        };
        Ok(Self {
            engine,
            spread: OnceLock::new(),
            posterior: OnceLock::new(),
            fixed: OnceLock::new(),
            variances: OnceLock::new(),
        })
    }

    /// Whether answers are those of the conjugate-gradient engine.
    pub fn is_iterative(&self) -> bool {
        matches!(self.engine, Engine::Iterative(_))
    }

    /// Solves the normal equations, near `start` and to `tolerance` where that matters.
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub fn solve(
        &self,
        cross: &Cross,
        sides: &[Solution],
        start: Option<&Solution>,
        tolerance: f64,
    ) -> Result<Vec<Solution>, Refused> {
        match &self.engine {
            Engine::Exact(exact) => Ok(exact.solve(cross, sides)),
            Engine::Iterative(iterative) => iterative.solve(cross, sides, start, tolerance),
        }
    }

    /// `l' C l` of each of `sides`: solved one by one where they are few. Where they are many, the
    /// exact engine looks them up in its inverse, and conjugate gradients take them from draws.
    ///
    /// # Errors
    /// As [`Solver::solve`].
    pub fn forms(&self, cross: &Cross, sides: &[Entries]) -> Result<Vec<f64>, Refused> {
        match &self.engine {
            Engine::Iterative(iterative) if sides.len() > DRAWS => {
                let posterior = self.posterior.get_or_init(|| iterative.posterior(cross));
                Ok(posterior.forms(cross, sides))
            }
            // An inverse costs as much as a third of the solves with every unit vector.
            Engine::Exact(exact) if 3 * sides.len() >= cross.dim() => Ok(exact.forms(cross, sides)),
            _ => {
                // One by one where that costs nothing: a form must not depend on its neighbours, not by a bit.
                let together = if self.is_iterative() { TOGETHER } else { 1 };
                let mut forms = Vec::with_capacity(sides.len());
                for some in sides.chunks(together) {
                    let written: Vec<Solution> = some.iter().map(|side| side.written(cross)).collect();
                    let solved = self.solve(cross, &written, None, PREDICTION)?;
                    forms.extend(some.iter().zip(&solved).map(|(l, at)| l.dot(at)));
                }
                Ok(forms)
            }
        }
    }

    /// `tr(C^kk)` of each block, given the coefficients if asked.
    ///
    /// # Errors
    /// As [`Solver::solve`].
    pub fn traces(&self, cross: &Cross, given_fixed: bool) -> Result<Vec<f64>, Refused> {
        match &self.engine {
            Engine::Exact(exact) => {
                Ok(exact.variances(cross, given_fixed)?.iter().map(|block| block.iter().sum()).collect())
            }
            Engine::Iterative(iterative) => iterative.traces(cross, given_fixed),
        }
    }

    /// Diagonal of the inverse by block, given the coefficients.
    ///
    /// # Errors
    /// As [`Solver::solve`].
    pub fn variances_given_fixed(&self, cross: &Cross) -> Result<&[Vec<f64>], Refused> {
        match &self.engine {
            Engine::Exact(exact) => {
                let made = self.variances.get_or_init(|| exact.variances(cross, true));
                made.as_ref().map(Vec::as_slice).map_err(Clone::clone)
            }
            Engine::Iterative(iterative) => self.spread(iterative, cross).map(|spread| spread.variances.as_slice()),
        }
    }

    /// The block of the inverse that belongs to the fixed columns.
    ///
    /// # Errors
    /// As [`Solver::solve`].
    pub fn fixed_inverse(&self, cross: &Cross) -> Result<&[Vec<f64>], Refused> {
        let made = self.fixed.get_or_init(|| match &self.engine {
            Engine::Exact(exact) => Ok(exact.fixed_inverse(cross)),
            Engine::Iterative(iterative) => {
                let unit = |k: usize| {
                    let mut rest = vec![0.0; cross.dim()];
                    rest[cross.x_start + k] = 1.0;
                    Solution { first: vec![0.0; cross.eliminated()], rest }
                };
                let sides: Vec<Solution> = (0..cross.p()).map(unit).collect();
                let solved = iterative.solve(cross, &sides, None, PREDICTION)?;
                Ok(solved.iter().map(|column| column.rest[cross.x_start..].to_vec()).collect())
            }
        });
        made.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }

    /// Logarithm of the determinant of the normal equations with its standard error; without the
    /// fixed columns if `given_fixed`.
    ///
    /// # Errors
    /// As [`Solver::solve`].
    pub fn log_det(&self, cross: &Cross, given_fixed: bool) -> Result<(f64, f64), Refused> {
        let iterative = match &self.engine {
            Engine::Exact(exact) => {
                return Ok((exact.log_det(if given_fixed { cross.x_start } else { cross.dim() }), 0.0));
            }
            Engine::Iterative(iterative) => iterative,
        };
        let spread = self.spread(iterative, cross)?;
        if given_fixed {
            return Ok((spread.log_det, spread.log_det_error));
        }
        // The determinant of the whole is that of the random part over that of the inverse's fixed block.
        let fixed = self.fixed_inverse(cross)?;
        let matrix = faer::Mat::from_fn(fixed.len(), fixed.len(), |a, b| 0.5 * (fixed[a][b] + fixed[b][a]));
        let llt = matrix.llt(faer::Side::Lower).map_err(|_| Refused::Indefinite)?;
        let inverse: f64 = 2.0 * (0..fixed.len()).map(|k| llt.L()[(k, k)].ln()).sum::<f64>();
        Ok((spread.log_det - inverse, spread.log_det_error))
    }

    fn spread(&self, iterative: &Iterative, cross: &Cross) -> Result<&Spread, Refused> {
        self.spread.get_or_init(|| iterative.spread(cross)).as_ref().map_err(Clone::clone)
    }
}

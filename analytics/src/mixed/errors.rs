//! Prediction error variances of contrasts and levels.
//! Invariant: every variance includes the uncertainty of the fixed part unless its name says
//! "given"; variances of the variance components themselves are not included (`methods/mixed-model.md`).
//! Absent on purpose: interval levels and reliability; see `score`.

use super::Refused;
use super::cross::Solution;
use super::fit::Fit;
use super::solver::PREDICTION;

/// Contrasts written out at once.
const TOGETHER: usize = 64;

/// A linear combination of coefficients and effects, in the caller's factor order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contrast {
    /// One weight per estimated coefficient, intercept first; shorter lists are padded with zero.
    pub fixed: Vec<f64>,
    /// Factor index, level index, weight.
    pub effects: Vec<(usize, usize, f64)>,
}

impl Fit {
    /// Value of `contrast` at the solution.
    pub fn value(&self, contrast: &Contrast) -> f64 {
        let fixed: f64 = contrast.fixed.iter().zip(&self.coefficients).map(|(l, c)| l * c.estimate).sum();
        let effects = contrast.effects.iter().map(|&(factor, level, l)| l * self.effects[factor][level]);
        fixed + effects.sum::<f64>()
    }

    /// Values of `contrasts` when another response (in the caller's row order) takes the place of
    /// `y` at the same variances: the predictor is linear in the response.
    ///
    /// # Errors
    /// [`Refused`] when the table cannot be read again or conjugate gradients do not converge.
    pub fn values_for(&self, contrasts: &[Contrast], response: &[f64]) -> Result<Vec<f64>, Refused> {
        let side = self.cross.project(response)?;
        let solved = self.solver.solve(&self.cross, &[side], None, PREDICTION)?;
        let value = |contrast: &Contrast| solved.iter().map(|at| self.sparse(contrast).dot(at)).sum();
        Ok(contrasts.iter().map(value).collect())
    }

    /// Predictions of all levels, factor by factor, when another response takes the place of `y` as
    /// in [`Fit::values_for`]; zeros for a dropped factor.
    ///
    /// # Errors
    /// As [`Fit::values_for`].
    pub fn effects_for(&self, response: &[f64]) -> Result<Vec<Vec<f64>>, Refused> {
        let side = self.cross.project(response)?;
        let solved = self.solver.solve(&self.cross, &[side], None, PREDICTION)?;
        let part = |factor: usize| match (self.position(factor), solved.first()) {
            (Some(position), Some(at)) => self.cross.effects(at, position).to_vec(),
            _ => vec![0.0; self.effects[factor].len()],
        };
        Ok((0..self.effects.len()).map(part).collect())
    }

    /// Prediction error variances of `contrasts`: `sigma^2 l' C l`, the covariance between the parts
    /// of a contrast included. Exact to rounding with the exact engine; with conjugate gradients
    /// solved to nine digits up to 128 contrasts, and beyond from 128 draws of the posterior, with a
    /// standard error of about one hundredth (`methods/mixed-model.md`).
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub fn variances(&self, contrasts: &[Contrast]) -> Result<Vec<f64>, Refused> {
        let mut variances = Vec::with_capacity(contrasts.len());
        for some in contrasts.chunks(TOGETHER) {
            let sides: Vec<Solution> = some.iter().map(|contrast| self.sparse(contrast)).collect();
            let forms = self.solver.forms(&self.cross, &sides, contrasts.len())?;
            variances.extend(forms.iter().map(|form| self.residual * form));
        }
        Ok(variances)
    }

    /// Standard errors of `contrasts`: roots of [`Fit::variances`]. Of a difference between two
    /// levels it is this, and not the root of the sum of their squared errors.
    ///
    /// # Errors
    /// As [`Fit::variances`].
    pub fn errors(&self, contrasts: &[Contrast]) -> Result<Vec<f64>, Refused> {
        Ok(self.variances(contrasts)?.into_iter().map(|variance| variance.max(0.0).sqrt()).collect())
    }

    /// Conditional variance of every level of `factor` given coefficients and variances
    /// (what lme4's `ranef(condVar = TRUE)` reports); zero for a dropped factor.
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the random part alone cannot be factorised.
    pub fn variances_given_fixed(&self, factor: usize) -> Result<Vec<f64>, Refused> {
        let Some(position) = self.position(factor) else { return Ok(vec![0.0; self.effects[factor].len()]) };
        let all = self.solver.variances_given_fixed(&self.cross)?;
        Ok(all[position].iter().map(|variance| self.residual * variance).collect())
    }

    /// The contrast as a right-hand side over the unknowns.
    fn sparse(&self, contrast: &Contrast) -> Solution {
        let cross = &self.cross;
        let mut side = Solution { first: vec![0.0; cross.eliminated()], rest: vec![0.0; cross.dim()] };
        let intercept = contrast.fixed.first().copied().unwrap_or(0.0);
        for (index, l) in contrast.fixed.iter().enumerate().take(self.coefficients.len()) {
            side.rest[cross.x_start + index] += l;
        }
        // Inside, columns are centred: the intercept is the value at their means.
        for (index, centre) in cross.basis.centres().enumerate() {
            side.rest[cross.x_start + index + 1] -= intercept * centre;
        }
        for &(factor, level, l) in &contrast.effects {
            match self.position(factor) {
                None => {}
                Some(0) => side.first[level] += l,
                Some(position) => side.rest[cross.block(position).start + level] += l,
            }
        }
        side
    }
}

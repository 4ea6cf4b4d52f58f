//! Prediction error variances of contrasts and levels.
//! Invariant: every variance includes the uncertainty of the fixed part unless its name says
//! "given"; variances of the variance components themselves are not included (`methods/mixed-model.md`).
//! Absent on purpose: interval levels and reliability; see `score`.

use super::Refused;
use super::cross::{Entries, Solution, merge};
use super::fit::Fit;
use super::solver::PREDICTION;

/// A linear combination of coefficients and effects, in the caller's factor order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contrast {
    /// One weight per estimated coefficient, intercept first; shorter lists are padded with zero.
    pub fixed: Vec<f64>,
    /// Factor index, level index, weight.
    pub effects: Vec<(usize, usize, f64)>,
}

/// Coefficients and effects that another response would have at the same variances.
pub struct Predicted(Solution);

impl Fit {
    /// Value of `contrast` at the solution.
    pub fn value(&self, contrast: &Contrast) -> f64 {
        let fixed: f64 = contrast.fixed.iter().zip(&self.coefficients).map(|(l, c)| l * c.estimate).sum();
        let effects = contrast.effects.iter().map(|&(factor, level, l)| l * self.effects[factor][level]);
        fixed + effects.sum::<f64>()
    }

    /// What another response (in the caller's row order) in the place of `y` would lead to at the same
    /// variances: the predictor is linear in the response.
    ///
    /// # Errors
    /// [`Refused`] when the table cannot be read again or conjugate gradients do not converge.
    pub fn predict(&self, response: &[f64]) -> Result<Predicted, Refused> {
        Ok(self.predict_all(&[response])?.remove(0))
    }

    /// [`Fit::predict`] for several responses, which cost less together.
    ///
    /// # Errors
    /// As [`Fit::predict`].
    pub fn predict_all(&self, responses: &[&[f64]]) -> Result<Vec<Predicted>, Refused> {
        let sides = responses.iter().map(|response| self.cross.project(response)).collect::<Result<Vec<_>, _>>()?;
        self.predicted(&sides)
    }

    /// [`Fit::predict_all`] of responses that are constant inside the levels of `factor`, one value per
    /// level: the table need not be read. Nothing for a dropped factor.
    ///
    /// # Errors
    /// As [`Fit::predict`].
    pub fn predict_levels(&self, factor: usize, values: &[&[f64]]) -> Result<Vec<Predicted>, Refused> {
        let Some(position) = self.position(factor) else { return Ok(Vec::new()) };
        let side = |values: &&[f64]| {
            let mut at = Entries::default().written(&self.cross);
            match position {
                0 => at.first.copy_from_slice(values),
                _ => at.rest[self.cross.block(position)].copy_from_slice(values),
            }
            self.cross.gram(&at)
        };
        self.predicted(&values.iter().map(side).collect::<Vec<Solution>>())
    }

    fn predicted(&self, sides: &[Solution]) -> Result<Vec<Predicted>, Refused> {
        let solved = self.solver.solve(&self.cross, sides, None, PREDICTION)?;
        Ok(solved.into_iter().map(Predicted).collect())
    }

    /// Values of `contrasts` at what another response leads to.
    pub fn values_at(&self, contrasts: &[Contrast], predicted: &Predicted) -> Vec<f64> {
        contrasts.iter().map(|contrast| self.sparse(contrast).dot(&predicted.0)).collect()
    }

    /// [`Fit::values_at`] of [`Fit::predict`].
    ///
    /// # Errors
    /// As [`Fit::predict`].
    pub fn values_for(&self, contrasts: &[Contrast], response: &[f64]) -> Result<Vec<f64>, Refused> {
        Ok(self.values_at(contrasts, &self.predict(response)?))
    }

    /// Predictions of all levels of `factor` at what another response leads to; zeros for a dropped one.
    pub fn effects_at(&self, predicted: &Predicted, factor: usize) -> Vec<f64> {
        match self.position(factor) {
            Some(position) => self.cross.effects(&predicted.0, position).to_vec(),
            None => vec![0.0; self.effects[factor].len()],
        }
    }

    /// Prediction error variances of `contrasts`: `sigma^2 l' C l`, the covariance between the parts
    /// of a contrast included. Exact to rounding with the exact engine; with conjugate gradients
    /// solved to nine digits up to 128 contrasts, and beyond from 128 draws of the posterior, with a
    /// standard error of about one hundredth (`methods/mixed-model.md`).
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub fn variances(&self, contrasts: &[Contrast]) -> Result<Vec<f64>, Refused> {
        let sides: Vec<Entries> = contrasts.iter().map(|contrast| self.sparse(contrast)).collect();
        let forms = self.solver.forms(&self.cross, &sides)?;
        Ok(forms.iter().map(|form| self.residual * form).collect())
    }

    /// Prediction error variances of each of `contrasts` less `common`, which is solved once: for
    /// many small contrasts against one that names every level.
    ///
    /// # Errors
    /// As [`Fit::variances`].
    pub fn variances_from(&self, contrasts: &[Contrast], common: &Contrast) -> Result<Vec<f64>, Refused> {
        let all = self.covariances(std::slice::from_ref(common), contrasts)?;
        let own = self.variances(contrasts)?;
        let [(between, shared)] = &all[..] else { return Err(Refused::Indefinite) };
        Ok(own.iter().zip(between).map(|(own, between)| own - 2.0 * between + shared).collect())
    }

    /// For each of `solved` its covariances with all of `contrasts`, and its own variance.
    fn covariances(&self, solved: &[Contrast], contrasts: &[Contrast]) -> Result<Vec<(Vec<f64>, f64)>, Refused> {
        let named: Vec<Entries> = contrasts.iter().map(|contrast| self.sparse(contrast)).collect();
        let sides: Vec<Entries> = solved.iter().map(|contrast| self.sparse(contrast)).collect();
        let written: Vec<Solution> = sides.iter().map(|side| side.written(&self.cross)).collect();
        let columns = self.solver.solve(&self.cross, &written, None, PREDICTION)?;
        let with = |(column, side): (&Solution, &Entries)| {
            let between = named.iter().map(|entries| self.residual * entries.dot(column)).collect();
            (between, self.residual * side.dot(column))
        };
        Ok(columns.iter().zip(&sides).map(with).collect())
    }

    /// Prediction error covariances of `contrasts`, solved one by one: for a few that many
    /// combinations are asked of.
    ///
    /// # Errors
    /// As [`Fit::variances`].
    pub fn covariance_of(&self, contrasts: &[Contrast]) -> Result<Vec<Vec<f64>>, Refused> {
        Ok(self.covariances(contrasts, contrasts)?.into_iter().map(|(row, _)| row).collect())
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
    fn sparse(&self, contrast: &Contrast) -> Entries {
        let cross = &self.cross;
        let mut side = Entries::default();
        let intercept = contrast.fixed.first().copied().unwrap_or(0.0);
        for (index, l) in contrast.fixed.iter().enumerate().take(self.coefficients.len()) {
            side.rest.push((cross.x_start + index, *l));
        }
        // Inside, columns are centred: the intercept is the value at their means.
        if intercept != 0.0 {
            for (index, centre) in cross.basis.centres().enumerate() {
                side.rest.push((cross.x_start + index + 1, -intercept * centre));
            }
        }
        for &(factor, level, l) in &contrast.effects {
            match self.position(factor) {
                None => {}
                Some(0) => side.first.push((level, l)),
                Some(position) => side.rest.push((cross.block(position).start + level, l)),
            }
        }
        merge(&mut side.first);
        merge(&mut side.rest);
        side
    }
}

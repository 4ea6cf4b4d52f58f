//! Prediction error variances of contrasts and levels.
//! Invariant: every variance includes the uncertainty of the fixed part unless its name says
//! "given"; variances of the variance components themselves are not included (`methods/mixed-model.md`).
//! Absent on purpose: interval levels and reliability; see `score`.

use super::exact::Solution;
use super::fit::Fit;

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

    /// Value of `contrast` when another response (in the caller's row order) takes the place of
    /// `y` at the same variances: the predictor is linear in the response.
    pub fn value_for(&self, contrast: &Contrast, response: &[f64]) -> f64 {
        self.values_for(std::slice::from_ref(contrast), response)[0]
    }

    /// [`Fit::value_for`] for many contrasts with one solve.
    pub fn values_for(&self, contrasts: &[Contrast], response: &[f64]) -> Vec<f64> {
        let system = &self.system;
        let canonical: Vec<f64> = self.system.rows.order.iter().map(|&row| response[row]).collect();
        let at = system.solve(&self.solver, &system.project(&canonical));
        contrasts
            .iter()
            .map(|contrast| {
                let side = self.sparse(contrast);
                let first: f64 = side.first.iter().zip(&at.first).map(|(l, v)| l * v).sum();
                first + side.rest.iter().zip(&at.rest).map(|(l, v)| l * v).sum::<f64>()
            })
            .collect()
    }

    /// Prediction error variance of `contrast`: `sigma^2 l' C l`.
    pub fn variance(&self, contrast: &Contrast) -> f64 {
        let side = self.sparse(contrast);
        let mut rest = side.rest;
        let mut own = 0.0;
        for ((entries, d), l) in self.system.cross.iter().zip(&self.solver.diagonal).zip(&side.first) {
            if *l != 0.0 {
                own += l * l / d;
                for &(column, entry) in entries {
                    rest[column] -= entry * l / d;
                }
            }
        }
        let solved = self.solver.schur_solve(&rest);
        let schur: f64 = rest.iter().zip(&solved).map(|(a, b)| a * b).sum();
        self.residual * (own + schur)
    }

    /// Conditional variance of every level of `factor` given coefficients and variances
    /// (what lme4's `ranef(condVar = TRUE)` reports); zero for a dropped factor.
    pub fn variances_given_fixed(&self, factor: usize) -> Vec<f64> {
        let Some(position) = self.position(factor) else { return vec![0.0; self.effects[factor].len()] };
        let system = &self.system;
        let inverse = self.solver.leading_inverse(system.x_start);
        if position > 0 {
            return system.block(position).map(|column| self.residual * inverse[(column, column)]).collect();
        }
        let levels = self.system.cross.iter().zip(&self.solver.diagonal);
        levels
            .map(|(entries, d)| {
                let random = entries.iter().take_while(|(column, _)| *column < system.x_start);
                let mut form = 0.0;
                for &(i, one) in random.clone() {
                    for &(j, other) in random.clone() {
                        form += one * other * inverse[(i, j)];
                    }
                }
                self.residual * (1.0 / d + form / (d * d))
            })
            .collect()
    }

    /// The contrast as a right-hand side over the active blocks.
    fn sparse(&self, contrast: &Contrast) -> Solution {
        let system = &self.system;
        let mut side = Solution { first: vec![0.0; self.system.cross.len()], rest: vec![0.0; system.dim] };
        for (index, l) in contrast.fixed.iter().enumerate().take(self.coefficients.len()) {
            side.rest[system.x_start + index] += l;
        }
        for &(factor, level, l) in &contrast.effects {
            match self.position(factor) {
                None => {}
                Some(0) => side.first[level] += l,
                Some(position) => side.rest[system.block(position).start + level] += l,
            }
        }
        side
    }
}

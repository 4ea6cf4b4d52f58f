//! The headline model on one response: outcome effect from inside raters and ratees, everything
//! else by the mixed model on what is left.
//! Invariant: the error of a score includes the error of the outcome effect, which is uncorrelated
//! with the rest (`methods/outcome-effect.md`). Absent on purpose: which response it is.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Estimate;
use super::frame::{COURT, Frame, HOME, RATEE, RATER};
use crate::mixed::{Column, Contrast, Fit, Options, Predicted, Problem, Refused, Within, within};

/// How the outcome of a case moves a rating, estimated twice.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeAudit {
    /// Cases ended for the lawyer's side minus cases ended against it, scale points, within raters and ratees.
    pub effect: Estimate,
    /// The same by generalised least squares, where better lawyers winning more leaks in.
    pub leaky: f64,
    /// Difference over its standard error (Hausman 1978); `None` when the variances do not allow it.
    pub hausman: Option<f64>,
    /// Whether the effect could be estimated within at all; otherwise it is the leaky one.
    pub within: bool,
}

/// A score with its error, before plain means and counts are added.
pub(crate) struct Score {
    pub value: f64,
    pub error: f64,
    pub reliability: f64,
}

/// A fitted headline model.
pub(crate) struct Headline {
    pub fit: Fit,
    /// The response with the outcome among the fixed columns, for the audit alone.
    full: Problem,
    pub(crate) within: Option<Within>,
    /// Effect of each outcome column.
    outcome: Vec<f64>,
    /// Mean outcome contribution over eligible cases.
    standard_outcome: f64,
    /// The same fit with one variance of few levels larger, and by how much.
    nearby: Vec<Nearby>,
    /// Covariance of the estimated variances, by factor; empty where they are taken as known.
    covariance: Vec<Vec<f64>>,
    /// What the predictor makes of each outcome column.
    taken: OnceLock<Result<Vec<Predicted>, Refused>>,
}

/// A fit with one variance moved.
struct Nearby {
    factor: usize,
    step: f64,
    fit: Fit,
}

/// Factors with a dozen levels: their variances are known to a third at best.
const FEW: [usize; 2] = [HOME, COURT];
/// With two or three levels the likelihood falls off too slowly to hold a variance from running away.
const LEAST_LEVELS: usize = 4;

/// Most unknowns of an exact headline. A box is factorised some sixty times, for items, strata and
/// robust scores, and each time costs with the third power: beyond, draws are the better bargain.
const DENSE: usize = 4096;

fn options() -> Options<'static> {
    Options { dense: DENSE, bare: true, ..Options::default() }
}

impl Headline {
    /// Fits `values` with `weights` on `frame`, at `theta` if given (order of [`Frame::factors`]).
    pub fn fit(frame: &Frame, values: &[f64], weights: &[f64], theta: Option<&[f64]>) -> Result<Self, Refused> {
        let other: Vec<Column> = frame.other.iter().map(|s| s.column.clone()).collect();
        let outcome: Vec<Column> = frame.outcome.iter().map(|s| s.column.clone()).collect();
        let all: Vec<Column> = outcome.iter().chain(&other).cloned().collect();
        let problem =
            |y: Vec<f64>, fixed: Vec<Column>| Problem { y, weights: weights.to_vec(), factors: frame.factors(), fixed };
        let full = problem(values.to_vec(), all);
        let enough = |&factor: &usize| full.factors[factor].levels().len() >= LEAST_LEVELS;
        let held: Vec<usize> = FEW.into_iter().filter(enough).collect();
        let options = Options { held: &held, ..options() };
        let identified = |w: &Within| outcome.iter().all(|c| w.coefficients.iter().any(|b| b.name == c.name));
        let inside = if outcome.is_empty() { None } else { within(&full).ok().filter(identified) };
        let Some(inside) = inside else {
            // Nothing varies inside pairs: the mixed model has to carry the outcome itself.
            let fit = theta.map_or_else(|| full.fit_with(&options), |theta| full.fit_at_with(theta, &options))?;
            let effect = outcome.iter().map(|c| coefficient(&fit, &c.name)).collect();
            return Ok(Self::new(frame, fit, full, None, effect));
        };
        let effect: Vec<f64> = outcome
            .iter()
            .map(|column| inside.coefficients.iter().find(|b| b.name == column.name).map_or(0.0, |b| b.estimate))
            .collect();
        let rest = values
            .iter()
            .enumerate()
            .map(|(row, y)| y - outcome.iter().zip(&effect).map(|(column, b)| column.values[row] * b).sum::<f64>());
        let offset = problem(rest.collect(), other);
        let fit = theta.map_or_else(|| offset.fit_with(&options), |theta| offset.fit_at_with(theta, &options))?;
        Ok(Self::new(frame, fit, full, Some(inside), effect))
    }

    fn new(frame: &Frame, fit: Fit, full: Problem, within: Option<Within>, outcome: Vec<f64>) -> Self {
        let standard_outcome = frame.outcome.iter().zip(&outcome).map(|(s, b)| s.standard * b).sum();
        Self {
            fit,
            full,
            within,
            outcome,
            standard_outcome,
            nearby: Vec::new(),
            covariance: Vec::new(),
            taken: OnceLock::new(),
        }
    }

    /// Lets errors include that the variances of few levels are estimates: what predictions would
    /// be, were such a variance a standard error larger.
    ///
    /// # Errors
    /// [`Refused`] as the engine does.
    pub fn with_uncertain_variances(self) -> Result<Self, Refused> {
        let covariance = self.fit.covariance.clone();
        self.with_variances_known_to(covariance)
    }

    /// The same for a response that was fitted at the ratios of `other`: as far as those ratios are
    /// known, so are its own variances.
    ///
    /// # Errors
    /// [`Refused`] as the engine does.
    pub fn with_uncertainty_of(self, other: &Self) -> Result<Self, Refused> {
        let scale = self.fit.residual / other.fit.residual;
        let own = |row: &Vec<f64>| row.iter().map(|value| value * scale * scale).collect();
        let covariance = other.covariance.iter().map(own).collect();
        self.with_variances_known_to(covariance)
    }

    fn with_variances_known_to(mut self, covariance: Vec<Vec<f64>>) -> Result<Self, Refused> {
        let theta = self.fit.theta();
        for factor in FEW {
            let step = covariance.get(factor).map_or(0.0, |row| row[factor].max(0.0).sqrt());
            if step > 0.0 {
                let mut moved = theta.clone();
                moved[factor] = ((self.fit.components[factor].variance + step) / self.fit.residual).sqrt();
                self.nearby.push(Nearby { factor, step, fit: self.fit.at(&moved)? });
            }
        }
        self.covariance = covariance;
        Ok(self)
    }

    /// Mean outcome contribution at the eligible-case mix.
    pub fn standard_outcome(&self) -> f64 {
        self.standard_outcome
    }

    /// Outcome contribution of each ballot.
    pub fn outcome(&self, frame: &Frame) -> Vec<f64> {
        let value = |row: usize| frame.outcome.iter().zip(&self.outcome).map(|(s, b)| s.column.values[row] * b).sum();
        (0..frame.ratee.codes().len()).map(value).collect()
    }

    /// Severity of each ballot's rater: the rater's own and the home court's; positive is generous.
    pub fn severity(&self, frame: &Frame) -> Vec<f64> {
        let codes = frame.rater.codes().iter().zip(frame.home.codes());
        codes.map(|(&i, &h)| self.fit.effects[RATER][i as usize] + self.fit.effects[HOME][h as usize]).collect()
    }

    /// Scores of weighted groups of ratees (shares sum to one) at the standard mix.
    pub fn scores(&self, frame: &Frame, groups: &[Vec<(usize, f64)>]) -> Result<Vec<Score>, Refused> {
        let random = contrasts(frame, groups, &[]);
        let whole = contrasts(frame, groups, &self.standard(frame));
        let standard: Vec<f64> = frame.outcome.iter().map(|s| s.standard).collect();
        let random_errors = self.errors(frame, &random, &vec![0.0; standard.len()])?;
        let errors = self.errors(frame, &whole, &standard)?;
        let between = self.fit.components[RATEE].variance + self.fit.components[COURT].variance;
        // Without a within estimate the outcome columns are part of the fitted contrast already.
        let added = if self.within.is_some() { self.standard_outcome } else { 0.0 };
        let scores = whole
            .iter()
            .zip(errors)
            .zip(random_errors)
            .map(|((contrast, error), own)| Score {
                value: self.fit.value(contrast) + added,
                error,
                reliability: if between > 0.0 { (1.0 - own * own / between).clamp(0.0, 1.0) } else { 0.0 },
            })
            .collect();
        Ok(scores)
    }

    /// Values and errors of contrasts between ratees (weights sum to zero).
    pub fn differences(&self, frame: &Frame, groups: &[Vec<(usize, f64)>]) -> Result<Vec<(f64, f64)>, Refused> {
        let random = contrasts(frame, groups, &[]);
        let errors = self.errors(frame, &random, &vec![0.0; frame.outcome.len()])?;
        Ok(random.iter().zip(errors).map(|(contrast, error)| (self.fit.value(contrast), error)).collect())
    }

    /// The same of every group less `common`, which may name every ratee.
    pub fn differences_from(
        &self,
        frame: &Frame,
        groups: &[Vec<(usize, f64)>],
        common: &[(usize, f64)],
    ) -> Result<Vec<(f64, f64)>, Refused> {
        let random = contrasts(frame, groups, &[]);
        let Some(common) = contrasts(frame, &[common.to_vec()], &[]).pop() else { return Ok(Vec::new()) };
        let mut variances = self.fit.variances_from(&random, &common)?;
        let parts = self.parts(frame, &random, &vec![0.0; frame.outcome.len()])?;
        let shared = self.parts(frame, std::slice::from_ref(&common), &vec![0.0; frame.outcome.len()])?;
        for (variance, own) in variances.iter_mut().zip(&parts) {
            let less =
                shared.first().map_or_else(Vec::new, |shared| own.iter().zip(shared).map(|(a, b)| a - b).collect());
            *variance += self.added(frame, &less, &less);
        }
        let level = self.fit.value(&common);
        let errors = variances.iter().map(|v| v.max(0.0).sqrt());
        Ok(random.iter().zip(errors).map(|(contrast, error)| (self.fit.value(contrast) - level, error)).collect())
    }

    /// Values and error covariances of groups, for combinations of a few of them whose weights sum to zero.
    pub fn covariances(
        &self,
        frame: &Frame,
        groups: &[Vec<(usize, f64)>],
    ) -> Result<(Vec<f64>, Vec<Vec<f64>>), Refused> {
        let random = contrasts(frame, groups, &[]);
        let parts = self.parts(frame, &random, &vec![0.0; frame.outcome.len()])?;
        let mut covariances = self.fit.covariance_of(&random)?;
        for (row, one) in covariances.iter_mut().zip(&parts) {
            row.iter_mut().zip(&parts).for_each(|(value, other)| *value += self.added(frame, one, other));
        }
        Ok((random.iter().map(|contrast| self.fit.value(contrast)).collect(), covariances))
    }

    /// Severity by home court.
    pub fn homes(&self, frame: &Frame) -> Result<BTreeMap<String, Estimate>, Refused> {
        let mut raters = vec![std::collections::BTreeSet::new(); frame.home.levels().len()];
        for (&h, &i) in frame.home.codes().iter().zip(frame.rater.codes()) {
            raters[h as usize].insert(i);
        }
        let single: Vec<Contrast> =
            (0..raters.len()).map(|h| Contrast { fixed: vec![], effects: vec![(HOME, h, 1.0)] }).collect();
        let errors = self.errors(frame, &single, &vec![0.0; frame.outcome.len()])?;
        let variance = self.fit.components[HOME].variance;
        let homes = frame
            .home
            .levels()
            .iter()
            .enumerate()
            .map(|(h, code)| {
                let reliability =
                    if variance > 0.0 { (1.0 - errors[h] * errors[h] / variance).clamp(0.0, 1.0) } else { 0.0 };
                let estimate = Estimate {
                    value: self.fit.effects[HOME][h],
                    error: errors[h],
                    raw: None,
                    reliability: Some(reliability),
                    raters: raters[h].len(),
                };
                (code.clone(), estimate)
            })
            .collect();
        Ok(homes)
    }

    /// The outcome effect for minus against, with the check against the leaky estimate.
    pub fn audit(&self, frame: &Frame) -> Result<Option<OutcomeAudit>, Refused> {
        let Some(weights) = for_minus_against(&frame.outcomes) else { return Ok(None) };
        let effect: f64 = weights.iter().zip(&self.outcome).map(|(w, b)| w * b).sum();
        let names: Vec<&str> = frame.outcome.iter().map(|s| s.column.name.as_str()).collect();
        // At the headline's own ratios; single items are never asked, so nobody else pays for it.
        let mixed = self.full.fit_at_with(&self.fit.theta(), &options())?;
        let leaky: f64 = weights.iter().zip(&names).map(|(w, name)| w * coefficient(&mixed, name)).sum();
        let contrast = Contrast {
            fixed: mixed
                .coefficients
                .iter()
                .map(|c| names.iter().position(|name| *name == c.name).map_or(0.0, |k| weights[k]))
                .collect(),
            effects: vec![],
        };
        let leaky_variance: f64 = mixed.variances(&[contrast])?.iter().sum();
        let variance = self.within.as_ref().map_or(leaky_variance, |w| quadratic(w, &names, &weights));
        let gap = variance - leaky_variance;
        let raters: std::collections::BTreeSet<&u32> = frame.rater.codes().iter().collect();
        Ok(Some(OutcomeAudit {
            effect: Estimate {
                value: effect,
                error: variance.max(0.0).sqrt(),
                raw: None,
                reliability: None,
                raters: raters.len(),
            },
            leaky,
            hausman: (self.within.is_some() && gap > 0.0).then(|| (leaky - effect) / gap.sqrt()),
            within: self.within.is_some(),
        }))
    }

    /// Factors without effect and collinear columns, by name.
    pub fn dropped(&self) -> Vec<String> {
        let factors = self.fit.components.iter().filter(|c| c.dropped).map(|c| c.name.clone());
        let inside = self.within.iter().flat_map(|w| w.dropped.iter().map(|name| format!("{name} (within)")));
        factors.chain(self.fit.collinear.iter().cloned()).chain(inside).collect()
    }

    /// Standard value of each estimated coefficient, intercept first.
    pub(crate) fn standard(&self, frame: &Frame) -> Vec<f64> {
        let known = || frame.outcome.iter().chain(&frame.other);
        self.fit
            .coefficients
            .iter()
            .enumerate()
            .map(
                |(k, c)| {
                    if k == 0 { 1.0 } else { known().find(|s| s.column.name == c.name).map_or(0.0, |s| s.standard) }
                },
            )
            .collect()
    }

    /// Errors of contrasts: prediction error, and what is not known of outcome effect and variances.
    pub(super) fn errors(&self, frame: &Frame, contrasts: &[Contrast], standard: &[f64]) -> Result<Vec<f64>, Refused> {
        let variances = self.fit.variances(contrasts)?;
        let parts = self.parts(frame, contrasts, standard)?;
        let all = variances.iter().zip(&parts).map(|(variance, own)| variance + self.added(frame, own, own));
        Ok(all.map(|v| v.max(0.0).sqrt()).collect())
    }

    /// How each contrast moves with the outcome columns' effects (`standard` less the predictor applied
    /// to the column), and then with the variances of [`FEW`].
    fn parts(&self, frame: &Frame, contrasts: &[Contrast], standard: &[f64]) -> Result<Vec<Vec<f64>>, Refused> {
        let taken: &[Predicted] = if self.within.is_none() { &[] } else { self.taken(frame)? };
        let taken: Vec<Vec<f64>> = taken.iter().map(|predicted| self.fit.values_at(contrasts, predicted)).collect();
        let part = |(index, contrast): (usize, &Contrast)| {
            let moves = standard.iter().zip(&taken).map(|(s, taken)| s - taken[index]);
            let value = self.fit.value(contrast);
            let slopes = self.nearby.iter().map(|near| (near.fit.value(contrast) - value) / near.step);
            moves.chain(slopes).collect()
        };
        Ok(contrasts.iter().enumerate().map(part).collect())
    }

    fn taken(&self, frame: &Frame) -> Result<&[Predicted], Refused> {
        let columns = || frame.outcome.iter().map(|s| s.column.values.as_slice()).collect::<Vec<_>>();
        let taken = self.taken.get_or_init(|| self.fit.predict_all(&columns()));
        taken.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }

    /// Covariance of two contrasts by their [`Headline::parts`]: of the outcome effect, and twice that
    /// of the variances, because plugging estimates in also makes the prediction error too small
    /// (Kackar and Harville 1984; Prasad and Rao 1990).
    fn added(&self, frame: &Frame, one: &[f64], other: &[f64]) -> f64 {
        let count = if self.within.is_some() { frame.outcome.len() } else { 0 };
        let mut sum = 0.0;
        if let Some(inside) = &self.within {
            let at = |k: usize| inside.coefficients.iter().position(|c| c.name == frame.outcome[k].column.name);
            let known: Vec<(usize, usize)> = (0..count).filter_map(|k| Some((k, at(k)?))).collect();
            sum += known
                .iter()
                .map(|&(k, i)| known.iter().map(|&(l, j)| one[k] * other[l] * inside.covariance[i][j]).sum::<f64>())
                .sum::<f64>();
        }
        for (near, a) in self.nearby.iter().zip(&one[count..]) {
            for (beside, b) in self.nearby.iter().zip(&other[count..]) {
                sum += 2.0 * a * b * self.covariance[near.factor][beside.factor];
            }
        }
        sum
    }
}

fn coefficient(fit: &Fit, name: &str) -> f64 {
    fit.coefficients.iter().find(|c| c.name == name).map_or(0.0, |c| c.estimate)
}

/// `g' V g` for the named columns of a within estimate.
pub(crate) fn quadratic(inside: &Within, names: &[&str], g: &[f64]) -> f64 {
    let at = |name: &str| inside.coefficients.iter().position(|c| c.name == name);
    let known: Vec<(usize, f64)> = names.iter().zip(g).filter_map(|(name, g)| at(name).map(|k| (k, *g))).collect();
    known.iter().map(|&(k, a)| known.iter().map(|&(l, b)| a * b * inside.covariance[k][l]).sum::<f64>()).sum()
}

/// Random parts of groups of ratees with their courts, plus `fixed`.
pub(crate) fn contrasts(frame: &Frame, groups: &[Vec<(usize, f64)>], fixed: &[f64]) -> Vec<Contrast> {
    groups
        .iter()
        .map(|group| {
            // Sums run in one order, whichever way round a difference is asked for.
            let mut group = group.clone();
            group.sort_by_key(|&(j, _)| j);
            let mut effects = Vec::with_capacity(2 * group.len());
            for (j, share) in group {
                effects.push((RATEE, j, share));
                if let Some(court) = frame.court.position(frame.court_of(j)) {
                    effects.push((COURT, court, share));
                }
            }
            Contrast { fixed: fixed.to_vec(), effects }
        })
        .collect()
}

/// Weights on the sum-to-zero columns that give level `for` minus level `against`.
fn for_minus_against(levels: &[String]) -> Option<Vec<f64>> {
    let at = |name: &str| levels.iter().position(|level| level == name);
    let (gain, loss, last) = (at("for")?, at("against")?, levels.len() - 1);
    let of = |level: usize, column: usize| {
        if level == column {
            1.0
        } else if level == last {
            -1.0
        } else {
            0.0
        }
    };
    Some((0..last).map(|column| of(gain, column) - of(loss, column)).collect())
}

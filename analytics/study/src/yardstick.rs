//! The headline built once more from the engine's public parts: at variances that nobody but the
//! study knows, and for responses other than the composite.
//! Invariant: same factors, columns and order of steps as the headline; all ballots weigh the same.
//! Absent on purpose: whatever the scores say themselves.

use std::collections::BTreeSet;

use hengping_analytics::bundle::{Answer, Ballot, Bundle};
use hengping_analytics::design::Factor;
use hengping_analytics::mixed::{Column, Contrast, Fit, Problem, Refused, Within, within};
use hengping_analytics::score::Scores;

use crate::curve::{density, quantile};

const RATEE: usize = 0;
const COURT: usize = 3;

/// The mean of some ratees against the mean of others, by index into the names in their order.
pub type Sides = (Vec<usize>, Vec<usize>);

/// Each of `size` ratees against the mean of all.
pub fn against_mean(size: usize) -> Vec<Sides> {
    (0..size).map(|j| (vec![j], (0..size).collect())).collect()
}

/// The mean of one court's ratees against another's, all pairs of courts; `courts` has one code per ratee.
pub fn court_pairs(courts: &[&str]) -> Vec<Sides> {
    let codes: Vec<&str> = courts.iter().copied().collect::<BTreeSet<&str>>().into_iter().collect();
    let members = |code: &str| (0..courts.len()).filter(|&j| courts[j] == code).collect::<Vec<usize>>();
    let pairs = (0..codes.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
    pairs.map(|(a, b)| (members(codes[a]), members(codes[b]))).collect()
}

/// A fitted model of one response.
pub struct Yardstick {
    /// Ratees in the order of their names.
    pub ratees: Vec<String>,
    /// Court of each ratee, an index.
    courts: Vec<usize>,
    fit: Fit,
    within: Within,
    outcome: Vec<Column>,
}

impl Yardstick {
    /// Fits `values` (one per ballot) at the variances of `scores`, or finds its own without.
    ///
    /// # Errors
    /// [`Refused`] as the engine does.
    pub fn new(bundle: &Bundle, ballots: &[&Ballot], values: &[f64], scores: Option<&Scores>) -> Result<Self, Refused> {
        let by_ratee = bundle.courts();
        let labels = |value: fn(&Ballot) -> &str| ballots.iter().map(|b| value(b)).collect::<Vec<&str>>();
        let court: Vec<&str> = ballots.iter().map(|b| by_ratee.get(&b.ratee).map_or("", String::as_str)).collect();
        let factors = vec![
            Factor::new("ratee", &labels(|b| &b.ratee)),
            Factor::new("rater", &labels(|b| &b.nym)),
            Factor::new("home", &labels(|b| &b.home)),
            Factor::new("court", &court),
        ];
        let outcome = contrasts(&Factor::new("outcome", &labels(|b| &b.outcome)));
        let kind = contrasts(&Factor::new("case_type", &labels(|b| &b.case_type)));
        let weights = vec![1.0; values.len()];
        let all = outcome.iter().chain(&kind).cloned().collect();
        let within =
            within(&Problem { y: values.to_vec(), weights: weights.clone(), factors: factors.clone(), fixed: all })?;
        let effect = |column: &Column| within.coefficients.iter().find(|c| c.name == column.name).map(|c| c.estimate);
        let offset = |row: usize| outcome.iter().map(|c| effect(c).unwrap_or(0.0) * c.values[row]).sum::<f64>();
        let y = values.iter().enumerate().map(|(row, value)| value - offset(row)).collect();
        let ratees = factors[RATEE].levels().to_vec();
        let courts = ratees
            .iter()
            .map(|name| by_ratee.get(name).and_then(|code| factors[COURT].position(code)).unwrap_or(0))
            .collect();
        let problem = Problem { y, weights, factors, fixed: kind };
        let fit = match scores {
            None => problem.fit()?,
            Some(scores) => {
                let at = &scores.parameters;
                let ratio = |f: &Factor| (at.variances.get(f.name()).copied().unwrap_or(0.0) / at.residual).sqrt();
                problem.fit_at(&problem.factors.iter().map(ratio).collect::<Vec<f64>>())?
            }
        };
        Ok(Self { ratees, courts, fit, within, outcome })
    }

    /// Predicted value of every ratee with the court's, up to a common constant.
    pub fn values(&self) -> Vec<f64> {
        (0..self.ratees.len()).map(|j| self.fit.value(&self.contrast(&(vec![j], vec![])))).collect()
    }

    /// Standard errors of differences, the variances taken as known.
    ///
    /// # Errors
    /// [`Refused`] as the engine does.
    pub fn errors(&self, groups: &[Sides]) -> Result<Vec<f64>, Refused> {
        let contrasts: Vec<Contrast> = groups.iter().map(|group| self.contrast(group)).collect();
        let taken = self.outcome.iter().map(|column| self.fit.values_for(&contrasts, &column.values));
        let taken = taken.collect::<Result<Vec<Vec<f64>>, Refused>>()?;
        let variances = self.fit.variances(&contrasts)?;
        let place = |k: usize| self.within.coefficients.iter().position(|c| c.name == self.outcome[k].name);
        let places: Vec<Option<usize>> = (0..self.outcome.len()).map(place).collect();
        let errors = variances
            .into_iter()
            .enumerate()
            .map(|(index, mut variance)| {
                for (k, one) in places.iter().enumerate() {
                    for (l, other) in places.iter().enumerate() {
                        if let (Some(one), Some(other)) = (one, other) {
                            variance += taken[k][index] * taken[l][index] * self.within.covariance[*one][*other];
                        }
                    }
                }
                variance.max(0.0).sqrt()
            })
            .collect();
        Ok(errors)
    }

    fn contrast(&self, (one, other): &Sides) -> Contrast {
        let side = |members: &[usize], sign: f64| {
            let share = sign / members.len() as f64;
            members.iter().flat_map(|&j| [(RATEE, j, share), (COURT, self.courts[j], share)]).collect::<Vec<_>>()
        };
        Contrast { fixed: vec![], effects: [side(one, 1.0), side(other, -1.0)].concat() }
    }
}

/// Sum-to-zero columns of a factor.
fn contrasts(factor: &Factor) -> Vec<Column> {
    let last = factor.levels().len() - 1;
    let code = |k: usize| {
        move |&code: &u32| match code as usize {
            code if code == k => 1.0,
            code if code == last => -1.0,
            _ => 0.0,
        }
    };
    let column = |k: usize| Column {
        name: format!("{}:{}", factor.name(), factor.levels()[k]),
        values: factor.codes().iter().map(code(k)).collect(),
    };
    (0..last).map(column).collect()
}

/// Mean normal score of each ballot: an answer counts as the mean of a standard normal between the
/// quantiles that its level takes up among the item's answers.
pub fn normal_scores(ballots: &[&Ballot]) -> Vec<f64> {
    let items = ballots.first().map_or(0, |b| b.answers.len());
    let level = |ballot: &Ballot, k: usize| match ballot.answers.get(k) {
        Some(Some(Answer::Level(level))) => Some(usize::from(*level) - 1),
        _ => None,
    };
    let scores: Vec<[f64; 5]> = (0..items)
        .map(|k| {
            let mut counts = [0.0; 5];
            ballots.iter().filter_map(|b| level(b, k)).for_each(|l| counts[l] += 1.0);
            let total: f64 = counts.iter().sum();
            let mut before = 0.0;
            counts.map(|count| {
                let (low, high) = (quantile(before / total), quantile((before + count) / total));
                before += count;
                if count > 0.0 { (density(low) - density(high)) * total / count } else { 0.0 }
            })
        })
        .collect();
    let mean = |ballot: &&Ballot| {
        let values: Vec<f64> = (0..items).filter_map(|k| level(ballot, k).map(|l| scores[k][l])).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    ballots.iter().map(mean).collect()
}

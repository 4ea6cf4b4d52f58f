//! What outcomes did to ratings, by kind of case and court, and what the correction did to ratees.
//! Invariant: effects are estimated within raters and ratees wherever they are shown; a stratum that
//! cannot tell says nothing. Method: `methods/outcome-effect.md`.
//! Absent on purpose: the correction itself; see `score`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Effect;
use super::chance::upper;
use crate::design::Factor;
use crate::mixed::{Column, Problem, Within, within};
use crate::score::{Scores, Tier, Workings, quadratic, told_apart};

/// By what the ballots are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Division {
    /// Kind of case.
    CaseType,
    /// Court of the ratee.
    Court,
}

/// Outcome effects inside one kind of case or one court, scale points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stratum {
    /// By what the ballots are divided.
    pub division: Division,
    /// Which part.
    pub level: String,
    /// Ballots of the part.
    pub ballots: usize,
    /// Cases ended for the lawyer's side against the mean of all outcomes.
    pub won: Effect,
    /// Cases ended against it.
    pub lost: Effect,
    /// Won minus lost.
    pub gap: Effect,
}

/// Slopes over ratees on their outcome balance (won minus lost, over all ballots): scale points
/// from all lost to half and half.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slopes {
    /// Of the plain mean.
    pub raw: Effect,
    /// Of the published score; about what ratees really differ in.
    pub published: Effect,
    /// Of published minus plain: what the correction took away.
    pub moved: Effect,
}

/// Outcome audit of one box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Won minus lost over all ballots, within raters and ratees; `None` without both outcomes.
    pub gap: Option<Effect>,
    /// What generalised least squares would add to it: better lawyers who win more leak in.
    pub leak: Option<f64>,
    /// That difference over its standard error (Hausman 1978).
    pub hausman: Option<f64>,
    /// Kinds of cases, then courts; only those that can tell.
    pub strata: Vec<Stratum>,
    /// `None` where all ratees have the same balance.
    pub slopes: Option<Slopes>,
    /// Share of comparable ratees whose tier by plain means is another than the published one.
    pub retiered: Option<f64>,
}

/// The outcome audit of fitted workings.
pub(super) fn outcome(workings: &Workings, scores: &Scores) -> Outcome {
    let audit = scores.outcome.as_ref();
    let parts: [(Division, Vec<&str>); 2] = [
        (Division::CaseType, workings.ballots.iter().map(|b| b.case_type.as_str()).collect()),
        (Division::Court, workings.frame.ratee.codes().iter().map(|&j| workings.frame.court_of(j as usize)).collect()),
    ];
    let mut strata = Vec::new();
    for (division, labels) in parts {
        let factor = Factor::new("division", &labels);
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); factor.levels().len()];
        factor.codes().iter().enumerate().for_each(|(row, &code)| rows[code as usize].push(row));
        for (level, rows) in factor.levels().iter().zip(&rows).filter(|(level, _)| !level.is_empty()) {
            strata.extend(stratum(workings, division, level, rows));
        }
    }
    Outcome {
        gap: audit.map(|a| Effect { value: a.effect.value, error: a.effect.error }),
        leak: audit.map(|a| a.leaky - a.effect.value),
        hausman: audit.and_then(|a| a.hausman),
        strata,
        slopes: slopes(workings, scores),
        retiered: retiered(workings, scores),
    }
}

/// Within estimates from the ballots `rows` alone.
fn stratum(workings: &Workings, division: Division, level: &str, rows: &[usize]) -> Option<Stratum> {
    let frame = workings.frame.subset(rows);
    let at = |name: &str| frame.outcomes.iter().position(|level| level == name);
    let (gain, loss) = (at("for")?, at("against")?);
    let problem = Problem {
        y: rows.iter().map(|&row| workings.composites[row].value).collect(),
        weights: rows.iter().map(|&row| workings.weights[row]).collect(),
        factors: frame.factors(),
        fixed: frame.outcome.iter().chain(&frame.other).map(|s| s.column.clone()).collect::<Vec<Column>>(),
    };
    let inside = within(&problem).ok()?;
    let names: Vec<&str> = frame.outcome.iter().map(|s| s.column.name.as_str()).collect();
    if names.iter().any(|name| inside.coefficients.iter().all(|c| c.name != *name)) {
        return None;
    }
    let code = |level: usize| level_weights(level, names.len());
    let difference: Vec<f64> = code(gain).iter().zip(code(loss)).map(|(a, b)| a - b).collect();
    let effect = |weights: &[f64]| contrast(&inside, &names, weights);
    Some(Stratum {
        division,
        level: level.to_owned(),
        ballots: rows.len(),
        won: effect(&code(gain)),
        lost: effect(&code(loss)),
        gap: effect(&difference),
    })
}

/// Weights on `columns` sum-to-zero columns that give one level.
fn level_weights(level: usize, columns: usize) -> Vec<f64> {
    (0..columns).map(|column| if level == columns { -1.0 } else { f64::from(u8::from(level == column)) }).collect()
}

fn contrast(inside: &Within, names: &[&str], weights: &[f64]) -> Effect {
    let estimate = |name: &str| inside.coefficients.iter().find(|c| c.name == name).map_or(0.0, |c| c.estimate);
    Effect {
        value: names.iter().zip(weights).map(|(name, w)| w * estimate(name)).sum(),
        error: quadratic(inside, names, weights).max(0.0).sqrt(),
    }
}

/// Least squares over ratees, each weighing as many as its distinct raters, with errors that allow
/// for unequal scatter (White 1980).
fn slopes(workings: &Workings, scores: &Scores) -> Option<Slopes> {
    let frame = &workings.frame;
    let mut balance = vec![(0.0, 0.0); scores.persons.len()];
    for (ballot, &j) in workings.ballots.iter().zip(frame.ratee.codes()) {
        let entry = &mut balance[j as usize];
        entry.0 += match ballot.outcome.as_str() {
            "for" => 1.0,
            "against" => -1.0,
            _ => 0.0,
        };
        entry.1 += 1.0;
    }
    let x: Vec<f64> = balance.iter().map(|(net, count)| net / count).collect();
    let weights: Vec<f64> = scores.persons.values().map(|p| p.score.raters as f64).collect();
    let raw: Vec<f64> = scores.persons.values().map(|p| p.score.raw.unwrap_or(p.score.value)).collect();
    let published: Vec<f64> = scores.persons.values().map(|p| p.score.value).collect();
    let moved: Vec<f64> = published.iter().zip(&raw).map(|(a, b)| a - b).collect();
    Some(Slopes {
        raw: slope(&x, &raw, &weights)?,
        published: slope(&x, &published, &weights)?,
        moved: slope(&x, &moved, &weights)?,
    })
}

fn slope(x: &[f64], y: &[f64], weights: &[f64]) -> Option<Effect> {
    let total: f64 = weights.iter().sum();
    let mean = |values: &[f64]| values.iter().zip(weights).map(|(v, w)| v * w).sum::<f64>() / total;
    let (centre, level) = (mean(x), mean(y));
    let rows = || x.iter().zip(y).zip(weights).map(|((x, y), w)| (x - centre, y - level, w));
    let spread: f64 = rows().map(|(x, _, w)| w * x * x).sum();
    if x.len() < 3 || spread <= 1e-12 * total {
        return None;
    }
    let value = rows().map(|(x, y, w)| w * x * y).sum::<f64>() / spread;
    let meat: f64 = rows().map(|(x, y, w)| (w * x * (y - value * x)).powi(2)).sum();
    Some(Effect { value, error: meat.sqrt() / spread })
}

/// Share of ratees in another tier than plain means with their naive errors would put them.
fn retiered(workings: &Workings, scores: &Scores) -> Option<f64> {
    let frame = &workings.frame;
    let mut pairs: BTreeMap<(u32, u32), (f64, f64)> = BTreeMap::new();
    for ((&j, &i), composite) in frame.ratee.codes().iter().zip(frame.rater.codes()).zip(&workings.composites) {
        let entry = pairs.entry((j, i)).or_default();
        *entry = (entry.0 + composite.raw, entry.1 + 1.0);
    }
    let persons: Vec<_> = scores.persons.values().collect();
    let raw: Vec<f64> = persons.iter().map(|p| p.score.raw.unwrap_or(p.score.value)).collect();
    let squares: f64 = pairs.iter().map(|(&(j, _), (sum, n))| (sum / n - raw[j as usize]).powi(2)).sum();
    let freedom = pairs.len().saturating_sub(persons.len());
    if freedom == 0 || squares <= 0.0 {
        return None;
    }
    let deviation = (squares / freedom as f64).sqrt();
    let mean: f64 = frame.shares(|_| true).iter().map(|&(j, share)| share * raw[j]).sum();
    let compared: Vec<usize> = (0..persons.len()).filter(|&j| persons[j].tier != Tier::NotDistinguishable).collect();
    let rates = compared
        .iter()
        .map(|&j| (upper((raw[j] - mean).abs() * (persons[j].score.raters as f64).sqrt() / deviation), j))
        .collect();
    let mut plain = vec![Tier::Similar; persons.len()];
    for j in told_apart(rates) {
        plain[j] = if raw[j] > mean { Tier::Above } else { Tier::Below };
    }
    let other = compared.iter().filter(|&&j| plain[j] != persons[j].tier).count();
    (!compared.is_empty()).then(|| other as f64 / compared.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::slope;

    #[test]
    fn a_weighted_line_is_found_and_a_point_is_refused() {
        let (x, y) = ([-0.5, 0.0, 0.5, 0.2], [1.0, 2.0, 3.0, 2.4]);
        let found = slope(&x, &y, &[1.0, 5.0, 2.0, 1.0]).expect("a line");
        assert!((found.value - 2.0).abs() < 1e-12 && found.error < 1e-12);
        assert_eq!(slope(&[0.1; 4], &y, &[1.0; 4]), None);
    }
}

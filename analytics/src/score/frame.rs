//! The ballots as model columns: factors, effect-coded covariates and the eligible-case mix.
//! Invariant: columns are named `{factor}:{level}` and coded sum-to-zero, so no level is special.
//! Absent on purpose: responses and weights.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{Ballot, Bundle};
use crate::design::{Components, Factor};
use crate::mixed::Column;

/// Index of the factors in every headline problem.
pub(crate) const RATEE: usize = 0;
pub(crate) const RATER: usize = 1;
pub(crate) const HOME: usize = 2;
pub(crate) const COURT: usize = 3;

/// A column with its value at the standard mix.
#[derive(Debug, Clone)]
pub(crate) struct Standardised {
    pub column: Column,
    /// Mean of the column over all eligible cases.
    pub standard: f64,
}

/// Design of one set of ballots.
pub(crate) struct Frame {
    pub ratee: Factor,
    pub rater: Factor,
    pub home: Factor,
    pub court: Factor,
    /// Outcome columns, estimated within raters and ratees.
    pub outcome: Vec<Standardised>,
    /// Case type, role and rubric version, estimated in the mixed model.
    pub other: Vec<Standardised>,
    /// Outcome levels present, sorted.
    pub outcomes: Vec<String>,
    courts: Vec<String>,
    /// Weight of each ratee in means over ratees: invited raters, else one.
    invited: Vec<f64>,
}

impl Frame {
    pub fn new(bundle: &Bundle, ballots: &[&Ballot]) -> Self {
        let column = |value: fn(&Ballot) -> &str| ballots.iter().map(|b| value(b)).collect::<Vec<&str>>();
        let ratee = Factor::new("ratee", &column(|b| &b.ratee));
        let by_ratee = bundle.courts();
        let courts: Vec<String> = ratee.levels().iter().map(|r| by_ratee.get(r).cloned().unwrap_or_default()).collect();
        let court_labels: Vec<&str> = ratee.codes().iter().map(|&j| courts[j as usize].as_str()).collect();
        let invited = ratee.levels().iter().map(|r| bundle.margins.ratees.get(r).map_or(1.0, |&n| f64::from(n.max(1))));
        let mix = Mix::new(bundle, ballots);
        let outcomes = Factor::new("outcome", &column(|b| &b.outcome));
        let kinds = Factor::new("case_type", &column(|b| &b.case_type));
        let mut other = effects(&kinds, &|level| mix.case_type(level));
        for (name, labels) in [("role", column(|b| &b.role)), ("rubric", column(|b| &b.rubric))] {
            let factor = Factor::new(name, &labels);
            let counts = counts(&labels);
            other.extend(effects(&factor, &|level| counts.get(level).copied().unwrap_or(0.0)));
        }
        Self {
            rater: Factor::new("rater", &column(|b| &b.nym)),
            home: Factor::new("home", &column(|b| &b.home)),
            court: Factor::new("court", &court_labels),
            outcome: effects(&outcomes, &|level| mix.outcome(level)),
            other,
            outcomes: outcomes.levels().to_vec(),
            courts,
            invited: invited.collect(),
            ratee,
        }
    }

    /// The factors in the order of [`RATEE`], [`RATER`], [`HOME`], [`COURT`].
    pub fn factors(&self) -> Vec<Factor> {
        vec![self.ratee.clone(), self.rater.clone(), self.home.clone(), self.court.clone()]
    }

    /// Court code of ratee `j`; empty when unknown.
    pub fn court_of(&self, j: usize) -> &str {
        &self.courts[j]
    }

    /// Shares of the selected ratees in their mean, weighted by invited raters.
    pub fn shares(&self, select: impl Fn(usize) -> bool) -> Vec<(usize, f64)> {
        let members: Vec<usize> = (0..self.invited.len()).filter(|&j| select(j)).collect();
        let total: f64 = members.iter().map(|&j| self.invited[j]).sum();
        members.iter().map(|&j| (j, self.invited[j] / total)).collect()
    }

    /// Number of connected components of raters and ratees.
    pub fn components(&self) -> usize {
        Components::of(&self.rater, &self.ratee).count()
    }

    /// Whether each ratee is in the component that holds most ballots.
    pub fn in_main_component(&self) -> Vec<bool> {
        let parts = Components::of(&self.rater, &self.ratee);
        parts.right().iter().map(|&part| Some(part) == parts.main()).collect()
    }
}

fn counts<'a>(labels: &[&'a str]) -> BTreeMap<&'a str, f64> {
    let mut counts = BTreeMap::new();
    for label in labels {
        *counts.entry(*label).or_insert(0.0) += 1.0;
    }
    counts
}

/// Sum-to-zero columns of a factor with their value at the mix `weight`.
fn effects(factor: &Factor, weight: &dyn Fn(&str) -> f64) -> Vec<Standardised> {
    let Some((last, levels)) = factor.levels().split_last() else { return Vec::new() };
    let total: f64 = factor.levels().iter().map(|level| weight(level)).sum();
    let share = |level: &str| if total > 0.0 { weight(level) / total } else { 1.0 / factor.levels().len() as f64 };
    let end = levels.len();
    levels
        .iter()
        .enumerate()
        .map(|(k, level)| Standardised {
            column: Column {
                name: format!("{}:{level}", factor.name()),
                values: factor
                    .codes()
                    .iter()
                    .map(|&code| {
                        let code = code as usize;
                        if code == k {
                            1.0
                        } else if code == end {
                            -1.0
                        } else {
                            0.0
                        }
                    })
                    .collect(),
            },
            standard: share(level) - share(last),
        })
        .collect()
}

/// The mix results are standardised to: eligible cases if listed, else the ballots themselves.
struct Mix {
    cells: BTreeMap<(String, String), f64>,
}

impl Mix {
    fn new(bundle: &Bundle, ballots: &[&Ballot]) -> Self {
        // Levels without a single ballot have no estimate and take no part in the mix.
        let kinds: BTreeSet<&str> = ballots.iter().map(|b| b.case_type.as_str()).collect();
        let outcomes: BTreeSet<&str> = ballots.iter().map(|b| b.outcome.as_str()).collect();
        let mut cells: BTreeMap<(String, String), f64> = bundle
            .margins
            .mix
            .iter()
            .filter(|((kind, outcome), count)| {
                kinds.contains(kind.as_str()) && outcomes.contains(outcome.as_str()) && **count > 0
            })
            .map(|(key, &count)| (key.clone(), f64::from(count)))
            .collect();
        if cells.is_empty() {
            for ballot in ballots {
                *cells.entry((ballot.case_type.clone(), ballot.outcome.clone())).or_insert(0.0) += 1.0;
            }
        }
        Self { cells }
    }

    fn case_type(&self, level: &str) -> f64 {
        self.cells.iter().filter(|((kind, _), _)| kind == level).map(|(_, count)| count).sum()
    }

    fn outcome(&self, level: &str) -> f64 {
        self.cells.iter().filter(|((_, outcome), _)| outcome == level).map(|(_, count)| count).sum()
    }
}

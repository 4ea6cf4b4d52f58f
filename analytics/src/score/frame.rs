//! The ballots as model columns: factors, effect-coded covariates and the eligible-case mix.
//! Invariant: columns are named `{factor}:{level}` and coded sum-to-zero, so no level is special.
//! Absent on purpose: responses and weights.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{Ballot, Bundle, Comparability};
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
    cases: Cases,
    /// R18.
    pub comparability: Comparability,
}

/// What the columns are made of.
#[derive(Clone)]
struct Cases {
    outcome: Factor,
    kind: Factor,
    role: Factor,
    rubric: Factor,
    /// Eligible cases by case type and outcome, where they are listed.
    listed: BTreeMap<(String, String), u32>,
}

impl Cases {
    fn subset(&self, rows: &[usize]) -> Self {
        let [outcome, kind, role, rubric] =
            [&self.outcome, &self.kind, &self.role, &self.rubric].map(|factor| factor.subset(rows));
        Self { outcome, kind, role, rubric, listed: self.listed.clone() }
    }
}

impl Frame {
    pub fn new(bundle: &Bundle, ballots: &[&Ballot]) -> Self {
        let factor = |name: &str, value: fn(&Ballot) -> &str| {
            Factor::new(name, &ballots.iter().map(|b| value(b)).collect::<Vec<&str>>())
        };
        let ratee = factor("ratee", |b| &b.ratee);
        let by_ratee = bundle.courts();
        let courts: Vec<String> = ratee.levels().iter().map(|r| by_ratee.get(r).cloned().unwrap_or_default()).collect();
        let invited =
            ratee.levels().iter().map(|r| bundle.margins.ratees.get(r).map_or(1.0, |of| f64::from(of.raters.max(1))));
        let cases = Cases {
            outcome: factor("outcome", |b| &b.outcome),
            kind: factor("case_type", |b| &b.case_type),
            role: factor("role", |b| &b.role),
            rubric: factor("rubric", |b| &b.rubric),
            listed: bundle.margins.mix.clone(),
        };
        let invited = invited.collect();
        let comparability = bundle.comparability;
        let (rater, home) = (factor("rater", |b| &b.nym), factor("home", |b| &b.home));
        Self { comparability, ..Self::of(ratee, rater, home, courts, invited, cases) }
    }

    /// The frame of some of its rows, as [`Frame::new`] would make it of their ballots.
    pub fn subset(&self, rows: &[usize]) -> Self {
        let (ratee, kept) = self.ratee.on(rows);
        let courts = kept.iter().map(|&j| self.courts[j].clone()).collect();
        let invited = kept.iter().map(|&j| self.invited[j]).collect();
        let (rater, home) = (self.rater.subset(rows), self.home.subset(rows));
        let comparability = self.comparability;
        Self { comparability, ..Self::of(ratee, rater, home, courts, invited, self.cases.subset(rows)) }
    }

    fn of(ratee: Factor, rater: Factor, home: Factor, courts: Vec<String>, invited: Vec<f64>, cases: Cases) -> Self {
        let mix = Mix::new(&cases);
        let mut other = effects(&cases.kind, &mix.kinds);
        for factor in [&cases.role, &cases.rubric] {
            other.extend(effects(factor, &factor.counts().iter().map(|&count| count as f64).collect::<Vec<f64>>()));
        }
        Self {
            court: ratee.coarser("court", &courts),
            outcome: effects(&cases.outcome, &mix.outcomes),
            other,
            outcomes: cases.outcome.levels().to_vec(),
            rater,
            home,
            ratee,
            courts,
            invited,
            cases,
            comparability: Comparability::default(),
        }
    }

    /// Weight of each ratee in means over ratees.
    pub fn invited(&self) -> &[f64] {
        &self.invited
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

    /// Share of ballots in the component that holds most of them.
    pub fn connected(&self) -> f64 {
        let main = self.in_main_component();
        let inside = self.ratee.codes().iter().filter(|&&j| main[j as usize]).count();
        inside as f64 / self.ratee.codes().len().max(1) as f64
    }

    /// Distinct raters of the ballots `inside`, or of the others among `rows`, whichever are fewer.
    pub fn fewer_raters(&self, rows: impl Iterator<Item = usize>, inside: impl Fn(usize) -> bool) -> usize {
        let mut sides = [BTreeSet::new(), BTreeSet::new()];
        for row in rows {
            sides[usize::from(inside(row))].insert(self.rater.codes()[row]);
        }
        let [others, own] = sides;
        own.len().min(others.len())
    }

    /// Whether each ratee is in the component that holds most ballots.
    pub fn in_main_component(&self) -> Vec<bool> {
        let parts = Components::of(&self.rater, &self.ratee);
        parts.right().iter().map(|&part| Some(part) == parts.main()).collect()
    }
}

/// Sum-to-zero columns of a factor with their value at the mix `weights`, level by level.
fn effects(factor: &Factor, weights: &[f64]) -> Vec<Standardised> {
    let Some((_, levels)) = factor.levels().split_last() else { return Vec::new() };
    let total: f64 = weights.iter().sum();
    let share = |k: usize| if total > 0.0 { weights[k] / total } else { 1.0 / weights.len() as f64 };
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
            standard: share(k) - share(end),
        })
        .collect()
}

/// The mix results are standardised to: eligible cases if listed, else the ballots themselves.
struct Mix {
    kinds: Vec<f64>,
    outcomes: Vec<f64>,
}

impl Mix {
    fn new(cases: &Cases) -> Self {
        let (kind, outcome) = (&cases.kind, &cases.outcome);
        // Levels without a single ballot have no estimate and take no part in the mix.
        let known =
            cases.listed.iter().filter(|(_, count)| **count > 0).filter_map(|((of, ended), &count)| {
                Some((kind.position(of)?, outcome.position(ended)?, f64::from(count)))
            });
        let mut cells: Vec<(usize, usize, f64)> = known.collect();
        if cells.is_empty() {
            cells = kind.codes().iter().zip(outcome.codes()).map(|(&k, &o)| (k as usize, o as usize, 1.0)).collect();
        }
        let mut mix = Self { kinds: vec![0.0; kind.levels().len()], outcomes: vec![0.0; outcome.levels().len()] };
        for (k, o, count) in cells {
            mix.kinds[k] += count;
            mix.outcomes[o] += count;
        }
        mix
    }
}

//! Runs the replicates on all cores and gathers what they say.
//! Invariant: results are in the order of scenarios and indices, whichever thread was first.
//! Absent on purpose: clocks and files.

use hengping_analytics::mixed::Refused;
use rayon::prelude::*;

use crate::bars::{Bar, bars};
use crate::measure::Measures;
use crate::scenario::Scenario;

/// What a run is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Scenarios to run.
    pub scenarios: Vec<Scenario>,
    /// Replicates of each, [`Scenario::times`] as many where that is more than one.
    pub replicates: u64,
    /// Seed of everything.
    pub seed: u64,
}

/// All replicates of one scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Name of the scenario.
    pub scenario: &'static str,
    /// Measures of the replicates that could be scored, by index.
    pub replicates: Vec<Measures>,
    /// Indices of those that could not, with the reason.
    pub refused: Vec<(u64, String)>,
}

/// A bar with its figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The bar.
    pub bar: Bar,
    /// The figure; none when it was not measured.
    pub figure: Option<f64>,
    /// Its standard error over replicates.
    pub error: Option<f64>,
    /// Whether the bar is kept.
    pub kept: bool,
}

impl Plan {
    /// How many replicates a scenario gets.
    pub fn replicates_of(&self, scenario: Scenario) -> u64 {
        self.replicates * scenario.times()
    }

    /// How many it takes in all.
    pub fn total(&self) -> u64 {
        self.scenarios.iter().map(|&scenario| self.replicates_of(scenario)).sum()
    }
}

/// Runs `plan`; `done` is called after every replicate, from any thread.
pub fn run(plan: &Plan, done: &(dyn Fn(Scenario) + Sync)) -> Vec<Outcome> {
    let of = |scenario| (0..plan.replicates_of(scenario)).map(move |index| (scenario, index));
    let tasks: Vec<(Scenario, u64)> = plan.scenarios.iter().flat_map(|&scenario| of(scenario)).collect();
    let results: Vec<Result<Measures, Refused>> = tasks
        .par_iter()
        .map(|&(scenario, index)| {
            let result = scenario.replicate(plan.seed, index);
            done(scenario);
            result
        })
        .collect();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for ((scenario, index), result) in tasks.into_iter().zip(results) {
        if outcomes.last().is_none_or(|last| last.scenario != scenario.name()) {
            outcomes.push(Outcome { scenario: scenario.name(), replicates: vec![], refused: vec![] });
        }
        let Some(last) = outcomes.last_mut() else { continue };
        match result {
            Ok(measures) => last.replicates.push(measures),
            Err(refused) => last.refused.push((index, refused.to_string())),
        }
    }
    outcomes
}

/// The bars of the scenarios that were run. A scenario with a replicate that could not be scored
/// keeps none of its bars.
pub fn judge(outcomes: &[Outcome]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for bar in bars() {
        let Some(outcome) = outcomes.iter().find(|o| o.scenario == bar.scenario) else { continue };
        let all: Vec<&Measures> = outcome.replicates.iter().collect();
        let figure = bar.figure.of(&all);
        let kept = outcome.refused.is_empty() && bar.limit.kept(figure);
        verdicts.push(Verdict { figure, error: bar.figure.error(&all), kept, bar });
    }
    verdicts
}

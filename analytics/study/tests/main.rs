//! The short study: a few replicates, enough to fail on a broken model, with controls that must fail.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use hengping_study::bars::Figure;
use hengping_study::measure::{Measures, measure};
use hengping_study::scenario::Scenario;
use hengping_study::settings::Settings;
use hengping_study::study::{Plan, Verdict, judge, run};
use hengping_study::world::World;

const SEED: u64 = 20;

fn plan(scenario: Scenario, replicates: u64) -> Plan {
    Plan { scenarios: vec![scenario], replicates, seed: SEED }
}

fn verdicts(scenario: Scenario, replicates: u64) -> Vec<Verdict> {
    let verdicts = judge(&run(&plan(scenario, replicates), &|_| ()));
    assert!(!verdicts.is_empty());
    for v in &verdicts {
        println!("{} | {} | {:?} | {:?}", v.bar.scenario, v.bar.name, v.figure, v.bar.limit);
    }
    verdicts
}

/// All bars of a scenario are kept at the seed of the tests.
fn keeps(scenario: Scenario, replicates: u64) {
    let broken: Vec<Verdict> = verdicts(scenario, replicates).into_iter().filter(|v| !v.kept).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

fn replicates(settings: &Settings, count: u64) -> Vec<Measures> {
    (0..count).map(|index| measure(&World::new(settings, SEED, index)).unwrap()).collect()
}

fn figure(figure: Figure, replicates: &[Measures]) -> f64 {
    figure.of(&replicates.iter().collect::<Vec<_>>()).unwrap()
}

#[test]
fn base_keeps_its_bars() {
    keeps(Scenario::Base, 6);
}

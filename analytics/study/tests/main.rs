//! The short study: a few replicates, enough to fail on a broken model, with controls that must fail.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod worlds;

use hengping_study::agreement::pair_count;
use hengping_study::measure::Measures;
use hengping_study::report;
use hengping_study::scenario::Scenario;
use hengping_study::study::{Outcome, Plan, Verdict, judge, run};

const SEED: u64 = 20;

fn outcomes(scenario: Scenario, replicates: u64) -> Vec<Outcome> {
    run(&Plan { scenarios: vec![scenario], replicates, seed: SEED }, &|_| ())
}

fn verdicts(outcomes: &[Outcome]) -> Vec<Verdict> {
    let verdicts = judge(outcomes);
    assert!(!verdicts.is_empty());
    for v in &verdicts {
        println!("{} | {} | {:?} | {:?}", v.bar.scenario, v.bar.name, v.figure, v.bar.limit);
    }
    verdicts
}

fn keeps(scenario: Scenario, replicates: u64) {
    let broken: Vec<Verdict> = verdicts(&outcomes(scenario, replicates)).into_iter().filter(|v| !v.kept).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

fn kept(verdicts: &[Verdict], words: &str) -> bool {
    verdicts.iter().find(|v| v.bar.name.contains(words)).unwrap_or_else(|| panic!("no bar about {words}")).kept
}

/// The bars of the base city, and the control: plain means in the place of the scores keep none of them.
#[test]
fn the_base_city_keeps_its_bars_and_plain_means_do_not() {
    let found = outcomes(Scenario::Base, 6);
    let broken: Vec<Verdict> = verdicts(&found).into_iter().filter(|v| !v.kept).collect();
    assert!(broken.is_empty(), "{broken:#?}");

    let plain = |measures: &Measures| -> Measures {
        let kept = measures.iter().filter(|(name, _)| !name.ends_with("_adjusted"));
        let moved = measures.iter().filter(|(name, _)| name.ends_with("_raw"));
        let moved = moved.map(|(name, value)| (name.replace("_raw", "_adjusted"), *value));
        kept.map(|(name, value)| (name.clone(), *value)).chain(moved).collect()
    };
    let replicates = found[0].replicates.iter().map(plain).collect();
    let control = verdicts(&[Outcome { replicates, ..found[0].clone() }]);
    for bar in ["error of the score", "gain in Kendall", "intervals that hold", "wrong order", "slope of the error"] {
        assert!(!kept(&control, bar), "plain means keep the bar on {bar}");
    }
}

#[test]
fn courts_that_differ_keep_their_bars() {
    keeps(Scenario::CourtsDiffer, 8);
}

/// Control: with one home label for all raters the same city breaks the bars of the court scenario.
#[test]
fn without_home_courts_the_bars_break() {
    let hidden = outcomes(Scenario::CourtsHidden, 4);
    assert!(verdicts(&hidden).iter().all(|v| v.kept));
    let control = verdicts(&[Outcome { scenario: Scenario::Courts.name(), ..hidden[0].clone() }]);
    for bar in ["error of the score", "intervals that hold", "distance to the mean"] {
        assert!(!kept(&control, bar), "a model without home courts keeps the bar on {bar}");
    }
}

#[test]
fn judges_who_rate_lawyers_keep_their_bars() {
    keeps(Scenario::Bench, 4);
}

#[test]
fn the_top_of_the_scale_keeps_its_bars() {
    keeps(Scenario::Ceiling, 4);
}

/// A model that shrinks everybody to the mean finds no pair that is far apart.
#[test]
fn a_model_that_says_nothing_finds_nothing() {
    let truth = [0.0, 1.0, 2.0];
    let pairs = [(1, 0), (2, 0), (2, 1)];
    let silent = pair_count(&pairs, &truth, &[1.0; 3], |_| 0.1, 1.96, 4.0);
    assert_eq!((silent.far, silent.found, silent.separated), (3.0, 0.0, 0.0));
}

/// The same bytes on one thread and on three, and for a scenario alone or among others.
#[test]
fn a_replicate_depends_on_seed_scenario_and_index_alone() {
    let on = |threads: usize, scenarios: Vec<Scenario>| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&Plan { scenarios, replicates: 3, seed: 5 }, &|_| ()))
    };
    let one = on(1, vec![Scenario::ThinRaters]);
    let three = on(3, vec![Scenario::Mislabelled5, Scenario::ThinRaters]);
    assert_eq!(one[0], three[1]);
    assert_ne!(one[0].replicates[0], one[0].replicates[1]);
    assert_eq!(report::long(&one).unwrap(), report::long(&three[1..]).unwrap());
}

/// A scenario of which a replicate could not be scored keeps no bar, and what was not measured is said.
#[test]
fn refusals_and_gaps_fail() {
    let refused = Outcome { scenario: "thin", replicates: vec![], refused: vec![(0, "there is no row".into())] };
    let verdicts = judge(&[refused]);
    assert!(verdicts.iter().all(|v| !v.kept));
    let plan = Plan { scenarios: vec![Scenario::Thin], replicates: 1, seed: 1 };
    assert_eq!(report::failed(&verdicts), verdicts.len());
    assert!(report::markdown(&plan, &verdicts).contains("not measured"));
}

#[test]
fn retaliators_are_found_and_robust_scores_keep_their_bars() {
    keeps(Scenario::Retaliation, 2);
}

/// Two cities say too little about shares of cities, so those are asked for loosely.
#[test]
fn rings_are_found_and_clean_ratees_left_alone() {
    let ring = verdicts(&outcomes(Scenario::Ring, 2));
    for bar in ["pairs of the ring", "clean ratees sent to review"] {
        assert!(kept(&ring, bar), "{bar}");
    }
    let figure = |words: &str| ring.iter().find(|v| v.bar.name.contains(words)).and_then(|v| v.figure).unwrap();
    assert!(figure("both targets flagged") > 0.5 && figure("by Student's t") > 0.3);
    assert!(figure("by Huber") > 0.2);
    assert!(figure("outfit of its members") < figure("pairs of the ring"));
}

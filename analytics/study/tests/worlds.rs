//! The generator is what the description says, without asking the model.

use std::collections::BTreeSet;

use hengping_analytics::bundle::{Answer, Ballot, Direction};
use hengping_study::scenario::Scenario;
use hengping_study::world::World;

fn world(scenario: Scenario) -> World {
    scenario.world(super::SEED, 0)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn level(ballot: &Ballot) -> f64 {
    mean(ballot.answers.iter().flatten().filter_map(|a| match a {
        Answer::Level(level) => Some(f64::from(*level)),
        Answer::NotObserved => None,
    }))
}

/// Mean over the ballots that answered anything.
fn box_mean(world: &World) -> f64 {
    mean(world.bundle.ballots.iter().map(level).filter(|level| level.is_finite()))
}

#[test]
fn the_base_city_has_the_size_it_should() {
    let base = world(Scenario::Base);
    let per_judge = base.bundle.ballots.len() as f64 / 60.0;
    assert!((105.0..125.0).contains(&per_judge), "{per_judge}");
    assert_eq!((base.bundle.items.len(), base.bundle.ratees.len(), base.bundle.margins.invited), (8, 60, Some(18_000)));
    let nyms: BTreeSet<&str> = base.bundle.ballots.iter().map(|b| b.nym.as_str()).collect();
    assert!((1_000..=1_200).contains(&nyms.len()), "{}", nyms.len());
    let away = mean(base.bundle.ballots.iter().map(|b| f64::from(u8::from(b.court != b.home))));
    assert!((0.08..0.12).contains(&away), "{away}");
    let answers = || base.bundle.ballots.iter().flat_map(|b| b.answers.iter().flatten());
    let missing = mean(answers().map(|a| f64::from(u8::from(*a == Answer::NotObserved))));
    assert!((0.02..0.16).contains(&missing), "{missing}");
    assert!(base.response[1] > base.response[0] + 0.05);
    let thin = world(Scenario::Thin);
    let per_judge = thin.bundle.ballots.len() as f64 / 360.0;
    assert!((17.0..21.0).contains(&per_judge), "{per_judge}");
}

/// Plain means of a city without severity, outcomes and selection come out at the planted truth.
#[test]
fn the_planted_truth_is_what_everybody_together_would_say() {
    use hengping_study::settings::Settings;
    let settings = Settings {
        invited: 240_000,
        judges: 20,
        severity: 0.1,
        kinds: [0.0; 3],
        away: 5.0 / 6.0,
        tilt: 0.0,
        missing: 0.0,
        response: [0.5; 3],
        ..Settings::default()
    };
    let world = World::new(&settings, 3, 0);
    let plain = hengping_study::naive::means(world.bundle.ballots.iter().map(|b| (b, level(b))));
    for (name, truth) in &world.truth {
        assert!((plain[name].mean - truth).abs() < 0.03, "{name}: {} {truth}", plain[name].mean);
    }
}

#[test]
fn scenarios_change_only_what_they_name() {
    let (base, angry) = (world(Scenario::Base), world(Scenario::Retaliation));
    assert_eq!(base.truth, angry.truth);
    assert_eq!(base.imbalance, angry.imbalance);
    let share = angry.retaliators.len() as f64 / 1_200.0;
    assert!(base.retaliators.is_empty() && (0.07..0.13).contains(&share), "{share}");
    let (right, wrong) = (world(Scenario::CourtsDiffer), world(Scenario::Mislabelled20));
    let both = right.bundle.ballots.iter().zip(&wrong.bundle.ballots);
    let moved = mean(both.clone().map(|(a, b)| f64::from(u8::from(a.home != b.home))));
    assert!((0.14..0.26).contains(&moved), "{moved}");
    assert!(both.into_iter().all(|(a, b)| a.nym == b.nym && a.answers == b.answers));
    assert_eq!(world(Scenario::CourtsHidden).bundle.ballots.iter().map(|b| &b.home).collect::<BTreeSet<_>>().len(), 1);
}

#[test]
fn trouble_is_as_large_as_described() {
    let ring = world(Scenario::Ring);
    let (members, lifted, sunk) = ring.ring.clone().unwrap();
    assert_eq!(members.len(), 50);
    let share = |target: &str| {
        mean(
            ring.bundle
                .ballots
                .iter()
                .filter(|b| b.ratee == *target)
                .map(|b| f64::from(u8::from(members.contains(&b.nym)))),
        )
    };
    let both = (share(&lifted) + share(&sunk)) / 2.0;
    assert!((0.14..0.33).contains(&both), "{both}");
    let top = box_mean(&world(Scenario::Ceiling));
    assert!((4.4..4.6).contains(&top), "{top}");
    let (calm, telling) = (box_mean(&world(Scenario::Base)), box_mean(&world(Scenario::NotAtRandom)));
    assert!((0.08..0.2).contains(&(calm - telling)), "{calm} {telling}");
    let bench = world(Scenario::Bench);
    assert!(bench.bundle.direction == Direction::BenchRatesBar && bench.truth.len() == 1_200);
}

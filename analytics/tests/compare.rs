//! Differences and their errors, and who may be compared at all.

use std::collections::BTreeSet;

use hengping_analytics::bundle::{Answer, Bundle, Comparability};
use hengping_analytics::gate::{Judged, Measure, Scope, Standing, Verdict, comparisons, gate};
use hengping_analytics::score::{Comparison, Difference, Group, Obstacle, Scored, Tier, score};

use crate::city::{City, Planted, plant};
use crate::figure::made::{cell, city as whole};
use crate::gate::{charter, context};

fn town(outside: f64, seed: u64) -> Planted {
    plant(&City { outside, ballots: 4000, lawyers: 600, seed, ..City::default() })
}

fn errors(scored: &Scored, groups: &[Group]) -> Vec<f64> {
    scored.differences(groups).unwrap().into_iter().map(|d| d.unwrap().error).collect()
}

/// `Var(x + y) + Var(x - y) = 2 Var(x) + 2 Var(y)` for x = a - c and y = b - c: holds only if the
/// covariances are in it.
#[test]
fn errors_of_differences_hold_the_covariance() {
    let planted = town(0.1, 3);
    let scored = Scored::new(&planted.bundle).unwrap();
    let mean = Group::means(&[("j000", 1.0), ("j007", 1.0)], &[("j014", 1.0)]).unwrap();
    let pair = Group::pair;
    let groups = [pair("j000", "j007"), mean, pair("j000", "j014"), pair("j007", "j014"), pair("j007", "j000")];
    let [ab, middle, ac, bc, ba] = errors(&scored, &groups)[..] else { panic!("five") };
    assert!((ab * ab + 4.0 * middle * middle - 2.0 * (ac * ac + bc * bc)).abs() < 1e-12);
    assert_eq!(ab, ba);
    let found = scored.differences(&groups).unwrap();
    let score = |ratee: &str| scored.scores().persons[ratee].score;
    assert!((found[0].unwrap().value - (score("j000").value - score("j007").value)).abs() < 1e-12);
    // Of two courts each: the home courts are known together better than alone.
    let apart = score("j000").error.hypot(score("j007").error);
    assert!(ab < 0.95 * apart, "{ab} {apart}");
    let strangers = scored.differences(&[pair("j000", "nobody"), pair("j000", "j001")]).unwrap();
    assert!(strangers[0].is_none() && strangers[1].is_some());
    assert_eq!(scored.scores(), &score_of(&planted));
}

fn score_of(planted: &Planted) -> hengping_analytics::score::Scores {
    score(&planted.bundle).unwrap()
}

fn kinds(comparisons: &[Comparison]) -> BTreeSet<Vec<Obstacle>> {
    comparisons.iter().map(|comparison| comparison.obstacles.clone()).collect()
}

/// A city of whose last court hardly any rater rates elsewhere, nor others there: which courts are
/// compared, and the courts of ratees without a tier.
fn compared_without(outside: f64) -> (Vec<Comparison>, Vec<String>) {
    let mut planted = town(outside, 4);
    let mut crossing = 0;
    planted.bundle.ballots.retain(|ballot| {
        let crosses = (ballot.court == "c05") != (ballot.home == "c05");
        crossing += usize::from(crosses);
        !crosses || crossing <= 4
    });
    let scored = Scored::new(&planted.bundle).unwrap();
    let persons = scored.scores().persons.values();
    let open = persons.filter(|person| person.tier == Tier::NotDistinguishable).map(|person| person.court.clone());
    let courts: BTreeSet<String> = open.collect();
    (scored.courts().unwrap(), courts.into_iter().collect())
}

/// R18: the same city with many, few and no raters who rate in more than one court.
#[test]
fn courts_are_compared_across_bridges_only() {
    let compared = |outside: f64| {
        let planted = town(outside, 4);
        let scored = Scored::new(&planted.bundle).unwrap();
        let tiers: BTreeSet<Tier> = scored.scores().persons.values().map(|person| person.tier).collect();
        (scored.courts().unwrap(), tiers)
    };
    let (many, tiers) = compared(0.4);
    assert_eq!(many.len(), 15);
    assert!(many.iter().all(|c| c.comparable() && c.bridges >= 20), "{many:?}");
    assert!(many.windows(2).all(|pair| (&pair[0].one, &pair[0].other) < (&pair[1].one, &pair[1].other)));
    assert!(tiers.contains(&Tier::Above) && !tiers.contains(&Tier::NotDistinguishable), "{tiers:?}");

    let (few, tiers) = compared(0.01);
    assert!(few.iter().all(|c| c.obstacles.contains(&Obstacle::FewBridges) && c.bridges < 20), "{few:?}");
    assert!(!kinds(&few).iter().flatten().any(|o| *o == Obstacle::Apart));
    // Nobody is held against a mean that the own court shares no yardstick with.
    assert_eq!(tiers, BTreeSet::from([Tier::NotDistinguishable]));
    let (ground, tiers) = compared_without(0.4);
    assert_eq!(ground.iter().filter(|c| c.comparable()).count(), 10, "{ground:?}");
    assert_eq!(tiers, ["c05"]);

    let (none, _) = compared(0.0);
    let both = |c: &Comparison| c.obstacles.starts_with(&[Obstacle::Apart, Obstacle::FewBridges]) && c.bridges == 0;
    assert!(none.iter().all(both), "{none:?}");
}

/// What is asked for comes from the charter: more bridges than there are, or a smaller error, and nothing is compared.
#[test]
fn stricter_limits_forbid_what_the_shipped_ones_allow() {
    let planted = town(0.4, 4);
    let compared = |comparability: Comparability| {
        let bundle = Bundle { comparability, ..planted.bundle.clone() };
        kinds(&Scored::new(&bundle).unwrap().courts().unwrap())
    };
    let shipped = Comparability::default();
    assert!(compared(shipped).iter().all(Vec::is_empty));
    let bridges = compared(Comparability { bridges: 5000, ..shipped });
    assert!(bridges.iter().all(|found| *found == [Obstacle::FewBridges]));
    let error = compared(Comparability { error: 0.01, ..shipped });
    assert!(error.iter().all(|found| *found == [Obstacle::WideError]));
}

/// Whether courts may be compared does not depend on what was answered, but for the size of errors.
#[test]
fn a_rater_counts_as_one_bridge_and_order_does_not_matter() {
    let planted = town(0.4, 6);
    let found = Scored::new(&planted.bundle).unwrap().courts().unwrap();
    let mut turned = planted.bundle.clone();
    turned.ballots.reverse();
    assert_eq!(found, Scored::new(&turned).unwrap().courts().unwrap());
    let bridging = |one: &str, other: &str| {
        let rated = |court: &str| {
            let here = planted.bundle.ballots.iter().filter(|b| b.court == court);
            here.map(|b| b.nym.clone()).collect::<BTreeSet<String>>()
        };
        rated(one).intersection(&rated(other)).count()
    };
    for comparison in &found {
        // The planted courts of ballots are those of the ratees; a few ballots may lack a composite.
        let expected = bridging(&comparison.one, &comparison.other);
        assert!(comparison.bridges <= expected && comparison.bridges + 3 >= expected, "{comparison:?} {expected}");
    }
}

#[test]
fn one_court_is_compared_with_nothing_and_its_ratees_with_each_other() {
    let mut planted = town(0.0, 5);
    planted.bundle.ballots.retain(|ballot| ballot.court == "c00");
    let scored = Scored::new(&planted.bundle).unwrap();
    assert_eq!(scored.courts().unwrap(), vec![]);
    assert!(scored.scores().persons.values().all(|person| person.tier != Tier::NotDistinguishable));
}

/// Items are fitted at ratios that are as uncertain as the composite's, and have to say so: where all
/// items of a ballot are answered alike, each of them is the composite, and so is its error.
#[test]
fn single_items_know_that_few_courts_tell_little() {
    let mut planted = plant(&City { outside: 0.02, ballots: 3000, seed: 2, ..City::default() });
    for ballot in &mut planted.bundle.ballots {
        let first = match ballot.answers[0] {
            Some(Answer::Level(level)) => level,
            _ => 3,
        };
        ballot.answers.fill(Some(Answer::Level(first)));
    }
    let scored = Scored::new(&planted.bundle).unwrap();
    let names: Vec<String> = (0..40).map(|j| format!("j{j:03}")).collect();
    let court = |c: usize| (c..40).step_by(6).map(|j| (names[j].as_str(), 1.0)).collect::<Vec<_>>();
    let group = [Group::means(&court(0), &court(3)).unwrap()];
    let whole = errors(&scored, &group)[0];
    for item in &planted.bundle.items {
        let found = scored.item_differences(&item.id, &group).unwrap()[0].unwrap();
        assert!((found.error / whole - 1.0).abs() < 1e-6, "{}: {} and {whole}", item.id, found.error);
        for person in scored.scores().persons.values() {
            assert!((person.items[&item.id].error / person.score.error - 1.0).abs() < 1e-6, "{person:?}");
        }
    }
    assert_eq!(scored.item_differences("no such item", &group).unwrap(), vec![None]);
}

fn comparison(one: &str, other: &str, error: f64, obstacles: &[Obstacle]) -> Comparison {
    let difference = Difference { value: 0.4, error };
    Comparison { one: one.into(), other: other.into(), difference, bridges: 47, obstacles: obstacles.to_vec() }
}

/// What is told of a pair comes from the two printed scores; what R18 or R7 forbids has no number.
#[test]
fn pairs_leave_with_their_scores_or_not_at_all() {
    let mut cells = vec![whole(4.0)];
    for (code, value) in [("0", 4.0), ("a", 4.23), ("b", 3.81), ("c", 4.99), ("d", 4.0)] {
        cells.push(cell(Scope::Court, code, Measure::Score, value));
    }
    // Too few raters, and a second court has to go with it (R8).
    cells[5].structure.raters = 12;
    let judged: Vec<Judged> = gate(&cells, &context());
    let withheld: Vec<&str> =
        judged.iter().filter(|c| c.verdict == Verdict::Withhold).map(|c| c.key.subject.as_str()).collect();
    assert_eq!(withheld, ["0", "d"]);
    let found = [
        comparison("a", "b", 0.08, &[]),
        comparison("a", "c", 0.08, &[]),
        comparison("a", "d", 0.08, &[]),
        comparison("0", "b", 0.08, &[]),
        comparison("b", "c", 0.08, &[Obstacle::FewBridges, Obstacle::WideError]),
    ];
    let left = comparisons(&found, &judged, &charter()).unwrap();
    let pairs = &left.get().pairs;
    let names: Vec<(&str, &str)> = pairs.iter().map(|p| (p.one.as_str(), p.other.as_str())).collect();
    assert_eq!(names, [("a", "b"), ("a", "c"), ("b", "c")]);
    let gap = pairs[0].difference.unwrap();
    // Printed 4.2 and 3.8, whatever the exact difference was.
    assert_eq!((gap.value, gap.step, pairs[0].verdict), (0.4, 0.1, Standing::Higher));
    let half = 1.96 * (0.08_f64.powi(2) + 0.1_f64.powi(2) / 6.0).sqrt();
    let [low, high] = gap.interval;
    assert!(low <= 0.4 - half && low >= 0.4 - half - 0.1 && (high - 0.8 + low).abs() < 1e-9, "{gap:?}");
    assert_eq!(pairs[0].bridges.as_deref(), Some("40-59"));
    for pair in &pairs[1..] {
        assert_eq!((pair.verdict, pair.difference, pair.bridges.clone()), (Standing::NotComparable, None, None));
        assert!(!pair.reasons.is_empty());
    }
    let text = serde_json::to_value(&left).unwrap();
    assert_eq!(text["pairs"][1]["reasons"], serde_json::json!(["bound"]));
    let wide = comparison("a", "b", 0.4, &[]);
    let found = comparisons(&[wide], &judged, &charter()).unwrap();
    assert_eq!(found.get().pairs[0].verdict, Standing::NotDistinguishable);
    assert!(comparisons(&[comparison("a", "d", 0.1, &[])], &judged, &charter()).is_none());
}

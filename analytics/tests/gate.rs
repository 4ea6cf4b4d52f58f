//! Properties of the gate, each named by its axiom.

use std::collections::BTreeMap;

use hengping_analytics::bundle::{Direction, Invited};
use hengping_analytics::gate::{
    Audience, Candidate, Coalition, Content, Context, Cover, Flag, Judged, Key, Measure, Minimum, Precision, Range,
    Reliability, Rule, Scope, Structure, Thresholds, Verdict, Void, candidates, gate, margins, rules, suppress,
};
use hengping_analytics::score::{Tier, score};
use proptest::prelude::*;

use crate::city::{City, plant};

/// The numbers of the shipped charter.
pub fn charter() -> Thresholds {
    Thresholds {
        comparability: Default::default(),
        minimum: Minimum {
            judge_self: Some(10),
            judge_sides: Some(20),
            judge_public: None,
            lawyer_self: Some(8),
            lawyer_sides: None,
            lawyer_public: None,
            group: 30,
        },
        batch_publish: 20,
        cover: Some(Cover { invited: 2.0, response: 0.8 }),
        coalition: Some(Coalition { share: 0.3334, rest: 0.5 }),
        precision: Precision { steps: vec![0.1, 0.2, 0.25, 0.5], numerator: 4.0, bound: 6.0 },
        attack: Some(2.0),
        strata: Some(100),
        tier: 10,
        reliability: Reliability { publish: 0.7, provisional: 0.5, half_width: 0.6 },
        fairness: true,
        response: 0.2,
    }
}

pub fn context() -> Context {
    Context {
        charter: charter(),
        direction: Direction::BarRatesBench,
        pilot: false,
        both_closed: true,
        raters: 300,
        response: Some(0.45),
        courts: BTreeMap::new(),
        void: Void::default(),
    }
}

fn candidate(
    scope: Scope,
    subject: &str,
    court: &str,
    measure: Measure,
    audience: Audience,
    raters: usize,
    value: f64,
) -> Candidate {
    Candidate {
        structure: Structure {
            key: Key { scope, subject: subject.into(), measure, audience },
            raters,
            court: court.into(),
            ratees: 4,
            invited: 100,
            apart: false,
            bridges: 60,
            cover: None,
            precision: Some((Some(0.8), 0.4)),
        },
        content: Some(Content {
            range: Range::Level,
            value,
            error: 0.2,
            raw: Some(value),
            reliability: Some(0.8),
            tier: None,
            moved: None,
        }),
    }
}

/// A city of four courts with `counts` raters each and four judges per court.
fn city(counts: &[usize], values: &[f64]) -> Vec<Candidate> {
    let mut cells = vec![candidate(Scope::System, "city", "", Measure::Score, Audience::Public, 400, 4.0)];
    for (c, court) in ["a", "b", "c", "d"].iter().enumerate() {
        let raters: usize = counts[4 * c..4 * c + 4].iter().sum();
        cells.push(candidate(Scope::Court, court, court, Measure::Score, Audience::Public, raters, values[16 + c]));
        for j in 0..4 {
            let (name, at) = (format!("{court}{j}"), 4 * c + j);
            for audience in [Audience::Own, Audience::Sides] {
                cells.push(candidate(Scope::Person, &name, court, Measure::Score, audience, counts[at], values[at]));
                for (item, less) in [("x", 0), ("y", 3)] {
                    let n = counts[at].saturating_sub(less);
                    let measure = Measure::Item(item.into());
                    cells.push(candidate(Scope::Person, &name, court, measure, audience, n, values[at]));
                }
            }
        }
    }
    cells
}

fn verdicts(cells: &[Judged]) -> BTreeMap<String, bool> {
    cells.iter().map(|c| (c.id.clone(), c.verdict == Verdict::Withhold)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn suppression_only_grows_and_is_idempotent(
        counts in prop::collection::vec(0..60_usize, 16),
        values in prop::collection::vec(1.0..5.0_f64, 20),
        mut hidden in prop::collection::vec(any::<bool>(), 101),
    ) {
        let mut cells = city(&counts, &values);
        cells.sort_by(|a, b| a.structure.key.cmp(&b.structure.key));
        let structures: Vec<&Structure> = cells.iter().map(|c| &c.structure).collect();
        hidden.truncate(structures.len());
        let margins = margins(&structures);
        prop_assert!(!margins.is_empty());
        let once = suppress(&structures, &margins, &hidden);
        prop_assert!(hidden.iter().zip(&once).all(|(before, after)| !before || *after));
        prop_assert_eq!(&once, &suppress(&structures, &margins, &once));
        for margin in &margins {
            let alone = margin.parts.iter().filter(|&&p| once[p]).count() == 1;
            prop_assert!(once[margin.total] || !alone, "a margin with exactly one hidden part is published");
        }
    }

    #[test]
    fn block_order_is_irrelevant(
        counts in prop::collection::vec(0..60_usize, 16),
        values in prop::collection::vec(1.0..5.0_f64, 20),
        seed in any::<u64>(),
    ) {
        let cells = city(&counts, &values);
        let mut turned = cells.clone();
        turned.rotate_left((seed % cells.len() as u64) as usize);
        turned.reverse();
        prop_assert_eq!(gate(&cells, &context()), gate(&turned, &context()));
    }

    #[test]
    fn suppression_sees_structure_and_not_values(
        counts in prop::collection::vec(0..60_usize, 16),
        one in prop::collection::vec(1.0..5.0_f64, 20),
        other in prop::collection::vec(1.0..5.0_f64, 20),
    ) {
        // The attack audit is about values and off here: what it may take away is a total, see `attack`.
        let mut context = context();
        context.charter.attack = None;
        let first = verdicts(&gate(&city(&counts, &one), &context));
        prop_assert_eq!(first, verdicts(&gate(&city(&counts, &other), &context)));
    }

    #[test]
    fn a_withheld_cell_carries_no_number_of_its_own(
        counts in prop::collection::vec(0..60_usize, 16),
        values in prop::collection::vec(1.0..5.0_f64, 20),
        pilot in any::<bool>(),
    ) {
        let context = Context { pilot, ..context() };
        for cell in gate(&city(&counts, &values), &context) {
            let json = serde_json::to_value(&cell).unwrap();
            let known = ["value", "step", "interval", "raw", "n_band", "reliability_band", "tier", "moved"];
            let there = known.iter().any(|field| json.get(field).is_some());
            prop_assert_eq!(there, cell.verdict != Verdict::Withhold, "{}", json);
            prop_assert_eq!(cell.released().is_some(), there);
            prop_assert!(!cell.rules.is_empty(), "{}", json);
        }
    }
}

proptest! {
    // Ties need luck to be found: many cases, they are cheap.
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn replacing_one_ballot_moves_a_mean_at_most_one_step(
        levels in prop::collection::vec(1..=5_u8, 8..80),
        at in any::<prop::sample::Index>(),
        new in 1..=5_u8,
    ) {
        let mut replaced = levels.clone();
        let index = at.index(levels.len());
        replaced[index] = new;
        let printed = |levels: &[u8]| {
            let mean = levels.iter().map(|l| f64::from(*l)).sum::<f64>() / levels.len() as f64;
            let cell = candidate(Scope::Person, "j", "a", Measure::Score, Audience::Own, levels.len(), mean);
            let mut open = context();
            open.charter.minimum.judge_self = Some(1);
            gate(&[cell], &open)[0].released().unwrap().get().values.clone()
        };
        let (one, other) = (printed(&levels), printed(&replaced));
        prop_assert_eq!(one.step, other.step);
        let limit = one.step * (1.0 + 1e-9);
        prop_assert!((one.value - other.value).abs() <= limit, "{:?} {:?}", one, other);
        prop_assert!((one.raw.unwrap() - other.raw.unwrap()).abs() <= limit);
        // The lower end starts from the printed value; only a bound's open end may jump to the scale's.
        prop_assert!(one.value % one.step < 1e-6 || one.step - one.value % one.step < 1e-6);
    }
}

/// One rater of a whole city replaces a ballot: nobody's printed number moves by more than a step.
#[test]
fn replacing_one_ballot_in_a_city_moves_every_printed_number_at_most_one_step() {
    let planted = plant(&City { ballots: 1200, seed: 3, ..City::default() });
    let printed = |bundle: &hengping_analytics::bundle::Bundle| -> BTreeMap<String, (f64, f64)> {
        let scores = score(bundle).unwrap();
        let cells = gate(&candidates(bundle, Some(&scores), None, &charter()), &context());
        cells
            .iter()
            .filter_map(|c| c.released())
            .map(|r| (r.get().key.id(), (r.get().values.value, r.get().values.step)))
            .collect()
    };
    let before = printed(&planted.bundle);
    assert!(before.len() > 60, "{} cells published", before.len());
    for row in [0, 313, 777] {
        let mut bundle = planted.bundle.clone();
        for answer in bundle.ballots[row].answers.iter_mut() {
            *answer = Some(hengping_analytics::bundle::Answer::Level(1));
        }
        let after = printed(&bundle);
        for (id, (value, step)) in &before {
            if let Some((new, _)) = after.get(id) {
                assert!((new - value).abs() <= step * (1.0 + 1e-9), "{id}: {value} to {new}, step {step}");
            }
        }
    }
}

#[test]
fn both_directions_are_closed_before_anything_leaves() {
    let cells = city(&[40; 16], &[3.0; 20]);
    let open = Context { both_closed: false, ..context() };
    for cell in gate(&cells, &open) {
        assert_eq!(cell.verdict, Verdict::Withhold);
        assert_eq!((cell.rules[0], cell.reason.code), (Rule::R14, "counterpart-open"));
    }
    assert!(gate(&cells, &context()).iter().all(|cell| cell.verdict == Verdict::Publish));
}

#[test]
fn a_small_batch_publishes_nothing() {
    for cell in gate(&city(&[40; 16], &[3.0; 20]), &Context { raters: 19, ..context() }) {
        assert_eq!((cell.verdict, cell.rules[0]), (Verdict::Withhold, Rule::R3));
    }
}

#[test]
fn a_pilot_tells_persons_only_to_themselves_and_flags_the_rest() {
    for cell in gate(&city(&[40; 16], &[3.0; 20]), &Context { pilot: true, ..context() }) {
        if cell.key.audience == Audience::Sides {
            assert_eq!((cell.verdict, cell.reason.code), (Verdict::Withhold, "pilot"));
        } else {
            assert_eq!((cell.verdict, cell.flags[0]), (Verdict::PublishFlagged, Flag::Pilot));
            assert_eq!(cell.rules, [Rule::R13]);
        }
    }
}

#[test]
fn minima_differ_by_audience_and_side() {
    let charter = charter();
    let judge = |audience| charter.minimum(Direction::BarRatesBench, Scope::Person, audience);
    let lawyer = |audience| charter.minimum(Direction::BenchRatesBar, Scope::Person, audience);
    assert_eq!([judge(Audience::Own), judge(Audience::Sides), judge(Audience::Public)], [Some(10), Some(20), None]);
    assert_eq!([lawyer(Audience::Own), lawyer(Audience::Sides), lawyer(Audience::Public)], [Some(8), None, None]);
    let at = |n, audience| {
        gate(&[candidate(Scope::Person, "j", "a", Measure::Score, audience, n, 3.0)], &context())[0].verdict
    };
    assert_eq!(at(9, Audience::Own), Verdict::Withhold);
    assert_eq!(at(10, Audience::Own), Verdict::Publish);
    assert_eq!(at(19, Audience::Sides), Verdict::Withhold);
    assert_eq!(at(20, Audience::Sides), Verdict::Publish);
    assert_eq!(at(1000, Audience::Public), Verdict::Withhold);
}

#[test]
fn a_person_needs_cover_and_no_group_may_be_subtracted() {
    let at = |raters, invited: u32, largest: u32, audience| {
        let mut cell = candidate(Scope::Person, "j", "a", Measure::Score, audience, raters, 3.0);
        cell.structure.cover = Some(Invited { raters: invited, largest_group: largest });
        let judged = gate(&[cell], &context()).remove(0);
        (judged.rules[0], judged.reason.code)
    };
    let (own, sides) = (Audience::Own, Audience::Sides);
    assert_eq!(at(12, 20, 4, own).1, "met");
    assert_eq!(at(12, 19, 4, own), (Rule::R4, "too-few-invited"));
    assert_eq!(at(15, 20, 4, own).1, "met");
    assert_eq!(at(16, 20, 4, own), (Rule::R4, "no-cover"));
    assert_eq!(at(22, 39, 4, sides), (Rule::R4, "too-few-invited"), "officers' minimum is higher");
    assert_eq!(at(12, 30, 10, own), (Rule::R5, "too-few-without-largest-group"), "a third exactly is no reason");
    assert_eq!(at(15, 30, 10, own).1, "met");
    assert_eq!(at(20, 30, 11, own), (Rule::R5, "one-group-too-large"));
    // Without lists, as in a table that was never sealed, nobody can say.
    let mut cell = candidate(Scope::Person, "j", "a", Measure::Score, own, 12, 3.0);
    cell.structure.cover = None;
    assert_eq!(gate(&[cell], &context())[0].reason.code, "met");
    let mut off = context();
    (off.charter.cover, off.charter.coalition) = (None, None);
    let mut cell = candidate(Scope::Person, "j", "a", Measure::Score, own, 12, 3.0);
    cell.structure.cover = Some(Invited { raters: 12, largest_group: 12 });
    assert_eq!(gate(&[cell], &off)[0].reason.code, "met");
}

#[test]
fn a_total_that_lost_few_raters_is_not_told_again() {
    let cells = city(&[40; 16], &[3.0; 20]);
    let without = |raters: usize| {
        let void = Void { raters, courts: [("a".to_owned(), raters)].into(), homes: BTreeMap::new() };
        let judged = gate(&cells, &Context { void, ..context() });
        let told = |scope: Scope, subject: &str| {
            let cell = judged.iter().find(|c| c.key.scope == scope && c.key.subject == subject).unwrap();
            (cell.verdict != Verdict::Withhold, cell.rules[0])
        };
        [told(Scope::System, "city"), told(Scope::Court, "a"), told(Scope::Court, "b"), told(Scope::Person, "a0")]
    };
    let few = without(29);
    assert_eq!([few[0], few[1]], [(false, Rule::R10); 2]);
    assert!(few[2].0 && few[3].0, "courts and persons without a voided block are told as they were");
    assert!(without(30).iter().chain(&without(0)).all(|cell| cell.0));
}

#[test]
fn the_effect_of_outcomes_needs_many_raters() {
    let at = |raters| {
        let mut cell = candidate(Scope::System, "city", "", Measure::OutcomeEffect, Audience::Public, raters, 0.2);
        cell.content.as_mut().unwrap().range = Range::Difference;
        let judged = gate(&[cell], &context()).remove(0);
        (judged.verdict != Verdict::Withhold, judged.rules[0])
    };
    assert_eq!(at(99), (false, Rule::R11));
    assert!(at(100).0);
}

#[test]
fn reliability_decides_between_publish_provisional_and_withhold() {
    let with = |reliability, half, audience| {
        let mut cell = candidate(Scope::Person, "j", "a", Measure::Score, audience, 40, 3.0);
        cell.structure.precision = Some((Some(reliability), half));
        let judged = gate(&[cell], &context()).remove(0);
        (judged.verdict, judged.flags.first().copied())
    };
    assert_eq!(with(0.70, 0.60, Audience::Sides), (Verdict::Publish, None));
    assert_eq!(with(0.69, 0.60, Audience::Sides), (Verdict::Withhold, None));
    assert_eq!(with(0.69, 0.60, Audience::Own), (Verdict::PublishFlagged, Some(Flag::Provisional)));
    assert_eq!(with(0.49, 0.60, Audience::Own), (Verdict::Withhold, None));
    assert_eq!(with(0.90, 0.61, Audience::Own), (Verdict::Withhold, None));
    assert_eq!(with(0.90, f64::NAN, Audience::Own), (Verdict::Withhold, None));
}

#[test]
fn low_response_leaves_response_only() {
    let mut cells = city(&[40; 16], &[3.0; 20]);
    let mut told = candidate(Scope::Court, "a", "a", Measure::Response, Audience::Public, 160, 0.199);
    told.content.as_mut().unwrap().range = Range::Share;
    cells.push(told);
    let low = Context { courts: BTreeMap::from([("a".to_owned(), 0.199)]), ..context() };
    for cell in gate(&cells, &low) {
        let of_a = cell.key.subject.starts_with('a');
        if cell.key.measure == Measure::Response {
            assert_eq!(cell.released().unwrap().get().values.value, 0.15);
        } else if of_a {
            assert_eq!((cell.verdict, cell.rules[0]), (Verdict::Withhold, Rule::R23));
        }
    }
    // The hidden court must not come back as the city minus the others.
    let courts = gate(&cells, &low);
    let hidden: Vec<&str> = courts
        .iter()
        .filter(|c| c.key.scope == Scope::Court && c.key.measure == Measure::Score && c.verdict == Verdict::Withhold)
        .map(|c| c.key.subject.as_str())
        .collect();
    assert_eq!(hidden, ["a", "b"]);
    let box_low = Context { response: Some(0.1), ..context() };
    assert!(
        gate(&cells, &box_low).iter().all(|c| (c.verdict == Verdict::Withhold) != (c.key.measure == Measure::Response))
    );
}

#[test]
fn a_court_of_two_has_no_score() {
    let mut cell = candidate(Scope::Court, "a", "a", Measure::Score, Audience::Public, 90, 3.0);
    cell.structure.ratees = 2;
    let judged = &gate(&[cell], &context())[0];
    assert_eq!((judged.verdict, judged.rules[0], judged.reason.code), (Verdict::Withhold, Rule::R8, "too-few-parts"));
}

#[test]
fn a_tier_of_few_is_not_named() {
    let mut cells = Vec::new();
    for j in 0..40 {
        let mut cell = candidate(Scope::Person, &format!("j{j:02}"), "", Measure::Score, Audience::Own, 40, 3.0);
        let tier = if j < 9 { Tier::Above } else { Tier::Similar };
        cell.content.as_mut().unwrap().tier = Some(tier);
        cells.push(cell);
    }
    let tier = |cells: &[Candidate], j: usize| gate(cells, &context())[j].released().unwrap().get().values.tier;
    assert_eq!(tier(&cells, 0), Some("not_distinguishable"));
    assert_eq!(tier(&cells, 20), Some("similar"));
    cells[9].content.as_mut().unwrap().tier = Some(Tier::Above);
    assert_eq!(tier(&cells, 0), Some("above"));
}

#[test]
fn steps_follow_the_number_of_raters() {
    let precision = charter().precision;
    let step = |n| rules::step(n, &precision);
    assert_eq!(
        [step(7), step(8), step(16), step(20), step(39), step(40)],
        [None, Some(0.5), Some(0.25), Some(0.2), Some(0.2), Some(0.1)]
    );
}

#[test]
fn bounds_are_flagged_and_name_rule_seven() {
    let judged =
        gate(&[candidate(Scope::Person, "j", "a", Measure::Score, Audience::Own, 20, 4.9)], &context()).remove(0);
    assert_eq!((judged.verdict, judged.rules.as_slice()), (Verdict::PublishFlagged, [Rule::R7].as_slice()));
    assert_eq!(judged.flags, [Flag::AtLeast, Flag::RawAtLeast]);
    let values = judged.released().unwrap().get().values.clone();
    assert_eq!((values.value, values.interval), (4.6, Some([4.0, 5.0])));
}

/// Refused models and empty boxes still have cells with verdicts.
#[test]
fn without_estimates_everything_but_response_is_withheld() {
    let mut planted = plant(&City::default());
    planted.bundle.margins.invited = Some(3000);
    for ballot in &mut planted.bundle.ballots {
        ballot.answers.iter_mut().for_each(|a| *a = Some(hengping_analytics::bundle::Answer::Level(4)));
    }
    assert!(score(&planted.bundle).is_err());
    let cells = gate(&candidates(&planted.bundle, None, None, &charter()), &context());
    for cell in &cells {
        assert_eq!(cell.verdict != Verdict::Withhold, cell.key.measure.is_of_the_invited(), "{}", cell.id);
    }
    planted.bundle.ballots.clear();
    let empty = Context { raters: 0, ..context() };
    let cells = gate(&candidates(&planted.bundle, None, None, &charter()), &empty);
    assert!(cells.iter().all(|cell| cell.verdict == Verdict::Withhold));
}

/// Judges rate lawyers: lawyers to themselves only, and no court of lawyers.
#[test]
fn the_other_direction_has_its_own_cells() {
    let mut planted = plant(&City { judges: 300, lawyers: 40, ballots: 2000, ..City::default() });
    planted.bundle.direction = Direction::BenchRatesBar;
    let scores = score(&planted.bundle).unwrap();
    let cells = candidates(&planted.bundle, Some(&scores), None, &charter());
    assert!(cells.iter().all(|c| c.structure.key.scope != Scope::Court));
    let persons = || cells.iter().filter(|c| c.structure.key.scope == Scope::Person);
    assert!(persons().count() >= 300);
    assert!(persons().all(|c| c.structure.key.audience == Audience::Own));
    let context = Context { direction: Direction::BenchRatesBar, raters: 40, ..context() };
    let judged = gate(&cells, &context);
    let few = judged.iter().find(|c| c.key.scope == Scope::Person && c.reason.code == "too-few-raters");
    assert!(few.is_some(), "with about six judges each, some lawyer stays below eight");
    assert!(judged.iter().any(|c| c.key.scope == Scope::System && c.verdict != Verdict::Withhold));
}

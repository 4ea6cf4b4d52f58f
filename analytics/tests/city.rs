//! A small simulated city: what was planted must come back, and the model must need what it has.

use std::collections::BTreeMap;

use hengping_analytics::bundle::{Answer, Ballot, Bundle, Direction, Item, Margins, Ratee};
use hengping_analytics::score::{Scores, score};
use rand::RngExt;

use crate::support::{generator, normal};

/// What a city is made of; standard deviations in scale points.
pub struct City {
    pub judges: usize,
    pub lawyers: usize,
    pub courts: usize,
    pub ballots: usize,
    /// Between home courts of raters.
    pub home: f64,
    /// Share of ballots outside the home court.
    pub outside: f64,
    /// Of a won case, against a lost one's the negative.
    pub outcome: f64,
    pub seed: u64,
}

impl Default for City {
    fn default() -> Self {
        Self { judges: 40, lawyers: 300, courts: 6, ballots: 1500, home: 0.3, outside: 0.1, outcome: 0.3, seed: 1 }
    }
}

/// A box and the quality planted per ratee.
pub struct Planted {
    pub bundle: Bundle,
    pub quality: BTreeMap<String, f64>,
    pub severity: BTreeMap<String, f64>,
}

pub fn plant(city: &City) -> Planted {
    let mut rng = generator(city.seed);
    let mut draw = |count: usize, sd: f64| (0..count).map(|_| sd * normal(&mut rng)).collect::<Vec<f64>>();
    let judge = draw(city.judges, 0.35);
    let lawyer = draw(city.lawyers, 0.3);
    let home = draw(city.courts, city.home);
    let difficulty = draw(4, 0.2);
    let court_of = |person: usize| person % city.courts;
    let code = |court: usize| format!("c{court:02}");
    let by_court = |court: usize, size: usize| (court..size).step_by(city.courts).collect::<Vec<usize>>();
    let mut ballots = Vec::new();
    for _ in 0..city.ballots {
        let i = rng.random_range(0..city.lawyers);
        let away = rng.random_bool(city.outside);
        let court = if away { rng.random_range(0..city.courts) } else { court_of(i) };
        let near = by_court(court, city.judges);
        let j = near[rng.random_range(0..near.len())];
        let outcome = ["for", "against", "mixed"][rng.random_range(0..3)];
        let shift = match outcome {
            "for" => city.outcome,
            "against" => -city.outcome,
            _ => 0.0,
        };
        let level = 3.2 + judge[j] + lawyer[i] + home[court_of(i)] + shift + 0.5 * normal(&mut rng);
        let answers = difficulty.iter().map(|d| {
            if rng.random_bool(0.1) {
                return Some(Answer::NotObserved);
            }
            let x = (level + d + 0.5 * normal(&mut rng)).round().clamp(1.0, 5.0);
            Some(Answer::Level(x as u8))
        });
        ballots.push(Ballot {
            answers: answers.collect(),
            ratee: format!("j{j:03}"),
            nym: format!("n{:03}", (i * 7919) % city.lawyers),
            home: code(court_of(i)),
            role: "lawyer".into(),
            court: code(court_of(j)),
            case_type: ["civil", "criminal"][rng.random_range(0..2)].into(),
            outcome: outcome.into(),
            rubric: "r".into(),
        });
    }
    let ratees = (0..city.judges).map(|j| (format!("j{j:03}"), Ratee { court: code(court_of(j)) })).collect();
    let items = (0..4).map(|k| Item { id: format!("i{k}"), weight: 1.0 }).collect();
    Planted {
        bundle: Bundle {
            comparability: Default::default(),
            direction: Direction::BarRatesBench,
            items,
            ballots,
            ratees,
            margins: Margins::default(),
        },
        quality: (0..city.judges).map(|j| (format!("j{j:03}"), judge[j])).collect(),
        severity: (0..city.courts).map(|c| (code(c), home[c])).collect(),
    }
}

/// Share of ratees whose planted quality, relative to the mean of all, lies in the 95 % interval,
/// and the root mean square error of scores and of raw means.
pub fn coverage(planted: &Planted, scores: &Scores) -> (f64, f64, f64) {
    let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let truth: Vec<f64> = scores.persons.keys().map(|ratee| planted.quality[ratee]).collect();
    let value: Vec<f64> = scores.persons.values().map(|p| p.score.value).collect();
    let raw: Vec<f64> = scores.persons.values().map(|p| p.score.raw.unwrap()).collect();
    let error: Vec<f64> = scores.persons.values().map(|p| p.score.error).collect();
    let (t, v, r) = (average(&truth), average(&value), average(&raw));
    let count = truth.len() as f64;
    let inside = (0..truth.len()).filter(|&j| ((value[j] - v) - (truth[j] - t)).abs() <= 1.96 * error[j]).count();
    let squares = |x: &[f64], m: f64| (0..truth.len()).map(|j| ((x[j] - m) - (truth[j] - t)).powi(2)).sum::<f64>();
    (inside as f64 / count, (squares(&value, v) / count).sqrt(), (squares(&raw, r) / count).sqrt())
}

fn mean_coverage(change: impl Fn(&mut Bundle)) -> (f64, f64, f64) {
    let mut sums = (0.0, 0.0, 0.0);
    for seed in 0..12 {
        let mut planted = plant(&City { seed, ..City::default() });
        change(&mut planted.bundle);
        let (inside, error, raw) = coverage(&planted, &score(&planted.bundle).unwrap());
        sums = (sums.0 + inside / 12.0, sums.1 + error / 12.0, sums.2 + raw / 12.0);
    }
    sums
}

/// Fails for any model that does not know that home courts differ in severity.
#[test]
fn intervals_cover_when_home_courts_differ_in_severity() {
    let (inside, error, raw) = mean_coverage(|_| ());
    println!("coverage {inside:.3}, error {error:.3}, raw {raw:.3}");
    assert!((0.92..=0.995).contains(&inside), "coverage {inside}");
    assert!(error <= 0.6 * raw, "error {error} against raw {raw}");

    // Control: the same ballots with the home courts taken away.
    let (blind, worse, _) = mean_coverage(|bundle| bundle.ballots.iter_mut().for_each(|b| b.home = "x".into()));
    println!("without home courts: coverage {blind:.3}, error {worse:.3}");
    assert!(blind <= 0.85, "coverage {blind}: the control does not need home courts");
    assert!(worse >= 1.3 * error, "{worse} {error}");
}

#[test]
fn planted_outcome_effect_and_severity_come_back() {
    let planted = plant(&City { ballots: 4000, seed: 5, ..City::default() });
    let scores = score(&planted.bundle).unwrap();
    let outcome = scores.outcome.unwrap();
    assert!(outcome.within);
    assert!((outcome.effect.value - 0.6).abs() <= 3.0 * outcome.effect.error + 0.06, "{outcome:?}");
    assert!(outcome.effect.error < 0.06);
    let mean = planted.severity.values().sum::<f64>() / planted.severity.len() as f64;
    for (code, truth) in &planted.severity {
        let home = scores.homes[code];
        assert!((home.value - (truth - mean)).abs() <= 4.0 * home.error.max(0.05), "{code}: {home:?} against {truth}");
    }
    assert_eq!(scores.courts.len(), 6);
    assert_eq!(scores.parameters.components, 1);
    assert_eq!(scores.system_items.len(), 4);
    // Items average to the score: equal weights and hardly any item missing.
    let items = scores.system_items.values().map(|e| e.value).sum::<f64>() / 4.0;
    assert!((items - scores.system.value).abs() < 0.05, "{items} {}", scores.system.value);
}

/// Where better lawyers win more, only the within estimate is right (judges rate lawyers).
#[test]
fn outcome_effect_is_not_inflated_when_better_ratees_win_more() {
    let (mut leaky, mut clean) = (0.0, 0.0);
    for seed in 0..4 {
        let mut planted = plant(&City { judges: 300, lawyers: 60, outcome: 0.0, seed, ..City::default() });
        // Outcomes follow the quality of the ratee and move nothing.
        let mut rng = generator(seed + 100);
        for ballot in &mut planted.bundle.ballots {
            let chance = 1.0 / (1.0 + (-4.0 * planted.quality[&ballot.ratee]).exp());
            ballot.outcome = if rng.random_bool(chance) { "for".into() } else { "against".into() };
        }
        let audit = score(&planted.bundle).unwrap().outcome.unwrap();
        leaky += audit.leaky / 4.0;
        clean += audit.effect.value / 4.0;
    }
    println!("leaky {leaky:.4}, within {clean:.4}");
    assert!(clean.abs() < 0.04, "{clean}");
    assert!(leaky > 0.08, "the control does not leak: {leaky}");
}

#[test]
fn scores_do_not_depend_on_row_order_and_hardly_on_names() {
    let planted = plant(&City::default());
    let scores = score(&planted.bundle).unwrap();
    let mut turned = planted.bundle.clone();
    turned.ballots.reverse();
    turned.ballots.rotate_left(77);
    assert_eq!(scores, score(&turned).unwrap());

    let mut renamed = planted.bundle.clone();
    for ballot in &mut renamed.ballots {
        ballot.nym = ballot.nym.chars().rev().collect();
    }
    let other = score(&renamed).unwrap();
    for (ratee, person) in &scores.persons {
        assert!((person.score.value - other.persons[ratee].score.value).abs() < 1e-6);
        assert_eq!(person.tier, other.persons[ratee].tier);
    }
}

/// What moved a ratee adds up: raw + severity + outcome is the score but for case mix and shrinkage.
#[test]
fn a_severely_rated_judge_is_moved_up() {
    let planted = plant(&City { home: 0.6, ballots: 4000, ..City::default() });
    let scores = score(&planted.bundle).unwrap();
    let harsh = planted.severity.iter().min_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    let kind = planted.severity.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    let moved = |court: &str| {
        let all: Vec<f64> = scores.persons.values().filter(|p| p.court == court).map(|p| p.moved.severity).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    assert!(moved(harsh) > 0.2 && moved(kind) < -0.2, "{} {}", moved(harsh), moved(kind));
    for person in scores.persons.values().filter(|p| p.score.raters >= 30) {
        let explained = person.score.raw.unwrap() + person.moved.severity + person.moved.outcome;
        assert!((explained - person.score.value).abs() < 0.25, "{person:?}");
    }
}

/// The coarse printed interval must cover as the fine one does: rounding error is part of it.
#[test]
fn printed_intervals_cover_too() {
    use hengping_analytics::gate::{Audience, Measure, Scope, candidates, gate};
    let (mut inside, mut count) = (0, 0);
    for seed in 0..8 {
        let planted = plant(&City { seed, ballots: 1200, ..City::default() });
        let scores = score(&planted.bundle).unwrap();
        let cells =
            gate(&candidates(&planted.bundle, Some(&scores), None, &crate::gate::charter()), &crate::gate::context());
        let rows: Vec<_> = cells.iter().filter_map(|cell| cell.released()).collect();
        let own: Vec<_> = rows
            .iter()
            .map(|row| row.get())
            .filter(|row| row.key.scope == Scope::Person && row.key.audience == Audience::Own)
            .filter(|row| row.key.measure == Measure::Score)
            .collect();
        let level = own.iter().map(|row| scores.persons[&row.key.subject].score.value).sum::<f64>();
        let truth = own.iter().map(|row| planted.quality[&row.key.subject]).sum::<f64>();
        let shift = (level - truth) / own.len() as f64;
        for row in &own {
            let [low, high] = row.values.interval.unwrap();
            let planted = planted.quality[&row.key.subject] + shift;
            inside += usize::from(low <= planted && planted <= high);
            count += 1;
        }
    }
    let share = inside as f64 / count as f64;
    println!("{inside} of {count} printed intervals hold the planted quality");
    assert!(count > 200 && share >= 0.94, "{share} of {count}");
}

/// Two halves of a city that no rater joins: nobody outside the larger one is compared.
#[test]
fn a_disconnected_part_is_scored_but_never_compared() {
    use hengping_analytics::score::Tier;
    let mut planted = plant(&City { outside: 0.0, courts: 2, ..City::default() });
    // Fewer ballots in the second court make it the smaller component.
    let mut kept = 0;
    planted.bundle.ballots.retain(|b| {
        kept += usize::from(b.court == "c01");
        b.court == "c00" || kept % 2 == 0
    });
    let scores = score(&planted.bundle).unwrap();
    assert_eq!(scores.parameters.components, 2);
    for person in scores.persons.values() {
        assert_eq!(person.tier == Tier::NotDistinguishable, person.court == "c01");
    }
}

/// A rater with two hundred ballots on one judge does not own that judge.
#[test]
fn no_rater_owns_a_ratee() {
    let mut planted = plant(&City::default());
    let template = planted.bundle.ballots[0].clone();
    let before = score(&planted.bundle).unwrap();
    for _ in 0..200 {
        let mut more = template.clone();
        more.answers.iter_mut().for_each(|a| *a = Some(Answer::Level(1)));
        planted.bundle.ballots.push(more);
    }
    let after = score(&planted.bundle).unwrap();
    let (old, new) = (before.persons[&template.ratee].score, after.persons[&template.ratee].score);
    assert!((old.value - new.value).abs() < 0.5, "{} to {}", old.value, new.value);
    assert_eq!(old.raters, new.raters);
    assert!((old.raw.unwrap() - new.raw.unwrap()).abs() < 4.0 / old.raters as f64);
}
